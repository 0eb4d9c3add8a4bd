"""The WebSocket of one media stream, from its handshake to its end."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from simple_websocket import ConnectionClosed
from wsproto.utilities import LocalProtocolError

from voicebot.bot import Bot
from voicebot.call import run_call
from voicebot.dialogue.commands import HandOver
from voicebot.errors import FaultError, RemoteError, SpeechLost, StoreLost
from voicebot.events import Caller, CallStarted
from voicebot.points import mark
from voicebot.speech.ear import BUSY, Ear
from voicebot.staffing.reaching import Reaching, Request
from voicebot.twilio import wire
from voicebot.twilio.continuing import Continuing, Opening
from voicebot.twilio.line import Socket, SocketClosed, StreamLine
from voicebot.twilio.reaching import Reach, Reaches

log = logging.getLogger(__name__)

START_S = 10.0
"""Seconds a peer has to say what its stream is."""
CLOSE_S = 2.0
"""Seconds the other side has to agree to the end."""
_CLOSED = (ConnectionClosed, LocalProtocolError, OSError)
"""Ways in which simple-websocket and what it stands on say that the socket is closed, or closing just now."""


class FlaskSocket:
    """simple-websocket as the `Socket` of a line."""

    def __init__(self, ws: Any) -> None:
        self._ws = ws

    def receive(self, timeout: float) -> str | bytes | None:
        """The next message; None when none came in time."""
        try:
            message: str | bytes | None = self._ws.receive(timeout=timeout)
            return message
        except _CLOSED as error:
            raise SocketClosed from error

    def send(self, data: str) -> None:
        """Send a text message."""
        try:
            self._ws.send(data)
        except _CLOSED as error:
            raise SocketClosed from error

    def close(self) -> None:
        """Say that we close, and wait a moment until the other side says so too: audio still comes in, and closing on
        unread audio is a reset. The library's reading thread is gone when this returns.
        """
        with suppress(*_CLOSED):
            self._ws.close()
        self._ws.thread.join(CLOSE_S)
        if self._ws.thread.is_alive():
            with suppress(OSError):
                self._ws.sock.shutdown(socket.SHUT_RDWR)
            self._ws.thread.join(CLOSE_S)


def serve_stream(
    bot: Bot,
    continuing: Continuing,
    ws: Any,
    clock: Callable[[], float] = time.monotonic,
    *,
    reaches: Reaches | None = None,
) -> None:
    """Run one stream of simple-websocket; `clock` counts seconds. Returns when it is over and closed.

    Never raises for a fault of ours: what the web server would answer with is no WebSocket frame.
    """
    ours = FlaskSocket(ws)
    try:
        start = _start(ours, clock)
        mark("stream-asked")
        if not bot.record.use_token(start.parameters.get("token", ""), start.call):
            log.warning("stream for call %s refused: its token is wrong, used or expired", start.call)
            return
        opening = continuing.opening(start.call)
        if opening is None:
            log.warning("stream for call %s refused: something else was decided meanwhile", start.call)
            return
        mark("stream-opened")
        _talk(bot, continuing, ours, start, opening, clock, reaches or Reaches())
    except (SocketClosed, RemoteError, StoreLost) as error:
        log.error("a stream could not begin: %s", error or type(error).__name__)
    except Exception:
        log.exception("a stream broke")
    ours.close()


def _talk(
    bot: Bot,
    continuing: Continuing,
    socket: Socket,
    start: wire.Start,
    opening: Opening,
    clock: Callable[[], float],
    reaches: Reaches,
) -> None:
    (ear, busy), record = _open_ear(bot), bot.record.for_call(start.call)
    began = CallStarted(_caller(bot, start.call), speech_ready=ear is not None, busy=busy)
    try:
        line = StreamLine(
            socket,
            start.stream,
            ear,
            bot.voice,
            opening=(began, *opening.events),
            clock=clock,
            lead=bot.tuning.lead,
            audio_began=record.audio_began,
            reach=lambda command: _reach(bot, continuing, start.call, opening, command, reaches),
        )
        mark("talk-began")
        run_call(line, opening.dialogue, record)
        if line.leaving is not None:
            mark("join-decided")
            continuing.leave(start.call, opening, line.leaving)
            mark("join-kept")
    finally:
        if ear is not None:
            ear.close()


def _reach(
    bot: Bot, continuing: Continuing, call: str, opening: Opening, command: HandOver, reaches: Reaches
) -> Reach | None:
    """Begin to bring a person to the caller. What was decided is kept first, so that a crash goes on with it.

    None where we cannot make phones ring ourselves: the provider does, off the stream.
    """
    if not bot.can_ring:
        return None
    memory = opening.dialogue.snapshot()

    def begin() -> Reaching:
        mark("reach-began")
        continuing.reaching(call, opening, memory)
        mark("reach-kept")
        row = bot.record.call(call)
        caller_id = bot.settings.line_number or (row.line_number if row else "")
        request = Request(
            command.department, caller_id, green=command.green, urgent=command.urgent, complaint=command.complaint
        )
        return Reaching(call, request, bot.office, bot.record, bot.legs, bot.now, continuing.end_leg_later)

    return reaches.open(call, begin)


def _start(socket: Socket, clock: Callable[[], float]) -> wire.Start:
    """Wait for the start frame."""
    deadline = clock() + START_S
    while (left := deadline - clock()) > 0:
        message = socket.receive(timeout=left)
        if message is None:
            break
        frame = wire.parse(message)
        if isinstance(frame, wire.Start):
            return frame
    raise RemoteError("no-start", "the stream did not say what it is")


def _open_ear(bot: Bot) -> tuple[Ear | None, bool]:
    """None when nobody can listen: the caller then goes to a person at once. True when too many are listened to."""
    try:
        return bot.ears.open(), False
    except SpeechLost as error:
        log.error("nobody can listen to a new call: %s", error)
        return None, error.code == BUSY
    except Exception:
        log.exception("nobody can listen to a new call")
    return None, False


def _caller(bot: Bot, call: str) -> Caller:
    try:
        return bot.record.caller(call)
    except FaultError as error:
        log.error("call %s: the caller is not known: %s", call, error)
        return Caller()

"""The WebSocket of one media stream, from its handshake to its end."""

from __future__ import annotations

import logging
import time
from typing import Any

from simple_websocket import ConnectionClosed

from voicebot.bot import Bot
from voicebot.call import run_call
from voicebot.errors import FaultError, RemoteError, SpeechLost, StoreLost
from voicebot.events import Caller, CallStarted, Event
from voicebot.speech.ear import Ear
from voicebot.twilio import wire
from voicebot.twilio.continuing import Continuing
from voicebot.twilio.line import SocketClosed, StreamLine

log = logging.getLogger(__name__)

START_S = 10.0
"""Seconds a peer has to say what its stream is."""


class FlaskSocket:
    """simple-websocket as the `Socket` of a line."""

    def __init__(self, ws: Any) -> None:
        self._ws = ws

    def receive(self, timeout: float) -> str | bytes | None:
        """The next message; None when none came in time."""
        try:
            message: str | bytes | None = self._ws.receive(timeout=timeout)
            return message
        except ConnectionClosed as error:
            raise SocketClosed from error

    def send(self, data: str) -> None:
        """Send a text message."""
        try:
            self._ws.send(data)
        except (ConnectionClosed, OSError) as error:
            raise SocketClosed from error


def serve_stream(bot: Bot, continuing: Continuing, ws: Any) -> None:
    """Run one stream. Returns when it is over; the caller of this closes the socket."""
    socket = FlaskSocket(ws)
    try:
        start = _start(socket)
        if not bot.record.use_token(start.parameters.get("token", ""), start.call):
            log.warning("stream for call %s refused: its token is wrong, used or expired", start.call)
            return
        dialogue, opening = continuing.opening(start.call)
    except (SocketClosed, RemoteError, StoreLost) as error:
        log.error("a stream could not begin: %s", error)
        return
    ear = _open_ear(bot)
    try:
        first: tuple[Event, ...] = (CallStarted(_caller(bot, start.call), speech_ready=ear is not None), *opening)
        line = StreamLine(
            socket, start.stream, ear, bot.voice, opening=first, clock=time.monotonic, lead=bot.tuning.lead
        )
        run_call(line, dialogue, bot.record.for_call(start.call))
        if line.leaving is not None:
            continuing.keep(start.call, dialogue, line.leaving)
    except StoreLost as error:
        log.error("call %s: what comes next was not stored, a person takes over: %s", start.call, error)
    finally:
        if ear is not None:
            ear.close()


def _start(socket: FlaskSocket) -> wire.Start:
    """Wait for the start frame."""
    deadline = time.monotonic() + START_S
    while (left := deadline - time.monotonic()) > 0:
        message = socket.receive(timeout=left)
        if message is None:
            break
        frame = wire.parse(message)
        if isinstance(frame, wire.Start):
            return frame
    raise RemoteError("no-start", "the stream did not say what it is")


def _open_ear(bot: Bot) -> Ear | None:
    try:
        return bot.ears.open()
    except SpeechLost as error:
        log.error("nobody can listen to a new call: %s", error)
        return None


def _caller(bot: Bot, call: str) -> Caller:
    try:
        return bot.record.caller(call)
    except FaultError as error:
        log.error("call %s: the caller is not known: %s", call, error)
        return Caller()

"""A caller on a Twilio media stream, as a `voicebot.call.Line`.

One thread reads the socket, feeds the ear, and sends what is due: twenty milliseconds of audio arrive every twenty
milliseconds, so nothing else needs to wake it. The line leaves the stream for what a stream cannot do (ring a person,
record, speak a text without audio, hang up): `leaving` then says what, and `<Connect action>` goes on with it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from voicebot import audio
from voicebot.dialogue.commands import (
    Clip,
    Command,
    HandOver,
    HangUp,
    Listen,
    Play,
    StopPlayback,
    TakeMessage,
)
from voicebot.errors import RemoteError
from voicebot.events import CallEnded, EndReason, Event, KeyPressed, PromptFinished
from voicebot.speech.ear import Ear
from voicebot.twilio import wire
from voicebot.twilio.playout import Playout, SendAudio

log = logging.getLogger(__name__)

IDLE_S = 0.02
"""Longest wait for a frame before we look at the ear and the playout again."""
LEAVE = "leave"
"""Name of the mark after the last words on this stream."""


class SocketClosed(Exception):
    """The other side closed the socket, or it broke."""


class Socket(Protocol):
    """The WebSocket of one stream."""

    def receive(self, timeout: float) -> str | bytes | None:
        """The next message; None when none came in time. Raises `SocketClosed`."""

    def send(self, data: str) -> None:
        """Send a text message. Raises `SocketClosed`."""


class Voice(Protocol):
    """Where audio comes from."""

    def audio(self, clip: Clip, slow: bool) -> bytes | None:
        """µ-law of a clip, None when it has to be spoken by the provider."""


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The stream broke while the call may still be on."""


Leaving = Play | HandOver | TakeMessage | HangUp | ConnectionLost


class StreamLine:
    """One stream. `opening` are the events that begin it: the start of the call, or its continuation."""

    def __init__(
        self,
        socket: Socket,
        stream: str,
        ear: Ear | None,
        voice: Voice,
        *,
        opening: tuple[Event, ...],
        clock: Callable[[], float],
        lead: float,
    ) -> None:
        self._socket = socket
        self._stream = stream
        self._ear = ear
        self._voice = voice
        self._opening = opening
        self._clock = clock
        self._playout = Playout(lead)
        self._left = False
        self._first_audio: float | None = None
        self.leaving: Leaving | None = None
        """Why the stream ended although the call did not."""

    def events(self) -> Iterator[Event]:
        """What happens on the stream, until it is left or the caller hangs up."""
        try:
            yield from self._opening
            while not self._left:
                self._send_due()
                message = self._socket.receive(timeout=IDLE_S)
                if message is not None:
                    for event in self._read(message):
                        yield event
                        if isinstance(event, CallEnded):
                            return
                yield from self._ear.events() if self._ear else ()
                for name in self._playout.overdue(self._clock()):
                    yield from self._played(name)
        except SocketClosed:
            self.leaving = self.leaving or ConnectionLost()

    def _read(self, message: str | bytes) -> Iterator[Event]:
        try:
            frame = wire.parse(message)
        except RemoteError as error:
            log.warning("%s", error)
            return
        match frame:
            case wire.Media(payload):
                if self._ear:
                    self._ear.hear(audio.ulaw_to_pcm(payload))
            case wire.Key(digit) if digit in "0123456789*#":
                yield KeyPressed(digit)
            case wire.Mark(name):
                if self._playout.returned(name):
                    yield from self._played(name)
            case wire.Stop():
                yield CallEnded(EndReason.CALLER_HUNG_UP)

    def _played(self, name: str) -> Iterator[Event]:
        if name == LEAVE:
            self._left = True
        else:
            yield PromptFinished(int(name))

    def _send_due(self) -> None:
        for item in self._playout.due(self._clock()):
            if isinstance(item, SendAudio):
                self._socket.send(wire.media(self._stream, item.ulaw))
            else:
                self._socket.send(wire.mark(self._stream, item.name))

    def perform(self, command: Command) -> None:
        """Do it, without waiting."""
        match command:
            case Play(playback, clips, slow):
                self._say(str(playback), clips, slow, otherwise=command)
            case StopPlayback():
                self._hush()
            case Listen(pace):
                if self._ear:
                    self._ear.pace(pace.end_silence)
            case HandOver() | HangUp():
                self.leaving = replace(command, clips=())
                self._hush()
                self._say(LEAVE, command.clips, command.slow, otherwise=command)
            case TakeMessage():
                self._leave(command)
        self._send_due()

    def _say(self, name: str, clips: tuple[Clip, ...], slow: bool, *, otherwise: Leaving) -> None:
        """Queue the clips; if one of them has no audio, leave the stream so that the provider speaks."""
        parts = [self._voice.audio(clip, slow) for clip in clips]
        found = [part for part in parts if part is not None]
        if len(found) < len(parts):
            self._leave(otherwise)
        elif not found and name == LEAVE:
            self._left = True
        else:
            self._playout.add(name, b"".join(found))

    def _leave(self, command: Leaving) -> None:
        self.leaving = command
        self._left = True

    def _hush(self) -> None:
        if self._playout.clear():
            self._socket.send(wire.clear(self._stream))

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
    Join,
    Listen,
    Play,
    StopPlayback,
    TakeMessage,
)
from voicebot.errors import RemoteError
from voicebot.events import (
    CallEnded,
    CallStarted,
    EndReason,
    Event,
    FaultOccurred,
    KeyPressed,
    PersonAccepted,
    PromptFinished,
    TransferEnded,
    TransferOutcome,
    UtteranceHeard,
)
from voicebot.speech.ear import Ear
from voicebot.twilio import wire
from voicebot.twilio.hold import HOLD, Hold
from voicebot.twilio.playout import Playout, SendAudio

log = logging.getLogger(__name__)

IDLE_S = 0.02
"""Longest wait for a frame before we look at the ear and the playout again."""
QUIET_S = 15.0
"""Twilio sends audio all the time, also of silence: a stream without any frame for so long is dead, whatever TCP says.
"""
LEAVE = "leave"
"""Name of the last words on this stream."""


class SocketClosed(Exception):
    """The other side closed the socket, or it broke."""


class Socket(Protocol):
    """The WebSocket of one stream."""

    def receive(self, timeout: float) -> str | bytes | None:
        """The next message; None when none came in time. Raises `SocketClosed` when there will be no more."""

    def send(self, data: str) -> None:
        """Send a text message. Raises `SocketClosed`."""


class Voice(Protocol):
    """Where audio comes from."""

    def audio(self, clip: Clip, slow: bool) -> bytes | None:
        """µ-law of a clip, None when it has to be spoken by the provider."""


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The stream broke while the call may still be on."""


Leaving = Play | HandOver | Join | TakeMessage | HangUp | ConnectionLost


class Reached(Protocol):
    """A person being brought to the caller, beside the stream; `voicebot.twilio.reaching.Reach` is one."""

    def events(self) -> list[Event]:
        """What has happened since last asked. Never waits."""

    def stop(self, outcome: TransferOutcome) -> None:
        """Ring nobody any more. Does not wait for it."""

    def abandon(self) -> None:
        """Look after it no longer, but let the phone ring."""


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
        audio_began: Callable[[float], None] = lambda seconds: None,
        reach: Callable[[HandOver], Reached | None] = lambda command: None,
    ) -> None:
        """`clock` counts seconds. `audio_began` is told how many seconds passed from the end of what the caller said
        (or pressed, or the start of the stream) to the first audio sent in reply. `reach` begins to bring a person to
        the caller while they stay on the stream; without one the stream is left for that.
        """
        self._socket = socket
        self._stream = stream
        self._ear = ear
        self._voice = voice
        self._opening = opening
        self._clock = clock
        self._playout = Playout(lead)
        self._left = False
        self._broken = False
        self._audio_began = audio_began
        self._asked_at: float | None = None
        self._waiting_since: float | None = None
        self._last_frame = clock()
        self._reach = reach
        self._reached: Reached | None = None
        self._hold = Hold()
        self.leaving: Leaving | None = None
        """Why the stream ended although the call did not. Its clips are what the caller has not heard of it."""

    def events(self) -> Iterator[Event]:
        """What happens on the stream, until it is left or the caller hangs up."""
        try:
            for event in self._happenings():
                if isinstance(event, CallEnded):
                    self.leaving = None
                    self._stop_reaching(TransferOutcome.CALLER_LEFT)
                self._asked_at = self._moment_of(event)
                yield event
                if self._left or isinstance(event, CallEnded):  # what else was heard at the same time comes too late
                    return
        finally:
            if self._reached:
                self._reached.abandon()

    def _happenings(self) -> Iterator[Event]:
        try:
            yield from self._opening
            while not self._left:
                self._send_due()
                yield from self._received()
                yield from self._ear.events() if self._ear else ()
                yield from self._news()
                for name in self._playout.overdue(self._clock()):
                    yield from self._played(name)
        except SocketClosed:
            self.leaving = self.leaving or ConnectionLost()

    def _news(self) -> Iterator[Event]:
        """What has become of reaching a person; meanwhile the caller hears our words, then that it rings."""
        if self._reached is None:
            return
        events = self._reached.events()
        self._hold.news(events)
        if any(isinstance(event, TransferEnded | PersonAccepted | FaultOccurred) for event in events):
            self._reached = None
        yield from events
        if self._reached is not None and self._playout.idle:
            ulaw = self._hold.next(self._clock(), self._words)
            if ulaw:
                self._playout.add(HOLD, ulaw)

    def _words(self, clips: tuple[Clip, ...], slow: bool) -> bytes:
        """Audio of clips; what has none is left out while a phone rings: leaving the stream for it would end that."""
        parts = [(clip, self._audio(clip, slow)) for clip in clips]
        for clip, part in parts:
            if part is None:
                log.error("%s has no audio and is not said: run `voicebot voice render`", clip.name)
        return b"".join(part or b"" for _, part in parts)

    def _stop_reaching(self, outcome: TransferOutcome) -> None:
        if self._reached is not None:
            self._reached.stop(outcome)
            self._reached = None

    def _received(self) -> Iterator[Event]:
        message = self._socket.receive(timeout=IDLE_S)
        if message is not None:
            self._last_frame = self._clock()
            yield from self._read(message)
        elif self._broken or self._clock() - self._last_frame > QUIET_S:
            raise SocketClosed

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
            case wire.Mark(mark):
                name = self._playout.returned(mark)
                if name is not None:
                    yield from self._played(name)
            case wire.Stop():
                yield CallEnded(EndReason.CALLER_HUNG_UP)

    def _played(self, name: str) -> Iterator[Event]:
        if name == HOLD:
            return
        if name != LEAVE:
            yield PromptFinished(int(name))
            return
        self._left = True
        if isinstance(self.leaving, HandOver | HangUp):
            self.leaving = replace(self.leaving, clips=())

    def _moment_of(self, event: Event) -> float | None:
        """When the caller stopped saying what they now wait for a reply to; None when they do not."""
        match event:
            case UtteranceHeard(decode_s=decode, quiet_s=quiet):
                return self._clock() - decode - quiet
            case CallStarted() | KeyPressed():
                return self._clock()
        return None

    def perform(self, command: Command) -> None:
        """Do it, without waiting. A socket that broke is no fault of the command: `events` finds it out."""
        match command:
            case Play(playback, clips, slow) if self._reached is not None:
                self._hush()
                self._playout.add(str(playback), self._words(clips, slow))
            case Play(playback, clips, slow):
                self._say(str(playback), clips, slow, otherwise=command)
            case StopPlayback():
                self._hush()
            case Listen(pace):
                if self._ear:
                    self._ear.pace(pace.end_silence)
            case HandOver() if self._begins_reaching(command):
                self._hush()
            case HangUp(wait_s=wait_s) if wait_s:  # a key after it is for the provider to hear
                self._leave(command)
            case HandOver() | HangUp():
                self._stop_reaching(TransferOutcome.CALLER_LEFT)
                self.leaving = command
                self._hush()
                self._say(LEAVE, command.clips, command.slow, otherwise=command)
            case Join() | TakeMessage():
                self._leave(command)
        self._send_due()

    def _begins_reaching(self, command: HandOver) -> bool:
        if command.direct:
            return False
        # What a caller who waits already has to hear, numbers to call in danger perhaps, waits for nothing.
        self._hold = Hold(command.clips, command.slow, self._clock(), true=self._reached is not None)
        self._reached = self._reach(command)
        if self._reached is None:
            return False
        self._waiting_since, self._asked_at = self._asked_at, None
        return True

    def _say(self, name: str, clips: tuple[Clip, ...], slow: bool, *, otherwise: Leaving) -> None:
        """Queue the clips; if one of them has no audio, leave the stream so that the provider speaks."""
        parts = [self._audio(clip, slow) for clip in clips]
        found = [part for part in parts if part is not None]
        if len(found) < len(parts) or (not parts and name == LEAVE):
            self._leave(otherwise)
        else:
            self._playout.add(name, b"".join(found))
            self._waiting_since, self._asked_at = self._asked_at, None

    def _audio(self, clip: Clip, slow: bool) -> bytes | None:
        """A recording that cannot even be looked for is one that is missing: the words still have to be said."""
        try:
            return self._voice.audio(clip, slow)
        except Exception:
            log.exception("no audio for %s", clip.name)
            return None

    def _leave(self, command: Leaving) -> None:
        self._stop_reaching(TransferOutcome.CALLER_LEFT)
        self.leaving = command
        self._left = True

    def _hush(self) -> None:
        if self._playout.clear():
            self._send(wire.clear(self._stream))

    def _send_due(self) -> None:
        for item in self._playout.due(self._clock()):
            if isinstance(item, SendAudio):
                self._send(wire.media(self._stream, item.ulaw))
                self._report_audio()
            else:
                self._send(wire.mark(self._stream, item.mark))

    def _report_audio(self) -> None:
        if self._waiting_since is not None:
            self._audio_began(self._clock() - self._waiting_since)
            self._waiting_since = None

    def _send(self, data: str) -> None:
        """What came in before the socket broke, a hang-up perhaps, is still read."""
        if self._broken:
            return
        try:
            self._socket.send(data)
        except SocketClosed:
            self._broken = True

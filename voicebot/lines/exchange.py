"""The office's side of a simulated call: what is being said, the desk that is rung, the message box.

It performs the dialogue's commands on a clock that is given to it, and says when each is done. It neither waits nor
knows what time is made of: the script counts frames, the microphone counts samples.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from voicebot import audio
from voicebot.audio import Pcm
from voicebot.dialogue.commands import Command, HandOver, HangUp, Play, StopPlayback, TakeMessage
from voicebot.errors import FaultError
from voicebot.events import (
    CallEnded,
    EndReason,
    Event,
    KeyPressed,
    MessageTaken,
    PartialHeard,
    PromptFinished,
    SilenceHeard,
    SpeechStarted,
    TransferEnded,
    TransferOutcome,
    UtteranceHeard,
)
from voicebot.lines.mouth import Mouth, spoken_seconds

log = logging.getLogger(__name__)

MESSAGE_S = 180.0
"""Longest message in seconds, as on the phone."""
MESSAGE_QUIET_S = 6.0
"""Seconds of silence that end a message, as on the phone."""
_NEAR = 1e-6
"""Seconds; sums of frames are not exact."""

Mailbox = Callable[[Pcm], None]
"""Stores the audio of a message before the caller is told of it. Raises `OSError` or `FaultError` when it cannot."""


class Desk(StrEnum):
    """What the simulated desk does when it is rung."""

    ACCEPT = "accept"
    NO_ANSWER = "noanswer"
    BUSY = "busy"
    VOICEMAIL = "voicemail"


class Doing(StrEnum):
    """What the office is doing."""

    WAITING = "waiting"
    """Nothing: it is the caller's turn."""
    SAYING = "saying"
    RINGING = "ringing"
    TALKING = "talking"
    """A person talks with the caller."""
    RECORDING = "recording"


@dataclass(frozen=True, slots=True)
class _Stage:
    """One thing after the other: what is done, for how long, and what has happened then."""

    doing: Doing
    lasts: float
    """Seconds."""
    then: Event | None = None


_DESKS: dict[Desk, tuple[float, float, TransferOutcome]] = {
    # seconds of ringing, seconds of talk, outcome. A desk rings 20 s; a voicemail box picks up earlier and is
    # given up when it has not pressed 1 after both readings of the whisper.
    Desk.ACCEPT: (6.0, 20.0, TransferOutcome.ACCEPTED),
    Desk.NO_ANSWER: (20.0, 0.0, TransferOutcome.NO_ANSWER),
    Desk.BUSY: (1.0, 0.0, TransferOutcome.BUSY),
    Desk.VOICEMAIL: (26.0, 0.0, TransferOutcome.VOICEMAIL),
}


@dataclass(slots=True)
class _Message:
    """A message being recorded."""

    sound: list[Pcm] = field(default_factory=list)
    said: bool = False
    voicing: bool = False
    quiet: float = 0.0
    typed: float = 0.0
    """Seconds that what was typed would have taken to say."""
    ended: bool = False

    def heard(self, event: Event) -> None:
        match event:
            case SilenceHeard(seconds) if not self.voicing:
                self.quiet += seconds
            case SpeechStarted() | PartialHeard():
                self.said = self.voicing = True
            case UtteranceHeard(hypotheses, audio_s):
                self.voicing, self.quiet = False, 0.0
                self.said = self.said or bool(hypotheses)
                self.typed += spoken_seconds(hypotheses[0].text) if hypotheses and not audio_s else 0.0
            case KeyPressed("#" | "0"):
                self.ended = True

    @property
    def over(self) -> bool:
        return self.ended or self.quiet + _NEAR >= MESSAGE_QUIET_S

    @property
    def pcm(self) -> Pcm:
        return np.concatenate(self.sound) if self.sound else np.zeros(0, np.int16)


class Exchange:
    """Performs commands in simulated or measured time; times are seconds since the call began."""

    def __init__(self, mouth: Mouth, desk: Desk, mailbox: Mailbox | None = None) -> None:
        self._mouth = mouth
        self._desk = desk
        self._mailbox = mailbox
        self._stages: deque[_Stage] = deque()
        self._since = 0.0
        self._message: _Message | None = None
        self._connected = False

    @property
    def doing(self) -> Doing:
        """What the office is doing."""
        return self._stages[0].doing if self._stages else Doing.WAITING

    @property
    def is_ending(self) -> bool:
        """The office hangs up soon, whatever the caller does."""
        return bool(self._stages) and isinstance(self._stages[-1].then, CallEnded)

    def perform(self, command: Command, now: float) -> None:
        """Begin it; what was going on is over. Commands that are not for the office are ignored."""
        match command:
            case Play(playback, clips, slow) if self.doing in (Doing.RINGING, Doing.TALKING):
                self._meanwhile(self._mouth.say(clips, slow), PromptFinished(playback), now)
            case Play(playback, clips, slow):
                self._clear(now)
                self._then(Doing.SAYING, self._mouth.say(clips, slow), PromptFinished(playback))
            case StopPlayback() if self.doing is Doing.SAYING:
                self._clear(now)
            case HandOver():
                self._clear(now)
                self._then(Doing.SAYING, self._mouth.say(command.clips, command.slow))
                self._ring()
            case TakeMessage(clips, slow):
                self._clear(now)
                self._then(Doing.SAYING, self._mouth.say(clips, slow) + self._mouth.beep())
                self._then(Doing.RECORDING, MESSAGE_S)
                self._message = _Message()
            case HangUp(clips, slow, wait_s):
                self._clear(now)
                reason = EndReason.CONNECTED_AND_OVER if self._connected else EndReason.LINE_HUNG_UP
                self._then(Doing.SAYING, self._mouth.say(clips, slow))
                self._then(Doing.WAITING, wait_s, CallEnded(reason))

    def hear(self, pcm: Pcm) -> None:
        """The caller's audio, kept while a message is recorded."""
        if self._message and self.doing is Doing.RECORDING:
            self._message.sound.append(pcm)

    def heard(self, event: Event) -> None:
        """What the caller did; it matters while a message is recorded. Call it before the dialogue hears of it."""
        if self._message and self.doing is Doing.RECORDING:
            self._message.heard(event)

    def due(self, now: float) -> Event | None:
        """What has happened by now, one event at a time: call it until it is None."""
        while self._stages:
            stage = self._stages[0]
            over = stage.doing is Doing.RECORDING and self._message is not None and self._message.over
            if not over and now + _NEAR < self._since + stage.lasts:
                return None
            self._stages.popleft()
            self._since = now if over else self._since + stage.lasts
            if stage.doing is Doing.RECORDING:
                return MessageTaken(self._keep_message())
            if stage.then is not None:
                return stage.then
        return None

    def caller_left(self, now: float) -> None:
        """The caller hung up: be quiet, and keep the message as far as it got."""
        self._clear(now)

    def _ring(self) -> None:
        ringing, talking, outcome = _DESKS[self._desk]
        self._connected = outcome is TransferOutcome.ACCEPTED
        self._then(Doing.RINGING, self._mouth.ring(ringing))
        self._then(Doing.TALKING, talking, TransferEnded(outcome))

    def _meanwhile(self, lasts: float, event: Event, now: float) -> None:
        """Say something while it rings; the ringing goes on after it."""
        ringing = self._stages.popleft()
        left = max(self._since + ringing.lasts - now - lasts, 0.0)
        self._stages.appendleft(_Stage(ringing.doing, left, ringing.then))
        self._stages.appendleft(_Stage(ringing.doing, lasts, event))
        self._since = now

    def _then(self, doing: Doing, lasts: float, event: Event | None = None) -> None:
        self._stages.append(_Stage(doing, lasts, event))

    def _clear(self, now: float) -> None:
        """Something else happens now; a message that was being recorded is kept as it is."""
        if self.doing is Doing.RECORDING:
            self._keep_message()
        self._mouth.hush()
        self._stages.clear()
        self._message = None
        self._since = now

    def _keep_message(self) -> float:
        """Store the message; its seconds, 0 when nothing was said or it could not be stored."""
        message, self._message = self._message, None
        if message is None or not message.said:
            return 0.0
        pcm = message.pcm
        spoken = math.ceil(max(len(pcm) / audio.RATE - message.quiet, 0.0) * audio.RATE)
        try:
            if spoken and self._mailbox:
                self._mailbox(pcm[:spoken])
        except (OSError, FaultError) as error:
            log.error("a message was not stored: %s", error)
            return 0.0
        return max(spoken / audio.RATE, message.typed)

"""A caller played from a script, as a `voicebot.call.Line`: texts, WAV files and keys, in simulated time.

Time is counted in frames of 20 ms and nobody waits for it, except for the recogniser: it works in another process and
takes real time, so while it owes a result the clock stands still. The same script gives the same call every time.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, runtime_checkable

import numpy as np

from voicebot import audio
from voicebot.audio import Pcm
from voicebot.dialogue.commands import Command, Listen
from voicebot.events import (
    CallEnded,
    CallStarted,
    EndReason,
    Event,
    Fault,
    FaultOccurred,
    KeyPressed,
    RecogniserLost,
    SpeechStarted,
    UtteranceHeard,
    typed,
)
from voicebot.lines.exchange import Doing, Exchange
from voicebot.lines.turns import Pressed, Said, Sounded, Stayed, TimedKey, Turn
from voicebot.speech.ear import Ear

log = logging.getLogger(__name__)

REACTION_S = 0.4
"""Seconds a caller takes to begin when the line has finished."""
LINGER_S = 1.0
"""Seconds a caller who has nothing more to say stays on the line."""
SETTLE_S = 60.0
"""Seconds of real time the recogniser gets for one utterance."""
OWED_S = 2.0
"""Seconds of silence beyond the end-of-speech wait by which any utterance must be over; if its recogniser died, time
stands still until another one has taken over."""
MOST_NAPS = 3000
"""Naps before an ear that owes a result is given up: half a minute, at 10 ms each."""

_FRAME = round(audio.FRAME_S * audio.RATE)
_QUIET: Pcm = np.zeros(_FRAME, np.int16)


@runtime_checkable
class PatientEar(Ear, Protocol):
    """An ear that may be given audio faster than it can be spoken."""

    def settle(self, timeout: float) -> bool:
        """Wait until every utterance that has ended has its result, or is lost; False when time ran out first."""


def no_nap() -> None:
    """Do not wait."""


def no_pace(now: float) -> None:
    """Run as fast as the machine can."""


class ScriptLine:
    """One scripted call. `turns` is read one by one, when it is the caller's turn; `keys` are pressed on time.

    `nap` waits a moment for the ear; `pace` may wait until the clock on the wall has reached the call's, for those who
    listen to it.
    """

    def __init__(
        self,
        turns: Iterable[Turn],
        keys: Iterable[TimedKey] = (),
        *,
        exchange: Exchange,
        ear: PatientEar,
        opening: CallStarted,
        nap: Callable[[], None] = no_nap,
        pace: Callable[[float], None] = no_pace,
    ) -> None:
        self._turns = iter(turns)
        self._keys = deque(sorted(keys))
        self._exchange = exchange
        self._ear = ear
        self._opening = opening
        self._nap = nap
        self._pace = pace
        self._ticks = 0
        self._frames: deque[Pcm] = deque()
        self._end_silence = 0.6
        self._voicing = False
        self._quiet = 0.0
        self._idle_since = 0.0
        self._stays_until = 0.0
        self._done = False

    @property
    def now(self) -> float:
        """Seconds since the call began."""
        return self._ticks * audio.FRAME_S

    def perform(self, command: Command) -> None:
        """Do it, without waiting."""
        if isinstance(command, Listen):
            self._end_silence = command.pace.end_silence
            self._ear.pace(command.pace.end_silence)
        else:
            self._exchange.perform(command, self.now)

    def events(self) -> Iterator[Event]:
        """The call, frame by frame, until it ends."""
        yield self._opening
        while True:
            for event in self._tick():
                self._exchange.heard(event)
                yield event
                if isinstance(event, CallEnded):
                    return

    def _tick(self) -> Iterator[Event]:
        while self._keys and self._keys[0].at <= self.now:
            yield KeyPressed(self._keys.popleft().key)
        yield from self._take_turn()
        yield from self._sound()
        while (event := self._exchange.due(self.now)) is not None:
            yield event
        self._ticks += 1
        self._pace(self.now)

    # The caller

    def _take_turn(self) -> Iterator[Event]:
        """The next turn, if it is the caller's: the line is quiet, and so is the caller."""
        busy = self._exchange.doing not in (Doing.WAITING, Doing.RECORDING)
        if busy or self._frames or self._voicing:
            self._idle_since = self.now
        if self.now < max(self._idle_since + REACTION_S, self._stays_until):
            return
        turn = None if self._done else next(self._turns, None)
        self._idle_since = self.now if turn else self._idle_since
        match turn:
            case None:
                self._done = True
                yield from self._hang_up()
            case Said(text):
                yield UtteranceHeard(typed(text))
            case Pressed(key):
                yield KeyPressed(key)
            case Stayed(seconds):
                self._stays_until = self.now + seconds
            case Sounded(_, pcm):
                self._frames.extend(_cut(pcm))

    def _hang_up(self) -> Iterator[Event]:
        """Nothing is left to say: a moment later the caller hangs up, unless more is to come from either side."""
        lingered = self.now >= self._idle_since + LINGER_S
        waits = self._exchange.doing is Doing.WAITING and not self._exchange.is_ending
        if lingered and not self._keys and waits:
            self._exchange.caller_left(self.now)
            yield CallEnded(EndReason.CALLER_HUNG_UP)

    # Hearing

    def _sound(self) -> Iterator[Event]:
        """One frame from the caller's telephone: sound, or silence."""
        frame = self._frames.popleft() if self._frames else None
        self._quiet = 0.0 if frame is not None else self._quiet + audio.FRAME_S
        pcm = _QUIET if frame is None else frame
        self._exchange.hear(pcm)
        self._ear.hear(pcm)
        if not self._ear.settle(SETTLE_S):
            yield from self._gave_up()
        yield from self._reports()
        if self._voicing and self._quiet >= self._end_silence + OWED_S:
            yield from self._owed()

    def _reports(self) -> Iterator[Event]:
        for event in self._ear.events():
            match event:
                case SpeechStarted():
                    self._voicing = True
                case UtteranceHeard() | RecogniserLost() | FaultOccurred():
                    self._voicing = False
            yield event

    def _owed(self) -> Iterator[Event]:
        """The end of speech is long past: time stands still until somebody has said what became of it."""
        for _ in range(MOST_NAPS):
            yield from self._reports()
            if not self._voicing:
                return
            self._nap()
        yield from self._gave_up()

    def _gave_up(self) -> Iterator[Event]:
        log.error("the recogniser owes a result and does not answer")
        self._voicing = False
        yield FaultOccurred(Fault.SPEECH)


def _cut(pcm: Pcm) -> Iterator[Pcm]:
    """Frames of 20 ms, the last one padded."""
    for start in range(0, len(pcm), _FRAME):
        frame = pcm[start : start + _FRAME]
        yield frame if len(frame) == _FRAME else np.pad(frame, (0, _FRAME - len(frame)))

"""A person on the telephone, as a script: when to speak, press a key, hang up. Pure; time comes in ticks of 20 ms.

The same person stands at either end: the citizen who calls, and the clerk whose phone rings (`callee.py`).
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from voicebot.audio import FRAME_BYTES, FRAME_S, RATE, telephone
from voicebot.errors import OperatorError
from voicebot.switchboard import sound
from voicebot.switchboard.result import KeyPress, Said

NEW_SPEECH_S = 0.3
"""A pause of the line that makes what follows a new stretch of speech."""
REACTION_S = 0.3
"""What the line still says so soon after our act is not yet its answer."""


@dataclass(frozen=True, slots=True)
class At:
    """So many seconds after the call was answered, whatever else happens."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Idle:
    """When the line has said something since our last act and has then been quiet for `seconds`.

    `patience`: act anyway after so long a silence on both sides.
    """

    seconds: float = 0.6
    patience: float = 12.0


@dataclass(frozen=True, slots=True)
class Into:
    """So many seconds into the next stretch of the line's speech: barging in."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Ringing:
    """When we have heard somebody's phone ring for `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Bridged:
    """When we have been connected with another person for `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class AfterBeep:
    """So many seconds after a beep that asks to speak."""

    seconds: float = 0.3


Cue = At | Idle | Into | Ringing | Bridged | AfterBeep


@dataclass(frozen=True, slots=True)
class Say:
    """Say a recording."""

    audio: bytes
    """µ-law at 8 kHz."""
    name: str
    cue: Cue = Idle()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys, one after the other in a burst."""

    keys: str
    cue: Cue


@dataclass(frozen=True, slots=True)
class HangUp:
    """Put the phone down."""

    cue: Cue


Act = Say | Press | HangUp


def say_file(path: Path, cue: Cue = Idle(), text: str = "") -> Say:
    """A WAV or FLAC file of any rate, through the telephone. Raises `OperatorError` when it cannot be read."""
    return Say(read_telephone(path), path.name, cue, text)


def read_telephone(path: Path) -> bytes:
    """An audio file of any rate and number of channels as 8 kHz µ-law. Raises `OperatorError`."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise OperatorError("audio-unreadable", f"{path}: {error}") from error
    return telephone(np.ascontiguousarray(samples.mean(axis=1)), int(rate))


@dataclass(frozen=True, slots=True)
class Sense:
    """What a person notices in one tick."""

    now: float
    """Call seconds, for the record."""
    audible: bool = False
    """The line is saying or playing something."""
    ringing: bool = False
    bridged: bool = False
    beep: bool = False


@dataclass(frozen=True, slots=True)
class Acted:
    """What a person does in one tick."""

    frame: bytes
    """160 bytes of µ-law."""
    keys: str = ""
    hang_up: bool = False


class Person:
    """Plays a script. Acts cued with `At` or `Ringing` happen whenever that is; the others one after the other.

    Being connected with somebody skips to the next act cued with `Bridged`, if there is one.
    """

    def __init__(self, script: Iterable[Act], *, seed: int | None, noise: bool = True, inband: bool = False) -> None:
        acts = list(script)
        self._free = [act for act in acts if isinstance(act.cue, At | Ringing)]
        self._ordered = deque(act for act in acts if not isinstance(act.cue, At | Ringing))
        self._dice = random.Random(seed)
        self._noise = noise
        self._inband = inband
        self._ticks = 0
        self._acted = -REACTION_S
        """When our last act ended."""
        self._spoke: float | None = None
        """When the line was last heard since then."""
        self._heard = 0.0
        """When anybody was last heard."""
        self._began: float | None = None
        """When the line's present stretch of speech began; None once our act has answered it."""
        self._since: dict[str, float] = {}
        """Since when it has been ringing, since when we have been connected."""
        self._beep: float | None = None
        """When a beep was last heard."""
        self._speech = b""
        self.said: list[Said] = []
        self.pressed: list[KeyPress] = []

    @property
    def speaking(self) -> bool:
        """Still saying something."""
        return bool(self._speech)

    def step(self, sense: Sense) -> Acted:
        """The next 20 ms."""
        now = self._ticks * FRAME_S
        self._ticks += 1
        self._notice(sense, now)
        act = self._next_act(now)
        keys, hang_up = "", False
        match act:
            case Say():
                self._say(act, sense.now)
            case Press():
                keys = act.keys
                self._press(keys, sense.now)
            case HangUp():
                hang_up = True
        if self._speech or act:
            self._acted = self._heard = now
            self._spoke = self._began = None
        return Acted(self._frame(), keys, hang_up)

    def _notice(self, sense: Sense, now: float) -> None:
        if sense.audible and not self._speech:
            if self._began is None or now - self._heard >= NEW_SPEECH_S:
                self._began = now
            self._heard = now
            if now - self._acted >= REACTION_S:
                self._spoke = now
        self._beep = now if sense.beep else self._beep
        for name, on in (("ringing", sense.ringing), ("bridged", sense.bridged)):
            if not on:
                self._since.pop(name, None)
            else:
                self._since.setdefault(name, now)
        if sense.ringing or sense.bridged:
            self._heard = now
            self._spoke = now if self._spoke is not None else None

    def _next_act(self, now: float) -> Act | None:
        free = next((act for act in self._free if self._cued(act.cue, now)), None)
        if free:
            self._free.remove(free)
            return free
        if "bridged" in self._since and any(isinstance(act.cue, Bridged) for act in self._ordered):
            while not isinstance(self._ordered[0].cue, Bridged):
                self._ordered.popleft()
        if self._ordered and not self._speech and self._cued(self._ordered[0].cue, now):
            return self._ordered.popleft()
        return None

    def _cued(self, cue: Cue, now: float) -> bool:
        match cue:
            case Idle(seconds, patience):
                done = self._spoke is not None and now - self._spoke >= seconds
                return done or now - self._heard >= patience
            case Into(seconds):
                return self._began is not None and self._heard - self._began >= seconds
            case Ringing(seconds):
                return now - self._since.get("ringing", now) >= seconds and "ringing" in self._since
            case Bridged(seconds):
                return now - self._since.get("bridged", now) >= seconds and "bridged" in self._since
            case AfterBeep(seconds):
                return self._beep is not None and now - self._beep >= seconds
            case At(seconds):
                return now >= seconds

    def _say(self, act: Say, now: float) -> None:
        self._speech = act.audio
        first, last = sound.voiced_span(act.audio)
        self.said.append(Said(now + first / RATE, now + last / RATE, act.name, act.text))

    def _press(self, keys: str, now: float) -> None:
        self.pressed += [KeyPress(now, key) for key in keys]
        if self._inband:
            self._speech = b"".join(sound.key_tone(key) for key in keys) + self._speech

    def _frame(self) -> bytes:
        spoken, self._speech = self._speech[:FRAME_BYTES], self._speech[FRAME_BYTES:]
        if len(spoken) == FRAME_BYTES:
            return spoken
        quiet = sound.comfort_noise(self._dice) if self._noise else sound.PLAIN_SILENCE
        return spoken + quiet[len(spoken) :]

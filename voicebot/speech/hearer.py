"""What a call's ear and the pool have between them: who listens, that another one does, what is being said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from voicebot.events import Hypotheses
from voicebot.speech.wire import Message


class Hearer(Protocol):
    """A recogniser: a worker process, or a server on another machine."""

    @property
    def takes_cuts(self) -> bool:
        """It can be asked for the words so far (`Kind.CUT`)."""

    @property
    def idle(self) -> bool:
        """It has taken everything sent, and what it made of it has been passed on."""

    def send(self, message: Message) -> None:
        """Have it take this after everything sent before."""

    def check(self) -> None:
        """See that it is not stuck. Called with every piece of audio."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The call's worker died; this one listens from now on, or none does yet."""

    worker: Hearer | None


@dataclass(slots=True)
class Utterance:
    """What is or was being said, until its result has come."""

    number: int
    audio: list[bytes] = field(default_factory=list)
    parts: list[Hypotheses] = field(default_factory=list)
    """Results of the pieces Vosk's own endpointing has cut off."""
    partial: str = ""
    told: tuple[str, bool] = ("", False)
    voiced: float = 0.0
    quiet: float = 0.0
    ended_at: float | None = None

    def text(self) -> str:
        """The words so far."""
        return "".join(part[0].text for part in self.parts if part) + self.partial


class Punctuality:
    """How late audio that comes in real time is taken up, against the earliest that any was."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._zero: float | None = None
        self._taken = self._earliest = 0.0
        self.behind = 0.0
        """Seconds."""

    def took(self, seconds: float) -> None:
        """So much more has been taken up, just now."""
        now = self._clock()
        self._zero = now if self._zero is None else self._zero
        self._taken += seconds
        late = now - self._zero - self._taken
        self._earliest = min(self._earliest, late)
        self.behind = late - self._earliest

"""What a line needs of hearing: one `Ear` per call, from one `Ears` per process.

Implementation boundary: `voicebot.speech.pool` (Vosk in worker processes) and the fakes of the tests.
"""

from __future__ import annotations

from typing import Protocol

from voicebot.audio import Pcm
from voicebot.events import Event

BUSY = "speech-busy"
"""Code of the `SpeechLost` that means: not broken, but as many callers as can be answered in time."""


class Ear(Protocol):
    """One call's hearing. Used by one thread; no method blocks."""

    def hear(self, pcm: Pcm) -> None:
        """The next audio of the caller: int16 at 8000 Hz, any length, in order."""

    def events(self) -> list[Event]:
        """What was heard since the last call of this: `SpeechStarted`, `PartialHeard`, `UtteranceHeard`,
        `SilenceHeard`, `RecogniserLost`, or `FaultOccurred(Fault.SPEECH)` when nothing can listen any more.
        """

    def pace(self, end_silence: float) -> None:
        """Seconds of silence that end an utterance, from now on."""

    def close(self) -> None:
        """The call is over; what is still being decoded is dropped. May be called twice."""


class Ears(Protocol):
    """Gives each call its ear."""

    @property
    def ready(self) -> bool:
        """`open` would succeed now."""

    def open(self) -> Ear:
        """An ear for a new call. Raises `SpeechLost`: with `BUSY`, or when no recogniser is ready."""

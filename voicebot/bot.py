"""Everything a call needs, in one value. Built by `voicebot.wiring`, or by a test from fakes."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from voicebot.config import Settings, Tuning
from voicebot.dialogue import Dialogue, Knowledge, Script
from voicebot.hearing import HearingKeeper
from voicebot.speech.ear import Ears
from voicebot.speech.voice import Voice
from voicebot.staffing.legs import Legs, NoLegs
from voicebot.staffing.plan import Office
from voicebot.store.record import Record


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Bot:
    """The line, ready for calls."""

    settings: Settings
    tuning: Tuning
    script: Script
    knowledge: Callable[[], Knowledge]
    """The FAQ being served just now, with its matcher."""
    ears: Ears
    voice: Voice
    record: Record
    office: Callable[[], Office] = Office
    """Who works when, just now."""
    legs: Legs = field(default_factory=NoLegs)
    """How a person's phone is made to ring."""
    now: Callable[[], datetime] = _now
    cookie_key: bytes = field(default_factory=partial(secrets.token_bytes, 32), repr=False)
    """Signs the cookies of pages; the same in every replica."""
    hearing: HearingKeeper | None = None
    """Whether the recogniser knows the questions' words, and how it learns them; None where nobody listens."""

    def speech_ready(self) -> bool:
        """A call that came in now would be heard."""
        return self.ears.ready

    @property
    def can_ring(self) -> bool:
        """Phones can be made to ring while the caller stays with us."""
        return not isinstance(self.legs, NoLegs)

    def dialogue(self, snapshot: Mapping[str, Any] | None = None) -> Dialogue:
        """A new call's dialogue, or one that goes on from a snapshot. It keeps the FAQ it started with."""
        if snapshot is None:
            return Dialogue(self.knowledge(), self.script, self.tuning)
        return Dialogue.restore(self.knowledge(), self.script, self.tuning, snapshot)

"""How hard the line tries to reach a person, as values. Read from ``policy.toml`` by `voicebot.wiring`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True)
class TransferPolicy:
    """Seconds are seconds of the call."""

    ring_s: float = 20.0
    """How long one person's phone rings."""
    whisper_s: float = 25.0
    """Longest time from picking up to pressing 1; after that it was a voicemail box."""
    announce_every_s: float = 12.0
    """The caller hears where they stand at least this often (the issue's limit is 15 s)."""
    offer_callback_s: float = 60.0
    """After so long in the queue a call back is offered in so many words."""
    most_wait_s: float = 300.0
    """Nobody waits longer: then a message or a call back."""
    lead_after_s: float = 60.0
    """A lead is rung when A and B have been tried, or after so long in the queue."""
    desk_lines: int = 1
    """Callers the general desk can talk with at once."""
    handling_s: float = 150.0
    """Mean length of a talk, for the estimate (a city's line measured 150 s)."""


@dataclass(frozen=True, slots=True)
class CallbackPolicy:
    """When callers are called back."""

    start: time = time(8, 30)
    end: time = time(20, 30)
    """Nobody is called outside these hours."""
    most_tries: int = 3
    spacing_s: float = 1800.0
    """Between two tries."""
    by_provider: bool = True
    """The provider can reach callers; otherwise staff dial by hand."""

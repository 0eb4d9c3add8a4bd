"""How hard the line tries to reach a person, as values. Read from ``policy.toml`` by `voicebot.wiring`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta

from voicebot.store.words import Matter


@dataclass(frozen=True, slots=True)
class TransferPolicy:
    """Seconds are seconds of the call."""

    ring_s: float = 20.0
    """How long one person's phone rings."""
    whisper_s: float = 40.0
    """Longest time from picking up to pressing 1; after that it was a voicemail box. The reason and the question are
    said twice, and then there are six seconds for the key."""
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


@dataclass(frozen=True, slots=True)
class TicketPolicy:
    """How long things may take, in working time."""

    first_response: timedelta = timedelta(hours=2)
    resolution_days: Mapping[Matter, int] = field(default_factory=lambda: {Matter.CONSULTATION: 2})
    """Working days by matter; `other_days` for the rest."""
    other_days: int = 5
    confirm_days: int = 5
    """Working days after which a resolved ticket counts as confirmed when the caller does not object."""
    notice_complaints: int = 3
    """So many justified complaints about missed calls…"""
    notice_days: int = 30
    """…in so many days are an accountability notice to the unit."""

    def days(self, matter: Matter) -> int:
        """Working days to resolve a matter."""
        return self.resolution_days.get(matter, self.other_days)


@dataclass(frozen=True, slots=True)
class PublicPolicy:
    """How often strangers may do what costs the office work, or tells about a ticket. A service hall or a whole street
    can stand behind one address, so that limit is the wide one; a number is one person's.
    """

    requests_per_hour: int = 10
    """From one address."""
    requests_per_number: int = 3
    """About one telephone number, in a day."""
    all_requests_per_hour: int = 300
    checks_failed_per_hour: int = 10
    """Wrong pairs of ticket and digits, from one address."""
    checks_failed_per_ticket: int = 6
    """In a day, from anywhere: of 10,000 endings of a number so many can be tried."""
    all_checks_failed_per_hour: int = 300
    kept_questions_per_hour: int = 20
    """Questions without an answer that are kept for the office to see, from one address."""
    all_kept_questions_per_hour: int = 500
    questions_per_minute: int = 60
    """Asked from one address; counted by each replica for itself."""

"""The words the record is written in. Stored as their values, so a value never changes its meaning."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """How the caller reached us."""

    TWILIO = "twilio"
    MIC = "mic"
    SCRIPT = "script"


class CallOutcome(StrEnum):
    """What a call came to; while it lasts, what it would come to if it ended now."""

    LEFT_EARLY = "left-early"
    """Nothing was asked, or nothing we could make anything of."""
    UNSURE = "unsure"
    """We asked back and got no further: the last question has no answer."""
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    """Answered after “您是想问…吗？” or a choice."""
    HANDED_OVER = "handed-over"
    """A person was wanted and none has talked with the caller."""
    MESSAGE = "message"
    """Nobody came; the caller left a message."""
    CONNECTED = "connected"
    """A person talked with the caller."""


UNRESOLVED = frozenset(
    {CallOutcome.LEFT_EARLY, CallOutcome.UNSURE, CallOutcome.HANDED_OVER, CallOutcome.MESSAGE},
)
"""Whoever rings again soon after one of these goes to a person first."""


class TicketState(StrEnum):
    """Where a ticket is."""

    OPEN = "open"
    ASSIGNED = "assigned"
    CONTACTED = "contacted"
    RESOLVED = "resolved"
    CONFIRMED = "confirmed"
    REOPENED = "reopened"


SETTLED = frozenset({TicketState.RESOLVED, TicketState.CONFIRMED})
"""Nobody owes the caller anything."""

"""A call with what was said and done in it, as far as whoever is logged in may see it."""

from __future__ import annotations

from dataclasses import dataclass

from voicebot.store.models import Attempt, Call, Ticket, Turn
from voicebot.store.record import Record
from voicebot.store.sight import Sight
from voicebot.store.words import Matter


@dataclass(frozen=True, slots=True)
class CallShown:
    """One call."""

    call: Call
    turns: list[Turn]
    attempts: list[Attempt]
    tickets: list[Ticket]
    """What came of it, as far as they see it."""
    hidden: bool
    """It holds a complaint that whoever looks may not see: nothing of what was said is shown."""


def call_shown(record: Record, call: Call, sight: Sight) -> CallShown:
    """A call as somebody may see it. Raises `StoreLost`."""
    tickets = record.tickets_of(call.id)
    hidden = any(is_complaint(ticket) and not sight.sees(ticket) for ticket in tickets)
    return CallShown(
        call,
        [] if hidden else record.turns_of(call.id),
        record.attempts_of(call.id),
        [ticket for ticket in tickets if sight.sees(ticket)],
        hidden,
    )


def may_see(shown: CallShown, sight: Sight) -> bool:
    """Whoever belongs to a unit sees its calls and those its cases are about; never that one complained about it."""
    if sight.unit is None:
        return True
    return not shown.hidden and (shown.call.department == sight.unit or bool(shown.tickets))


def is_complaint(ticket: Ticket) -> bool:
    """Whether somebody is complained of."""
    return ticket.matter is Matter.COMPLAINT

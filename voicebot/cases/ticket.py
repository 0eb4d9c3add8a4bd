"""A ticket (工单) and what may happen to it. Pure: `apply` returns the ticket as it is after, and its history line.

Owner is the first person responsible (首接负责) until it is resolved: it can be handed on only to someone who takes it,
and never back into a pool.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from voicebot.cases.deadlines import Matter
from voicebot.errors import VoicebotError


class TicketState(StrEnum):
    """Where a ticket is."""

    OPEN = "open"
    """Nobody has it yet."""
    ASSIGNED = "assigned"
    """Somebody answers for it."""
    CONTACTED = "contacted"
    """The caller was reached."""
    RESOLVED = "resolved"
    """The owner says it is done."""
    CONFIRMED = "confirmed"
    """The caller says so too, or did not object in time."""


class Change(StrEnum):
    """What may happen to a ticket."""

    ASSIGN = "assign"
    CONTACT = "contact"
    TRY = "try"
    """An attempt to reach the caller that failed."""
    RESOLVE = "resolve"
    CONFIRM = "confirm"
    REOPEN = "reopen"
    CONNECT = "connect"
    """The caller got through to a person by calling again."""
    JOIN = "join"
    """The caller called again about the same thing."""
    NOTE = "note"


_NEXT: dict[TicketState, dict[Change, TicketState]] = {
    TicketState.OPEN: {
        Change.ASSIGN: TicketState.ASSIGNED,
        Change.CONNECT: TicketState.RESOLVED,
        Change.TRY: TicketState.OPEN,
    },
    TicketState.ASSIGNED: {
        Change.ASSIGN: TicketState.ASSIGNED,
        Change.TRY: TicketState.ASSIGNED,
        Change.CONTACT: TicketState.CONTACTED,
        Change.RESOLVE: TicketState.RESOLVED,
        Change.CONNECT: TicketState.RESOLVED,
    },
    TicketState.CONTACTED: {
        Change.ASSIGN: TicketState.ASSIGNED,
        Change.TRY: TicketState.CONTACTED,
        Change.CONTACT: TicketState.CONTACTED,
        Change.RESOLVE: TicketState.RESOLVED,
        Change.CONNECT: TicketState.RESOLVED,
    },
    TicketState.RESOLVED: {Change.CONFIRM: TicketState.CONFIRMED, Change.REOPEN: TicketState.OPEN},
    TicketState.CONFIRMED: {Change.REOPEN: TicketState.OPEN},
}
_ANYWHERE = {Change.NOTE, Change.JOIN}
"""Changes that leave the state as it is."""

_NEEDS_WHY = {Change.REOPEN, Change.TRY, Change.NOTE, Change.RESOLVE}
"""Changes that say nothing without a reason."""


class ChangeRefused(VoicebotError):
    """This cannot happen to this ticket now."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One matter of one caller."""

    number: str
    matter: Matter
    department: str | None
    created: datetime
    state: TicketState = TicketState.OPEN
    owner: str | None = None
    """Person id of who answers for it."""
    attempts: int = 0
    """How often we tried to reach the caller."""
    calls: int = 1
    """How often the caller called about it."""
    reopened: int = 0
    first_response: datetime | None = None
    resolved: datetime | None = None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One change, never altered afterwards."""

    ticket: str
    at: datetime
    who: str
    change: Change
    before: TicketState
    after: TicketState
    why: str = ""
    owner: str | None = None


def apply(
    ticket: Ticket, change: Change, *, now: datetime, who: str, why: str = "", owner: str | None = None
) -> tuple[Ticket, HistoryLine]:
    """The ticket after a change, and the line for its history. Raises `ChangeRefused`, with the reason in Chinese.

    `owner` is the new owner of an ASSIGN, given or taken; `why` is needed for REOPEN, TRY, NOTE and RESOLVE.
    """
    after = ticket.state if change in _ANYWHERE else _NEXT[ticket.state].get(change)
    if after is None:
        raise ChangeRefused("wrong-state", f"工单 {ticket.number} 现在是 {ticket.state}，不能 {change}")
    if change in _NEEDS_WHY and not why.strip():
        raise ChangeRefused("why-missing", f"请写明原因（{change}）")
    if (change is Change.ASSIGN) != (owner is not None):
        raise ChangeRefused("owner-missing", "请写明交给谁")
    changed = replace(
        ticket,
        state=after,
        owner=_owner(ticket, change, owner),
        attempts=ticket.attempts + (change in (Change.TRY, Change.CONTACT)),
        calls=ticket.calls + (change in (Change.JOIN, Change.CONNECT)),
        reopened=ticket.reopened + (change is Change.REOPEN),
        first_response=_first_response(ticket, change, now),
        resolved=now if after is TicketState.RESOLVED and after is not ticket.state else _resolved(ticket, change),
    )
    line = HistoryLine(ticket.number, now, who, change, ticket.state, after, why.strip(), changed.owner)
    return changed, line


def _owner(ticket: Ticket, change: Change, owner: str | None) -> str | None:
    """Nothing but an ASSIGN changes who answers for it; a reopened ticket goes back to the same person."""
    return owner if change is Change.ASSIGN else ticket.owner


def _first_response(ticket: Ticket, change: Change, now: datetime) -> datetime | None:
    """When a person first spoke with the caller."""
    if ticket.first_response is None and change in (Change.CONTACT, Change.CONNECT):
        return now
    return ticket.first_response


def _resolved(ticket: Ticket, change: Change) -> datetime | None:
    return None if change is Change.REOPEN else ticket.resolved

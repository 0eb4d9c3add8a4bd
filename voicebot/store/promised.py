"""Steps of a transaction that promise a call back: every caller whom we owe something and whose number we have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voicebot.store.case_models import Callback, TicketCall
from voicebot.store.models import Call, Ticket
from voicebot.store.owed import tickets_about
from voicebot.store.words import SETTLED, WRITTEN, CallbackState

CallableAt = Callable[[datetime], datetime]
"""The first moment from then on at which callers may be called."""


def at_once(now: datetime) -> datetime:
    """Where there are no hours."""
    return now


def promise_callbacks(session: Session, row: Call, now: datetime, due_at: datetime) -> int:
    """A call back for every ticket of this call that is owed, in a transaction that holds the call's row: how many
    are new. Nothing is promised to who withheld their number.
    """
    if not row.caller_sealed:
        return 0
    owed = [ticket for ticket in tickets_about(session, row.id) if ticket.state not in SETTLED]
    return sum(_promise(session, ticket, row, now, due_at) for ticket in owed)


def _promise(session: Session, ticket: Ticket, row: Call, now: datetime, due_at: datetime) -> bool:
    """One for this ticket, once a call: its news come twice and late. Who calls again about it is called back at the
    number they called from last, and no later than they would be for that call alone.
    """
    latest = select(Callback).where(Callback.ticket_id == ticket.id).order_by(Callback.id.desc()).limit(1)
    one = session.scalars(latest.with_for_update()).first()
    if one is None or (one.ended_at is not None and one.created_at < row.started_at):
        _add(session, ticket, row, now, due_at)
        return True
    if one.ended_at is None and session.get_one(Call, one.call_id).started_at < row.started_at:
        one.call_id = row.id
        if one.state is CallbackState.DUE:
            one.due_at = min(one.due_at, due_at)
    return False


def promise_again(session: Session, ticket: Ticket, now: datetime, due_at: datetime) -> bool:
    """A call back about a ticket that was reopened, which is held: whether one is owed now. At the latest number that
    is still there: it goes when nobody is owed a call any more.
    """
    linked = select(TicketCall.call_id).where(TicketCall.ticket_id == ticket.id)
    calls = select(Call).where(Call.id.in_(linked), Call.caller_sealed != "").order_by(Call.started_at.desc()).limit(1)
    row = session.scalars(calls).first()
    if row is None:
        return False
    on = select(Callback.id).where(Callback.ticket_id == ticket.id, Callback.ended_at.is_(None))
    if session.scalars(on).first() is None:
        _add(session, ticket, row, now, due_at)
    return True


def _add(session: Session, ticket: Ticket, row: Call, now: datetime, due_at: datetime) -> None:
    # Who writes may not be able to hear: a person reads it, and decides whether to call.
    state = CallbackState.BY_HAND if row.channel in WRITTEN else CallbackState.DUE
    session.add(
        Callback(ticket_id=ticket.id, call_id=row.id, state=state, due_at=due_at, tries=0, person="", created_at=now)
    )

"""Steps of a transaction that end a try to call somebody back, with what that means for the ticket."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from voicebot.dialogue.commands import TicketKind
from voicebot.store.case_models import Callback, CallbackTry, TicketCall
from voicebot.store.duty_models import Engagement
from voicebot.store.models import Call, Ticket
from voicebot.store.owed import drop_callbacks, note, responded, talked
from voicebot.store.rings import HANGING_UP
from voicebot.store.shelf import changed
from voicebot.store.words import CALLER_RUNG, SETTLED, CallbackOutcome, CallbackState, Change, TicketState

WHY: Final = {
    CallbackOutcome.REACHED: "回电接通，双方已通话",
    CallbackOutcome.NO_ANSWER: "回电：来电人没有接听",
    CallbackOutcome.BUSY: "回电：来电人占线",
    CallbackOutcome.UNREACHABLE: "回电：来电人的号码打不通",
    CallbackOutcome.CUT_SHORT: "回电：接起后很快就断了，可能是语音信箱",
    CallbackOutcome.WRONG_NUMBER: "回电：号码不对",
    CallbackOutcome.NOT_WANTED: "回电：来电人表示不需要了",
    CallbackOutcome.STAFF_NO_ANSWER: "回电：工作人员没有接听",
    CallbackOutcome.STAFF_BUSY: "回电：工作人员占线",
    CallbackOutcome.STAFF_DECLINED: "回电：工作人员没有接",
    CallbackOutcome.STAFF_VOICEMAIL: "回电：工作人员接起后没有按一，可能是语音信箱",
    CallbackOutcome.STAFF_FAILED: "回电：工作人员的电话打不通",
    CallbackOutcome.STAFF_LEFT: "回电：来电人接听前，工作人员已挂机",
    CallbackOutcome.LOST: "回电：没有收到结果",
    CallbackOutcome.TOO_LATE: "回电：已过回电时间",
    CallbackOutcome.SETTLED: "不用再回电",
}
"""What stands in a ticket's history."""


@dataclass(frozen=True, slots=True)
class Held:
    """A try and all that hangs on it, held until the transaction ends."""

    attempt: CallbackTry
    callback: Callback
    ticket: Ticket
    call: Call
    """The call whose number is called."""
    tickets: list[Ticket]
    """All that this call opened or joined."""


def end_try(session: Session, held: Held, outcome: CallbackOutcome, now: datetime) -> None:
    """A try that is on ends without a talk: the callback is due again, and somebody else may be rung for it."""
    row, one, ticket = held.attempt, held.callback, held.ticket
    row.outcome, row.ended_at = outcome, now
    one.outcome = outcome
    _let_go(session, one, now)
    if one.state is CallbackState.CALLING:
        one.claimed_until = None
        if outcome is CallbackOutcome.SETTLED or ticket.state in SETTLED:
            one.state, one.ended_at = CallbackState.DROPPED, now
        else:
            one.state, one.due_at = CallbackState.DUE, now
    if ticket.state not in SETTLED:
        in_vain(session, ticket, outcome, row.person, now)


def in_vain(session: Session, ticket: Ticket, outcome: CallbackOutcome, who: str, now: datetime, why: str = "") -> None:
    """The ticket's line about a try that ended without a talk. It counts when the caller's phone rang."""
    rung = outcome in CALLER_RUNG
    ticket.tries += rung
    note(session, ticket, Change.TRY if rung else Change.NOTE, ticket.state, now, who=who, why=why or WHY[outcome])


def reached(session: Session, held: Held, now: datetime) -> None:
    """Caller and staff have talked, whatever was believed before."""
    row, one, ticket = held.attempt, held.callback, held.ticket
    if row.outcome is CallbackOutcome.REACHED:
        return
    if row.outcome is None:
        _let_go(session, one, now)
    row.outcome, row.ended_at = CallbackOutcome.REACHED, row.ended_at or now
    finish(one, CallbackState.DONE, CallbackOutcome.REACHED, now)
    ticket.tries += 1
    if ticket.kind is TicketKind.COMPLAINT:
        contacted(session, ticket, row.person, now, WHY[CallbackOutcome.REACHED])
    else:
        talked(session, held.call.id, now, WHY[CallbackOutcome.REACHED])
        for other in held.tickets:  # of one call and one caller: that was the talk they were owed
            if other.kind is not TicketKind.COMPLAINT:
                drop_callbacks(session, other.id, now)
    session.flush()
    forget_numbers(session, held.tickets)


def finish(one: Callback, state: CallbackState, outcome: CallbackOutcome | None, now: datetime) -> None:
    """Nothing more comes of this callback."""
    one.state, one.outcome = state, outcome or one.outcome
    one.ended_at, one.claimed_until = one.ended_at or now, None


def contacted(session: Session, ticket: Ticket, who: str, now: datetime, why: str) -> None:
    """The caller was spoken with; the ticket is not settled by that."""
    if ticket.state in SETTLED:
        return
    before, ticket.state = ticket.state, TicketState.CONTACTED
    responded(ticket, now)
    note(session, ticket, Change.CONTACT, before, now, who=who, why=why)


def forget_numbers(session: Session, tickets: Iterable[Ticket]) -> None:
    """Nobody will call these callers any more: numbers that no open ticket needs go. A call that is being written to
    just now keeps its number until it ends.
    """
    ids = [ticket.id for ticket in tickets]
    linked = select(TicketCall.call_id).where(TicketCall.ticket_id.in_(ids))
    owing = select(TicketCall.call_id).join(Ticket, Ticket.id == TicketCall.ticket_id)
    owing = owing.where(Ticket.state.not_in(SETTLED))
    calls = select(Call).where(Call.id.in_(linked), Call.id.not_in(owing), Call.caller_sealed != "")
    for call in session.scalars(calls.with_for_update(skip_locked=True, of=Call)):
        call.caller_sealed = ""


def _let_go(session: Session, one: Callback, now: datetime) -> None:
    """Whoever was in it is free again, as soon as their leg is over."""
    mine = update(Engagement).where(Engagement.callback_id == one.id, Engagement.until > now + HANGING_UP)
    changed(session, mine.values(until=now + HANGING_UP))

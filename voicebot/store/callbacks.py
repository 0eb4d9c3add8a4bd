"""Calls back that are owed: which are due, who is rung for them, and what comes next when a try is over.

States: due → calling (claimed, with a lease) → done, due again, by hand, or dropped. A worker that dies leaves a lease
that runs out; a person who is rung is engaged as for a transfer, so nobody is rung twice at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select
from sqlalchemy.orm import Session, aliased

from voicebot.store.callback_news import CallbackNews
from voicebot.store.callback_steps import end_try, finish
from voicebot.store.case_models import Callback, CallbackTry, TicketCall
from voicebot.store.duty_models import Engagement
from voicebot.store.models import Call, Ticket
from voicebot.store.owed import note
from voicebot.store.promised import promise_callbacks
from voicebot.store.rings import Whom, alone, engage, engaged_people, live_waiters
from voicebot.store.shelf import changed
from voicebot.store.words import SETTLED, CallbackOutcome, CallbackState, Change, Channel

UNSURE: Final = timedelta(seconds=15)
"""From writing down a try to knowing its leg; without a sign of life by then nobody was rung."""
LONGEST_CALL: Final = timedelta(hours=1)
"""A call whose end we were never told of is over by then."""


@dataclass(frozen=True, slots=True)
class DueCallback:
    """A call back whose time has come, with what was tried in this round, in order."""

    callback: Callback
    ticket: Ticket
    line_number: str
    """The published number that was called."""
    tries: tuple[CallbackTry, ...]


class Callbacks(CallbackNews):
    """For the worker that places them; any number of workers may. Every method may raise `StoreLost`."""

    def promise_missed(self, due_at: datetime) -> int:
        """See that nobody was forgotten whose call's end never reached us, and that nobody is called who need not be:
        how many calls back are new.
        """
        now = self._now()
        promised = exists().where(Callback.ticket_id == Ticket.id)
        over = or_(Call.ended_at.is_not(None), Call.started_at < now - LONGEST_CALL)
        missed = (
            select(Call.id)
            .join(TicketCall, TicketCall.call_id == Call.id)
            .join(Ticket, Ticket.id == TicketCall.ticket_id)
            .where(Ticket.state.not_in(SETTLED), ~promised, Call.caller_sealed != "", over)
            .distinct()
        )
        settled = (
            select(Callback.id)
            .join(Ticket, Ticket.id == Callback.ticket_id)
            .where(
                Ticket.state.in_(SETTLED), Callback.state.in_((CallbackState.DUE, CallbackState.BY_HAND)), _unended()
            )
        )
        with self._database.reading() as session:
            calls, void = list(session.scalars(missed)), list(session.scalars(settled))
        for one in void:
            self.drop_callback(one)
        return sum(self._promise(call, now, due_at) for call in calls)

    def _promise(self, call: str, now: datetime, due_at: datetime) -> int:
        with self._database.writing() as session:
            return promise_callbacks(session, self._locked_call(session, call), now, due_at)

    def callbacks_due(self, limit: int = 200) -> list[DueCallback]:
        """What may be placed now, the oldest first: not for a caller who is on the line, or being called already."""
        now = self._now()
        due = (
            select(Callback, Ticket, Call.line_number)
            .join(Ticket, Ticket.id == Callback.ticket_id)
            .join(Call, Call.id == Callback.call_id)
            .where(*_callable(now), Ticket.state.not_in(SETTLED))
            .order_by(Callback.due_at, Callback.id)
            .limit(limit)
        )
        with self._database.reading() as session:
            found = session.execute(due).all()
            return [DueCallback(one, ticket, line, _round(session, one)) for one, ticket, line in found]

    def people_taken(self) -> frozenset[str]:
        """Who cannot be rung for a call back just now: engaged, or wanted by somebody who waits on the line."""
        with self._database.reading() as session:
            return _taken(session, self._now())

    def claim_callback(self, due: DueCallback, wants: Mapping[str, Whom]) -> CallbackTry | None:
        """Ring the first of `wants` who is free: then their try stands, and they are engaged. None when nobody is
        free, or another worker was here first. Who waits on the line goes first: their people are not taken.
        """
        now = self._now()
        with self._database.writing() as session:
            alone(session)
            taken = _taken(session, now)
            key = next((key for key in wants if key not in taken), "")
            if not key:
                return None
            engage(session, key, f"callback:{due.callback.id}", now + UNSURE, now, callback_id=due.callback.id)
            row = self._still_due(session, due, now)
            if row is None:
                changed(session, delete(Engagement).where(Engagement.person == key))
                return None
            whom = wants[key]
            begun = CallbackTry(
                callback_id=row.id, round=row.tries, person=whom.person, role=whom.role, leg="", started_at=now
            )
            row.state, row.person, row.claimed_until = CallbackState.CALLING, whom.person, now + UNSURE
            session.add(begun)
            session.flush()
            return begun

    def _still_due(self, session: Session, due: DueCallback, now: datetime) -> Callback | None:
        """The callback with its ticket, held, if it stands as it was read; never waits for another worker."""
        unchanged = (Callback.id == due.callback.id) & (Callback.tries == due.callback.tries)
        calls = select(Callback).join(Call, Call.id == Callback.call_id).where(unchanged, *_callable(now))
        row = session.scalars(calls.with_for_update(skip_locked=True, of=Callback)).first()
        if row is None or len(_round(session, row)) != len(due.tries):
            return None
        ticket = select(Ticket).where(Ticket.id == row.ticket_id).with_for_update(skip_locked=True)
        held = session.scalars(ticket).first()
        return row if held is not None and held.state not in SETTLED else None

    # What comes next

    def put_off_callback(self, due: DueCallback, until: datetime) -> bool:
        """Nobody can be rung before then, and it is nobody's fault: whether it was so put off."""
        with self._database.writing() as session:
            row = self._still_due(session, due, self._now())
            if row is not None:
                row.due_at = until
            return row is not None

    def next_round(self, due: DueCallback, again_at: datetime) -> bool:
        """This round was in vain: again then."""
        with self._database.writing() as session:
            row = self._still_due(session, due, self._now())
            if row is not None:
                row.tries, row.due_at = row.tries + 1, again_at
            return row is not None

    def callback_by_hand(self, due: DueCallback, why: str, *, rounds: int = 0) -> bool:
        """Staff have to dial it themselves, for that reason (Chinese); `rounds` more were in vain."""
        now = self._now()
        with self._database.writing() as session:
            row = self._still_due(session, due, now)
            if row is not None:
                row.state, row.tries = CallbackState.BY_HAND, row.tries + rounds
                ticket = session.get_one(Ticket, row.ticket_id)
                note(session, ticket, Change.NOTE, ticket.state, now, why=f"回电转为人工拨打：{why}")
            return row is not None

    def drop_callback(self, callback: int, who: str = "", why: str = "") -> bool:
        """Nobody has to call any more: whether that is news. What somebody decided stands in the ticket's history."""
        now = self._now()
        with self._database.writing() as session:
            found = idle(session, callback)
            if found is None:
                return False
            row, ticket = found
            finish(row, CallbackState.DROPPED, None, now)
            if who:
                note(session, ticket, Change.NOTE, ticket.state, now, who=who, why=f"不再回电：{why}")
            return True

    def retry_callback(self, callback: int, due_at: datetime, who: str) -> int | None:
        """Let the line call again as if for the first time: the id of the new callback that stands for this one; None
        while it is on, and once it is over.
        """
        now = self._now()
        with self._database.writing() as session:
            found = idle(session, callback)
            if found is None or found[1].state in SETTLED:
                return None
            row, ticket = found
            finish(row, CallbackState.DROPPED, None, now)
            fresh = Callback(ticket_id=ticket.id, call_id=row.call_id, due_at=due_at, created_at=now)
            session.add(fresh)
            session.flush()
            note(session, ticket, Change.NOTE, ticket.state, now, who=who, why="重新安排自动回电")
            return fresh.id

    # Leases

    def silent_callbacks(self) -> list[CallbackTry]:
        """Tries of which nothing was heard for too long: whoever was at them has died, or the provider has."""
        quiet = (
            select(CallbackTry)
            .join(Callback, Callback.id == CallbackTry.callback_id)
            .where(_silent(self._now()), CallbackTry.outcome.is_(None))
            .order_by(CallbackTry.id)
        )
        with self._database.reading() as session:
            return list(session.scalars(quiet))

    def callback_lost(self, attempt: int) -> bool:
        """Give up on a silent try, unless there was news meanwhile: whether it was given up."""
        now = self._now()
        with self._database.writing() as session:
            held = self._held(session, attempt)
            until = held.callback.claimed_until if held else None
            if held is None or held.attempt.outcome is not None or (until is not None and until >= now):
                return False
            row, outcome = held.attempt, CallbackOutcome.LOST
            if row.accepted_at is None and (row.leg or row.picked_up_at):
                outcome = CallbackOutcome.STAFF_VOICEMAIL if row.picked_up_at else CallbackOutcome.STAFF_NO_ANSWER
            end_try(session, held, outcome, now)
            return True


def idle(session: Session, callback: int) -> tuple[Callback, Ticket] | None:
    """In an open transaction: the callback and its ticket, held, if it is still to be done and nobody is at it."""
    known = session.get(Callback, callback)
    if known is None:
        return None
    ticket = session.get_one(Ticket, known.ticket_id, with_for_update=True)
    session.refresh(known, with_for_update=True)
    waits = known.state in (CallbackState.DUE, CallbackState.BY_HAND) and known.ended_at is None
    return (known, ticket) if waits else None


def _taken(session: Session, now: datetime) -> frozenset[str]:
    return engaged_people(session, now).union(*(waiter.wants for waiter in live_waiters(session, now)))


def _unended() -> ColumnElement[bool]:
    return Callback.ended_at.is_(None)


def _silent(now: datetime) -> ColumnElement[bool]:
    lease_over = or_(Callback.claimed_until.is_(None), Callback.claimed_until < now)
    return and_(Callback.state == CallbackState.CALLING, lease_over)


def _callable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Of a callback joined with its call: it is due, and the caller is neither on the line nor being called."""
    live, other, other_call = aliased(Call), aliased(Callback), aliased(Call)
    same = and_(live.caller_key == Call.caller_key, Call.caller_key != "")
    on_line = exists().where(
        live.ended_at.is_(None),
        live.started_at > now - LONGEST_CALL,
        live.channel == Channel.TWILIO,
        or_(live.id == Call.id, same),
    )
    called = exists().where(
        other.state == CallbackState.CALLING,
        other.id != Callback.id,
        other.call_id == other_call.id,
        or_(other_call.id == Call.id, and_(other_call.caller_key == Call.caller_key, Call.caller_key != "")),
    )
    return (Callback.state == CallbackState.DUE, Callback.due_at <= now, _unended(), ~on_line, ~called)


def _round(session: Session, one: Callback) -> tuple[CallbackTry, ...]:
    """What was tried in the present round."""
    mine = select(CallbackTry).where(CallbackTry.callback_id == one.id, CallbackTry.round == one.tries)
    return tuple(session.scalars(mine.order_by(CallbackTry.id)))

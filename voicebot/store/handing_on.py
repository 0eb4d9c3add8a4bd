"""A person who talks with a caller hands them on to another unit (首接负责, no 踢皮球).

The first time in a call they may go at once: the caller waits with us for the other unit. From the second time on they
stay on the line until somebody of the other unit has the caller, and take the caller back when nobody comes. Whoever
handed a caller on is still the owner of the ticket.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from voicebot.events import TransferOutcome
from voicebot.store.calls import end_attempt, has_talked
from voicebot.store.duty_models import Engagement, HandOverRow
from voicebot.store.models import Attempt, Call
from voicebot.store.owed import note, tickets_about
from voicebot.store.rings import LONGEST_TALK
from voicebot.store.shelf import Shelf, changed
from voicebot.store.words import Change, HandingState, TicketState

ALONE_AT_MOST = 1
"""So often a caller is handed on without the person who does so staying on the line."""


@dataclass(frozen=True, slots=True)
class Stand:
    """How it stands for a person who stays on the line."""

    state: HandingState
    """``reaching``; ``met``: the next one has the caller; ``taken-back``; ``back``: the caller is gone."""
    attempt: int
    """The attempt in which they talk with the caller again, after ``taken-back``."""


class HandingOn(Shelf):
    """Handing on, step by step. Every method may raise `StoreLost`, and may be asked twice."""

    def offer_handing_on(self, call: str) -> bool:
        """The conference has ended for the caller, who is still there: whether that may be to hand them on."""
        with self._database.writing() as session:
            self._locked_call(session, call)
            latest = _latest_attempt(session, call)
            if latest is None or not latest.person or latest.outcome is not None or not has_talked(latest):
                return False
            before = _latest(session, call)
            if before is None or before.attempt_id != latest.id or before.state is HandingState.BACK:
                asked = {"call_id": call, "attempt_id": latest.id, "asked_at": self._now()}
                session.add(HandOverRow(state=HandingState.OFFERED, department="", stays=False, **asked))
            return True

    def begin_handing_on(self, attempt: int) -> bool | None:
        """They left the conference and are still on the line: whether they may choose where to; None while it is not
        known whether the caller is still there, too.
        """
        with self._database.writing() as session:
            row = session.get(Attempt, attempt)
            if row is None:
                return False
            call = self._locked_call(session, row.call_id)
            session.refresh(row)
            if row.outcome is not None or row.accepted_at is None or call.ended_at is not None:
                return False
            one = _latest(session, row.call_id)
            if one is None or one.attempt_id != row.id or one.state is HandingState.BACK:
                return None
            if one.state is HandingState.OFFERED:
                one.state = HandingState.CHOOSING
            return one.state is HandingState.CHOOSING

    def back_to_caller(self, attempt: int) -> None:
        """They would rather go on talking."""
        with self._database.writing() as session:
            choosing = (HandOverRow.attempt_id == attempt) & (HandOverRow.state == HandingState.CHOOSING)
            values = {"state": HandingState.BACK, "decided_at": self._now()}
            changed(session, update(HandOverRow).where(choosing).values(**values))

    def hand_on(self, attempt: int, department: str, why: str) -> bool:
        """The caller goes to that department, and is owed what was settled by the talk: whether whoever hands them on
        has to stay. `why` stands in the history of the ticket.
        """
        now = self._now()
        with self._database.writing() as session:
            row = session.get_one(Attempt, attempt)
            call = self._locked_call(session, row.call_id)
            session.refresh(row)
            one = _latest(session, row.call_id)
            if one is None or one.attempt_id != row.id or one.state is not HandingState.CHOOSING:
                return one is not None and one.stays
            one.state, one.department, one.decided_at = HandingState.REACHING, department, now
            one.stays = call.handed_on >= ALONE_AT_MOST
            call.handed_on += 1
            end_attempt(session, call, now, row, TransferOutcome.ACCEPTED)
            session.flush()
            _owed_again(session, row, department, now, why)
            return one.stays

    def handing_on(self, call: str) -> HandOverRow | None:
        """What whoever talked last with the caller has decided; None when they are not handing the caller on."""
        with self._database.reading() as session:
            one = _latest(session, call)
            latest = _latest_attempt(session, call)
            if one is None or latest is None or one.attempt_id != latest.id:
                return None
            undecided = one.state in (HandingState.OFFERED, HandingState.CHOOSING)
            return None if undecided and latest.outcome is not None else one

    def handers_on(self, call: str) -> frozenset[str]:
        """Who handed this caller on: they are not rung for the same caller again, or it goes in a circle."""
        with self._database.reading() as session:
            attempts = select(HandOverRow.attempt_id).where(
                HandOverRow.call_id == call, HandOverRow.state == HandingState.REACHING
            )
            return frozenset(session.scalars(select(Attempt.person).where(Attempt.id.in_(attempts))))

    def take_back(self, call: str) -> bool:
        """Nobody of the other unit came: whether the person who stayed on the line takes the caller again."""
        now = self._now()
        with self._database.writing() as session:
            self._locked_call(session, call)
            one = _latest(session, call)
            if one is None or one.state is not HandingState.REACHING or not one.stays:
                return False
            stayed = session.scalars(select(Engagement).where(Engagement.attempt_id == one.attempt_id)).first()
            if stayed is None or stayed.until <= now:
                return False
            old = session.get_one(Attempt, one.attempt_id)
            who = {"whom": old.whom, "person": old.person, "role": old.role, "leg": old.leg}
            again = Attempt(call_id=call, started_at=now, accepted_at=now, **who)
            session.add(again)
            session.flush()
            one.state, one.decided_at = HandingState.TAKEN_BACK, now
            stayed.attempt_id, stayed.until = again.id, now + LONGEST_TALK
            return True

    def stands(self, attempt: int) -> Stand:
        """How it stands for a person who stays on the line: `attempt` is the one in which they handed the caller on."""
        with self._database.reading() as session:
            row = session.get(Attempt, attempt)
            call = session.get(Call, row.call_id) if row else None
            latest = _latest_attempt(session, row.call_id) if row else None
            if row is None or call is None or latest is None or call.ended_at is not None:
                return Stand(HandingState.BACK, 0)
            if latest.id != row.id and latest.leg == row.leg:
                return Stand(HandingState.TAKEN_BACK, latest.id)
            met = latest.id != row.id and has_talked(latest)
            return Stand(HandingState.MET if met else HandingState.REACHING, latest.id)


def _owed_again(session: Session, row: Attempt, department: str, now: datetime, why: str) -> None:
    """The talk has settled nothing: the promise that was made to the caller stands again, and so does its owner."""
    for ticket in tickets_about(session, row.call_id):
        if ticket.state is not TicketState.RESOLVED or ticket.closed_at != now:
            continue
        before = ticket.state
        ticket.state = TicketState.ASSIGNED if ticket.owner else TicketState.OPEN
        ticket.closed_at = ticket.first_response_at = None
        ticket.department = department
        note(session, ticket, Change.REOPEN, before, now, who=row.person, why=why)


def _latest(session: Session, call: str) -> HandOverRow | None:
    rows = select(HandOverRow).where(HandOverRow.call_id == call).order_by(HandOverRow.id.desc())
    return session.scalars(rows.limit(1)).first()


def _latest_attempt(session: Session, call: str) -> Attempt | None:
    return session.scalars(select(Attempt).where(Attempt.call_id == call).order_by(Attempt.id.desc()).limit(1)).first()

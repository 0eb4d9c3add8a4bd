"""What becomes of a call back once a phone rings: news of both legs, which may come twice, late and in any order.

Everything is taken in under the lock of the caller's call, then its tickets, then the callback, as everywhere in the
record. A try is over once; only that caller and staff have talked after all may be learned later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from voicebot.store.callback_steps import Held, end_try, reached
from voicebot.store.case_models import Callback, CallbackTry
from voicebot.store.duty_models import Engagement
from voicebot.store.models import Call, Ticket
from voicebot.store.owed import tickets_about
from voicebot.store.rings import GONE, LONGEST_TALK
from voicebot.store.seal import Seal
from voicebot.store.shelf import Shelf, changed
from voicebot.store.words import CALLER_RUNG, SETTLED, CallbackOutcome, CallbackState

RINGING: Final = timedelta(seconds=75)
"""A phone of staff that began to ring without our knowing for how long."""
WHISPERING: Final = timedelta(seconds=90)
"""Staff hear what it is about and press 1 within this."""
DIALLING: Final = timedelta(seconds=120)
"""The caller's phone rings at most so long, setting up included."""
LEAST_S: Final = 15.0
"""From the caller's picking up: seven seconds of ours, then a talk. Shorter: nobody was reached."""
_STAFF: Final = {
    "busy": CallbackOutcome.STAFF_BUSY,
    "no-answer": CallbackOutcome.STAFF_NO_ANSWER,
    "canceled": CallbackOutcome.STAFF_NO_ANSWER,
    "failed": CallbackOutcome.STAFF_FAILED,
    "completed": CallbackOutcome.STAFF_DECLINED,
}
"""What the provider says of a leg to staff on which nobody pressed 1."""
_CALLER: Final = {
    "busy": CallbackOutcome.BUSY,
    "no-answer": CallbackOutcome.NO_ANSWER,
    "failed": CallbackOutcome.UNREACHABLE,
    "canceled": CallbackOutcome.STAFF_LEFT,
}
"""What it says of a leg to the caller that was never picked up."""


@dataclass(frozen=True, slots=True)
class About:
    """One try, for whoever picks up."""

    attempt: CallbackTry
    callback: Callback
    ticket: Ticket
    rung: int
    """How often the caller's phone rang in vain before."""

    @property
    def is_on(self) -> bool:
        """It is still to be carried out."""
        owed = self.ticket.state not in SETTLED
        return owed and self.attempt.outcome is None and self.callback.state is CallbackState.CALLING


@dataclass(frozen=True, slots=True)
class ToDial:
    """Whom to dial for somebody who accepted."""

    number: str = field(repr=False)
    line_number: str
    """The published number that was called."""


class CallbackNews(Shelf):
    """Tries that are on. Every method may raise `StoreLost`; a try that is not there is no error."""

    _seal: Seal

    def callback_about(self, attempt: int) -> About | None:
        """What a try is about; None when there is no such try."""
        with self._database.reading() as session:
            row = session.get(CallbackTry, attempt)
            if row is None:
                return None
            one = session.get_one(Callback, row.callback_id)
            before = (
                select(func.count(CallbackTry.id))
                .join(Callback, Callback.id == CallbackTry.callback_id)
                .where(Callback.ticket_id == one.ticket_id, CallbackTry.outcome.in_(CALLER_RUNG))
                .where(CallbackTry.id < row.id)
            )
            return About(row, one, session.get_one(Ticket, one.ticket_id), session.scalar(before) or 0)

    # Staff

    def callback_rang(self, attempt: int, leg: str, ring_s: float) -> None:
        """The provider has placed the leg to staff."""
        with self._database.writing() as session:
            held = self._held(session, attempt)
            if held is not None:
                held.attempt.leg = held.attempt.leg or leg
                _lease(session, held, self._now() + timedelta(seconds=ring_s) + GONE)

    def callback_news(self, attempt: int, status: str, leg: str = "") -> None:
        """What the provider says of the leg to staff: a CallStatus."""
        now = self._now()
        with self._database.writing() as session:
            held = self._held(session, attempt)
            if held is None:
                return
            row = held.attempt
            row.leg = row.leg or leg
            if status == "ringing":
                _lease(session, held, now + RINGING)
            elif status == "in-progress":
                row.picked_up_at = row.picked_up_at or now
                _lease(session, held, now + WHISPERING)
            elif status in _STAFF:
                self._staff_over(session, held, status, now)

    def _staff_over(self, session: Session, held: Held, status: str, now: datetime) -> None:
        row = held.attempt
        if row.outcome is None:
            if row.accepted_at is None:
                end_try(session, held, _STAFF[status], now)
            elif row.answered_at is None:
                end_try(session, held, CallbackOutcome.STAFF_LEFT, now)
            else:
                _talk_over(session, held, (now - row.answered_at).total_seconds(), now)
        latest = select(func.max(CallbackTry.id)).where(CallbackTry.callback_id == row.callback_id)
        if session.scalar(latest) == row.id:
            changed(session, delete(Engagement).where(Engagement.callback_id == row.callback_id))

    def accept_callback(self, attempt: int) -> ToDial | None:
        """They pressed 1: whom to dial; None when nobody has to be called any more. The same answer if asked twice."""
        now = self._now()
        with self._database.writing() as session:
            held = self._held(session, attempt)
            if held is None or held.attempt.outcome is not None or held.callback.state is not CallbackState.CALLING:
                return None
            if held.ticket.state in SETTLED:
                end_try(session, held, CallbackOutcome.SETTLED, now)
                return None
            row, number = held.attempt, self._seal.open(held.call.caller_sealed)
            if not number:
                end_try(session, held, CallbackOutcome.UNREACHABLE, now)
                return None
            row.picked_up_at, row.accepted_at = row.picked_up_at or now, row.accepted_at or now
            _lease(session, held, now + DIALLING, talking=True)
            return ToDial(number, held.call.line_number)

    def refuse_callback(self, attempt: int, outcome: CallbackOutcome) -> None:
        """They did not take it, or could not be rung. An accepted one stays accepted."""
        with self._database.writing() as session:
            held = self._held(session, attempt)
            if held is not None and held.attempt.outcome is None and held.attempt.accepted_at is None:
                end_try(session, held, outcome, self._now())

    # The caller

    def callback_caller_news(self, attempt: int, status: str, seconds: float | None = None) -> None:
        """What the provider says of the leg to the caller: a CallStatus, and at its end how long it was on."""
        now = self._now()
        with self._database.writing() as session:
            held = self._held(session, attempt)
            if held is None:
                return
            row = held.attempt
            if status == "in-progress":
                row.answered_at = row.answered_at or now
                _lease(session, held, now + LONGEST_TALK, talking=True)
            elif status == "completed":
                lasted = timedelta(seconds=seconds or 0.0)
                row.answered_at = row.answered_at or now - lasted
                since = lasted if seconds is not None else now - row.answered_at
                _talk_over(session, held, since.total_seconds(), now)
            elif status in _CALLER and row.outcome is None:
                end_try(session, held, _CALLER[status], now)

    def callback_dialled(
        self, attempt: int, status: str, bridged: bool | None = None, seconds: float | None = None
    ) -> CallbackOutcome | None:
        """How dialling the caller ended (DialCallStatus, DialBridged, DialCallDuration): what the try came to."""
        now = self._now()
        with self._database.writing() as session:
            held = self._held(session, attempt)
            if held is None:
                return None
            row = held.attempt
            if status in ("completed", "answered"):
                since = (now - row.answered_at).total_seconds() if row.answered_at else 0.0
                _talk_over(session, held, 0.0 if bridged is False else max(since, seconds or 0.0), now)
            elif status in _CALLER and row.outcome is None:
                end_try(session, held, CallbackOutcome.CUT_SHORT if row.answered_at else _CALLER[status], now)
            return row.outcome

    # Locks

    def _held(self, session: Session, attempt: int) -> Held | None:
        """The try and all that hangs on it, held: news of one callback are taken in one after the other."""
        row = session.get(CallbackTry, attempt)
        if row is None:
            return None
        one = session.get_one(Callback, row.callback_id)
        call: Call = self._locked_call(session, one.call_id)
        tickets = tickets_about(session, call.id)
        session.refresh(one, with_for_update=True)
        session.refresh(row)
        ticket = next((t for t in tickets if t.id == one.ticket_id), None)
        if ticket is None:
            ticket = session.get_one(Ticket, one.ticket_id, with_for_update=True)
        return Held(row, one, ticket, call, tickets)


def _lease(session: Session, held: Held, until: datetime, *, talking: bool = False) -> None:
    """There was a sign of life: the try is on until then at least, and so is whoever is in it."""
    one = held.callback
    if held.attempt.outcome is not None or one.state is not CallbackState.CALLING:
        return
    one.claimed_until = max(one.claimed_until or until, until)
    values = {"until": one.claimed_until} | ({"talking": True} if talking else {})
    changed(session, update(Engagement).where(Engagement.callback_id == one.id).values(**values))


def _talk_over(session: Session, held: Held, seconds: float, now: datetime) -> None:
    """The caller's leg, once picked up, is over."""
    if seconds >= LEAST_S:
        reached(session, held, now)
    elif held.attempt.outcome is None:
        end_try(session, held, CallbackOutcome.CUT_SHORT, now)

"""Calls back by hand: whom staff have to dial themselves, and what came of it with one click."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voicebot.dialogue.commands import TicketKind
from voicebot.store.callback_steps import WHY, contacted, finish, forget_numbers, in_vain
from voicebot.store.callbacks import idle
from voicebot.store.case_models import Callback, CallbackTry
from voicebot.store.models import Call, Ticket
from voicebot.store.owed import drop_callbacks, note, responded
from voicebot.store.seal import Seal
from voicebot.store.shelf import Shelf
from voicebot.store.words import CallbackOutcome, CallbackState, Change, TicketState

HAND: Final = "hand"
"""Role of who dials themselves."""
LOOKED: Final = "查看来电号码，准备回电"
BY_HAND: Final = (
    CallbackOutcome.REACHED,
    CallbackOutcome.NO_ANSWER,
    CallbackOutcome.BUSY,
    CallbackOutcome.WRONG_NUMBER,
    CallbackOutcome.NOT_WANTED,
)
"""What may have come of dialling by hand."""
_OVER: Final = {
    CallbackOutcome.REACHED: CallbackState.DONE,
    CallbackOutcome.WRONG_NUMBER: CallbackState.DROPPED,
    CallbackOutcome.NOT_WANTED: CallbackState.DROPPED,
}


@dataclass(frozen=True, slots=True)
class OwedCallback:
    """A call back that is owed. No number: `number_to_dial` tells it, and that it was asked for is kept."""

    callback: Callback
    ticket: Ticket
    last4: str
    dialled: int
    """How often it was dialled by hand; `dialled_by_hand` wants it back, so that two clicks count once."""


class DialList(Shelf):
    """For staff. Every method may raise `StoreLost`."""

    _seal: Seal

    def owed_callbacks(self, unit: str | None = None) -> list[OwedCallback]:
        """Everything that is owed, the oldest first; of one unit when given: what another owns it does not see."""
        return self._owed(unit, tuple(CallbackState))

    def dial_list(self, unit: str | None = None) -> list[OwedCallback]:
        """What has to be dialled by hand, the oldest promise first."""
        return self._owed(unit, (CallbackState.BY_HAND,))

    def _owed(self, unit: str | None, states: Collection[CallbackState]) -> list[OwedCallback]:
        hands = (
            select(func.count(CallbackTry.id))
            .where(CallbackTry.callback_id == Callback.id, CallbackTry.role == HAND)
            .scalar_subquery()
        )
        owed = (
            select(Callback, Ticket, Call.caller_last4, hands)
            .join(Ticket, Ticket.id == Callback.ticket_id)
            .join(Call, Call.id == Callback.call_id)
            .where(Callback.ended_at.is_(None), Callback.state.in_(states))
            .order_by(Ticket.respond_by, Callback.id)
        )
        if unit is not None:
            owed = owed.where(Ticket.unit == unit)
        with self._database.reading() as session:
            return [OwedCallback(*found) for found in session.execute(owed).all()]

    def ticket_called_about(self, callback: int) -> Ticket | None:
        """The ticket a call back is about; None when there is no such call back."""
        about = select(Ticket).join(Callback, Callback.ticket_id == Ticket.id).where(Callback.id == callback)
        with self._database.reading() as session:
            return session.scalars(about).first()

    def number_to_dial(self, callback: int, who: str, why: str = LOOKED) -> str:
        """The caller's number (E.164), for somebody who is about to dial it; empty when it is not to be dialled. `why`
        goes into the history.
        """
        with self._database.writing() as session:
            found = idle(session, callback)
            if found is None:
                return ""
            row, ticket = found
            note(session, ticket, Change.NOTE, ticket.state, self._now(), who=who, why=why)
            return self._seal.open(session.get_one(Call, row.call_id).caller_sealed)

    def dialled_by_hand(
        self,
        callback: int,
        outcome: CallbackOutcome,
        who: str,
        *,
        dialled: int | None = None,
        again_at: datetime | None = None,
        why: str = "",
    ) -> bool:
        """What came of dialling, one of `BY_HAND`: whether that is news. Said twice, with the same `dialled`, it counts
        once. Before `again_at` the line does not call by itself what is still its to call. Raises `ValueError` for an
        outcome that dialling cannot have.
        """
        if outcome not in BY_HAND:
            raise ValueError(outcome)
        now = self._now()
        with self._database.writing() as session:
            found = idle(session, callback)
            if found is None or dialled not in (None, _hands(session, callback)):
                return False
            row, ticket = found
            session.add(_try(row, who, outcome, now))
            row.outcome = outcome
            if outcome in _OVER:
                finish(row, _OVER[outcome], outcome, now)
            elif row.state is CallbackState.DUE and again_at is not None:
                row.due_at = again_at
            self._tell(session, ticket, outcome, who, why.strip() or WHY[outcome], now)
            return True

    def _tell(
        self, session: Session, ticket: Ticket, outcome: CallbackOutcome, who: str, why: str, now: datetime
    ) -> None:
        """What it means for the ticket: a talk settles a call that was missed; other matters are only spoken about."""
        if outcome not in (CallbackOutcome.REACHED, CallbackOutcome.NOT_WANTED):
            in_vain(session, ticket, outcome, who, now, why)
            return
        ticket.tries += 1
        if ticket.kind is not TicketKind.CALL:
            contacted(session, ticket, who, now, why)
            return
        before, ticket.state = ticket.state, TicketState.RESOLVED
        ticket.owner = ticket.owner or who
        responded(ticket, now)
        ticket.closed_at = now
        note(session, ticket, Change.RESOLVE, before, now, who=who, why=why)
        drop_callbacks(session, ticket.id, now)
        session.flush()
        forget_numbers(session, [ticket])


def _try(row: Callback, who: str, outcome: CallbackOutcome, now: datetime) -> CallbackTry:
    """Somebody dialled; it belongs to no round of the line's own."""
    return CallbackTry(
        callback_id=row.id, round=-1, person=who, role=HAND, leg="", started_at=now, ended_at=now, outcome=outcome
    )


def _hands(session: Session, callback: int) -> int:
    mine = select(func.count(CallbackTry.id)).where(CallbackTry.callback_id == callback, CallbackTry.role == HAND)
    return session.scalar(mine) or 0

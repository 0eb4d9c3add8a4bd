"""Forgetting: what is personal goes when the policy says so, the figures stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from voicebot.store.case_models import TicketCall, TicketHistory
from voicebot.store.gap_forgetting import forget_asks
from voicebot.store.messages import delete_at_provider
from voicebot.store.models import Call, CallState, GreenNumber, Message, StreamToken, Ticket, Turn, WebhookReceipt
from voicebot.store.shelf import Shelf, changed
from voicebot.store.words import SETTLED

BATCH: Final = 200
"""Calls in one transaction, so that a live call never waits long for it."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed."""

    calls: int
    turns: int
    files: int


class Retention(Shelf):
    """Removing what is older than policy."""

    def forget(self, before: datetime, discard: Callable[[str], None]) -> Forgotten:
        """Remove everything personal of calls that began before then and owe nobody anything.

        What was heard, messages, summaries, the words in a ticket's history and hashes of numbers go; the call, its
        outcome and its attempts stay as figures, a history as who did what and when. A ticket goes with the last of
        its calls, and calls with an open ticket wait for it. A message that the provider may still have is deleted
        there. `discard` removes a message file and must not mind one that is gone already: it is called before the
        row goes, so that a crash in between leaves nothing behind. Raises `StoreLost`; what was removed by then stays
        removed.
        """
        total = Forgotten(0, 0, 0)
        while batch := self._due(before):
            files = self._files(batch)
            for file in files:
                discard(file)
            with self._database.writing() as session:
                turns = self._remove(session, batch)
            total = Forgotten(total.calls + len(batch), total.turns + turns, total.files + len(files))
        return total

    def tidy(self, before: datetime) -> int:
        """Remove what was kept between webhooks before then, green numbers whose consent has expired, and numbers of
        callers to whom nothing is owed any more: how many rows. A day is plenty: calls last four hours at most. Raises
        `StoreLost`.
        """
        owing = select(TicketCall.call_id).join(Ticket, Ticket.id == TicketCall.ticket_id)
        owing = owing.where(Ticket.state.not_in(SETTLED))
        served = (Call.caller_sealed != "") & (Call.ended_at < before) & Call.id.not_in(owing)
        with self._database.writing() as session:
            return sum(
                changed(session, statement)
                for statement in (
                    delete(WebhookReceipt).where(WebhookReceipt.claimed_at < before),
                    delete(StreamToken).where(StreamToken.expires_at < before),
                    delete(CallState).where(CallState.saved_at < before),
                    delete(GreenNumber).where(GreenNumber.expires_at < before),
                    update(Call).where(served).values(caller_sealed=""),
                )
            )

    def _due(self, before: datetime) -> list[str]:
        linked = select(TicketCall.call_id).join(Ticket, Ticket.id == TicketCall.ticket_id)
        opened = select(Ticket.call_id).where(Ticket.state.not_in(SETTLED))
        due = (
            select(Call.id)
            .where(Call.started_at < before, Call.forgotten_at.is_(None))
            .where(Call.id.not_in(opened), Call.id.not_in(linked.where(Ticket.state.not_in(SETTLED))))
            .order_by(Call.started_at)
            .limit(BATCH)
        )
        with self._database.reading() as session:
            return list(session.scalars(due))

    def _files(self, calls: list[str]) -> list[str]:
        kept = select(Message.file).where(Message.call_id.in_(calls), Message.file.is_not(None))
        with self._database.reading() as session:
            return [file for file in session.scalars(kept) if file]

    def _remove(self, session: Session, calls: list[str]) -> int:
        delete_at_provider(session, calls, self._now())
        for model in (Message, CallState, StreamToken):
            changed(session, delete(model).where(model.call_id.in_(calls)))
        forget_asks(session, calls)
        turns = changed(session, delete(Turn).where(Turn.call_id.in_(calls)))
        blank = {"caller_key": "", "caller_last4": "", "caller_sealed": "", "forgotten_at": self._now()}
        changed(session, update(Call).where(Call.id.in_(calls)).values(**blank))
        self._remove_tickets(session, calls)
        return turns

    def _remove_tickets(self, session: Session, calls: list[str]) -> None:
        """Tickets of these calls none of whose calls is remembered any more."""
        linked = select(TicketCall.ticket_id).where(TicketCall.call_id.in_(calls))
        remembered = select(TicketCall.ticket_id).join(Call, Call.id == TicketCall.call_id)
        remembered = remembered.where(Call.forgotten_at.is_(None))
        gone = select(Ticket.id).where(Ticket.call_id.in_(calls) | Ticket.id.in_(linked), Ticket.id.not_in(remembered))
        ids = list(session.scalars(gone))
        blank = {"caller_key": "", "summary": "", "forgotten_at": self._now()}
        changed(session, update(Ticket).where(Ticket.id.in_(ids)).values(**blank))
        changed(session, update(TicketHistory).where(TicketHistory.ticket_id.in_(ids)).values(why=""))

"""Forgetting: what is personal goes when the policy says so, the figures stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from voicebot.store.case_models import TicketCall
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

        What was heard, messages, summaries and hashes of numbers go; the call, its outcome and its attempts stay as
        figures. `discard` removes a message file and must not mind one that is gone already: it is called before the
        row goes, so that a crash in between leaves nothing behind. Calls with an open ticket wait for it.
        Raises `StoreLost`; what was removed by then stays removed.
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
        owing = select(Ticket.call_id).where(Ticket.state.not_in(SETTLED))
        due = (
            select(Call.id)
            .where(Call.started_at < before, Call.forgotten_at.is_(None), Call.id.not_in(owing))
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
        for model in (Message, CallState, StreamToken):
            changed(session, delete(model).where(model.call_id.in_(calls)))
        turns = changed(session, delete(Turn).where(Turn.call_id.in_(calls)))
        changed(session, update(Ticket).where(Ticket.call_id.in_(calls)).values(caller_key="", summary=""))
        blank = {"caller_key": "", "caller_last4": "", "forgotten_at": self._now()}
        changed(session, update(Call).where(Call.id.in_(calls)).values(**blank))
        return turns

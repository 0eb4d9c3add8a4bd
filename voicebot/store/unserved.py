"""Callers whom the line itself failed: nobody heard them out, and nothing is owed to them yet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from voicebot.events import EndReason
from voicebot.store.case_models import TicketCall
from voicebot.store.models import Call
from voicebot.store.shelf import Shelf, changed
from voicebot.store.words import CallOutcome


class Unserved(Shelf):
    """Calls that ended because their connection broke. Every method may raise `StoreLost`."""

    def unserved(self, before: datetime) -> list[Call]:
        """Ended before then by a lost connection, helped by nothing, and without a ticket; oldest first."""
        helped = select(TicketCall.call_id)
        nothing = (CallOutcome.LEFT_EARLY, CallOutcome.UNSURE, CallOutcome.HANDED_OVER)
        found = select(Call).where(
            Call.end_reason == EndReason.CONNECTION_LOST,
            Call.ended_at < before,
            Call.outcome.in_(nothing),
            Call.forgotten_at.is_(None),
            Call.caller_key != "",
            Call.id.not_in(helped),
        )
        with self._database.reading() as session:
            return list(session.scalars(found.order_by(Call.started_at)))

    def over_among(self, calls: Collection[str]) -> frozenset[str]:
        """Those of these calls whose end is known."""
        ended = select(Call.id).where(Call.id.in_(calls), Call.ended_at.is_not(None))
        with self._database.reading() as session:
            return frozenset(session.scalars(ended))

    def began_at(self, call: str, at: datetime) -> None:
        """When the call really began: told by the provider of one that we heard of afterwards."""
        with self._database.writing() as session:
            changed(session, update(Call).where(Call.id == call, Call.started_at > at).values(started_at=at))

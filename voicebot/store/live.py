"""The line as it is just now: who is on it, who waits, whose phone rings, who talks."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from voicebot.store.case_models import Notice, TicketCall, TicketHistory
from voicebot.store.duty_models import Engagement, RosterVersion, Waiting
from voicebot.store.models import Attempt, Call, Ticket, Turn
from voicebot.store.rings import GONE
from voicebot.store.shelf import Shelf
from voicebot.store.sight import Sight
from voicebot.store.words import Channel, Matter

LONGEST_CALL: Final = timedelta(hours=1)
"""A call whose end we were never told of is over by then."""
MOST_LIVE: Final = 200
_SPOKEN: Final = (Channel.TWILIO, Channel.MIC, Channel.SCRIPT)


@dataclass(frozen=True, slots=True)
class LiveCall:
    """One caller on the line."""

    call: Call
    turns: tuple[Turn, ...]
    waiting: Waiting | None
    """They wait for a person."""
    attempt: Attempt | None
    """The phone that rings for them, or the person they talk with."""
    talking: bool
    tickets: tuple[Ticket, ...]

    def in_sight(self, sight: Sight) -> bool:
        """Whether somebody may see it: what is their unit's, nobody's yet, or about to be theirs; never what holds a
        complaint they may not see.
        """
        if any(ticket.matter is Matter.COMPLAINT and not sight.sees(ticket) for ticket in self.tickets):
            return False
        if sight.unit is None or self.call.department in (None, sight.unit):
            return True
        theirs = self.waiting is not None and sight.person in self.waiting.wants
        rung = self.attempt is not None and self.attempt.person == sight.person
        return theirs or rung or any(sight.sees(ticket) for ticket in self.tickets)


class Live(Shelf):
    """Every method may raise `StoreLost`."""

    def live_calls(self) -> list[LiveCall]:
        """Everybody on the line, whoever came first in front."""
        now = self._now()
        with self._database.reading() as session:
            calls = list(session.scalars(_on(now).order_by(Call.started_at, Call.id).limit(MOST_LIVE)))
            ids = [call.id for call in calls]
            turns = _by_call(session.scalars(select(Turn).where(Turn.call_id.in_(ids)).order_by(Turn.n)))
            attempts = select(Attempt).where(Attempt.call_id.in_(ids), Attempt.outcome.is_(None)).order_by(Attempt.id)
            latest = {attempt.call_id: attempt for attempt in session.scalars(attempts)}
            since = Waiting.seen_at >= now - GONE
            waiting = {row.call_id: row for row in session.scalars(select(Waiting).where(since))}
            talking = set(session.scalars(select(Engagement.call_id).where(Engagement.until > now, Engagement.talking)))
            tickets = _tickets(session, ids)
        return [
            LiveCall(
                call,
                tuple(turns[call.id]),
                waiting.get(call.id),
                latest.get(call.id),
                call.id in talking,
                tuple(tickets[call.id]),
            )
            for call in calls
        ]

    def engagements(self) -> dict[str, Engagement]:
        """Who is being rung or talks, by person."""
        with self._database.reading() as session:
            rows = session.scalars(select(Engagement).where(Engagement.until > self._now()))
            return {row.person: row for row in rows}

    def pulse(self) -> str:
        """A short word that is another one as soon as anything shown of the line or of tickets has changed."""
        now = self._now()
        turns = select(func.count()).where(Turn.call_id == Call.id).scalar_subquery()
        with self._database.reading() as session:
            parts = [
                session.execute(_on(now).with_only_columns(Call.id, turns, Call.outcome).order_by(Call.id)).all(),
                session.execute(
                    select(Waiting.call_id).where(Waiting.seen_at >= now - GONE).order_by(Waiting.call_id)
                ).all(),
                session.execute(
                    select(Engagement.person, Engagement.attempt_id, Engagement.talking)
                    .where(Engagement.until > now)
                    .order_by(Engagement.person)
                ).all(),
                session.scalar(select(func.max(TicketHistory.id))),
                session.scalar(select(func.max(Notice.id))),
                session.scalar(select(func.max(RosterVersion.id))),
            ]
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _on(now: datetime) -> Select[Call]:
    """Calls that are on."""
    return select(Call).where(Call.started_at > now - LONGEST_CALL, Call.ended_at.is_(None), Call.channel.in_(_SPOKEN))


def _by_call(turns: Iterable[Turn]) -> dict[str, list[Turn]]:
    found: dict[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        found[turn.call_id].append(turn)
    return found


def _tickets(session: Session, calls: list[str]) -> dict[str, list[Ticket]]:
    linked = (
        select(TicketCall.call_id, Ticket)
        .join(Ticket, Ticket.id == TicketCall.ticket_id)
        .where(TicketCall.call_id.in_(calls))
        .order_by(Ticket.id)
    )
    found: dict[str, list[Ticket]] = defaultdict(list)
    for call, ticket in session.execute(linked).all():
        found[call].append(ticket)
    return found

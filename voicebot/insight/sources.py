"""What a report is made of, asked of the record. Every method may raise `StoreLost`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from heapq import nlargest
from typing import Any, Final

from sqlalchemy import and_, func, not_, or_, select

from voicebot.insight.behind import latest
from voicebot.insight.counting import due, missed_calls, of_unit, telephone
from voicebot.insight.document import CITED, Basis
from voicebot.insight.figures import asked, complained, load_figures
from voicebot.insight.period import Period
from voicebot.insight.unanswered import Gap, gaps_of
from voicebot.store.database import Reads
from voicebot.store.models import Call, Ticket
from voicebot.store.numbers import ticket_number
from voicebot.store.words import OWED, SETTLED, Missed

OFTEN: Final = 3
"""Who calls so often about one thing finds it hard."""


class Sources:
    """Questions asked of the record."""

    def __init__(self, database: Reads, department: str | None = None) -> None:
        self._database = database
        self._department = department

    def topics(self, period: Period) -> dict[str, int]:
        """FAQ entry → telephone calls about it, the most frequent first."""
        number = func.count()
        found = (
            select(Call.topic, number)
            .where(telephone(period, self._department), asked, Call.topic.is_not(None))
            .group_by(Call.topic)
            .order_by(number.desc(), Call.topic)
        )
        with self._database.reading() as session:
            return {topic: count for topic, count in session.execute(found) if topic}

    def calls_about(self, period: Period, topics: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """FAQ entry → the latest calls about it."""
        which = and_(telephone(period, self._department), asked, Call.topic.in_(topics))
        return latest(self._database, which, Call.topic, CITED)

    def calls_missed(self, period: Period) -> dict[Missed, tuple[str, ...]]:
        """Why nobody came → the latest such calls; of a department without those that complained about it."""
        which = missed_calls(period, self._department)
        if self._department is not None:
            which = and_(which, not_(complained))
        return latest(self._database, which, Call.missed, CITED)

    def gaps(self, period: Period) -> list[Gap]:
        """What the line could not answer, the most frequent first."""
        return gaps_of(self._database, period, self._department)

    def hard(self, period: Period, now: datetime, most: int) -> list[Ticket]:
        """Tickets that were touched by the period and went badly: so many of the worst, the very worst first."""
        late = and_(Ticket.resolve_by < now, Ticket.state.not_in(SETTLED))
        closed_late = and_(Ticket.closed_at.is_not(None), Ticket.closed_at > Ticket.resolve_by)
        judged = (Ticket.id, Ticket.state, Ticket.reopened, Ticket.calls, Ticket.justified)
        found = select(*judged, Ticket.resolve_by, Ticket.closed_at).where(
            of_unit(self._department),
            Ticket.created_at < period.end,
            or_(Ticket.created_at >= period.start, Ticket.resolve_by >= period.start),
            or_(Ticket.reopened > 0, Ticket.calls >= OFTEN, late, closed_late, Ticket.justified.is_(True)),
        )

        def badness(ticket: Any) -> tuple[float, int]:
            end = now if ticket.state not in SETTLED else ticket.closed_at or now
            days = max(0.0, (end - ticket.resolve_by).total_seconds() / 86400) if ticket.resolve_by else 0.0
            return (10 * ticket.reopened + 5 * max(0, ticket.calls - 1) + 5 * bool(ticket.justified) + days, -ticket.id)

        with self._database.reading() as session:
            worst = [ticket.id for ticket in nlargest(most, session.execute(found), key=badness)]
            tickets = session.scalars(select(Ticket).where(Ticket.id.in_(worst))).all()
        return sorted(tickets, key=badness, reverse=True)

    def overdue(self, period: Period, now: datetime) -> dict[str, Basis]:
        """Unit → tickets that were not resolved in time."""
        figure = load_figures()["on-time"]
        hit = func.coalesce(figure.hit, False)
        found = select(Ticket.unit, Ticket.id).where(
            due("on-time", period, now), of_unit(self._department), figure.of, hit.is_(False)
        )
        units: dict[str, list[str]] = {}
        with self._database.reading() as session:
            for unit, id_ in session.execute(found.order_by(Ticket.resolve_by)):
                units.setdefault(unit, []).append(ticket_number(id_))
        return {unit: Basis((), tuple(ids[:CITED]), len(ids)) for unit, ids in units.items()}

    def open_tickets(self) -> Mapping[str, int]:
        """Unit → tickets that are open now."""
        found = select(Ticket.unit, func.count()).where(Ticket.state.in_(OWED), of_unit(self._department))
        with self._database.reading() as session:
            return {unit: count for unit, count in session.execute(found.group_by(Ticket.unit))}

"""Figures counted: by SQL, in whole numbers, over every call of a period that has been weighed."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, reduce
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, not_, or_, select
from sqlalchemy.orm import Session

from voicebot.insight.figures import About, Condition, asked, load_figures, served, talked, wanted
from voicebot.insight.period import Period
from voicebot.insight.sql import utc_hour
from voicebot.insight.sums import Kinds, Row, Sums, Tally
from voicebot.staffing.calendar import ZONE
from voicebot.store.database import Reads
from voicebot.store.models import Call, Ticket
from voicebot.store.words import Channel

WINDOW: Final = 24
"""Hours of the worst stretch: GB/T 33358 wants its connection rate over any consecutive 24 h."""

VOLUMES: Final[Mapping[str, ColumnElement[bool]]] = {
    "calls": Call.id.is_not(None),
    "asked": asked,
    "served": served,
    "wanted": wanted,
    "talked": talked,
}
"""Plain counts beside the rates: every call, who wanted something, whom the line answered, who wanted a person, who
had one.
"""


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst stretch of 24 hours."""

    start: datetime
    """In the office's zone, on the full hour."""
    tally: Tally


@dataclass(frozen=True, slots=True)
class Numbers:
    """The figures of a period."""

    period: Period
    total: Row
    by_day: Mapping[date, Row]
    """Every day of the period, in order."""
    by_hour: Mapping[int, Row]
    """0 to 23, all days together; of calls alone."""
    by_department: Mapping[str, Row]
    """Department id (of tickets the unit that owns them) → its figures; empty for what belongs to nobody yet."""
    worst: Worst | None
    """Of the connection rate; None when nobody wanted a person."""


class Counting:
    """Counts. `now` gives aware datetimes: a deadline that has not come yet is neither kept nor missed."""

    def __init__(self, database: Reads, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def numbers(self, period: Period, department: str | None = None) -> Numbers:
        """Everything about a period; of one department when given. Raises `StoreLost`."""
        (kinds, kind), where = _kinds_of_calls(), telephone(period, department)
        asked_of_all = select(utc_hour(Call.started_at), func.coalesce(Call.department, ""), kind).where(where)
        with self._database.reading() as session:
            calls = Sums(kinds, session.execute(asked_of_all).all())
            every = [calls, *self._tickets(session, period, department)]
        days = {day: _added(part.days.get(day, Row()) for part in every) for day in period.each_day}
        clock = {hour: calls.clock.get(hour, Row()) for hour in range(24)}
        names = sorted({name for part in every for name in part.units})
        units = {name: _added(part.units.get(name, Row()) for part in every) for name in names}
        return Numbers(period, _added(part.every for part in every), days, clock, units, _worst(calls, period))

    def _tickets(self, session: Session, period: Period, department: str | None) -> Iterator[Sums]:
        """Figure by figure: a ticket is counted where its own deadline is."""
        kinds, kind, where = self._kinds_of_tickets(period, department)
        asked_of_all = select(Ticket.unit, kind, *map(utc_hour, DEADLINES.values())).where(where)
        rows: Sequence[Any] = session.execute(asked_of_all).all()
        for n, id_ in enumerate(DEADLINES, 2):
            only = kinds.only(id_)
            yield Sums(only, [(row[n], row[0], row[1]) for row in rows if only.counts(row[1])])

    def total(self, period: Period, department: str | None = None) -> Row:
        """The figures of a whole period. Raises `StoreLost`."""
        every = ((*_kinds_of_calls(), telephone(period, department)), self._kinds_of_tickets(period, department))
        with self._database.reading() as session:
            counted = [
                (kinds, session.execute(select(kind, func.count()).where(where).group_by(kind)).all())
                for kinds, kind, where in every
            ]
        return _added(kinds.sum([row[0] for row in rows], [row[1] for row in rows]) for kinds, rows in counted)

    def _kinds_of_tickets(
        self, period: Period, department: str | None
    ) -> tuple[Kinds, ColumnElement[int], ColumnElement[bool]]:
        """Every figure about tickets, the kind of a ticket, and which tickets any of them needs."""
        dues = {id_: due(id_, period, self._now()) for id_ in DEADLINES}
        figures = load_figures()
        kinds, kind = _kinds({id_: ((due_then, figures[id_].of), figures[id_].hit) for id_, due_then in dues.items()})
        return kinds, kind, and_(or_(*dues.values()), of_unit(department))


def _added(rows: Iterable[Row]) -> Row:
    return sum(rows, Row())


def telephone(period: Period, department: str | None = None) -> ColumnElement[bool]:
    """Telephone calls that began in a period and are over. Whoever called: a test call is a call."""
    conditions = [
        Call.channel == Channel.TWILIO,
        Call.weighed_at.is_not(None),
        Call.started_at >= period.start,
        Call.started_at < period.end,
    ]
    if department is not None:
        conditions.append(func.coalesce(Call.department, "") == department)
    return and_(*conditions)


def missed_calls(period: Period, department: str | None = None) -> ColumnElement[bool]:
    """Of these, the calls that wanted a person and talked with none."""
    return and_(telephone(period, department), wanted, not_(talked))


def of_unit(department: str | None) -> ColumnElement[bool]:
    """Tickets of a unit; all for None."""
    return Ticket.unit == department if department is not None else Ticket.id.is_not(None)


def due(figure: str, period: Period, now: datetime) -> ColumnElement[bool]:
    """Tickets whose deadline came in a period."""
    deadline = DEADLINES[figure]
    return and_(deadline >= period.start, deadline < min(period.end, now.astimezone(UTC)))


DEADLINES: Final = {"on-time": Ticket.resolve_by, "responded": Ticket.respond_by}


@cache
def _kinds_of_calls() -> tuple[Kinds, ColumnElement[int]]:
    """Every figure about calls, and the plain counts."""
    figures = [figure for figure in load_figures().values() if figure.about is About.CALLS]
    return _kinds({figure.id: ((figure.of,), figure.hit) for figure in figures}, VOLUMES)


def _kinds(
    figures: Mapping[str, tuple[Iterable[Condition], Condition]], volumes: Mapping[str, Condition] | None = None
) -> tuple[Kinds, ColumnElement[int]]:
    """The kinds that figures (what their denominator asks, and their numerator besides) tell apart, and the kind of a
    call or ticket in SQL, where each condition is asked once of each row, however many figures it counts in.
    """
    bits: dict[Condition, int] = {}  # by identity: conditions have no other equality

    def bit(condition: Condition) -> int:
        return bits.setdefault(condition, 1 << len(bits))

    tallies = {}
    for id_, (asked_of_all, hit) in figures.items():
        of = reduce(operator.or_, map(bit, asked_of_all))
        tallies[id_] = (of, of | bit(hit))
    kinds = Kinds(tallies, {name: bit(condition) for name, condition in (volumes or {}).items()})
    return kinds, reduce(operator.add, (case((condition, n), else_=0) for condition, n in bits.items()))


def _worst(calls: Sums, period: Period) -> Worst | None:
    """The 24 hours, from full hour to full hour and all in the period, in which the smallest share got through."""
    start = period.start.astimezone(ZONE)
    reach = [Tally()] * (period.days * 24)
    for at, tally in calls.by_hour("reach").items():
        reach[round((at - start) / timedelta(hours=1))] = tally
    found: Worst | None = None
    window = Tally()
    for n, tally in enumerate(reach):
        window += tally
        if n >= WINDOW:
            window = Tally(window.hit - reach[n - WINDOW].hit, window.of - reach[n - WINDOW].of)
        if n < WINDOW - 1 or not window.of:
            continue
        best = found.tally if found else Tally(1, 0)
        # Compared as fractions: no rounding. A share seen twice counts where more callers met it.
        worse = found is None or (window.hit * best.of, -window.of) < (best.hit * window.of, -best.of)
        if worse:
            found = Worst(start + timedelta(hours=n - WINDOW + 1), window)
    return found

"""Figures counted: by SQL, in whole numbers, over every call of a period that has been weighed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Executable, and_, func, not_, select
from sqlalchemy.orm import Session

from voicebot.insight.figures import About, Figure, asked, load_figures, served, talked, wanted
from voicebot.insight.period import Period
from voicebot.insight.sql import utc_hour
from voicebot.insight.sums import Row, Sums, Tally, row_of
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
        hour, unit = utc_hour(Call.started_at).label("hour"), func.coalesce(Call.department, "").label("unit")
        found = select(hour, unit, *_of_calls()).where(telephone(period, department)).group_by(hour, unit)
        with self._database.reading() as session:
            calls = _summed(session, found)
            every = [calls, *(_summed(session, found) for found in self._of_tickets(period, department, parts=True))]
        days = {day: _added(part.row(part.days.get(day)) for part in every) for day in period.each_day}
        clock = {hour: calls.row(calls.clock.get(hour)) for hour in range(24)}
        names = sorted({name for part in every for name in part.units})
        units = {name: _added(part.row(part.units.get(name)) for part in every) for name in names}
        total = _added(part.row(part.every) for part in every)
        return Numbers(period, total, days, clock, units, _worst(calls, period))

    def total(self, period: Period, department: str | None = None) -> Row:
        """The figures of a whole period. Raises `StoreLost`."""
        calls = select(*_of_calls()).where(telephone(period, department))
        with self._database.reading() as session:
            results = [session.execute(found) for found in (calls, *self._of_tickets(period, department))]
            return _added(row_of(list(result.keys()), result.one()) for result in results)

    def _of_tickets(self, period: Period, department: str | None, *, parts: bool = False) -> Iterator[Executable]:
        """One statement a figure, so that each finds its tickets by its own deadline; by hour and unit in `parts`."""
        for id_, deadline in DEADLINES.items():
            by = [utc_hour(deadline).label("hour"), Ticket.unit] if parts else []
            found = select(*by, *_sums([load_figures()[id_]]))
            yield found.where(due(id_, period, self._now()), of_unit(department)).group_by(*by)


def _summed(session: Session, statement: Executable) -> Sums:
    result = session.execute(statement)
    return Sums(list(result.keys())[2:], result)


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


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)


def _of_calls() -> list[ColumnElement[int]]:
    """Every figure about calls, and the plain counts."""
    figures = [figure for figure in load_figures().values() if figure.about is About.CALLS]
    return [*_sums(figures), *(_count(condition).label(f"{name}.n") for name, condition in VOLUMES.items())]


def _sums(figures: Iterable[Figure]) -> list[ColumnElement[int]]:
    columns: list[ColumnElement[int]] = []
    for figure in figures:
        of, hit = _count(figure.of), _count(and_(figure.of, figure.hit))
        columns += [of.label(f"{figure.id}.of"), hit.label(f"{figure.id}.hit")]
    return columns


def _worst(calls: Sums, period: Period) -> Worst | None:
    """The 24 hours, from full hour to full hour and all in the period, in which the smallest share got through."""
    start = period.start.astimezone(ZONE)
    reach = [Tally()] * (period.days * 24)
    for at, counts in calls.hours.items():
        reach[round((at - start) / timedelta(hours=1))] = calls.tally(counts, "reach")
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

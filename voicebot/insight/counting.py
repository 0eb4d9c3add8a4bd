"""Figures counted: by SQL, in whole numbers, over every call of a period that has been weighed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Executable, and_, case, func, select
from sqlalchemy.orm import Session

from voicebot.insight.figures import About, Figure, asked, load_figures, served, talked, wanted
from voicebot.insight.period import Period
from voicebot.insight.sql import utc_hour
from voicebot.staffing.calendar import ZONE
from voicebot.store.database import Database
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
class Tally:
    """So many of so many."""

    hit: int = 0
    of: int = 0

    @property
    def rate(self) -> float | None:
        """None of nothing."""
        return self.hit / self.of if self.of else None

    @property
    def miss(self) -> int:
        """The rest."""
        return self.of - self.hit

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.hit + other.hit, self.of + other.of)


@dataclass(frozen=True, slots=True)
class Row:
    """Figures and plain counts of one part of a period, by id."""

    tallies: Mapping[str, Tally] = field(default_factory=dict)
    volumes: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Row) -> Row:
        tallies = {id_: self[id_] + other[id_] for id_ in {**self.tallies, **other.tallies}}
        volumes = {id_: self.volume(id_) + other.volume(id_) for id_ in {**self.volumes, **other.volumes}}
        return Row(tallies, volumes)

    def __getitem__(self, figure: str) -> Tally:
        return self.tallies.get(figure, Tally())

    def volume(self, name: str) -> int:
        """A plain count."""
        return self.volumes.get(name, 0)


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

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def numbers(self, period: Period, department: str | None = None) -> Numbers:
        """Everything about a period; of one department when given. Raises `StoreLost`."""
        with self._database.reading() as session:
            hours = _calls_by_hour(session, period, department)
            tickets = _tickets(session, period, department, self._now())
            departments = _calls_by_department(session, period, department)
        days: dict[date, Row] = {day: Row() for day in period.each_day}
        clock: dict[int, Row] = {hour: Row() for hour in range(24)}
        for at, row in hours.items():
            days[at.date()] += row
            clock[at.hour] += row
        for (at, unit), row in tickets.items():
            days[at.date()] += row
            departments[unit] += row
        total = sum(days.values(), Row())
        return Numbers(period, total, days, clock, dict(sorted(departments.items())), _worst(hours, period))

    def total(self, period: Period, department: str | None = None) -> Row:
        """The figures of a whole period. Raises `StoreLost`."""
        with self._database.reading() as session:
            (calls,) = session.execute(select(*_sums(About.CALLS)).where(telephone(period, department))).all()
            (tickets,) = session.execute(
                select(*_sums(About.TICKETS, period, self._now())).where(of_unit(department))
            ).all()
        return _row(dict(calls._mapping)) + _row(dict(tickets._mapping))


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


def of_unit(department: str | None) -> ColumnElement[bool]:
    """Tickets of a unit; all for None."""
    return Ticket.unit == department if department is not None else Ticket.id.is_not(None)


def due(figure: str, period: Period, now: datetime) -> ColumnElement[bool]:
    """Tickets whose deadline came in a period."""
    deadline = DEADLINES[figure]
    return and_(deadline >= period.start, deadline < min(period.end, now.astimezone(UTC)))


DEADLINES: Final = {"on-time": Ticket.resolve_by, "responded": Ticket.respond_by}


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _sums(
    about: About, period: Period | None = None, now: datetime | None = None, only: str | None = None
) -> list[ColumnElement[int]]:
    columns: list[ColumnElement[int]] = []
    for figure in load_figures().values():
        if figure.about is about and only in (None, figure.id):
            of = figure.of
            if period is not None and now is not None:
                of = and_(due(figure.id, period, now), of)
            columns += [_count(of).label(f"{figure.id}.of"), _count(and_(of, figure.hit)).label(f"{figure.id}.hit")]
    if about is About.CALLS:
        columns += [_count(condition).label(f"{name}.n") for name, condition in VOLUMES.items()]
    return columns


def _row(mapping: Mapping[str, Any]) -> Row:
    tallies: dict[str, Tally] = {}
    volumes: dict[str, int] = {}
    for label, count in mapping.items():
        id_, _, part = label.partition(".")
        if part == "of":
            tallies[id_] = Tally(int(mapping[f"{id_}.hit"]), int(count))
        elif part == "n":
            volumes[id_] = int(count)
    return Row(tallies, volumes)


def local_hour(hour: str) -> datetime:
    """``2026-03-02 01`` in UTC, where the office is."""
    return datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC).astimezone(ZONE)


def _grouped(session: Session, statement: Executable) -> Iterable[tuple[Any, Row]]:
    for found in session.execute(statement):
        yield found[0], _row(dict(found._mapping))


def _calls_by_hour(session: Session, period: Period, department: str | None) -> dict[datetime, Row]:
    hour = utc_hour(Call.started_at).label("hour")
    found = select(hour, *_sums(About.CALLS)).where(telephone(period, department)).group_by(hour)
    return {local_hour(at): row for at, row in _grouped(session, found)}


def _tickets(
    session: Session, period: Period, department: str | None, now: datetime
) -> dict[tuple[datetime, str], Row]:
    """By the hour of the deadline and the unit that owns them."""
    total: dict[tuple[datetime, str], Row] = defaultdict(Row)
    for figure, deadline in DEADLINES.items():
        hour = utc_hour(deadline).label("hour")
        sums = _sums(About.TICKETS, period, now, only=figure)
        found = select(hour, Ticket.unit, *sums).where(due(figure, period, now), of_unit(department))
        for row in session.execute(found.group_by(hour, Ticket.unit)):
            total[local_hour(row[0]), row[1]] += _row(dict(row._mapping))
    return total


def _calls_by_department(session: Session, period: Period, department: str | None) -> dict[str, Row]:
    name = func.coalesce(Call.department, "").label("name")
    calls = select(name, *_sums(About.CALLS)).where(telephone(period, department)).group_by(name)
    return defaultdict(Row, {unit: row for unit, row in _grouped(session, calls)})


def _worst(hours: Mapping[datetime, Row], period: Period) -> Worst | None:
    """The 24 hours, from full hour to full hour and all in the period, in which the smallest share got through."""
    start = period.start.astimezone(ZONE)
    reach = [Tally()] * (period.days * 24)
    for at, row in hours.items():
        reach[round((at - start) / timedelta(hours=1))] = row["reach"]
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


def figure_named(id_: str) -> Figure:
    """A figure; `KeyError` when there is none of that id."""
    return load_figures()[id_]

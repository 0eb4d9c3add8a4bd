"""Figures counted: by SQL, in whole numbers, over every call of a period that has been weighed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from operator import add
from typing import Any, Final

from sqlalchemy import ColumnElement, Executable, and_, case, func, select
from sqlalchemy.orm import Session

from voicebot.insight.figures import About, Figure, asked, load_figures, served, talked, wanted
from voicebot.insight.period import LONGEST, Period
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
        calls, tickets = _Sums(), _Sums()
        with self._database.reading() as session:
            hour, unit = utc_hour(Call.started_at).label("hour"), func.coalesce(Call.department, "").label("unit")
            found = select(hour, unit, *_sums(About.CALLS)).where(telephone(period, department))
            calls.add(session, found.group_by(hour, unit))
            for figure, deadline in DEADLINES.items():
                hour, sums = utc_hour(deadline).label("hour"), _sums(About.TICKETS, period, self._now(), only=figure)
                found = select(hour, Ticket.unit, *sums)
                found = found.where(due(figure, period, self._now()), of_unit(department))
                tickets.add(session, found.group_by(hour, Ticket.unit))
        days = {day: calls.row(calls.days, day) + tickets.row(tickets.days, day) for day in period.each_day}
        clock = {hour: calls.row(calls.clock, hour) for hour in range(24)}
        units = {u: calls.row(calls.units, u) + tickets.row(tickets.units, u) for u in {*calls.units, *tickets.units}}
        total = calls.row(calls.every, None) + tickets.row(tickets.every, None)
        return Numbers(period, total, days, clock, dict(sorted(units.items())), _worst(calls, period))

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


@lru_cache(maxsize=24 * LONGEST)
def local_hour(hour: str) -> datetime:
    """``2026-03-02 01`` in UTC, where the office is."""
    return datetime.fromisoformat(f"{hour}:00").replace(tzinfo=UTC).astimezone(ZONE)


Counts = list[int]
"""By label, as `_Sums.labels` has them."""


class _Sums:
    """Counts by hour and unit, added up by day, by hour of the day, by unit and altogether."""

    def __init__(self) -> None:
        self.labels: list[str] = []
        self.hours: dict[datetime, Counts] = {}
        self.days: dict[date, Counts] = {}
        self.clock: dict[int, Counts] = {}
        self.units: dict[str, Counts] = {}
        self.every: dict[None, Counts] = {}

    def add(self, session: Session, statement: Executable) -> None:
        """Rows of hour (UTC), unit and labelled counts."""
        result = session.execute(statement)
        labels = list(result.keys())[2:]
        start = len(self.labels)
        self.labels += labels
        for hour, unit, *counts in result:
            at = local_hour(hour)
            for into, key in (
                (self.hours, at),
                (self.days, at.date()),
                (self.clock, at.hour),
                (self.units, unit),
                (self.every, None),
            ):
                _add(into, key, start, counts)

    def row(self, of: Mapping[Any, Counts], key: object) -> Row:
        """One part as a row."""
        counts = of.get(key, [])
        return _row(dict(zip(self.labels, [*counts, *[0] * (len(self.labels) - len(counts))], strict=True)))

    def tally(self, counts: Counts, figure: str) -> Tally:
        """One figure of a part."""
        at = self.labels.index(f"{figure}.of")
        return Tally(int(counts[at + 1]), int(counts[at]))


def _add(into: dict[Any, Counts], key: object, start: int, counts: Counts) -> None:
    """Add counts to those of a key, from the label at `start` on."""
    there = into.setdefault(key, [])
    there += [0] * (start + len(counts) - len(there))
    there[start : start + len(counts)] = map(add, there[start : start + len(counts)], counts)


def _worst(calls: _Sums, period: Period) -> Worst | None:
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


def figure_named(id_: str) -> Figure:
    """A figure; `KeyError` when there is none of that id."""
    return load_figures()[id_]

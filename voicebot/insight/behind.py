"""The calls or tickets behind a figure: the same conditions it is counted with, as a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, not_, select, true
from sqlalchemy.orm import InstrumentedAttribute, load_only

from voicebot.insight.counting import DEADLINES, due, missed_calls, of_unit, telephone
from voicebot.insight.figures import About, Figure, complained
from voicebot.insight.period import Period
from voicebot.insight.sql import local_day, utc_hour
from voicebot.staffing.calendar import ZONE
from voicebot.store.database import Reads
from voicebot.store.models import Call, Ticket
from voicebot.store.words import Missed

PAGE = 50


class Part(StrEnum):
    """Which side of a figure."""

    HIT = "hit"
    MISS = "miss"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a period, by the clock of the office."""

    hour: int | None = None
    weekday: int | None = None
    """0 = Monday."""


EVERYTHING = Slice()


@dataclass(frozen=True, slots=True)
class Behind:
    """One page of a list, newest first."""

    total: int
    rows: Sequence[Any]
    """Of `Call` or of `Ticket`, as the figure is about."""
    hidden: int = 0
    """So many more are complaints about the unit that looks; whoever is over it sees them."""


def behind(
    database: Reads,
    figure: Figure,
    period: Period,
    now: datetime,
    *,
    part: Part = Part.MISS,
    department: str | None = None,
    when: Slice = EVERYTHING,
    own_unit: str | None = None,
    limit: int = PAGE,
    offset: int = 0,
    known: int | None = None,
    whole: bool = True,
) -> Behind:
    """What a figure is counted from. `own_unit`: the unit of who looks; it never sees which calls complained about it.
    `known`: how many there are, where that has been counted already. Not `whole`: of each only its id is read.
    Raises `StoreLost`.
    """
    hit = case((figure.hit, true()), else_=false())  # what is not known (NULL) is not kept
    side = {Part.HIT: hit, Part.MISS: not_(hit), Part.ALL: true()}[part]
    if figure.about is About.TICKETS:
        which = and_(due(figure.id, period, now), of_unit(department), figure.of, side)
        seen = of_unit(own_unit) if own_unit is not None else None
        return _page(database, Ticket, which, seen, DEADLINES[figure.id], limit, offset, known, whole)
    which = and_(telephone(period, department), figure.of, side, during(period, when))
    seen = not_(complained) if own_unit is not None else None
    return _page(database, Call, which, seen, Call.started_at, limit, offset, known, whole)


def latest(
    database: Reads, which: ColumnElement[bool], by: InstrumentedAttribute[Any], most: int
) -> dict[Any, tuple[str, ...]]:
    """Ids of the latest calls for each value of a column. Raises `StoreLost`."""
    place = func.row_number().over(partition_by=by, order_by=(Call.started_at.desc(), Call.id.desc()))
    placed = select(by.label("by"), Call.id.label("id"), place.label("place")).where(which).subquery()
    found = select(placed.c.by, placed.c.id).where(placed.c.place <= most).order_by(placed.c.by, placed.c.place)
    ids: dict[Any, tuple[str, ...]] = {}
    with database.reading() as session:
        for value, id_ in session.execute(found):
            ids[value] = (*ids.get(value, ()), id_)
    return ids


def behind_missed(
    database: Reads,
    period: Period,
    *,
    reason: Missed | None = None,
    department: str | None = None,
    when: Slice = EVERYTHING,
    own_unit: str | None = None,
    offset: int = 0,
) -> Behind:
    """The calls in a cell of the missed-call map; the rest as of `behind`. Raises `StoreLost`."""
    which = and_(missed_calls(period, department), during(period, when))
    if reason is not None:
        which = and_(which, Call.missed == reason)
    seen = not_(complained) if own_unit is not None else None
    return _page(database, Call, which, seen, Call.started_at, PAGE, offset, None)


def during(period: Period, when: Slice) -> ColumnElement[bool]:
    """Calls that began in that hour of the day, on that day of the week."""
    conditions: list[ColumnElement[bool]] = [Call.id.is_not(None)]
    if when.hour is not None:
        utc = datetime(2000, 1, 1, when.hour, tzinfo=ZONE).astimezone(UTC).hour
        conditions.append(func.substr(utc_hour(Call.started_at), 12, 2) == f"{utc:02d}")
    if when.weekday is not None:
        days = [day.isoformat() for day in period.each_day if day.weekday() == when.weekday]
        conditions.append(local_day(Call.started_at).in_(days))
    return and_(*conditions)


def _page(
    database: Reads,
    model: type[Call] | type[Ticket],
    which: ColumnElement[bool],
    seen: ColumnElement[bool] | None,
    order: Any,
    limit: int,
    offset: int,
    known: int | None,
    whole: bool = True,
) -> Behind:
    """`seen`: what of it whoever looks may see; None: all."""
    rows = select(model).where(which).order_by(order.desc(), model.id.desc()).limit(limit).offset(offset)
    if not whole:
        rows = rows.options(load_only(model.id))
    count = select(func.count()).select_from(model).where(which)
    with database.reading() as session:
        every = known if known is not None else session.scalar(count) or 0
        if seen is None:
            return Behind(every, session.scalars(rows).all())
        total = session.scalar(count.where(seen)) or 0
        return Behind(total, session.scalars(rows.where(seen)).all(), every - total)

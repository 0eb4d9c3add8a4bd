"""What callers asked of people in past weeks, measured from the record for staffing advice."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence, Set
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import select

from voicebot.insight.advice import Demand
from voicebot.insight.counting import telephone
from voicebot.insight.figures import wanted
from voicebot.insight.period import Period
from voicebot.staffing.calendar import ZONE, Calendar
from voicebot.store.database import Reads
from voicebot.store.models import Call
from voicebot.store.words import CallOutcome

WEEKS: Final = 4
"""Measured over so many weeks: longer ones mix seasons, shorter ones are chance."""
FEW: Final = 5
"""Talks or hang-ups of which no mean is taken."""
SHORTEST_PATIENCE_S: Final = 20.0


class _Asked(NamedTuple):
    """One caller who wanted a person."""

    at: datetime
    waited_s: float | None
    talked_s: float | None
    left: bool


def demand_of(
    database: Reads, period: Period, calendar: Calendar, handling_s: float, department: str | None = None
) -> dict[str, Demand]:
    """Department → what its callers asked of people in a period. `handling_s` stands in where too few talked.

    Free days and working days of one weekday are different things: only days on which `calendar` has the office open
    count, and weekends. Raises `StoreLost`.
    """
    talked = Call.outcome == CallOutcome.CONNECTED  # in SQL: cheaper than the word of each row
    columns = (Call.department, Call.wanted_at, Call.waited_s, talked, Call.ended_at, Call.left_waiting)
    found: dict[str, list[_Asked]] = defaultdict(list)
    with database.reading() as session:
        rows = session.execute(select(*columns).where(telephone(period, department), wanted)).all()
    for unit, at, waited, connected, ended, left in rows:
        if at is None:
            continue
        talked_s = None
        if connected and waited is not None and ended is not None:
            talked_s = max(0.0, (ended - at).total_seconds() - waited)
        found[unit or ""].append(_Asked(at.astimezone(ZONE), waited, talked_s, left))
    days = {day for day in period.each_day if _usual(calendar, day)}
    return {unit: _demand(asked, days, handling_s) for unit, asked in sorted(found.items())}


def _usual(calendar: Calendar, day: date) -> bool:
    """A working weekday, or a weekend that is one."""
    return calendar.is_working_day(day) == (day.weekday() < 5)


def _demand(asked: Sequence[_Asked], days: Set[date], handling_s: float) -> Demand:
    usual = (one.at for one in asked if one.at.date() in days)
    counts = Counter((at.weekday(), at.hour * 2 + at.minute // 30) for at in usual)
    weekdays = Counter(day.weekday() for day in days)
    rates = {at: count * 2 / weekdays[at[0]] for at, count in counts.items()}
    talks = [one.talked_s for one in asked if one.talked_s is not None]
    mean = sum(talks) / len(talks) if len(talks) >= FEW else handling_s
    return Demand(rates, mean, _patience(asked))


def _patience(asked: Iterable[_Asked]) -> float:
    """Mean patience: all the waiting there was, by how often somebody gave up (maximum likelihood for exponential
    patience, those who were served being censored).
    """
    waited = [(one.waited_s, one.left) for one in asked if one.waited_s is not None]
    gave_up = sum(left for _, left in waited)
    if gave_up < FEW:
        return math.inf
    mean = sum(seconds for seconds, _ in waited) / gave_up
    return max(SHORTEST_PATIENCE_S, 10.0 * round(mean / 10.0))  # nobody knows it better


def last_weeks(now: datetime) -> Period:
    """The whole weeks before this one."""
    today = now.astimezone(ZONE).date()
    monday = today - timedelta(days=today.weekday())
    return Period(monday - timedelta(weeks=WEEKS), monday - timedelta(days=1))

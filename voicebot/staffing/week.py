"""A department's week as it is looked at: each day with its hours, who is on duty, and what is missing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

import chinese_calendar

from voicebot.staffing.calendar import STATUTORY, Calendar
from voicebot.staffing.changing import away_during, moments
from voicebot.staffing.check import RosterProblem, check
from voicebot.staffing.roster import Role, Roster, Shift

_BY_MONTH: Final = {1: "元旦", 5: "劳动节", 10: "国庆节"}
"""Of the holidays with a fixed date, for years whose notice is not known yet."""


class DayKind(StrEnum):
    """Why an office is open on a day, or not."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "make-up"
    """A weekend that is worked because of a holiday (调休)."""
    OPENED = "opened"
    """The office says that it works."""
    SHUT = "shut"
    """The office says that it does not."""


@dataclass(frozen=True, slots=True)
class DayFacts:
    """One day of a calendar."""

    day: date
    kind: DayKind
    holiday: str
    """The Chinese name of the public holiday it is, or is worked for; empty for none."""
    spans: tuple[tuple[datetime, datetime], ...]
    """When the office is open."""


def facts_of(calendar: Calendar, day: date) -> DayFacts:
    """What a day is."""
    spans = tuple(calendar.open_spans(day))
    holiday = _holiday(day)
    if day in calendar.overrides or (day in calendar.closures and not spans):
        kind = DayKind.OPENED if spans else DayKind.SHUT
    elif calendar.is_working_day(day):
        kind = DayKind.WORKDAY if day.weekday() < 5 else DayKind.MAKE_UP
    else:
        kind = DayKind.HOLIDAY if holiday else DayKind.WEEKEND
    return DayFacts(day, kind, holiday, spans)


def _holiday(day: date) -> str:
    try:
        name = chinese_calendar.get_holiday_detail(day)[1]
    except NotImplementedError:
        return _BY_MONTH[day.month] if (day.month, day.day) in STATUTORY else ""
    return next((known.chinese for known in chinese_calendar.Holiday if known.value == name), "") if name else ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A shift on one day."""

    index: int
    """Its place among the roster's shifts."""
    shift: Shift
    name: str
    away: bool
    """Whoever has it is away for some of it."""
    reachable: bool
    """There is a number to ring."""


@dataclass(frozen=True, slots=True)
class DutyDay:
    """One day of the week."""

    facts: DayFacts
    placed: Mapping[Role, tuple[Placed, ...]]
    problems: tuple[RosterProblem, ...]
    """Of this day, those that leave a caller without anyone first."""


@dataclass(frozen=True, slots=True)
class Week:
    """Monday to Sunday."""

    department: str
    days: tuple[DutyDay, ...]

    @property
    def gaps(self) -> int:
        """How many stretches have nobody."""
        return sum(problem.is_error for day in self.days for problem in day.problems)


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def week_of(roster: Roster, calendar: Calendar, department: str, monday: date) -> Week:
    """The week that begins on that Monday."""
    found = check(roster, calendar, monday, days=7, departments=[department])
    problems = [p for p in found if p.start is not None and department in p.department.split("+")]
    days = [monday + timedelta(days=n) for n in range(7)]
    return Week(department, tuple(_day(roster, calendar, department, day, problems) for day in days))


def _day(roster: Roster, calendar: Calendar, department: str, day: date, problems: list[RosterProblem]) -> DutyDay:
    placed: dict[Role, tuple[Placed, ...]] = {}
    for role in Role:
        on = [
            _placed(roster, index, shift, day)
            for index, shift in enumerate(roster.shifts)
            if shift.department == department
            and shift.role is role
            and (shift.day == day if shift.day else day.weekday() in shift.weekdays)
        ]
        placed[role] = tuple(sorted(on, key=lambda one: (one.shift.start, one.name)))
    mine = [p for p in problems if p.start is not None and p.start.date() == day]
    return DutyDay(facts_of(calendar, day), placed, tuple(sorted(mine, key=lambda p: not p.is_error)))


def _placed(roster: Roster, index: int, shift: Shift, day: date) -> Placed:
    person = roster.person(shift.person)
    away = away_during(roster, shift.person, *moments(shift, day))
    name = person.name if person else shift.person
    return Placed(index, shift, name, away, bool(person and person.number))

"""Is anyone there in the coming days? Gaps, missing backups and overlaps, found before a caller finds them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from voicebot.staffing.calendar import ZONE, Calendar
from voicebot.staffing.plan import Office
from voicebot.staffing.roster import Role, Roster

DAYS = 14
"""How far ahead is looked by default."""


class Code(StrEnum):
    """What can be wrong with a roster."""

    GAP = "gap"
    """The department is open and nobody answers."""
    NO_BACKUP = "no-backup"
    """Only one person answers."""
    OVERLAP = "overlap"
    """More than one person answers first."""
    TWO_PLACES = "two-places"
    """One person answers first in two departments at once."""
    NO_NUMBER = "no-number"
    """On duty without a number that can be rung."""
    UNKNOWN_PERSON = "unknown-person"
    """A shift or absence of someone who is not in the list of people."""
    NO_SHIFT = "no-shift"
    """A department that nobody has a shift for: its callers go to the general desk and to whoever is on duty."""
    EMPTY_SHIFT = "empty-shift"
    """A shift that is never on."""
    UNCOVERED_YEAR = "uncovered-year"
    """Public holidays of that year are not known yet."""


ERRORS = {Code.GAP, Code.NO_NUMBER, Code.UNKNOWN_PERSON}
"""These leave a caller without anyone; the others are warnings."""


@dataclass(frozen=True, slots=True)
class RosterProblem:
    """Something wrong, and where."""

    code: Code
    department: str
    start: datetime | None
    end: datetime | None
    people: tuple[str, ...] = ()
    """Ids."""
    detail: str = ""

    @property
    def is_error(self) -> bool:
        """A caller would find nobody."""
        return self.code in ERRORS


def check(
    roster: Roster, calendar: Calendar, start: date, *, days: int = DAYS, departments: Iterable[str] = ()
) -> list[RosterProblem]:
    """Every problem in `days` days from `start`; adjoining stretches of one problem are joined.

    `departments`: those that should be staffed; one without any shift is one problem, however many days.
    """
    names = roster.departments()
    problems = list(_entries(roster))
    problems += (RosterProblem(Code.NO_SHIFT, name, None, None) for name in sorted({*departments} - {*names}))
    for offset in range(days):
        day = start + timedelta(days=offset)
        for opens, closes in calendar.open_spans(day):
            for a, b in pairwise(sorted({opens, closes, *_changes(roster, day, opens, closes)})):
                problems += (p for name in names for p in _stretch(roster, name, a, b))
                problems += _two_places(roster, names, a, b)
    end = start + timedelta(days=days)
    years = [
        RosterProblem(Code.UNCOVERED_YEAR, "", None, None, detail=str(year)) for year in calendar.uncovered(start, end)
    ]
    return [*years, *_joined(problems)]


def check_office(roster: Roster, office: Office, day: date, *, days: int = DAYS) -> list[RosterProblem]:
    """Departments with hours of their own are checked against those. All departments of the FAQ should have a shift."""

    def problems(calendar: Calendar) -> list[RosterProblem]:
        return check(roster, calendar, day, days=days, departments=office.units)

    found = [problem for problem in problems(office.calendar) if problem.department not in office.calendars]
    for department, calendar in office.calendars.items():
        found += [problem for problem in problems(calendar) if problem.department == department]
    return found


def _entries(roster: Roster) -> Iterator[RosterProblem]:
    """Faults of the lists themselves."""
    known = {person.id for person in roster.people}
    for person in sorted({s.person for s in roster.shifts} | {a.person for a in roster.absences}):
        if person not in known:
            yield RosterProblem(Code.UNKNOWN_PERSON, "", None, None, (person,))
    on_duty = {shift.person for shift in roster.shifts}
    for entry in roster.people:
        if entry.id in on_duty and not re.fullmatch(r"\+[1-9]\d{6,14}", entry.number):
            yield RosterProblem(Code.NO_NUMBER, "", None, None, (entry.id,), entry.number)
    for shift in roster.shifts:
        if shift.start >= shift.end or not (shift.weekdays or shift.day):
            yield RosterProblem(Code.EMPTY_SHIFT, shift.department, None, None, (shift.person,))


def _changes(roster: Roster, day: date, opens: datetime, closes: datetime) -> Iterator[datetime]:
    """Moments in a stretch at which someone comes or goes."""
    edges = [datetime.combine(day, at, ZONE) for shift in roster.shifts for at in (shift.start, shift.end)]
    edges += [at.astimezone(ZONE) for absence in roster.absences for at in (absence.start, absence.end)]
    return (at for at in edges if opens < at < closes)


def _stretch(roster: Roster, department: str, start: datetime, end: datetime) -> Iterator[RosterProblem]:
    answering = [duty for duty in roster.on_duty(department, start) if duty.role is not Role.LEAD]
    if not answering:
        yield RosterProblem(Code.GAP, department, start, end)
    elif len(answering) == 1:
        yield RosterProblem(Code.NO_BACKUP, department, start, end, (answering[0].person.id,))
    first = {shift.person for shift, _ in roster.planned(department, start) if shift.role is Role.A}
    present = tuple(sorted(p for p in first if not roster.is_away(p, start)))
    if len(present) > 1:
        yield RosterProblem(Code.OVERLAP, department, start, end, present)


def _two_places(roster: Roster, departments: list[str], start: datetime, end: datetime) -> Iterator[RosterProblem]:
    places: dict[str, list[str]] = {}
    for name in departments:
        for shift, person in roster.planned(name, start):
            if shift.role is Role.A and not roster.is_away(person.id, start):
                places.setdefault(person.id, []).append(name)
    for person_id, names in sorted(places.items()):
        if len(set(names)) > 1:
            yield RosterProblem(Code.TWO_PLACES, "+".join(sorted(set(names))), start, end, (person_id,))


def _joined(problems: list[RosterProblem]) -> list[RosterProblem]:
    """One problem that runs over several stretches of a day is told once."""
    joined: list[RosterProblem] = []
    open_at: dict[tuple[object, ...], int] = {}
    for problem in problems:
        key = (problem.code, problem.department, problem.people)
        last = open_at.get(key)
        if last is not None and problem.start is not None and joined[last].end == problem.start:
            before = joined[last]
            joined[last] = RosterProblem(before.code, before.department, before.start, problem.end, before.people)
            continue
        open_at[key] = len(joined)
        joined.append(problem)
    return joined

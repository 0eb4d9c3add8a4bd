"""Changes of the roster that staff make one by one: each gives a new roster or says why it cannot be. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import IntEnum

from voicebot.errors import ContentError
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.roster import Absence, Person, Role, Roster, Shift


class ChangeImpossible(ContentError):
    """Nothing was changed. The message is Chinese, for the person who made the change."""

    def __init__(self, message: str) -> None:
        super().__init__("roster-change", message)


def with_shift(roster: Roster, shift: Shift) -> Roster:
    """One more shift. Raises `ChangeImpossible`."""
    if roster.person(shift.person) is None:
        raise ChangeImpossible("请选一个人")
    if shift.start >= shift.end:
        raise ChangeImpossible("结束要晚于开始；跨夜的班请分成两个")
    if bool(shift.weekdays) == (shift.day is not None):
        raise ChangeImpossible("请选星期几，或者写一个日期，只要一样")
    if shift in roster.shifts:
        raise ChangeImpossible("已经有一模一样的班次")
    return replace(roster, shifts=(*roster.shifts, shift))


def without_shift(roster: Roster, shift: Shift) -> Roster:
    """One shift less."""
    at = roster.shifts.index(shift)
    return replace(roster, shifts=(*roster.shifts[:at], *roster.shifts[at + 1 :]))


def with_absence(roster: Roster, absence: Absence) -> Roster:
    """Somebody is away. Raises `ChangeImpossible`."""
    if roster.person(absence.person) is None:
        raise ChangeImpossible("请选一个人")
    if absence.end <= absence.start:
        raise ChangeImpossible("结束要晚于开始")
    return replace(roster, absences=(*roster.absences, absence))


def without_absence(roster: Roster, absence: Absence) -> Roster:
    """Somebody comes after all; who stands in for them on single days is left as it is."""
    return replace(roster, absences=tuple(a for a in roster.absences if a != absence))


def with_person(roster: Roster, person: Person) -> Roster:
    """Somebody new, or the same person with what has changed."""
    if roster.person(person.id) is None:
        return replace(roster, people=(*roster.people, person))
    return replace(roster, people=tuple(person if p.id == person.id else p for p in roster.people))


def without_person(roster: Roster, person: str) -> Roster:
    """Somebody leaves, with their shifts and absences."""
    return Roster(
        tuple(p for p in roster.people if p.id != person),
        tuple(s for s in roster.shifts if s.person != person),
        tuple(a for a in roster.absences if a.person != person),
    )


def substituted(roster: Roster, shift: Shift, day: date, stand_in: str, why: str = "顶班") -> Roster:
    """Somebody else does this shift on this day: whoever has it is away then, and the other one has it for that day.

    Raises `ChangeImpossible`.
    """
    start, end = moments(shift, day)
    if roster.person(stand_in) is None or stand_in == shift.person:
        raise ChangeImpossible("请选另一个人来顶班")
    if away_during(roster, stand_in, start, end):
        raise ChangeImpossible("这个人那天也不在")
    theirs = replace(shift, person=stand_in, day=day, weekdays=frozenset())
    if shift.day is not None:
        return with_shift(without_shift(roster, shift), theirs)
    if not any(a.person == shift.person and a.start <= start and a.end >= end for a in roster.absences):
        roster = with_absence(roster, Absence(shift.person, start, end, why))
    return with_shift(roster, theirs)


def moments(shift: Shift, day: date) -> tuple[datetime, datetime]:
    """Begin and end of a shift on a day; a shift until 24:00 ends with the day."""
    end = datetime.combine(day, shift.end, ZONE)
    if shift.end >= time(23, 59):
        end = datetime.combine(day + timedelta(days=1), time(), ZONE)
    return datetime.combine(day, shift.start, ZONE), end


def away_during(roster: Roster, person: str, start: datetime, end: datetime) -> bool:
    """Whether a person is away for some of that time."""
    return any(a.person == person and a.start < end and start < a.end for a in roster.absences)


class Fitness(IntEnum):
    """How well somebody can stand in, best first."""

    FREE = 0
    """Answers for the department, and has nothing else to do then."""
    ELSEWHERE = 1
    """Answers for the department, and is on duty then, here or for another one."""
    STRANGER = 2
    """Does not answer for the department otherwise."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody who could do a shift on a day."""

    person: Person
    fitness: Fitness


def stand_ins(roster: Roster, shift: Shift, day: date) -> Sequence[StandIn]:
    """Who could do it instead, the best first: nobody who is away or cannot be rung."""
    start, end = moments(shift, day)
    found = [
        StandIn(person, _fitness(roster, person, shift, start, end))
        for person in roster.people
        if person.id != shift.person and person.number and not away_during(roster, person.id, start, end)
    ]
    return sorted(found, key=lambda one: one.fitness)


def _fitness(roster: Roster, person: Person, shift: Shift, start: datetime, end: datetime) -> Fitness:
    here = shift.department in person.departments or any(
        s.person == person.id and s.department == shift.department and s.role is not Role.LEAD for s in roster.shifts
    )
    if not here:
        return Fitness.STRANGER
    busy = any(s.person == person.id and _on(s, start.date()) and _overlap(s, start, end) for s in roster.shifts)
    return Fitness.ELSEWHERE if busy else Fitness.FREE


def _on(shift: Shift, day: date) -> bool:
    return shift.day == day if shift.day else day.weekday() in shift.weekdays


def _overlap(shift: Shift, start: datetime, end: datetime) -> bool:
    begins, ends = moments(shift, start.date())
    return begins < end and start < ends

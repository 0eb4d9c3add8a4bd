"""The duty roster: who answers for a department, and who stands in. Pure.

Every hour a department is open someone answers first (A-role, 主) and someone stands behind (B-role, 备): AB岗. Who is
on leave is passed over without anyone having to remember it: B moves up, and a colleague of the department on duty
stands behind. Leads are rung only in the hours they published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from voicebot.staffing.calendar import ZONE


class Role(StrEnum):
    """Why someone is rung."""

    A = "A"
    """First to answer (主)."""
    B = "B"
    """Stands in (备)."""
    LEAD = "lead"
    """Leads the department (领导)."""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who can be rung."""

    id: str
    name: str
    """Display name or post, as colleagues see it; callers never hear it."""
    number: str
    """E.164; seen by nobody who calls and by no other role."""
    departments: frozenset[str] = frozenset()
    """Departments this person can answer for, beyond their shifts."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of duty, every week or on one day."""

    person: str
    department: str
    role: Role
    start: time
    end: time
    """Not on duty any more at this moment."""
    weekdays: frozenset[int] = frozenset()
    """0 = Monday; empty when `day` is given."""
    day: date | None = None
    """A dated exception; it stands beside the weekly shifts."""

    def covers(self, at: datetime) -> bool:
        """Whether this shift is on at that moment."""
        at = at.astimezone(ZONE)
        on_day = at.date() == self.day if self.day else at.weekday() in self.weekdays
        return on_day and self.start <= at.time() < self.end


@dataclass(frozen=True, slots=True)
class Absence:
    """Leave, training, illness."""

    person: str
    start: datetime
    end: datetime
    why: str = ""

    def covers(self, at: datetime) -> bool:
        """Whether the person is away at that moment."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class Duty:
    """Someone on duty, with the role they fill at this moment."""

    person: Person
    role: Role


@dataclass(frozen=True, slots=True)
class Roster:
    """Everyone, their shifts and their absences."""

    people: tuple[Person, ...] = ()
    shifts: tuple[Shift, ...] = ()
    absences: tuple[Absence, ...] = ()

    def person(self, person_id: str) -> Person | None:
        """The person with that id."""
        return next((p for p in self.people if p.id == person_id), None)

    def is_away(self, person_id: str, at: datetime) -> bool:
        """On leave at that moment."""
        return any(a.person == person_id and a.covers(at) for a in self.absences)

    def departments(self) -> list[str]:
        """Departments that have shifts, sorted."""
        return sorted({shift.department for shift in self.shifts})

    def planned(self, department: str, at: datetime) -> list[tuple[Shift, Person]]:
        """Who should be on duty, present or not, A before B before lead."""
        order = list(Role)
        found = [
            (shift, person)
            for shift in self.shifts
            if shift.department == department and shift.covers(at) and (person := self.person(shift.person))
        ]
        return sorted(found, key=lambda pair: order.index(pair[0].role))

    def on_duty(self, department: str, at: datetime) -> tuple[Duty, ...]:
        """Who answers now, in the order they are rung; nobody twice, nobody who is away or has no number.

        Each place that leave has emptied is filled by who comes next: B answers in A's place, and a colleague who
        can answer for the department and is on duty somewhere stands behind.
        """
        present = [
            (shift.role, person)
            for shift, person in self.planned(department, at)
            if person.number and not self.is_away(person.id, at)
        ]
        desk = list(_once(person for role, person in present if role is not Role.LEAD))
        leads = list(_once((p for role, p in present if role is Role.LEAD), besides=desk))
        if len(desk) < 2 and self._someone_away(department, at):
            desk += [p for p in self._colleagues(department, at) if p not in desk and p not in leads][: 2 - len(desk)]
        roles = [Role.A, *[Role.B] * max(0, len(desk) - 1)]
        first = tuple(Duty(person, role) for person, role in zip(desk, roles, strict=False))
        return (*first, *(Duty(person, Role.LEAD) for person in leads))

    def _someone_away(self, department: str, at: datetime) -> bool:
        return any(
            shift.role is not Role.LEAD and self.is_away(person.id, at)
            for shift, person in self.planned(department, at)
        )

    def _colleagues(self, department: str, at: datetime) -> Iterator[Person]:
        """People who can answer for the department and are on duty for another one."""
        for shift in self.shifts:
            person = self.person(shift.person)
            if (
                person
                and department in person.departments
                and person.number
                and shift.role is not Role.LEAD
                and shift.covers(at)
                and not self.is_away(person.id, at)
            ):
                yield person


def _once(people: Iterable[Person], besides: Iterable[Person] = ()) -> Iterator[Person]:
    seen = set(besides)
    for person in people:
        if person not in seen:
            seen.add(person)
            yield person

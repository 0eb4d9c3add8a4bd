"""Who is rung for a caller, in which order. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from voicebot.staffing.calendar import ZONE, Calendar
from voicebot.staffing.policy import CallbackPolicy, PublicPolicy, TicketPolicy, TransferPolicy
from voicebot.staffing.roster import Person, Role, Roster

DESK = "desk"
"""The general desk, as a person's id and a role."""
AHEAD = timedelta(days=30)
"""So long before a year begins its holidays should be known."""
SUPERVISOR = "supervisor"
"""The unit over departments that name none."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One person to ring."""

    person: Person
    role: str
    """``A``, ``B``, ``lead`` or ``desk``."""


@dataclass(frozen=True, slots=True)
class Office:
    """Who works when, at one moment of its keeping."""

    roster: Roster = field(default_factory=Roster)
    calendar: Calendar = field(default_factory=Calendar)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    """Of departments that have hours of their own."""
    transfer: TransferPolicy = field(default_factory=TransferPolicy)
    callback: CallbackPolicy = field(default_factory=CallbackPolicy)
    tickets: TicketPolicy = field(default_factory=TicketPolicy)
    units: Mapping[str, str] = field(default_factory=dict)
    """The supervising unit of each department."""
    desk_number: str = ""
    """E.164 of the general desk; empty when there is none."""
    public: PublicPolicy = field(default_factory=PublicPolicy)

    def calendar_of(self, department: str | None) -> Calendar:
        """The working calendar of a department."""
        return self.calendars.get(department or "", self.calendar)

    def unknown_years(self, at: datetime, ahead: timedelta = AHEAD) -> list[int]:
        """Years within reach of what is promised now whose public holidays nobody has told us yet."""
        start = at.astimezone(ZONE).date()
        calendars = (self.calendar, *self.calendars.values())
        return sorted({year for calendar in calendars for year in calendar.uncovered(start, start + ahead)})

    def unit_over(self, department: str | None) -> str:
        """Who is told when a department does not answer, and owns complaints about it."""
        return self.units.get(department or "", "") or SUPERVISOR


def plan(department: str | None, office: Office, at: datetime) -> tuple[Rung, ...]:
    """Whom to ring, in order; nobody twice.

    For a known department A, B and, in the hours they published, its leads; then the general desk. Without one the
    general desk first, then everyone on duty, A roles before B before leads. Nobody's roster says they are there
    when the office is shut unless a shift does; the desk keeps office hours as soon as there is a roster.
    """
    desk = _desk(office, department, at)
    if department in office.roster.departments():
        return _once([*on_duty(office, department or "", at), *desk])
    everyone = [rung for name in office.roster.departments() for rung in on_duty(office, name, at)]
    order = [str(role) for role in Role]
    return _once([*desk, *sorted(everyone, key=lambda rung: order.index(rung.role))])


def plan_complaint(department: str | None, unit: str, office: Office, at: datetime) -> tuple[Rung, ...]:
    """Whom to ring for a complaint about a department: the unit over it, then the general desk. Nobody who answers for
    the department itself, whatever else they do; whom a complaint is about that names nobody is not guessed.
    """
    theirs = people_of(office, department)
    over = on_duty(office, unit, at) if unit in office.roster.departments() else []
    return _once([rung for rung in [*over, *_desk(office, department, at)] if rung.person.id not in theirs])


def people_of(office: Office, department: str | None) -> set[str]:
    """Whoever answers for a department: they do not deal with complaints about it."""
    roster = office.roster
    shifts = {shift.person for shift in roster.shifts if shift.department == department}
    return shifts | {person.id for person in roster.people if department in person.departments}


def on_duty(office: Office, department: str, at: datetime) -> list[Rung]:
    """Who of a department may be rung. A weekly shift is on only while the office is open; one for a single day stands
    by itself.
    """
    is_open = office.calendar_of(department).is_open(at)
    dated = {shift.person for shift, _ in office.roster.planned(department, at) if shift.day is not None}
    duties = office.roster.on_duty(department, at)
    return [Rung(duty.person, str(duty.role)) for duty in duties if is_open or duty.person.id in dated]


def _desk(office: Office, department: str | None, at: datetime) -> list[Rung]:
    if not office.desk_number or (office.roster.people and not office.calendar_of(department).is_open(at)):
        return []
    return [Rung(Person(DESK, DESK, office.desk_number), DESK)]


def _once(rungs: list[Rung]) -> tuple[Rung, ...]:
    seen: dict[str, Rung] = {}
    for rung in rungs:
        seen.setdefault(rung.person.id, rung)
    return tuple(seen.values())


def departments_of(office: Office, person: str) -> frozenset[str]:
    """The departments somebody answers for: the inverse of `people_of`."""
    shifts = {shift.department for shift in office.roster.shifts if shift.person == person}
    known = office.roster.person(person)
    return frozenset(shifts | (known.departments if known else frozenset()))

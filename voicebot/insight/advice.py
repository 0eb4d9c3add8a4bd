"""How many people each half hour needs, who is on the roster then, and what moving one shift would bring. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import product
from typing import Final

from voicebot.insight.erlang import Load, Service, erlang_a, people_needed
from voicebot.staffing.calendar import ZONE, Calendar
from voicebot.staffing.roster import Role, Roster, Shift

SLOTS: Final = 48
SLOT: Final = timedelta(minutes=30)
STARTS: Final = tuple(time(n // 2, n % 2 * 30) for n in range(SLOTS))
"""When each half hour begins."""
HalfHour = tuple[int, int]
"""Weekday (0 = Monday) and half hour of the day."""
MOVES: Final = (-90, -60, -30, 30, 60, 90)
"""Minutes by which a shift may be moved."""
WORTH: Final = 0.05
"""Callers a week; a move that brings less is not worth a line."""
GOALS: Final = {"95": 0.95, "80": 0.80}
"""Share of callers who should not wait longer than `WITHIN_S`: the national standard's, and what cities are held to."""
WITHIN_S: Final = 15.0


@dataclass(frozen=True)
class Demand:
    """What callers ask of people, as measured."""

    rates: Mapping[HalfHour, float]
    """Half hour → callers per hour who want a person."""
    handling_s: float
    """Mean seconds a call takes a person up."""
    patience_s: float
    """Mean seconds after which a caller hangs up; infinite when nobody did."""

    @cached_property
    def loads(self) -> Mapping[HalfHour, Load]:
        """The load of each half hour with callers, to a tenth of a call and five seconds: nobody knows it better."""
        return {at: self._idle._replace(calls_per_hour=round(rate, 1)) for at, rate in self.rates.items()}

    def load(self, weekday: int, slot: int) -> Load:
        """The load of a half hour."""
        return self.loads.get((weekday, slot), self._idle)

    @cached_property
    def _idle(self) -> Load:
        return Load(0.0, 5.0 * round(self.handling_s / 5.0))


@dataclass(frozen=True, slots=True)
class Slot:
    """One half hour of a weekday."""

    start: time
    calls_per_hour: float
    present: int
    needed: int
    service: Service
    """With those who are present."""
    is_open: bool

    @property
    def short(self) -> int:
        """People missing; 0 when there are enough."""
        return max(0, self.needed - self.present)


@dataclass(frozen=True, slots=True)
class Move:
    """One change of the roster, and what it would bring."""

    person: str
    minutes: int
    """By which the shift begins and ends later (earlier when negative); 0: they stay through lunch."""
    weekdays: frozenset[int]
    gain: float
    """More callers a week who have a person within 15 s."""
    shift: Shift


@dataclass(frozen=True, slots=True)
class Advice:
    """For one department."""

    department: str
    demand: Demand
    goal: float
    days: Mapping[int, Sequence[Slot]]
    """Weekday → its half hours with callers or opening hours, in order."""
    moves: Sequence[Move]
    """The best first."""

    @property
    def short_hours(self) -> float:
        """Hours a week with fewer people than needed while the office is open."""
        return sum(0.5 for day in self.days.values() for slot in day if slot.is_open and slot.short)

    @property
    def callers(self) -> float:
        """A week."""
        return sum(rate / 2 for rate in self.demand.rates.values())

    @property
    def in_time(self) -> float | None:
        """Share of callers expected to have a person within 15 s; None without callers."""
        every = [slot for day in self.days.values() for slot in day]
        callers = sum(slot.calls_per_hour for slot in every)
        return sum(slot.calls_per_hour * slot.service.within for slot in every) / callers if callers else None


def advise(department: str, demand: Demand, roster: Roster, calendar: Calendar, week: date, goal: float) -> Advice:
    """Advice for a department by its weekly shifts. `week`: a Monday whose opening hours are the usual ones."""
    shifts = [s for s in roster.shifts if s.department == department and s.role is not Role.LEAD and s.day is None]
    hours, present = _open(calendar, week), _present(shifts)
    days: dict[int, list[Slot]] = {}
    for weekday in range(7):
        there = [n for n in range(SLOTS) if (weekday, n) in hours or demand.load(weekday, n).calls_per_hour]
        if there:
            slots = ((weekday, n) for n in range(min(there), max(there) + 1))
            days[weekday] = [_slot(demand, at, len(present[at]), at in hours, goal) for at in slots]
    moves = list(_moves(shifts, present, demand, hours))
    moves.sort(key=lambda move: (-round(move.gain, 6), abs(move.minutes), move.person))
    return Advice(department, demand, goal, days, [move for move in moves if move.gain >= WORTH][:5])


def _slot(demand: Demand, at: HalfHour, rostered: int, is_open: bool, goal: float) -> Slot:
    load, present = demand.load(*at), rostered if is_open else 0
    needed = _needed(load, goal, demand.patience_s)
    service = _service(load, present, demand.patience_s)
    return Slot(STARTS[at[1]], load.calls_per_hour, present, needed, service, is_open)


@lru_cache(maxsize=20_000)
def _service(load: Load, people: int, patience_s: float) -> Service:
    return erlang_a(load, people, WITHIN_S, patience_s)


@lru_cache(maxsize=20_000)
def _needed(load: Load, goal: float, patience_s: float) -> int:
    return people_needed(load, goal, WITHIN_S, patience_s)


def _open(calendar: Calendar, week: date) -> set[HalfHour]:
    """The half hours of a usual week at whose beginning the office is open."""
    found: set[HalfHour] = set()
    for weekday in range(7):
        day = week + timedelta(days=weekday)
        midnight = datetime.combine(day, time(), ZONE)
        for span in calendar.open_spans(day):
            first, end = (-((midnight - at) // SLOT) for at in span)
            found |= {(weekday, n) for n in range(first, end)}
    return found


@lru_cache(maxsize=1000)
def _covers(start: time, end: time) -> frozenset[int]:
    """The half hours at whose beginning a shift is on."""
    return frozenset(n for n, at in enumerate(STARTS) if start <= at < end)


def _present(shifts: Iterable[Shift]) -> Mapping[HalfHour, Counter[str]]:
    """Who is there at the beginning of each half hour, by how many shifts; on duty only in opening hours."""
    there: dict[HalfHour, Counter[str]] = defaultdict(Counter)
    for shift in shifts:
        for at in product(shift.weekdays, _covers(shift.start, shift.end)):
            there[at][shift.person] += 1
    return there


def _moves(
    shifts: Sequence[Shift], present: Mapping[HalfHour, Counter[str]], demand: Demand, hours: set[HalfHour]
) -> Iterable[Move]:
    lunch = _lunch(hours)
    for shift in shifts:
        now = _covers(shift.start, shift.end)
        alone = {at for at in product(shift.weekdays, range(SLOTS)) if present[at][shift.person] - (at[1] in now) <= 0}
        """Half hours in which they have no other shift."""
        for minutes in MOVES:
            start, end = _later(shift.start, minutes), _later(shift.end, minutes)
            if start is None or end is None:
                continue
            then = _covers(start, end)
            gain = 0.0
            for at in (at for at in alone & hours if (at[1] in now) != (at[1] in then)):
                people = len(present[at])
                gain += _in_time(demand, at, people + (1 if at[1] in then else -1)) - _in_time(demand, at, people)
            yield Move(shift.person, minutes, shift.weekdays, gain, shift)
        through = (at for at in product(shift.weekdays, now) if at in lunch)
        yield Move(shift.person, 0, shift.weekdays, sum(_in_time(demand, at, 1) for at in through), shift)


def _lunch(hours: set[HalfHour]) -> set[HalfHour]:
    """The half hours between opening hours of the same day."""
    found: set[HalfHour] = set()
    for weekday in range(7):
        open_ = [n for day, n in hours if day == weekday]
        if open_:
            found |= {(weekday, n) for n in range(min(open_), max(open_))} - hours
    return found


def _in_time(demand: Demand, at: HalfHour, people: int) -> float:
    """Callers a week who have a person within 15 s in a half hour."""
    load = demand.load(*at)
    return load.calls_per_hour / 2 * _service(load, people, demand.patience_s).within


def _later(at: time, minutes: int) -> time | None:
    """That much later on the same day; None when it would be another day."""
    total = at.hour * 60 + at.minute + minutes
    return time(total // 60, total % 60) if 0 <= total < 24 * 60 else None

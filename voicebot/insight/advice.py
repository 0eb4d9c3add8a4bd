"""How many people each half hour needs, who is on the roster then, and what moving one shift would bring. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Final

from voicebot.insight.erlang import Load, Service, erlang_a, people_needed
from voicebot.staffing.calendar import ZONE, Calendar
from voicebot.staffing.roster import Role, Roster, Shift

SLOTS: Final = 48
SLOT: Final = timedelta(minutes=30)
STARTS: Final = tuple(time(n // 2, n % 2 * 30) for n in range(SLOTS))
"""When each half hour begins."""
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

    rates: Mapping[tuple[int, int], float]
    """(weekday, half hour of the day) → callers per hour who want a person."""
    handling_s: float
    """Mean seconds a call takes a person up."""
    patience_s: float
    """Mean seconds after which a caller hangs up; infinite when nobody did."""

    @cached_property
    def loads(self) -> Mapping[tuple[int, int], Load]:
        """The load of each half hour with callers, to a tenth of a call and five seconds: nobody knows it better."""
        return {at: Load(round(rate, 1), 5.0 * round(self.handling_s / 5.0)) for at, rate in self.rates.items()}

    def load(self, weekday: int, slot: int) -> Load:
        """The load of a half hour."""
        return self.loads.get((weekday, slot)) or Load(0.0, 5.0 * round(self.handling_s / 5.0))


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
    is_open = _open(calendar, week)
    days: dict[int, list[Slot]] = {}
    for weekday in range(7):
        found = [_slot(demand, weekday, n, _present(shifts, is_open, weekday, n), is_open, goal) for n in range(SLOTS)]
        there = [n for n, slot in enumerate(found) if slot.is_open or slot.calls_per_hour]
        if there:
            days[weekday] = found[min(there) : max(there) + 1]
    moves = sorted(
        _moves(shifts, demand, is_open), key=lambda move: (-round(move.gain, 6), abs(move.minutes), move.person)
    )
    return Advice(department, demand, goal, days, [move for move in moves if move.gain >= WORTH][:5])


def _slot(
    demand: Demand, weekday: int, n: int, present: int, is_open: Mapping[tuple[int, int], bool], goal: float
) -> Slot:
    load = demand.load(weekday, n)
    needed = _needed(load, goal, demand.patience_s)
    service = _service(load, present, demand.patience_s)
    return Slot(STARTS[n], load.calls_per_hour, present, needed, service, is_open[weekday, n])


@lru_cache(maxsize=20_000)
def _service(load: Load, people: int, patience_s: float) -> Service:
    return erlang_a(load, people, WITHIN_S, patience_s)


@lru_cache(maxsize=20_000)
def _needed(load: Load, goal: float, patience_s: float) -> int:
    return people_needed(load, goal, WITHIN_S, patience_s)


def _open(calendar: Calendar, week: date) -> dict[tuple[int, int], bool]:
    """Whether the office is open in each half hour of a usual week."""
    found = {}
    for weekday in range(7):
        day = week + timedelta(days=weekday)
        midnight, spans = datetime.combine(day, time(), ZONE), calendar.open_spans(day)
        for n in range(SLOTS):
            found[weekday, n] = any(start <= midnight + n * SLOT < end for start, end in spans)
    return found


def _present(
    shifts: Iterable[Shift], is_open: Mapping[tuple[int, int], bool], weekday: int, slot: int, staying: str = ""
) -> int:
    """How many people are on duty at the beginning of a half hour. A weekly shift is on only in opening hours; who is
    `staying` is there at lunch too.
    """
    at = STARTS[slot]
    there = {s.person for s in shifts if weekday in s.weekdays and s.start <= at < s.end}
    return len(there) if is_open[weekday, slot] else len(there & {staying})


def _moves(shifts: Sequence[Shift], demand: Demand, is_open: Mapping[tuple[int, int], bool]) -> Iterable[Move]:
    now = _in_time(shifts, demand, is_open)
    lunch = {at for at in is_open if not is_open[at] and _is_lunch(is_open, *at)}
    opened = {at: open_ or at in lunch for at, open_ in is_open.items()}
    for n, shift in enumerate(shifts):
        for minutes in MOVES:
            start, end = _later(shift.start, minutes), _later(shift.end, minutes)
            if start is None or end is None:
                continue
            moved = [*shifts[:n], replace(shift, start=start, end=end), *shifts[n + 1 :]]
            gain = _in_time(moved, demand, is_open) - now
            yield Move(shift.person, minutes, shift.weekdays, gain, shift)
        others = [replace(s, weekdays=frozenset()) for s in shifts if s is not shift]
        gain = sum(
            demand.load(*at).calls_per_hour / 2 * _service(demand.load(*at), 1, demand.patience_s).within
            for at in lunch
            if _present([shift, *others], opened, *at)
        )
        yield Move(shift.person, 0, shift.weekdays, gain, shift)


def _is_lunch(is_open: Mapping[tuple[int, int], bool], weekday: int, slot: int) -> bool:
    before = any(is_open[weekday, n] for n in range(slot))
    return before and any(is_open[weekday, n] for n in range(slot + 1, SLOTS))


def _in_time(shifts: Sequence[Shift], demand: Demand, is_open: Mapping[tuple[int, int], bool]) -> float:
    """Callers a week who have a person within 15 s."""
    there: dict[int, list[Shift]] = {day: [s for s in shifts if day in s.weekdays] for day in range(7)}
    total = 0.0
    for (weekday, slot), load in demand.loads.items():
        if is_open[weekday, slot]:
            people = _present(there[weekday], is_open, weekday, slot)
            total += load.calls_per_hour / 2 * _service(load, people, demand.patience_s).within
    return total


def _later(at: time, minutes: int) -> time | None:
    """That much later on the same day; None when it would be another day."""
    total = at.hour * 60 + at.minute + minutes
    return time(total // 60, total % 60) if 0 <= total < 24 * 60 else None

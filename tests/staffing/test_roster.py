"""Who is rung, by role, leave and hour; and what a check of the coming days finds."""

from datetime import date, datetime, time

import pytest

from voicebot.staffing.calendar import ZONE, Calendar
from voicebot.staffing.check import Code, check
from voicebot.staffing.roster import Absence, Person, Role, Roster, Shift

MONDAY = "2026-11-23"
WORKDAYS = frozenset(range(5))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def person(name, number=True, departments=()):
    return Person(name, name, f"+86100000{ord(name[0]):04d}" if number else "", frozenset(departments))


def shift(name, role=Role.A, department="rsj", start=time(8, 30), end=time(17, 30), **when):
    return Shift(name, department, role, start, end, **(when or {"weekdays": WORKDAYS}))


def away(name, start=f"{MONDAY} 00:00", end=f"{MONDAY} 23:59"):
    return Absence(name, at(start), at(end))


PEOPLE = (person("a"), person("b"), person("l"), person("c", departments=["rsj"]), person("n", number=False))
USUAL = (
    shift("a"),
    shift("b", Role.B),
    shift("l", Role.LEAD, start=time(9), end=time(10)),
    shift("c", department="ybj"),
)

DUTIES = {
    "A, B and the lead in published hours": (USUAL, (), "09:30", "aA bB lL"),
    "the lead is not rung outside them": (USUAL, (), "10:00", "aA bB"),
    "nobody in the evening": (USUAL, (), "19:00", ""),
    "B answers for an absent A, and a colleague stands behind": (USUAL, (away("a"),), "11:00", "bA cB"),
    "a colleague stands behind for an absent B": (USUAL, (away("b"),), "11:00", "aA cB"),
    "a colleague answers when both are away": (USUAL, (away("a"), away("b")), "11:00", "cA"),
    "an absent lead is not rung": (USUAL, (away("l"),), "09:30", "aA bB"),
    "leave of an hour ends": (USUAL, (away("a", f"{MONDAY} 09:00", f"{MONDAY} 10:00"),), "10:00", "aA bB"),
    "nobody is rung twice": ((shift("a"), shift("a", Role.B), shift("a", Role.LEAD)), (), "11:00", "aA"),
    "who has no number is passed over": ((shift("n"), shift("b", Role.B)), (), "11:00", "bA"),
    "a dated shift": ((shift("b", day=date(2026, 11, 23)),), (), "11:00", "bA"),
    "a dated shift of another day": ((shift("b", day=date(2026, 11, 24)),), (), "11:00", ""),
}


@pytest.mark.parametrize(("shifts", "absences", "hour", "rung"), DUTIES.values(), ids=DUTIES.keys())
def test_on_duty(shifts, absences, hour, rung):
    duties = Roster(PEOPLE, shifts, absences).on_duty("rsj", at(f"{MONDAY} {hour}"))

    assert " ".join(d.person.id + d.role[0].upper() for d in duties) == rung


def problems(shifts, absences=(), people=PEOPLE, days=1, **more):
    found = check(Roster(people, shifts, absences), Calendar(), date(2026, 11, 23), days=days, **more)
    return [(p.code, p.department, *(m.strftime("%H:%M") for m in (p.start, p.end) if m), *p.people) for p in found]


PROBLEMS = {
    "nothing": (USUAL[:2], (), []),
    "gap": (
        (shift("a", end=time(16)), shift("b", Role.B, end=time(16))),
        (),
        [(Code.GAP, "rsj", "16:00", "17:30")],
    ),
    "no backup": ((shift("a"), shift("b", Role.B, end=time(12))), (), [(Code.NO_BACKUP, "rsj", "13:30", "17:30", "a")]),
    "leave opens a gap": (
        (shift("a"), shift("b", Role.B)),
        (away("a"), away("b", f"{MONDAY} 14:00", f"{MONDAY} 15:00")),
        [
            (Code.NO_BACKUP, "rsj", "08:30", "12:00", "b"),
            (Code.NO_BACKUP, "rsj", "13:30", "14:00", "b"),
            (Code.GAP, "rsj", "14:00", "15:00"),
            (Code.NO_BACKUP, "rsj", "15:00", "17:30", "b"),
        ],
    ),
    "two answer first": (
        (shift("a"), shift("b", start=time(16)), shift("c", Role.B)),
        (),
        [(Code.OVERLAP, "rsj", "16:00", "17:30", "a", "b")],
    ),
    "in two places": (
        (*USUAL[:2], shift("a", department="ybj", start=time(9), end=time(10)), shift("c", Role.B, department="ybj")),
        (),
        [
            (Code.NO_BACKUP, "ybj", "08:30", "09:00", "c"),
            (Code.TWO_PLACES, "rsj+ybj", "09:00", "10:00", "a"),
            (Code.NO_BACKUP, "ybj", "10:00", "12:00", "c"),
            (Code.NO_BACKUP, "ybj", "13:30", "17:30", "c"),
        ],
    ),
    "no number": ((*USUAL[:2], shift("n", Role.LEAD)), (), [(Code.NO_NUMBER, "", "n")]),
    "unknown person": ((*USUAL[:2], shift("x", Role.LEAD)), (), [(Code.UNKNOWN_PERSON, "", "x")]),
    "never on": ((*USUAL[:2], shift("a", Role.LEAD, start=time(9), end=time(9))), (), [(Code.EMPTY_SHIFT, "rsj", "a")]),
}


@pytest.mark.parametrize(("shifts", "absences", "found"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_check(shifts, absences, found):
    assert problems(shifts, absences) == found


def test_department_without_any_shift_is_told_once():
    assert problems(USUAL[:2], departments=["rsj", "bdc"], days=14) == [(Code.NO_SHIFT, "bdc")]
    assert not check(Roster(), Calendar(), date(2026, 11, 23), departments=["bdc"])[0].is_error, "the desk is rung"


def test_weekend_needs_nobody():
    assert check(Roster(PEOPLE, USUAL), Calendar(), date(2026, 11, 21), days=2) == []


def test_year_without_known_holidays_is_told():
    found = check(Roster(PEOPLE, USUAL[:2]), Calendar(), date(2090, 12, 28))

    assert [p.detail for p in found if p.code is Code.UNCOVERED_YEAR] == ["2090", "2091"]

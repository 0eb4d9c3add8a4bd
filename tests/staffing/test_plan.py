"""Whom to ring, in which order."""

from dataclasses import replace

import pytest

from tests.cases.office import OFFICE, PEOPLE, SHIFTS, at, shift
from voicebot.staffing.calendar import Calendar
from voicebot.staffing.plan import Office, plan, plan_complaint
from voicebot.staffing.roster import Person, Role, Roster

MONDAY, LUNCH, EVENING, SUNDAY = "2026-11-23 09:30", "2026-11-23 12:30", "2026-11-23 19:00", "2026-11-22 10:00"
DESK = replace(OFFICE, desk_number="+15005550099")
BARE = Office(desk_number="+15005550099")
OVER = Person("s1", "监督", "+15005550015")
WATCHED = replace(
    DESK,
    roster=Roster(
        (*PEOPLE, OVER),
        (*SHIFTS, shift("s1", "zfb", Role.A), shift("w2", "zfb", Role.B), shift("w3", "zfb", Role.B)),
    ),
)


def who(rungs):
    return [(rung.person.id, rung.role) for rung in rungs]


PLANS = [
    ("rsj", MONDAY, OFFICE, [("w1", "A"), ("w2", "B"), ("l1", "lead")]),
    ("rsj", "2026-11-23 15:00", OFFICE, [("w1", "A"), ("w2", "B")]),  # the lead's published hours are over
    ("rsj", MONDAY, DESK, [("w1", "A"), ("w2", "B"), ("l1", "lead"), ("desk", "desk")]),
    ("gjj", MONDAY, OFFICE, [("w3", "A")]),
    (None, MONDAY, OFFICE, [("w1", "A"), ("w3", "A"), ("w2", "B"), ("l1", "lead")]),
    (None, MONDAY, DESK, [("desk", "desk"), ("w1", "A"), ("w3", "A"), ("w2", "B"), ("l1", "lead")]),
    ("swj", MONDAY, OFFICE, [("w1", "A"), ("w3", "A"), ("w2", "B"), ("l1", "lead")]),  # nobody answers for it
    ("rsj", LUNCH, DESK, []),
    ("rsj", EVENING, DESK, []),
    ("rsj", SUNDAY, DESK, []),
    (None, EVENING, BARE, [("desk", "desk")]),  # without a roster the desk is always there
]


@pytest.mark.parametrize(("department", "moment", "office", "wanted"), PLANS)
def test_plan(department, moment, office, wanted):
    planned = who(plan(department, office, at(moment)))

    assert sorted(planned) == sorted(wanted)
    if department == "rsj":
        assert planned == wanted


def test_a_shift_for_one_day_stands_by_itself():
    day = at(SUNDAY).date()
    shifts = (*SHIFTS, shift("w2", "rsj", Role.A, weekdays=frozenset(), day=day))

    assert who(plan("rsj", replace(OFFICE, roster=Roster(PEOPLE, shifts)), at(SUNDAY))) == [("w2", "A")]


COMPLAINTS = [
    ("rsj", MONDAY, WATCHED, [("s1", "A"), ("desk", "desk")]),  # w2 and w3 answer for rsj as well
    ("rsj", MONDAY, DESK, [("desk", "desk")]),  # nobody of the unit above is on the roster
    ("rsj", MONDAY, OFFICE, []),
    ("rsj", EVENING, WATCHED, []),
    (None, MONDAY, WATCHED, [("desk", "desk")]),  # about whom is not known: nobody is rung on a guess
    (None, MONDAY, OFFICE, []),
]


@pytest.mark.parametrize(("department", "moment", "office", "wanted"), COMPLAINTS)
def test_a_complaint_never_rings_the_unit_complained_of(department, moment, office, wanted):
    assert who(plan_complaint(department, office.unit_over(department), office, at(moment))) == wanted


@pytest.mark.parametrize(
    ("moment", "office", "years"),
    [
        ("2090-11-20 10:00", OFFICE, [2090]),
        ("2090-12-10 10:00", OFFICE, [2090, 2091]),
        ("2026-03-02 10:00", OFFICE, []),
        ("2090-12-10 10:00", replace(OFFICE, calendar=Calendar(known=frozenset({2090, 2091}))), []),
        (
            "2090-12-10 10:00",
            replace(OFFICE, calendar=Calendar(known=frozenset({2090, 2091})), calendars={"rsj": Calendar()}),
            [2090, 2091],
        ),
    ],
)
def test_years_that_promises_reach_into_and_nobody_knows(moment, office, years):
    assert office.unknown_years(at(moment)) == years

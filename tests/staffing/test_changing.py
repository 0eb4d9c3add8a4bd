"""Changes of the roster one by one, the week as it is looked at, and the days the office settles itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from tests.cases.office import OFFICE, PEOPLE, SHIFTS, at, shift
from voicebot.staffing.calendar import Calendar
from voicebot.staffing.changing import (
    ChangeImpossible,
    Fitness,
    stand_ins,
    substituted,
    with_absence,
    with_person,
    with_shift,
    without_person,
    without_shift,
)
from voicebot.staffing.check import Code, check
from voicebot.staffing.office_days import (
    OfficeDay,
    OfficeDays,
    What,
    body_of,
    documents_of,
    office_days_of,
    settled,
    unsettled,
)
from voicebot.staffing.plan import plan
from voicebot.staffing.roster import Absence, Person, Role, Roster
from voicebot.staffing.settings import calendars_from
from voicebot.staffing.week import DayKind, facts_of, week_of
from voicebot.staffing.wording import difference

ROSTER = OFFICE.roster
TUESDAY = date(2026, 11, 24)
FIRST, SECOND, LEAD, OTHER = SHIFTS


def rung(roster, moment="2026-11-24 10:00", department="rsj"):
    return [r.person.id for r in plan(department, replace(OFFICE, roster=roster), at(moment))]


def test_a_substitution_is_for_one_day_and_its_hours():
    after = substituted(ROSTER, FIRST, TUESDAY, "w3")
    assert rung(after) == ["w3", "w2", "l1"]
    assert rung(after, "2026-11-25 10:00") == ["w1", "w2", "l1"]
    assert [p.code for p in check(after, Calendar(), TUESDAY, days=1, departments=["rsj"])].count(Code.OVERLAP) == 0


def test_a_substitute_is_substituted():
    once = substituted(ROSTER, FIRST, TUESDAY, "w3")
    twice = substituted(once, once.shifts[-1], TUESDAY, "l1")
    assert rung(twice)[0] == "l1"
    assert len(twice.shifts) == len(once.shifts)
    assert len(twice.absences) == 1


def test_who_is_on_leave_already_is_not_put_on_leave_again():
    away = with_absence(ROSTER, Absence("w1", at("2026-11-23 00:00"), at("2026-11-27 23:00"), "年假"))
    assert len(substituted(away, FIRST, TUESDAY, "w3").absences) == 1


IMPOSSIBLE = {
    "by themselves": lambda: substituted(ROSTER, FIRST, TUESDAY, "w1"),
    "by nobody we know": lambda: substituted(ROSTER, FIRST, TUESDAY, "x"),
    "by who is away": lambda: substituted(
        with_absence(ROSTER, Absence("w3", at("2026-11-24 16:00"), at("2026-11-24 18:00"))), FIRST, TUESDAY, "w3"
    ),
    "a shift of nobody": lambda: with_shift(ROSTER, shift("x", "rsj", Role.A)),
    "a shift backwards": lambda: with_shift(ROSTER, shift("w1", "rsj", Role.A, "18:00", "09:00")),
    "a shift on no day": lambda: with_shift(ROSTER, shift("w1", "rsj", Role.A, weekdays=frozenset())),
    "a shift on both": lambda: with_shift(ROSTER, shift("w1", "rsj", Role.A, day=TUESDAY)),
    "a shift twice": lambda: with_shift(ROSTER, FIRST),
    "leave backwards": lambda: with_absence(ROSTER, Absence("w1", at("2026-11-24 16:00"), at("2026-11-24 16:00"))),
}


@pytest.mark.parametrize("change", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_is_refused_in_chinese(change):
    with pytest.raises(ChangeImpossible, match=r"[\u4e00-\u9fff]"):
        change()


def test_who_can_stand_in_the_best_first():
    roster = with_person(ROSTER, Person("w4", "孙四", "+15005550020", frozenset({"rsj"})))
    roster = with_person(roster, Person("w5", "无号", ""))
    found = [(one.person.id, one.fitness) for one in stand_ins(roster, FIRST, TUESDAY)]
    assert found == [
        ("w4", Fitness.FREE),
        ("w2", Fitness.ELSEWHERE),
        ("w3", Fitness.ELSEWHERE),
        ("l1", Fitness.STRANGER),
    ]


def test_a_person_comes_changes_and_goes_with_everything_of_theirs():
    renamed = with_person(ROSTER, replace(PEOPLE[0], name="王壹"))
    assert [p.name for p in renamed.people] == ["王壹", *(p.name for p in PEOPLE[1:])]
    away = with_absence(renamed, Absence("w1", at("2026-11-24 08:00"), at("2026-11-24 18:00")))
    gone = without_person(away, "w1")
    assert "w1" not in str(gone)
    assert difference(ROSTER, gone) == ["去掉 王一（w1）", "去班次 rsj 主 w1 周一至周五 08:30-17:30"]
    assert without_shift(ROSTER, FIRST).shifts == SHIFTS[1:]


# The week


def test_a_week_shows_each_day_who_is_on_and_what_is_missing():
    roster = without_shift(substituted(ROSTER, FIRST, TUESDAY, "w3"), SECOND)
    week = week_of(roster, Calendar(), "rsj", date(2026, 11, 23))
    monday, tuesday, *_, sunday = week.days

    assert [(p.name, p.away) for p in monday.placed[Role.A]] == [("王一", False)]
    assert [(p.name, p.away) for p in tuesday.placed[Role.A]] == [("王一", True), ("赵三", False)]
    assert all(roster.shifts[p.index] is p.shift for p in tuesday.placed[Role.A])
    assert {p.code for p in monday.problems} == {Code.NO_BACKUP}
    assert (sunday.facts.kind, sunday.placed[Role.A], sunday.problems) == (DayKind.WEEKEND, (), ())
    assert week.gaps == 0
    assert week_of(Roster(PEOPLE, (LEAD,)), Calendar(), "rsj", date(2026, 11, 23)).gaps == 10, "mornings, afternoons"


KINDS = {
    "2026-11-24": (DayKind.WORKDAY, ""),
    "2026-11-28": (DayKind.WEEKEND, ""),
    "2026-10-01": (DayKind.HOLIDAY, "国庆节"),
    "2026-10-10": (DayKind.MAKE_UP, "国庆节"),
    "2099-11-24": (DayKind.WORKDAY, ""),
    "2099-10-01": (DayKind.HOLIDAY, "国庆节"),
}


@pytest.mark.parametrize(("day", "facts"), KINDS.items(), ids=KINDS)
def test_what_a_day_is(day, facts):
    found = facts_of(Calendar(), date.fromisoformat(day))
    assert (found.kind, found.holiday) == facts
    assert bool(found.spans) == (found.kind in (DayKind.WORKDAY, DayKind.MAKE_UP))


# The days the office settles

FREE = OfficeDay(TUESDAY, What.FREE, "搬家")
SATURDAY = OfficeDay(date(2026, 11, 28), What.WORKING, "补班")
AFTERNOON = OfficeDay(date(2026, 11, 25), What.CLOSED, "培训", spans=((time(13, 30), time(17, 30)),))
THEIRS = OfficeDay(date(2026, 11, 26), What.CLOSED, "盘点", department="rsj")
ALL = OfficeDays((FREE, SATURDAY, AFTERNOON, THEIRS), frozenset({2027}))


def test_days_go_into_the_record_and_out_of_it():
    assert set(office_days_of(body_of(ALL)).days) == set(ALL.days)
    assert office_days_of(body_of(ALL)).known == {2027}
    assert office_days_of({}) == OfficeDays()


def test_what_the_office_settles_counts_over_its_files():
    files = {"free": [date(2026, 11, 28)], "working": [TUESDAY]}
    calendar, calendars = calendars_from([files, *documents_of(ALL)])

    assert facts_of(calendar, TUESDAY).kind is DayKind.SHUT
    assert facts_of(calendar, date(2026, 11, 28)).kind is DayKind.OPENED
    assert [f"{a:%H:%M}-{b:%H:%M}" for a, b in calendar.open_spans(date(2026, 11, 25))] == ["08:30-12:00"]
    assert calendar.open_spans(date(2026, 11, 26))
    assert facts_of(calendars["rsj"], date(2026, 11, 26)).kind is DayKind.SHUT
    assert facts_of(calendars["rsj"], TUESDAY).kind is DayKind.SHUT, "what holds for all holds for each"
    assert calendar.known == {2027}


def test_the_later_word_on_a_day_counts_and_can_be_taken_back():
    again = settled(ALL, replace(FREE, what=What.WORKING))
    assert [one.what for one in again.days if one.day == TUESDAY] == [What.WORKING]
    assert settled(ALL, replace(FREE, department="rsj")).days == (*ALL.days, replace(FREE, department="rsj"))
    assert unsettled(ALL, FREE).days == ALL.days[1:]

"""Working time against known dates and against an oracle that counts minute by minute."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.errors import SettingsError
from voicebot.staffing.calendar import STATUTORY, ZONE, Calendar, Hours, calendar_from


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


OFFICE = Calendar()

HOURS = {
    # Friday 17:20 + 2 h: ten minutes on Friday, the rest from Monday 08:30
    "over a weekend": ("2026-11-20 17:20", 120, "2026-11-23 10:20"),
    "over lunch": ("2026-11-20 11:30", 60, "2026-11-20 14:00"),
    "from lunch": ("2026-11-20 12:10", 30, "2026-11-20 14:00"),
    "from the night before": ("2026-11-20 05:00", 120, "2026-11-20 10:30"),
    "into 调休 Saturday": ("2026-10-09 17:20", 120, "2026-10-10 10:20"),
    "over National Day": ("2026-09-30 17:00", 60, "2026-10-08 09:00"),
    "to the very end of a day": ("2026-11-20 15:30", 120, "2026-11-20 17:30"),
    "nothing, from the night": ("2026-11-21 05:00", 0, "2026-11-23 08:30"),
}


@pytest.mark.parametrize(("start", "minutes", "end"), HOURS.values(), ids=HOURS.keys())
def test_working_hours(start, minutes, end):
    assert OFFICE.add(at(start), timedelta(minutes=minutes)) == at(end)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-11-20 17:20", 2, "2026-11-24 17:30"),
        ("2026-09-29 09:00", 2, "2026-10-08 17:30"),
        ("2026-11-22 09:00", 1, "2026-11-23 17:30"),
    ],
)
def test_working_days(start, days, end):
    assert OFFICE.add_days(at(start), days) == at(end)


OPEN = {
    "a working morning": ("2026-11-20 08:30", True),
    "lunch": ("2026-11-20 12:00", False),
    "the closing moment": ("2026-11-20 17:30", False),
    "Sunday": ("2026-11-22 10:00", False),
    "National Day": ("2026-10-01 10:00", False),
    "调休 Sunday": ("2026-09-20 10:00", True),
}


@pytest.mark.parametrize(("moment", "is_open"), OPEN.values(), ids=OPEN.keys())
def test_open(moment, is_open):
    assert OFFICE.is_open(at(moment)) is is_open


def test_moments_of_other_zones_are_understood():
    assert OFFICE.is_open(datetime.fromisoformat("2026-11-20T01:00:00+00:00"))


def test_one_off_closure_and_override():
    office = Calendar(
        overrides={date(2026, 11, 21): True, date(2026, 11, 23): False},
        closures={date(2026, 11, 20): ((time(10), time(14)),), date(2026, 11, 24): ()},
    )

    assert office.add(at("2026-11-20 09:00"), timedelta(hours=2)) == at("2026-11-20 15:00")
    assert office.is_open(at("2026-11-21 10:00"))
    assert office.next_open(at("2026-11-21 18:00")) == at("2026-11-25 08:30")


def test_weekend_hours_rest_on_public_holidays():
    office = Calendar(Hours(by_weekday={5: ((time(9), time(12)),)}))

    assert office.is_open(at("2026-11-21 10:00"))
    assert not office.is_open(at("2026-10-03 10:00"))


def test_year_that_is_not_known_is_named_and_only_its_fixed_holidays_are_free():
    assert OFFICE.uncovered(date(2026, 12, 1), date(2026, 12, 31)) == []
    assert OFFICE.uncovered(date(2090, 12, 1), date(2091, 1, 5)) == [2090, 2091]
    assert [OFFICE.is_working_day(date(2091, month, day)) for month, day in STATUTORY] == [False] * 6
    assert OFFICE.is_working_day(date(2091, 10, 4))
    assert OFFICE.add(at("2090-12-29 17:20"), timedelta(minutes=20)) == at("2091-01-02 08:40"), "not on New Year's Day"


def test_fixed_holidays_on_a_weekend_of_an_unknown_year_rest_as_well():
    office = Calendar(Hours(by_weekday={5: ((time(9), time(12)),)}))

    assert not office.is_open(at("2094-05-01 10:00")), "a Saturday"
    assert office.is_open(at("2094-05-08 10:00"))
    assert Calendar(office.hours, {date(2094, 5, 1): True}).is_open(at("2094-05-01 10:00")), "written down as open"


@pytest.mark.parametrize(
    ("document", "covered"),
    [({"free": [date(2091, 10, 1)]}, False), ({"free": [date(2091, 10, 1)], "known": [2091]}, True), ({}, False)],
)
def test_a_year_is_known_when_the_office_says_so_not_by_a_single_day(document, covered):
    assert calendar_from(document).covers(2091) is covered


def test_office_that_never_opens_is_an_error():
    with pytest.raises(SettingsError, match="never opens"):
        Calendar(Hours(spans=())).add(at("2026-11-20 09:00"), timedelta(hours=1))


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 10)).map(
    lambda d: d.replace(second=0, microsecond=0, tzinfo=ZONE)
)


@given(start=moments, minutes=st.integers(0, 60 * 24))
@settings(max_examples=60, deadline=None)
def test_agrees_with_counting_minute_by_minute(start, minutes):
    left, moment = minutes, OFFICE.next_open(start)
    while left:
        left -= OFFICE.is_open(moment)
        moment += timedelta(minutes=1)

    assert OFFICE.add(start, timedelta(minutes=minutes)) == moment
    assert OFFICE.between(start, moment) == timedelta(minutes=minutes)


@given(start=moments, end=moments)
@settings(deadline=None)
def test_between_is_odd(start, end):
    assert OFFICE.between(start, end) == -OFFICE.between(end, start)


def test_from_a_file():
    office = calendar_from(
        {
            "hours": ["09:00-12:00", "14:00-17:00"],
            "weekday": {"4": ["09:00-12:00"]},
            "working": [date(2027, 2, 7)],
            "free": ["2027-02-08"],
            "known": [2027],
            "closed": {"2026-12-01": []},
        }
    )

    assert not office.is_open(at("2026-11-20 15:00"))
    assert not office.is_open(at("2026-12-01 10:00"))
    assert office.is_open(at("2027-02-07 10:00"))
    assert office.covers(2027)


def test_every_fault_of_a_file_is_told():
    with pytest.raises(SettingsError) as error:
        calendar_from(
            {"hours": ["12:00-09:00"], "weekday": {"8": []}, "free": ["soon"], "lunch": "no", "known": "2027"}
        )

    assert len(error.value.problems) == 5

"""Queueing against published figures, and advice from it."""

import math
from datetime import date, time

import pytest

from tests.cases.office import shift
from voicebot.insight.advice import Demand, advise
from voicebot.insight.erlang import Load, erlang_a, erlang_b, erlang_c, people_needed
from voicebot.staffing.calendar import Calendar
from voicebot.staffing.roster import Person, Role, Roster

MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("load", "people", "within_s", "published"),
    [
        # pyworkforce's README: 100 calls in 30 minutes of 3 minutes each
        (Load(200, 180), 14, 20, {"waits": 0.1741, "within": 0.8884, "occupancy": 0.714}),
        # call-center-tools: 1,000 calls an hour of 2 minutes each
        (Load(1000, 120), 40, 20, {"waits": 0.1907, "within": 0.9372, "mean_wait_s": 3.43}),
        (Load(1000, 120), 35, 20, {"within": 0.472, "mean_wait_s": 50.1}),
    ],
)
def test_erlang_c_gives_published_figures(load, people, within_s, published):
    found = erlang_c(load, people, within_s)

    assert {name: getattr(found, name) for name in published} == pytest.approx(published, rel=2e-3)


def test_people_needed_for_the_national_standard():
    """95 % within 15 s at 150 s a call, by callers an hour."""
    calls = (5, 10, 20, 40, 60)

    assert [people_needed(Load(n, 150), 0.95, 15) for n in calls] == [2, 3, 3, 5, 6]


def test_erlang_b_is_the_share_refused():
    assert erlang_b(10, 10) == pytest.approx(0.2146, rel=1e-3)  # any table of Erlang B


@pytest.mark.parametrize("people", [12, 14, 20])
def test_patience_without_end_is_erlang_c(people):
    load = Load(200, 180)
    infinite = erlang_c(load, people, 20)

    assert erlang_a(load, people, 20, 1e7).within == pytest.approx(infinite.within, abs=1e-4)
    assert erlang_a(load, people, 20, math.inf) == infinite


def test_too_few_people_lose_the_rest():
    """Ten busy in the mean and nine there: at least one caller in ten hangs up, and not many more."""
    assert 0.1 < erlang_a(Load(200, 180), 9, 20, 3600).abandons < 0.13


def test_erlang_a_with_patience_like_a_talk_is_a_poisson_office():
    """When callers leave as fast as they are served, the number there is Poisson (M/M/∞), whatever the staff."""
    load = Load(60, 120)  # two busy in the mean
    poisson = [math.exp(-2) * 2**n / math.factorial(n) for n in range(60)]

    found = erlang_a(load, 3, 15, 120)

    assert found.waits == pytest.approx(1 - sum(poisson[:3]))
    queue = sum((n - 3) * share for n, share in enumerate(poisson) if n > 3)
    assert found.abandons == pytest.approx(queue / 120 / (60 / 3600))


def test_nobody_there_serves_nobody_and_no_calls_need_nobody():
    assert erlang_a(Load(20, 150), 0, 15, 60).within == 0.0
    assert people_needed(Load(0, 150), 0.95, 15) == 0
    assert erlang_c(Load(0, 150), 1, 15).within == 1.0


PEOPLE = (Person("a", "一岗", "+15005550011"), Person("b", "二岗", "+15005550012"))


def advice_for(rates, *shifts):
    return advise("rsj", Demand(rates, 150.0, math.inf), Roster(PEOPLE, shifts), Calendar(), MONDAY, 0.95)


def test_each_half_hour_says_who_is_there_and_who_is_needed():
    found = advice_for({(0, 18): 20.0}, shift("a", "rsj", Role.A), shift("b", "rsj", Role.B, "13:00"))

    nine = next(slot for slot in found.days[0] if slot.start == time(9, 0))
    assert (nine.present, nine.needed, nine.short, nine.is_open) == (1, 3, 2, True)
    assert found.short_hours == 0.5
    assert found.in_time == pytest.approx(erlang_c(Load(20, 150), 1, 15).within)


def test_a_shift_where_nobody_calls_should_move_to_where_they_do():
    found = advice_for({(0, 17): 12.0}, shift("a", "rsj", Role.A), shift("b", "rsj", Role.B, "09:00"))

    best = found.moves[0]
    assert (best.person, best.minutes) == ("b", -30)
    load = Load(12, 150)
    assert best.gain == pytest.approx(6 * (erlang_c(load, 2, 15).within - erlang_c(load, 1, 15).within))


def test_who_calls_at_lunch_needs_somebody_at_lunch():
    found = advice_for({(0, 24): 8.0}, shift("a", "rsj", Role.A))

    assert [(move.person, move.minutes) for move in found.moves] == [("a", 0)]
    assert found.moves[0].gain == pytest.approx(4 * erlang_c(Load(8, 150), 1, 15).within)


def test_an_empty_roster_and_no_calls_give_no_advice():
    found = advice_for({})

    assert (found.moves, found.short_hours, found.in_time) == ([], 0, None)

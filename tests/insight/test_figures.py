"""Every figure agrees exactly with a slow recount over the raw rows, in whatever month."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from tests.insight.months import NOW, months, write
from tests.insight.oracle import Oracle
from voicebot.insight.behind import Part, behind
from voicebot.insight.counting import Counting
from voicebot.insight.figures import load_figures, load_missed
from voicebot.insight.missed import missed_map
from voicebot.insight.period import Period, month_of, week_of
from voicebot.insight.weighing import Weighing
from voicebot.staffing.calendar import Calendar
from voicebot.staffing.plan import Office
from voicebot.store.models import Call, Ticket
from voicebot.store.words import TicketState

MARCH = month_of(date(2026, 3, 1))
PERIODS = st.sampled_from([MARCH, week_of(date(2026, 3, 4)), Period(date(2026, 3, 3), date(2026, 3, 3))])
UNITS = st.sampled_from([None, "rsj", "", "局办公室"])
random_months = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


def weighed(database, month):
    """The month in the record, weighed, and an oracle of it."""
    write(database, month)
    Weighing(database, Office, lambda: NOW).run()
    return Oracle(*month.rows, Calendar(), NOW)


def as_pairs(row):
    return {id_: [tally.hit, tally.of] for id_, tally in row.tallies.items() if tally.of}


@random_months
@given(month=months, period=PERIODS, unit=UNITS)
def test_figures_agree_with_the_slow_recount(database, month, period, unit):
    oracle = weighed(database, month)

    numbers = Counting(database, lambda: NOW).numbers(period, unit)

    span = (period.first, period.last, unit)
    figures, volumes = oracle.counted(*span)
    assert as_pairs(numbers.total) == dict(figures[None])
    assert {k: v for k, v in numbers.total.volumes.items() if v} == {k: v for k, v in volumes[None].items() if v}
    figures, _ = oracle.counted(*span, part=lambda at, _: at.date())
    assert {day: as_pairs(row) for day, row in numbers.by_day.items() if as_pairs(row)} == figures
    figures, _ = oracle.counted(*span, part=lambda _, unit: unit)
    assert {name: as_pairs(row) for name, row in numbers.by_department.items() if as_pairs(row)} == figures
    assert as_pairs(Counting(database, lambda: NOW).total(period, unit)) == as_pairs(numbers.total)
    worst = oracle.worst(*span)
    assert (numbers.worst and Fraction(numbers.worst.tally.hit, numbers.worst.tally.of)) == worst


@random_months
@given(month=months, period=PERIODS, unit=UNITS)
def test_the_missed_call_map_agrees_with_the_slow_recount(database, month, period, unit):
    oracle = weighed(database, month)

    found = missed_map(database, period, unit)

    assert dict(found.counts) == oracle.missed(period.first, period.last, unit)


@random_months
@given(month=months, figure=st.sampled_from(sorted(load_figures())), unit=UNITS)
def test_every_figure_opens_what_is_behind_it(database, month, figure, unit):
    oracle = weighed(database, month)
    numbers = Counting(database, lambda: NOW).numbers(MARCH, unit)
    shown = {
        part: behind(database, load_figures()[figure], MARCH, NOW, part=part, department=unit, limit=1000)
        for part in Part
    }

    tally = numbers.total[figure]
    counts = {Part.HIT: tally.hit, Part.MISS: tally.miss, Part.ALL: tally.of}
    assert {part: found.total for part, found in shown.items()} == counts
    assert {part: len(found.rows) for part, found in shown.items()} == counts
    if figure not in ("on-time", "responded"):
        hits = [c["id"] for c in oracle.calls if oracle.figures_of(c).get(figure)]
        assert {row.id for row in shown[Part.HIT].rows} <= set(hits)


@pytest.mark.parametrize("unit", [None, "rsj"])
def test_nothing_is_no_figure(database, unit):
    numbers = Counting(database, lambda: NOW).numbers(MARCH, unit)

    assert [t.rate for t in numbers.total.tallies.values()] == [None] * len(numbers.total.tallies)
    assert numbers.worst is None
    assert missed_map(database, MARCH).total == 0


def test_every_figure_and_every_reason_is_explained():
    for figure in load_figures().values():
        assert all((figure.name, figure.formula, figure.notes, figure.hit_name, figure.miss_name, figure.source))
        assert "÷" in figure.formula
    assert sorted(words.order for words in load_missed().values()) == list(range(1, 9))


@random_months
@given(month=months, unit=UNITS)
def test_figures_agree_after_old_calls_and_tickets_have_changed(database, month, unit):
    """Nothing of a day that is over is remembered: what comes late counts at once."""
    weighed(database, month)
    counting = Counting(database, lambda: NOW)
    before = counting.numbers(MARCH, unit)
    late = NOW - timedelta(minutes=5)
    with database.writing() as session:
        session.execute(update(Call).where(Call.rating.is_(None)).values(rating=1))
        session.execute(
            update(Ticket).values(state=TicketState.RESOLVED, closed_at=late, first_response_at=late, reopened=1)
        )

    after = counting.numbers(MARCH, unit)

    calls, attempts, tickets, links = month.rows
    changed = {"state": "resolved", "closed_at": late, "first_response_at": late, "reopened": 1}
    rated = [{**call, "rating": 1 if call["rating"] is None else call["rating"]} for call in calls]
    oracle = Oracle(rated, attempts, [{**ticket, **changed} for ticket in tickets], links, Calendar(), NOW)
    figures, _ = oracle.counted(MARCH.first, MARCH.last, unit)
    assert as_pairs(after.total) == dict(figures[None])
    assert as_pairs(counting.total(MARCH, unit)) == dict(figures[None])
    assert after.total["satisfied"].miss >= before.total["satisfied"].miss

"""Staff dial themselves: when they may, and who; on both databases."""

from __future__ import annotations

import pytest

from tests.cases.office import OFFICE, at
from tests.cases.test_book import CALL, CALLER, COMPLAINT, record
from voicebot.cases.dialling import Dialling
from voicebot.cases.ticket import ChangeRefused
from voicebot.events import EndReason
from voicebot.store.words import CallbackOutcome, CallbackState

__all__ = ["record"]


@pytest.fixture
def dialling(record, clock):
    return Dialling(record, lambda: OFFICE, clock)


@pytest.fixture
def owed(record):
    """A call back that is owed about a complaint, or about a call: its id."""

    def make(command=CALL):
        record.call_started("CA1", CALLER)
        record.open_ticket("CA1", command)
        record.call_ended("CA1", EndReason.CALLER_HUNG_UP)
        return record.owed_callbacks()[0].callback.id

    return make


HOURS = {"08:29": False, "08:30": True, "20:29": True, "20:30": False, "03:00": False}


@pytest.mark.parametrize(("clock_time", "shown"), HOURS.items())
def test_the_number_is_shown_within_the_hours_for_calling(record, dialling, owed, clock, clock_time, shown):
    callback = owed()
    clock.time = at(f"2026-11-23 {clock_time}")
    if not shown:
        with pytest.raises(ChangeRefused, match="08:30 到 20:30"):
            dialling.number(callback, "w1")
        assert record.history_of(1)[-1].who == "line", "nobody has looked"
    assert dialling.number(callback, "w1", anyway=True) == CALLER
    assert ("以外" in record.history_of(1)[-1].why) is not shown


DEEDS = {
    "number": lambda dialling, callback, who: dialling.number(callback, who),
    "done": lambda dialling, callback, who: dialling.done(callback, CallbackOutcome.REACHED, who),
    "drop": lambda dialling, callback, who: dialling.drop(callback, who, "不用了"),
    "retry": lambda dialling, callback, who: dialling.retry(callback, who),
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_the_unit_complained_of_does_not_call_about_a_complaint(record, dialling, owed, deed):
    callback = owed(COMPLAINT)

    with pytest.raises(ChangeRefused, match="没有这个回电"):
        deed(dialling, callback, "w1")
    assert [one.callback.state for one in record.owed_callbacks()] == [CallbackState.DUE]
    deed(dialling, callback, "x1")


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_what_is_over_is_not_done_again(dialling, owed, deed):
    callback = owed()
    dialling.done(callback, CallbackOutcome.REACHED, "w1")

    for one in (callback, 99):
        with pytest.raises(ChangeRefused, match="没有这个回电"):
            deed(dialling, one, "w1")

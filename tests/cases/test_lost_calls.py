"""The provider's list of calls against our record: nobody is lost while the line was down; on both databases."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import event

from tests.cases.office import at
from tests.cases.test_book import CALL, CALLER, record
from voicebot.cases.lost_calls import LOOK_BACK, OVERLAP, ListedCall, LostCalls
from voicebot.errors import OperatorError, RemoteError
from voicebot.events import EndReason, TransferOutcome
from voicebot.store.words import TicketState

__all__ = ["record"]

LINE = "+15005550001"
WORDS = "线路故障，来电没有人接"
NOW = at("2026-11-20 16:00")


@dataclass
class Provider:
    """A list of calls that are over, or what it raises."""

    calls: list = field(default_factory=list)
    fails: Exception | None = None
    asked: list = field(default_factory=list)

    def ended_calls(self, since):
        self.asked.append(since)
        if self.fails:
            raise self.fails
        return [call for call in self.calls if call.started >= since]


def ended(call, *, minutes=30, number=CALLER, seconds=20.0):
    return ListedCall(call, number, LINE, NOW - timedelta(minutes=minutes), seconds)


@pytest.fixture
def provider():
    return Provider()


@pytest.fixture
def released():
    return []


@pytest.fixture
def job(record, provider, clock, released):
    return LostCalls(record, provider, clock, released.append, words=WORDS)


def begun(record):
    record.call_started("CA1", CALLER, LINE)


def with_ticket(record):
    begun(record)
    record.for_call("CA1").commit(CALL)


def hung_up(record):
    begun(record)
    record.call_ended("CA1", EndReason.CALLER_HUNG_UP)


def broken_off(record):
    begun(record)
    record.call_ended("CA1", EndReason.CONNECTION_LOST)


def connected(record):
    with_ticket(record)
    record.attempt_ended("CA1", TransferOutcome.ACCEPTED)


CASES = {
    # what our record knows of a call that the provider lists, and the tickets there are then
    "nothing at all": (lambda record: None, 1, [(WORDS, TicketState.ASSIGNED)]),
    "that it began": (begun, 1, [(WORDS, TicketState.ASSIGNED)]),
    "that its connection broke": (broken_off, 1, [(WORDS, TicketState.ASSIGNED)]),
    "that a person was wanted": (with_ticket, 0, [(CALL.summary, TicketState.ASSIGNED)]),
    "that it ended well": (hung_up, 0, []),
    "that they have talked": (connected, 0, [(CALL.summary, TicketState.RESOLVED)]),
}


@pytest.mark.parametrize(("known", "opened", "tickets"), CASES.values(), ids=CASES)
def test_a_call_whose_end_was_missed(record, provider, job, clock, known, opened, tickets):
    known(record)
    provider.calls = [ended("CA1")]
    runs = [job.run()]
    clock.pass_(20)
    runs.append(job.run())

    assert (sum(runs), job.run()) == (opened, 0)
    assert [(t.summary, t.state) for t in record.tickets_of("CA1")] == tickets
    assert record.call("CA1").ended_at is not None
    assert len(record.owed_callbacks()) == sum(state is not TicketState.RESOLVED for _, state in tickets)


def test_who_withheld_their_number_cannot_be_called_back(record, provider, job, clock):
    provider.calls = [ended("CA1", number="anonymous")]
    job.run()
    clock.pass_(20)

    assert (job.run(), record.open_tickets()) == (0, [])


def test_what_still_rings_for_a_call_that_is_over_is_ended(record, provider, job, released):
    for call in ("CA1", "CA2"):
        record.call_started(call, CALLER, LINE)
    record.call_ended("CA2", EndReason.CALLER_HUNG_UP)
    provider.calls = [ended("CA1"), ended("CA2")]
    job.run()
    job.run()

    assert released == ["CA1"]


def test_when_it_began_and_how_long_it_was_is_the_providers_to_say(record, provider, job):
    provider.calls = [ended("CA1", minutes=90, seconds=42.0)]
    job.run()

    call = record.call("CA1")
    assert (call.started_at, call.seconds, call.line_number) == (NOW - timedelta(minutes=90), 42.0, LINE)


def test_at_the_start_a_day_later_hours(provider, job, clock):
    job.run()
    job.run()

    assert provider.asked == [clock() - LOOK_BACK, clock() - OVERLAP]


@pytest.mark.parametrize("error", [OperatorError("busy", "busy"), RemoteError("no", "no")], ids=["busy", "refused"])
def test_a_list_that_cannot_be_had_is_asked_for_again_in_full(record, provider, job, clock, error):
    broken_off(record)
    clock.pass_(20)
    provider.fails = error
    assert job.run() == 1, "what our own record knows is seen to all the same"
    provider.fails = None
    job.run()

    assert provider.asked == [clock() - LOOK_BACK] * 2


def test_however_many_calls_there_were_they_are_one_question(record, provider, job, database):
    provider.calls = [ended(f"CA{n}") for n in range(300)]
    for call in provider.calls:
        record.call_started(call.id, CALLER, LINE)
        record.call_ended(call.id, EndReason.CALLER_HUNG_UP)
    asked = []
    event.listen(database._engine, "before_cursor_execute", lambda *it: asked.append(it[2]))
    job.run()

    assert sum("calls" in statement for statement in asked) == 2, "and one for who was served by nobody"

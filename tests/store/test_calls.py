"""Calls and attempts, told of by webhooks that come twice, late and in any order."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.events import EndReason, TransferOutcome
from voicebot.store.words import CallOutcome, Channel, TicketState

MOBILE = "+8613000000000"
TICKET = OpenTicket(TicketKind.CALL, Reason.KEY, "rsj", "rsj-001", "来电人问社保卡补办，未解决。")


def test_a_call_from_its_start_to_its_end(record, clock):
    record.call_started("CA1", MOBILE, "+861000000000", "twilio", "faq-hash")
    clock.pass_(61.5)
    record.call_ended("CA1", EndReason.CALLER_HUNG_UP)
    call = record.call("CA1")
    assert (call.channel, call.line_number, call.faq_version) == (Channel.TWILIO, "+861000000000", "faq-hash")
    assert (call.caller_last4, len(call.caller_key)) == ("0000", 64)
    assert (call.started_at, call.ended_at) == (clock.time - timedelta(seconds=61.5), clock.time)
    assert call.started_at.tzinfo is UTC
    assert (call.seconds, call.end_reason, call.outcome) == (61.5, EndReason.CALLER_HUNG_UP, CallOutcome.LEFT_EARLY)


def test_no_table_holds_a_number(record, sql):
    record.call_started("CA1", MOBILE)
    record.open_ticket("CA1", TICKET)
    for table in ("calls", "tickets"):
        assert "13000000000" not in str(sql(f"SELECT * FROM {table}"))


def test_a_withheld_caller_is_nobody(record):
    record.call_started("CA1", "anonymous")
    assert (record.call("CA1").caller_key, record.call("CA1").caller_last4) == ("", "")


def test_the_start_may_come_last(record, clock):
    """A status callback overtook the first webhook."""
    began = clock.time
    record.call_ended("CA1", EndReason.CALLER_HUNG_UP, seconds=3.0)
    clock.pass_(1)
    record.call_started("CA1", MOBILE, "+861000000000")
    record.call_started("CA1", MOBILE, "+861000000000")
    call = record.call("CA1")
    assert (call.started_at, call.seconds, call.caller_last4) == (began, 3.0, "0000")
    assert (call.end_reason, call.line_number) == (EndReason.CALLER_HUNG_UP, "+861000000000")


def test_the_end_is_told_twice(record, clock):
    record.call_started("CA1", MOBILE)
    clock.pass_(10)
    record.call_ended("CA1", EndReason.CONNECTION_LOST)
    clock.pass_(10)
    record.call_ended("CA1", EndReason.CALLER_HUNG_UP, seconds=9.0)
    record.call_ended("CA1", EndReason.LINE_HUNG_UP)
    call = record.call("CA1")
    assert (call.end_reason, call.seconds) == (EndReason.CALLER_HUNG_UP, 9.0)
    assert call.ended_at == clock.time - timedelta(seconds=10)


def test_times_without_a_zone_are_refused(record):
    record._now = lambda: datetime(2026, 3, 2, 9, 0)
    with pytest.raises(Exception, match="without a zone"):
        record.call_started("CA1")


def test_attempts_one_after_another(record, clock):
    for whom, outcome in (("A", TransferOutcome.NO_ANSWER), ("B", TransferOutcome.NO_ANSWER)):
        record.attempt_started("CA1", whom)
        record.attempt_started("CA1", whom)
        clock.pass_(20)
        record.attempt_ended("CA1", outcome)
        record.attempt_ended("CA1", outcome)
    rang = [(a.whom, a.outcome, (a.ended_at - a.started_at).total_seconds()) for a in record.attempts_of("CA1")]
    assert rang == [("A", TransferOutcome.NO_ANSWER, 20.0), ("B", TransferOutcome.NO_ANSWER, 20.0)]


def test_acceptance_is_of_one_attempt(record):
    assert not record.was_accepted("CA1")
    record.attempt_started("CA1", "A")
    record.transfer_accepted("CA1")
    assert record.was_accepted("CA1")
    record.attempt_ended("CA1", TransferOutcome.FAILED)
    record.attempt_started("CA1", "B")
    assert not record.was_accepted("CA1")


def test_attempts_nobody_announced(record):
    record.attempt_ended("CA1", TransferOutcome.BUSY)
    record.attempt_ended("CA1", TransferOutcome.NOBODY)
    assert [a.outcome for a in record.attempts_of("CA1")] == [TransferOutcome.BUSY, TransferOutcome.NOBODY]


def test_a_missed_caller_leaves_an_open_ticket(record):
    record.open_ticket("CA1", TICKET)
    record.attempt_started("CA1")
    record.call_ended("CA1", EndReason.CALLER_HUNG_UP)
    assert [a.outcome for a in record.attempts_of("CA1")] == [TransferOutcome.CALLER_LEFT]
    assert [t.state for t in record.tickets_of("CA1")] == [TicketState.OPEN]
    assert record.call("CA1").outcome is CallOutcome.HANDED_OVER


def test_the_line_fails_while_ringing(record):
    record.attempt_started("CA1")
    record.call_ended("CA1", EndReason.CONNECTION_LOST)
    assert [a.outcome for a in record.attempts_of("CA1")] == [TransferOutcome.FAILED]


NEWS = {
    "started": lambda record, call: record.call_started(call, MOBILE),
    "accepted": lambda record, call: record.transfer_accepted(call),
    "bridged": lambda record, call: record.attempt_ended(call, TransferOutcome.ACCEPTED),
    "over": lambda record, call: record.call_ended(call, EndReason.CALLER_HUNG_UP),
}


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_the_order_of_news_does_not_matter(record, clock, times):
    """Whatever overtakes what, and however often: the caller was connected, once, and is owed nothing."""
    for order in itertools.permutations(NEWS):
        call = f"{'-'.join(order)}-{times}"
        record.open_ticket(call, TICKET)
        record.attempt_started(call)
        for name in order * times:
            clock.pass_(1)
            NEWS[name](record, call)
        row = record.call(call)
        assert (row.outcome, row.caller_last4) == (CallOutcome.CONNECTED, "0000"), call
        assert row.ended_at is not None, call
        assert [attempt.outcome for attempt in record.attempts_of(call)] == [TransferOutcome.ACCEPTED], call
        assert record.was_accepted(call), call
        assert [ticket.state for ticket in record.tickets_of(call)] == [TicketState.RESOLVED], call
    assert record.open_tickets() == []


def test_a_complaint_is_not_closed_by_the_bridge(record):
    record.open_ticket("CA1", TICKET)
    record.open_ticket("CA1", OpenTicket(TicketKind.COMPLAINT, Reason.COMPLAINT, "rsj", None, "投诉。"))
    record.attempt_ended("CA1", TransferOutcome.ACCEPTED)
    assert [ticket.kind for ticket in record.open_tickets()] == [TicketKind.COMPLAINT]

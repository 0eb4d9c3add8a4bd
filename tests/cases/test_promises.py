"""What a caller is promised who calls again, and when that falls due; on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.cases.office import OFFICE, at
from tests.cases.test_book import CALL, CALLER, COMPLAINT, book, record
from voicebot.cases.notices import Deadlines
from voicebot.dialogue.commands import SendText
from voicebot.store.words import Channel, Kind

__all__ = ["book", "record"]

TWO_HOURS = timedelta(hours=2)
FIRST = at("2026-11-23 09:00")
"""Promised on Friday at 16:00."""


@pytest.fixture
def calls_again(record):
    """A call about the same thing: what the caller is told."""
    calls = iter(range(2, 9))

    def again(command=CALL, channel=Channel.TWILIO):
        call = f"CA{next(calls)}"
        record.call_started(call, CALLER, channel=channel)
        return record.for_call(call, channel=channel).commit(command).by

    record.call_started("CA1", CALLER)
    return again


SECOND = {
    "in time": ("2026-11-23 08:59", FIRST),
    "at the last moment": ("2026-11-23 09:00", at("2026-11-23 11:00")),
    "late": ("2026-11-23 16:30", at("2026-11-24 09:30")),
    "when the office is shut": ("2026-11-23 20:00", at("2026-11-24 10:30")),
}


@pytest.mark.parametrize("channel", [Channel.TWILIO, Channel.SMS])
@pytest.mark.parametrize("command", [CALL, COMPLAINT], ids=["call", "complaint"])
@pytest.mark.parametrize(("when", "promised"), SECOND.values(), ids=SECOND)
def test_nobody_is_promised_a_moment_that_has_passed(
    record, book, calls_again, clock, when, promised, command, channel
):
    assert record.for_call("CA1").commit(command).by == FIRST
    clock.time = at(when)

    assert calls_again(command, channel) == promised
    (ticket,) = record.tickets_of("CA2")
    assert (ticket.calls, ticket.promise, ticket.respond_by) == (2, promised, FIRST)
    assert record.for_call("CA2").commit(command).by == promised, "asked twice"
    assert book.standing(ticket).is_overdue == (clock.time > FIRST), "the office is as late as it was"


def test_a_promise_that_is_not_due_yet_is_repeated(record, calls_again, clock):
    record.for_call("CA1").commit(CALL)
    clock.time = at("2026-11-23 09:30")
    assert calls_again() == at("2026-11-23 11:30")
    clock.time = at("2026-11-23 10:30")
    assert calls_again() == at("2026-11-23 11:30")
    clock.time = at("2026-11-23 11:30")
    assert calls_again() == at("2026-11-23 15:00")


def test_who_was_spoken_with_and_calls_again_is_promised_another_talk(record, book, calls_again, clock):
    record.for_call("CA1").commit(CALL)
    (ticket,) = record.tickets_of("CA1")
    clock.time = at("2026-11-20 16:10")
    book.contact(ticket.number, "w1")
    clock.time = at("2026-11-20 16:20")
    again = at("2026-11-23 09:20")

    assert calls_again() == again
    assert book.open_tickets()[0].due == again
    clock.time = at("2026-11-23 09:10")
    kept = book.contact(ticket.number, "w1")
    assert (kept.promised_by, book.standing(kept).due) == (None, ticket.resolve_by)


def test_both_deadlines_are_watched(record, calls_again, clock):
    """The first one escalates as it would have; what was promised again has a reminder and escalations of its own."""
    job = Deadlines(record, lambda: OFFICE, clock)
    record.for_call("CA1").commit(CALL)
    told = []
    for moment in ("2026-11-23 09:00", "2026-11-23 10:00", "2026-11-23 11:00", "2026-11-23 16:00"):
        clock.time = at(moment)
        if moment.endswith("10:00"):
            calls_again()
        job.run()
        told.append([(n.text.split()[2][:4], n.level) for n in record.notices()][sum(map(len, told)) :])

    assert told == [
        [("首次回应", "owner"), ("首次回应", "backup")],
        [("首次回应", "lead")],
        [("首次回应", "supervisor"), ("再次来电", "owner")],
        [("再次来电", "backup"), ("再次来电", "lead"), ("再次来电", "supervisor")],
    ]
    assert job.run() == 0


def test_what_is_written_is_what_was_said(record, calls_again, clock, sql):
    """Who agreed to a text message gets the moment they were told."""
    record.for_call("CA1").commit(CALL)
    clock.time = at("2026-11-23 10:00")
    promised = calls_again()
    record.for_call("CA2").commit(SendText(None))
    (row,) = record.claim({Kind.SMS})

    assert datetime.fromisoformat(row.body["by"]) == promised == at("2026-11-23 12:00")

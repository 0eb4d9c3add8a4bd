"""Messages, and forgetting what is personal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.store.test_call_record import ANSWERED
from tests.store.test_calls import MOBILE, TICKET
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.events import TransferOutcome
from voicebot.store import retention
from voicebot.store.retention import Forgotten
from voicebot.store.words import CallOutcome, TicketState

URL = "https://api.example.invalid/Recordings/RE0"


def test_a_message_and_its_file_in_any_order(record, clock):
    ticket = record.open_ticket("CA1", TICKET)
    record.message_fetched("CA1", URL, "/data/RE0.wav")
    record.message_taken("CA1", URL, 7.5)
    record.message_taken("CA1", URL, 7.5)
    (message,) = record.messages_of("CA1")
    assert (message.url, message.seconds, message.file, message.ticket_id) == (URL, 7.5, "/data/RE0.wav", ticket.id)
    assert message.created_at == message.fetched_at == clock.time
    assert record.call("CA1").outcome is CallOutcome.MESSAGE


def test_a_message_waits_for_its_ticket_and_its_file(record):
    record.message_taken("CA1", URL, 7.5)
    assert record.messages_of("CA1")[0].ticket_id is None
    ticket = record.open_ticket("CA1", TICKET)
    assert [message.url for message in record.messages_to_fetch()] == [URL]
    assert [message.url for message in record.messages_about(ticket.id)] == [URL], "as soon as there is a ticket"
    record.message_fetched("CA1", URL, "/data/RE0.wav")
    assert record.messages_to_fetch() == []
    assert record.messages_of("CA1")[0].ticket_id == ticket.id


def test_a_ticket_has_the_messages_of_all_its_calls_and_no_others(record):
    """The second call left one as well; a complaint in it has its own, for other eyes."""
    for call in ("CA1", "CA2"):
        record.call_started(call, MOBILE)
        ticket = record.open_ticket(call, TICKET)
        record.message_taken(call, URL + call, 5.0)
    complaint = record.open_ticket("CA2", OpenTicket(TicketKind.COMPLAINT, Reason.COMPLAINT, "rsj", None, "没人接"))
    record.message_taken("CA2", URL + "complaint", 5.0)
    left = [[m.url.removeprefix(URL) for m in record.messages_about(t.id)] for t in (ticket, complaint)]
    assert left == [["CA1", "CA2"], ["complaint"]]


def a_whole_call(record, call):
    record.call_started(call, MOBILE)
    record.for_call(call).commit(ANSWERED)
    record.for_call(call).commit(TICKET)
    record.message_taken(call, URL, 3.0)
    record.message_fetched(call, URL, f"/data/{call}.wav")
    record.save_state(call, {"memory": {"heard": "社保卡丢了"}})
    record.use_token(record.issue_token(call), call)


def test_what_is_personal_goes_and_the_figures_stay(record, clock, sql):
    a_whole_call(record, "old")
    record.attempt_ended("old", TransferOutcome.ACCEPTED)
    clock.pass_(days=1)
    a_whole_call(record, "new")
    discarded = []
    assert record.forget(clock() - timedelta(hours=1), discarded.append) == Forgotten(calls=1, turns=1, files=1)
    assert discarded == ["/data/old.wav"]
    for table in ("turns", "messages", "call_states", "stream_tokens"):
        assert [row[0] for row in sql(f"SELECT DISTINCT call_id FROM {table}")] == ["new"]
    old = record.call("old")
    assert (old.caller_key, old.caller_last4, old.forgotten_at) == ("", "", clock.time)
    assert (old.outcome, len(record.attempts_of("old"))) == (CallOutcome.CONNECTED, 1)
    (ticket,) = record.tickets_of("old")
    assert (ticket.caller_key, ticket.summary, ticket.forgotten_at) == ("", "", clock.time)
    assert [(str(line.change), line.why) for line in record.history_of(ticket.id)] == [("open", ""), ("connect", "")]
    assert record.call("new").caller_last4 == "0000"
    assert record.forget(clock() - timedelta(hours=1), discarded.append) == Forgotten(0, 0, 0)


def test_what_is_owed_is_not_forgotten(record, clock):
    a_whole_call(record, "CA1")
    clock.pass_(days=1000)
    assert record.forget(clock(), pytest.fail) == Forgotten(0, 0, 0)
    record.attempt_ended("CA1", TransferOutcome.ACCEPTED)
    assert record.forget(clock(), lambda file: None).calls == 1


def test_a_file_that_cannot_be_removed_keeps_its_row(record, clock):
    a_whole_call(record, "CA1")
    record.attempt_ended("CA1", TransferOutcome.ACCEPTED)
    clock.pass_(days=1)

    def fail(file):
        raise PermissionError(file)

    with pytest.raises(PermissionError):
        record.forget(clock(), fail)
    assert [message.file for message in record.messages_of("CA1")] == ["/data/CA1.wav"]


def test_forgetting_goes_on_until_all_is_gone(record, clock):
    for n in range(retention.BATCH + 1):
        record.call_started(f"CA{n}", MOBILE)
    clock.pass_(1)
    assert record.forget(clock(), pytest.fail).calls == retention.BATCH + 1


def test_what_webhooks_left_behind_is_tidied(record, clock, sql):
    record.once("voice:1", lambda: record.issue_token("CA1"))
    record.save_state("CA1", {})
    record.register_green("k", consent="同意", expires_at=clock() + timedelta(hours=1))
    clock.pass_(days=2)
    record.save_state("CA2", {})
    assert record.tidy(clock() - timedelta(days=1)) == 4
    assert record.load_state("CA2") == {}
    assert record.load_state("CA1") is None


def resolved(record, ticket):
    with record.ticket_changing(ticket.id) as (_, row):
        row.state = TicketState.RESOLVED


def test_a_call_that_joined_waits_for_its_ticket(record, clock):
    """It is not the one that opened it, and its message is what the ticket is about."""
    a_whole_call(record, "CA1")
    clock.pass_(days=1)
    a_whole_call(record, "CA2")
    ((ticket,), (same,)) = (record.tickets_of(call) for call in ("CA1", "CA2"))
    assert ticket.id == same.id
    clock.pass_(days=1000)
    assert record.forget(clock(), pytest.fail) == Forgotten(0, 0, 0)
    assert len(record.messages_of("CA2")) == 1

    resolved(record, ticket)
    assert record.forget(clock(), lambda file: None).calls == 2
    assert {line.why for line in record.history_of(ticket.id)} == {""}


def test_a_ticket_goes_with_the_last_of_its_calls(record, clock):
    a_whole_call(record, "CA1")
    clock.pass_(days=1)
    a_whole_call(record, "CA2")
    resolved(record, record.tickets_of("CA1")[0])

    assert record.forget(clock() - timedelta(hours=1), lambda file: None).calls == 1
    (ticket,) = record.tickets_of("CA1")
    assert (ticket.summary, ticket.forgotten_at) == (TICKET.summary, None)
    assert record.history_of(ticket.id)[0].why == TICKET.summary
    clock.pass_(1)
    assert record.forget(clock(), lambda file: None).calls == 1
    assert (record.ticket(ticket.number).summary, record.history_of(ticket.id)[0].why) == ("", "")

"""A caller's message: kept with the order to fetch it, and every step of that."""

from __future__ import annotations

from tests.store.test_calls import TICKET
from voicebot.store.messages import CALLBACK_LIFE
from voicebot.store.words import Kind

URL = "https://api.example.invalid/Recordings/RE0"
FETCH = {Kind.FETCH}


def claimed(record):
    return [(row.body["call"], row.body["url"]) for row in record.claim(FETCH)]


def test_a_message_is_kept_with_the_order_to_fetch_it(record, clock):
    record.message_taken("CA1", URL, 7.5)
    record.message_taken("CA1", URL, 7.5)
    assert claimed(record) == []  # the provider may not have the file yet
    clock.pass_(CALLBACK_LIFE.total_seconds())
    assert claimed(record) == [("CA1", URL)]
    assert claimed(record) == []


def test_the_provider_says_that_it_is_ready(record):
    record.message_taken("CA1", URL, 7.5)
    record.recording_ready("CA1", URL)
    assert claimed(record) == [("CA1", URL)]
    record.recording_ready("CA1", URL)
    assert claimed(record) == []


def test_the_provider_says_it_before_the_page_does(record, clock):
    record.recording_ready("CA1", URL)
    ticket = record.open_ticket("CA1", TICKET)
    record.message_taken("CA1", URL, 7.5)
    assert [(m.seconds, m.ticket_id) for m in record.messages_of("CA1")] == [(7.5, ticket.id)]
    assert len(record.claim(FETCH)) == 1


def test_the_steps_of_a_message(record, clock):
    record.message_taken("CA1", URL, 7.5)
    message = record.message("CA1", URL)
    assert (message.file, message.text, message.deleted_at) == (None, None, None)
    record.message_fetched("CA1", URL, "/data/RE0.wav")
    record.message_heard(message.id, "社保卡丢了")
    record.message_deleted(message.id)
    first = clock.time
    clock.pass_(60)
    record.message_deleted(message.id)
    message = record.message("CA1", URL)
    assert (message.text, message.deleted_at) == ("社保卡丢了", first)
    assert record.message("CA1", "another") is None

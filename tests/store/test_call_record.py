"""The record of one call, as the pump uses it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.store.conftest import SECRET
from tests.store.test_calls import MOBILE, TICKET
from voicebot.call import CallLog
from voicebot.dialogue.commands import Decision, OpenTicket, Reason, RecordRating, RecordTurn, TicketKind
from voicebot.errors import StoreLost
from voicebot.events import (
    CallEnded,
    Caller,
    CallStarted,
    EndReason,
    Hypothesis,
    MessageTaken,
    PartialHeard,
    TransferEnded,
    TransferOutcome,
    UtteranceHeard,
    Word,
    typed,
)
from voicebot.matching.types import Candidate, Outcome, Ranking
from voicebot.store.codec import heard_from_json, ranking_from_json
from voicebot.store.database import Database
from voicebot.store.numbers import NumberKey
from voicebot.store.record import Record
from voicebot.store.words import CallOutcome, Channel, TicketState

HEARD = (
    Hypothesis("社保卡丢了怎么办", 0.7, (Word("社保卡", 0.9, 0.1, 0.6), Word("丢了", 0.8, 0.6, 0.9))),
    Hypothesis("社保卡丢了", 0.3),
)
RANKING = Ranking(
    (Candidate("rsj-001", "社保卡丢了怎么补办", 0.97, "社保卡不见了"), Candidate("ybj-002", "医保卡", 0.2))
)
SAID = "带上身份证。"
ANSWERED = RecordTurn(HEARD, None, Outcome.ANSWER, RANKING, Decision.ANSWERED, "rsj-001", "listening", 1.4, 0.21, SAID)


def test_a_turn_is_kept_whole(record, clock):
    record.call_started("CA1", MOBILE)
    log: CallLog = record.for_call("CA1")
    clock.pass_(7.25)
    log.commit(ANSWERED)
    (turn,) = record.turns_of("CA1")
    assert (turn.n, turn.at_s, turn.state, turn.key) == (1, 7.25, "listening", None)
    assert heard_from_json(turn.heard) == HEARD
    assert ranking_from_json(turn.ranking) == RANKING
    assert (turn.outcome, turn.decision, turn.entry) == (Outcome.ANSWER, Decision.ANSWERED, "rsj-001")
    assert (turn.audio_s, turn.decode_s, turn.answer_latency_s) == (1.4, 0.21, None)
    assert turn.said == SAID
    assert (record.call("CA1").outcome, record.call("CA1").topic) == (CallOutcome.ANSWERED, "rsj-001")


def test_a_key_has_no_ranking(record, sql):
    record.for_call("CA1").commit(RecordTurn((), "0", None, None, Decision.HANDED_OVER, None, "answered"))
    (turn,) = record.turns_of("CA1")
    assert (turn.key, turn.heard, turn.ranking, turn.outcome) == ("0", [], None, None)
    assert sql("SELECT count(*) FROM turns WHERE ranking IS NULL")[0][0] == 1


def test_the_department_of_an_answer(database, record, clock):
    departments = {"rsj-001": "rsj"}
    knowing = Record(database, record._numbers, clock, department_of=departments.get)
    knowing.for_call("CA1").commit(ANSWERED)
    assert knowing.call("CA1").department == "rsj"


def test_turns_are_numbered_across_streams(record):
    record.for_call("CA1").commit(ANSWERED)
    record.for_call("CA1").commit(ANSWERED)
    assert [turn.n for turn in record.turns_of("CA1")] == [1, 2]


def test_turns_of_two_processes_do_not_collide(record, another):
    start = threading.Barrier(2)

    def speak(log):
        start.wait()
        for _ in range(10):
            log.commit(ANSWERED)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(speak, [record.for_call("CA1"), another.for_call("CA1")]))
    assert [turn.n for turn in record.turns_of("CA1")] == list(range(1, 21))


def test_latencies_come_with_the_next_write(record):
    log = record.for_call("CA1")
    log.event(CallStarted(Caller(), speech_ready=True))
    log.audio_began(0.4)
    log.commit(ANSWERED)
    log.audio_began(0.8)
    log.audio_began(9.9)
    log.commit(ANSWERED)
    log.audio_began(0.6)
    log.event(CallEnded(EndReason.CALLER_HUNG_UP))
    assert record.call("CA1").first_audio_s == 0.4
    assert [turn.answer_latency_s for turn in record.turns_of("CA1")] == [0.8, 0.6]


def test_events_are_counted_and_only_some_touch_the_database(record, sql):
    log = record.for_call("CA1")
    for event in (PartialHeard("社"), PartialHeard("社保"), UtteranceHeard(typed("社保"))):
        log.event(event)
    assert sql("SELECT count(*) FROM calls")[0][0] == 0
    log.event(CallEnded(EndReason.CALLER_HUNG_UP))
    assert record.call("CA1").events == {"PartialHeard": 2, "UtteranceHeard": 1, "CallEnded": 1}
    record.for_call("CA1").event(CallEnded(EndReason.CALLER_HUNG_UP))
    assert record.call("CA1").events["CallEnded"] == 2


def test_a_line_without_webhooks_starts_the_call_itself(record):
    log = record.for_call("mic-1", channel=Channel.MIC, faq_version="hash")
    log.event(CallStarted(Caller("k", "0000", green=True)))
    call = record.call("mic-1")
    assert (call.channel, call.caller_key, call.green, call.faq_version) == (Channel.MIC, "k", True, "hash")


def test_a_transfer_that_ends(record):
    log = record.for_call("CA1")
    log.commit(TICKET)
    log.event(TransferEnded(TransferOutcome.NO_ANSWER))
    assert record.call("CA1").outcome is CallOutcome.HANDED_OVER
    log.event(TransferEnded(TransferOutcome.ACCEPTED))
    assert record.call("CA1").outcome is CallOutcome.CONNECTED
    assert [t.state for t in record.tickets_of("CA1")] == [TicketState.RESOLVED]


def test_a_message_counts_when_something_was_said(record):
    log = record.for_call("CA1")
    log.event(MessageTaken(0.0))
    assert record.call("CA1").outcome is CallOutcome.LEFT_EARLY
    log.event(MessageTaken(5.0))
    assert record.call("CA1").outcome is CallOutcome.MESSAGE


def test_one_ticket_for_each_call_and_kind(record, another, clock):
    record.call_started("CA1", MOBILE)
    log = record.for_call("CA1")
    log.commit(TICKET)
    another.for_call("CA1").commit(OpenTicket(TicketKind.CALL, Reason.SILENCE, None, None, "另一句"))
    log.commit(OpenTicket(TicketKind.EMERGENCY, Reason.EMERGENCY, None, None, "急"))
    record.for_call("CA2").commit(TICKET)
    first, second = record.tickets_of("CA1")
    assert (first.reason, first.summary, first.state) == (Reason.KEY, TICKET.summary, TicketState.OPEN)
    assert (first.department, first.topic, first.created_at) == ("rsj", "rsj-001", clock.time)
    assert first.caller_key == record.call("CA1").caller_key != ""
    assert second.kind is TicketKind.EMERGENCY
    assert record.ticket(first.number).id == first.id
    assert [ticket.call_id for ticket in record.open_tickets()] == ["CA1", "CA1", "CA2"]


def test_one_ticket_when_all_ask_at_once(record, another):
    start = threading.Barrier(8)

    def open_it(log):
        start.wait()
        log.commit(TICKET)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(open_it, [part.for_call("CA1") for part in (record, another) for _ in range(4)]))
    assert len(record.tickets_of("CA1")) == 1


def test_ticket_numbers_are_never_given_twice(record, database, alter):
    number = record.open_ticket("CA1", TICKET).number
    guarded = "DROP TRIGGER ticket_history_never_less", "ALTER TABLE ticket_history DISABLE TRIGGER USER"
    alter(guarded[0 if database.is_sqlite else 1])
    for table in ("ticket_history", "ticket_calls", "tickets"):
        alter(f"DELETE FROM {table}")
    assert record.open_ticket("CA2", TICKET).number != number


def test_a_lost_record_raises_for_commands_and_never_for_events(empty_url, clock, caplog):
    database = Database(empty_url)  # nobody has made its tables
    log = Record(database, NumberKey(SECRET), clock).for_call("CA1")
    for command in (TICKET, ANSWERED):
        with pytest.raises(StoreLost):
            log.commit(command)
    for event in (CallStarted(), TransferEnded(TransferOutcome.BUSY), CallEnded(EndReason.CALLER_HUNG_UP)):
        log.event(event)
    assert "CallEnded was not kept" in caplog.text
    database.close()


def test_what_could_not_be_written_is_written_with_the_next_thing(record, clock, monkeypatch):
    log = record.for_call("CA1")
    log.event(CallStarted(Caller(MOBILE)))
    writing = Database.writing
    monkeypatch.setattr(Database, "writing", lost)
    clock.pass_(3.0)
    for command in (ANSWERED, RecordRating(1)):
        with pytest.raises(StoreLost):
            log.commit(command)
    monkeypatch.setattr(Database, "writing", writing)
    clock.pass_(5.0)
    log.commit(TICKET)
    assert [(turn.at_s, turn.decision) for turn in record.turns_of("CA1")] == [(3.0, Decision.ANSWERED)]
    assert (record.call("CA1").rating, record.call("CA1").topic) == (1, "rsj-001")
    log.commit(ANSWERED)
    assert [turn.n for turn in record.turns_of("CA1")] == [1, 2], "once is enough"


def test_a_promise_is_kept_whatever_became_of_what_was_said_before(record, monkeypatch, caplog):
    log = record.for_call("CA1")
    writing = Database.writing
    monkeypatch.setattr(Database, "writing", lost)
    with pytest.raises(StoreLost):
        log.commit(replace(ANSWERED, decision=None))
    monkeypatch.setattr(Database, "writing", writing)
    assert log.commit(TICKET) is not None
    assert record.turns_of("CA1") == []
    assert "is lost" in caplog.text


def lost(database):
    raise StoreLost("store-lost", "locked")


def test_a_bug_in_the_record_does_not_disturb_the_call(record, caplog):
    record._now = None
    record.for_call("CA1").event(CallEnded(EndReason.CALLER_HUNG_UP))
    assert "CallEnded was not kept" in caplog.text

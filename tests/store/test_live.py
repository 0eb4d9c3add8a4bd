"""The line as it is just now."""

from datetime import timedelta

import pytest

from tests.desk.sample import turn
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.events import EndReason
from voicebot.store.live import LONGEST_CALL
from voicebot.store.rings import Whom
from voicebot.store.sight import Sight
from voicebot.store.words import Channel

ALL = Sight("z1")


def nobody(waiters, busy):
    return {}


def wait(record, call, wants=("w1",), assign=nobody):
    people = {person: Whom(person, "A", person) for person in wants}
    return record.claim_person(call, people, assign, green=False, urgent=False, ring_s=20)


def calls(record, sight=ALL):
    return [one.call.id for one in record.live_calls() if one.in_sight(sight)]


def test_a_call_is_live_until_it_ends_or_nobody_can_believe_it(record, clock):
    record.call_started("CA1", "+8613100000001")
    record.call_started("SM1", "+8613100000002", channel=Channel.SMS)
    clock.pass_(1)
    record.call_started("CA2", "+8613100000003")
    assert calls(record) == ["CA1", "CA2"]
    record.call_ended("CA1", EndReason.CALLER_HUNG_UP)
    assert calls(record) == ["CA2"]
    clock.pass_(LONGEST_CALL.total_seconds())
    assert calls(record) == []


def test_what_was_said_who_waits_and_whose_phone_rings(record):
    record.call_started("CA1", "+8613100000001")
    record.for_call("CA1").commit(turn("社保卡丢了", "rsj-001"))
    assert [one.heard[0]["text"] for one in record.live_calls()[0].turns] == ["社保卡丢了"]
    wait(record, "CA1")
    live = record.live_calls()[0]
    assert (live.waiting.wants, live.attempt, live.talking) == (["w1"], None, False)
    attempt = wait(record, "CA1", assign=lambda waiters, busy: {"CA1": "w1"}).attempt
    assert record.live_calls()[0].attempt.id == attempt.id
    assert list(record.engagements()) == ["w1"]
    record.rang(attempt.id, "CALEG")
    record.accept(attempt.id)
    assert record.live_calls()[0].talking or record.live_calls()[0].attempt.accepted_at


def test_who_may_see_a_call(record):
    for call, department in {"CA-none": None, "CA-rsj": "rsj", "CA-gjj": "gjj"}.items():
        record.call_started(call)
        if department:
            record.open_ticket(call, OpenTicket(TicketKind.CALL, Reason.KEY, department, None, "要人工"))
    record.call_started("CA-bad")
    record.open_ticket("CA-bad", OpenTicket(TicketKind.COMPLAINT, Reason.COMPLAINT, "rsj", None, "投诉"))
    with record.ticket_changing(record.tickets_of("CA-bad")[0].id) as (_, row):
        row.unit = "zfb"
    for call in ("CA-rsj", "CA-gjj"):
        with record.ticket_changing(record.tickets_of(call)[0].id) as (_, row):
            row.unit = row.department
    assert set(calls(record)) == {"CA-none", "CA-rsj", "CA-gjj", "CA-bad"}
    assert set(calls(record, Sight("w1", "rsj", frozenset({"rsj"})))) == {"CA-none", "CA-rsj"}
    assert set(calls(record, Sight("l1", None, frozenset({"rsj"})))) == {"CA-none", "CA-rsj", "CA-gjj"}
    assert set(calls(record, Sight("x", "zfb"))) == {"CA-none", "CA-bad"}
    wait(record, "CA-rsj", wants=("w1", "w3"))  # a colleague of another unit stands in
    assert set(calls(record, Sight("w3", "gjj"))) == {"CA-none", "CA-gjj", "CA-rsj"}


CHANGES = {
    "a call comes in": lambda record: record.call_started("CA2"),
    "a call ends": lambda record: record.call_ended("CA1", EndReason.CALLER_HUNG_UP),
    "something is said": lambda record: record.for_call("CA1").commit(turn("你好", None)),
    "somebody waits": lambda record: wait(record, "CA1"),
    "a phone rings": lambda record: wait(record, "CA1", assign=lambda waiters, busy: {"CA1": "w1"}),
    "a ticket": lambda record: record.open_ticket("CA1", OpenTicket(TicketKind.CALL, Reason.KEY, None, None, "要人工")),
    "a notice": lambda record: record.tell("key", unit="rsj", level="owner", words="超时"),
    "the roster": lambda record: record.save_roster({"people": []}, who="z1", why="", based_on=0),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_the_pulse_is_another_after(record, another, clock, change):
    record.call_started("CA1")
    before = another.pulse()
    clock.pass_(1)
    assert another.pulse() == before
    change(record)
    assert another.pulse() != before


def test_who_is_gone_does_not_wait(record, clock):
    record.call_started("CA1")
    wait(record, "CA1")
    clock.time += timedelta(minutes=1)
    assert record.live_calls()[0].waiting is None

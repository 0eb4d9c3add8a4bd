"""What is written on the public page is owed like a call, joins nobody's ticket, and is limited."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.cases.office import OFFICE
from tests.dialogue.conftest import KNOWLEDGE, understand
from voicebot.cases.requests import Limited, Request, TooMany, check_ticket, keep_unanswered, leave_request
from voicebot.cases.terms import terms_maker
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.events import EndReason, typed
from voicebot.staffing.policy import PublicPolicy
from voicebot.store.numbers import NumberKey
from voicebot.store.record import Record
from voicebot.store.seal import Seal
from voicebot.store.words import CallbackState, CallOutcome, Channel

SECRET = "a secret of more than sixteen characters"
NUMBER, HOME = "+15005550123", "192.0.2.1"
POLICY = PublicPolicy()
CARD = Request("web-1", "补卡", NUMBER)


@pytest.fixture
def record(database, clock):
    return Record(database, NumberKey(SECRET), clock, seal=Seal(SECRET), terms=terms_maker(lambda: OFFICE))


@pytest.fixture
def leave(record):
    def leave(request=CARD, *, policy=POLICY, address=HOME, **differs):
        return leave_request(record, KNOWLEDGE, policy, replace(request, **differs), address)

    return leave


def call_in(record, call, topic="rsj-001"):
    """The same number, calling."""
    record.call_started(call, NUMBER)
    promise = record.for_call(call).commit(OpenTicket(TicketKind.CALL, Reason.KEY, "rsj", topic, "来电人按零"))
    record.call_ended(call, EndReason.CALLER_HUNG_UP)
    return promise.number


def test_a_request_is_owed_on_the_terms_of_a_call(record, leave, sql):
    by_call = record.ticket(call_in(record, "CA1"))
    ticket = leave(name="王女士")

    assert (ticket.unit, ticket.owner, ticket.respond_by, ticket.resolve_by, ticket.state) == (
        by_call.unit,
        by_call.owner,
        by_call.respond_by,
        by_call.resolve_by,
        by_call.state,
    )
    assert ticket.summary == "网上留言，称呼：王女士。原文：补卡"
    row = record.call("web-1")
    assert (row.channel, row.outcome, row.caller_last4) == (Channel.WEB, CallOutcome.HANDED_OVER, "0123")
    assert row.ended_at is not None
    [turn] = record.turns_of("web-1")
    assert turn.heard[0]["text"] == "补卡"
    assert record.number_of("web-1") == NUMBER
    states = sql("SELECT state FROM callbacks WHERE ticket_id = :ticket", ticket=ticket.id)
    assert states == [(CallbackState.BY_HAND,)], "a person reads it first"


def test_it_joins_nobodys_ticket_and_a_call_joins_it(record, leave):
    """Who types a number need not have it."""
    before = call_in(record, "CA1")
    ticket = leave()
    assert ticket.number != before
    assert call_in(record, "CA2") == ticket.number


def test_sending_a_form_twice_is_one_request(record, leave):
    assert leave().number == leave(policy=PublicPolicy(requests_per_hour=1)).number
    assert len(record.turns_of("web-1")) == 1


KINDS = {
    # differs, the kind, whose it is
    "a question": ({}, TicketKind.CALL, "rsj", "w1"),
    "the department chosen": ({"text": "别的", "department": "gjj"}, TicketKind.CALL, "gjj", "w3"),
    "no department": ({"text": "别的"}, TicketKind.CALL, "", None),
    "a complaint": ({"complaint": True, "department": "rsj"}, TicketKind.COMPLAINT, "zfb", None),
    "a complaint in words": ({"text": "我要投诉", "department": "rsj"}, TicketKind.COMPLAINT, "zfb", None),
    "danger": ({"text": "着火了"}, TicketKind.EMERGENCY, "", None),
}


@pytest.mark.parametrize(("differs", "kind", "unit", "owner"), KINDS.values(), ids=KINDS)
def test_whose_it_is(leave, differs, kind, unit, owner):
    ticket = leave(**differs)
    assert (ticket.kind, ticket.unit) == (kind, unit)
    assert owner is None or ticket.owner == owner


def test_what_was_read_and_how_to_answer_is_told(leave):
    ticket = leave(topic="rsj-001", text="还是不会", in_writing=True)
    assert "不要打电话" in ticket.summary
    assert "看过“社保卡丢了怎么补办”，没有解决" in ticket.summary
    assert (ticket.topic, ticket.reason) == ("rsj-001", Reason.NOT_SOLVED)


LIMITS = {
    Limited.ADDRESS: PublicPolicy(requests_per_hour=2),
    Limited.NUMBER: PublicPolicy(requests_per_number=2),
    Limited.ALL: PublicPolicy(all_requests_per_hour=2),
}


@pytest.mark.parametrize(("limited", "policy"), LIMITS.items(), ids=LIMITS)
def test_limits(record, leave, limited, policy):
    for n in range(2):
        leave(id=f"web-{n}", policy=policy)
    with pytest.raises(TooMany) as refused:
        leave(id="web-9", policy=policy)
    assert refused.value.limited is limited
    assert record.call("web-9") is None
    assert leave(id="web-9", policy=policy, text="着火了").kind is TicketKind.EMERGENCY, "danger is never turned away"


def test_another_address_and_another_number_are_not_limited(leave):
    policy = PublicPolicy(requests_per_hour=1, requests_per_number=1)
    leave(id="web-1", policy=policy)
    leave(id="web-2", policy=policy, address="192.0.2.2", number="+15005550124")


def test_a_ticket_is_told_to_who_knows_number_and_digits(record, leave, clock):
    ticket = leave()
    standing = check_ticket(record, POLICY, ticket.number, "0123", HOME, clock())
    assert (standing.ticket.id, standing.late) == (ticket.id, False)
    assert check_ticket(record, POLICY, ticket.number, "0123", HOME, clock() + timedelta(days=9)).late
    for number, last4 in ((ticket.number, "0124"), (ticket.number, ""), ("100099", "0123"), ("x", "0123")):
        assert check_ticket(record, POLICY, number, last4, HOME, clock()) is None


GUESSES = {
    Limited.ADDRESS: PublicPolicy(checks_failed_per_hour=3),
    Limited.TICKET: PublicPolicy(checks_failed_per_ticket=3),
    Limited.ALL: PublicPolicy(all_checks_failed_per_hour=3),
}


@pytest.mark.parametrize(("limited", "policy"), GUESSES.items(), ids=GUESSES)
def test_guessing_ends_and_looking_does_not(record, leave, clock, limited, policy):
    number = leave().number

    def check(last4, written=number):
        return check_ticket(record, policy, written, last4, HOME, clock())

    for _ in range(5):
        assert check("0123") is not None, "looking at one's own is no guess"
    for guess in ("0000", "0001", "0002"):
        assert check(guess, f" {number[:3]} {number[3:]}") is None
    with pytest.raises(TooMany) as refused:
        check("0123")
    assert refused.value.limited is limited


def test_what_got_no_answer_is_kept_without_who_asked(record, sql):
    policy = PublicPolicy(kept_questions_per_hour=1)
    assert keep_unanswered(record, policy, "天气", understand(typed("天气")), HOME)
    assert not keep_unanswered(record, policy, "天气", understand(typed("天气")), HOME)
    [(call, channel, key, last4, outcome)] = sql("SELECT id, channel, caller_key, caller_last4, outcome FROM calls")
    assert (channel, key, last4, outcome) == ("web", "", "", "unsure")
    assert [turn.heard[0]["text"] for turn in record.turns_of(call)] == ["天气"]

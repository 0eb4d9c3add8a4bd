"""Handing a caller on, step by step, on both databases."""

import pytest

from tests.store.conftest import all_at_once
from tests.store.test_rings import A, B, begin, claim, outcome, ringing, state
from voicebot.events import TransferOutcome
from voicebot.store.rings import Whom
from voicebot.store.words import HandingState, TicketState

C = Whom("c", "A", "窗口三")
H = HandingState


def talking(record, whom=A, call=None):
    """A caller and somebody who talk: the call and the attempt."""
    call = call or begin(record)
    attempt = claim(record, call, {whom.person: whom}).attempt.id
    record.rang(attempt, f"leg-{attempt}")
    record.accept(attempt)
    record.joined(call)
    record.met(call)
    return call, attempt


def handed_on(record, whom=A, call=None, department="gjj"):
    call, attempt = talking(record, whom, call)
    assert record.offer_handing_on(call)
    assert record.begin_handing_on(attempt)
    return call, attempt, record.hand_on(attempt, department, "转给 gjj")


def test_the_first_time_they_need_not_stay(record):
    call, attempt, stays = handed_on(record)

    assert stays is False
    assert record.call(call).handed_on == 1
    assert outcome(record, attempt) is TransferOutcome.ACCEPTED
    one = record.handing_on(call)
    assert (one.state, one.department) == (H.REACHING, "gjj")
    assert record.handers_on(call) == {"a"}


def test_what_the_talk_settled_is_owed_again(record):
    call, attempt, _ = handed_on(record)
    (ticket,) = record.tickets_of(call)

    assert ticket.state is TicketState.OPEN
    assert (ticket.closed_at, ticket.first_response_at, ticket.department) == (None, None, "gjj")
    assert ticket.respond_by is not None
    last = record.history_of(ticket.id)[-1]
    assert (str(last.change), last.who, last.why) == ("reopen", "a", "转给 gjj")
    record.leg_news(attempt, "completed")
    assert state(record, call) is TicketState.OPEN, "the end of their leg settles nothing"
    talking(record, B, call)
    record.leg_news(record.attempts_of(call)[-1].id, "completed")
    assert state(record, call) is TicketState.RESOLVED


def test_the_second_time_they_stay_and_take_the_caller_back(record):
    call, first, _ = handed_on(record)
    record.leg_news(first, "completed")
    _, second, stays = handed_on(record, B, call)
    assert stays is True
    assert record.call(call).handed_on == 2
    claim(record, call, {"c": C})
    assert record.stands(second).state is H.REACHING
    assert record.busy() == {"b", "c"}
    record.leg_news(record.attempts_of(call)[-1].id, "busy")

    assert record.take_back(call)
    stand = record.stands(second)
    assert (stand.state, stand.attempt) == (H.TAKEN_BACK, record.attempts_of(call)[-1].id)
    assert not record.take_back(call), "once"
    record.joined(call)
    record.met(call)
    record.leg_news(second, "completed")  # the provider knows their leg by the first attempt
    assert outcome(record, stand.attempt) is TransferOutcome.ACCEPTED
    assert state(record, call) is TicketState.RESOLVED
    assert record.busy() == frozenset()


def test_the_next_one_has_the_caller(record):
    call, first, _ = handed_on(record)
    record.leg_news(first, "completed")
    _, second, _ = handed_on(record, B, call)
    talking(record, C, call)

    assert record.stands(second).state is H.MET
    record.leg_news(second, "completed")
    assert record.busy() == {"c"}


@pytest.mark.parametrize("times", [1, 2])
def test_who_does_not_stay_or_has_hung_up_takes_nobody_back(record, times):
    call, attempt, _ = handed_on(record)
    if times == 2:
        record.leg_news(attempt, "completed")
        call, attempt, _ = handed_on(record, B, call)
        record.leg_news(attempt, "completed")

    assert not record.take_back(call)


def test_going_back_to_the_caller(record):
    call, attempt = talking(record)
    record.offer_handing_on(call)
    record.begin_handing_on(attempt)
    record.back_to_caller(attempt)

    assert record.handing_on(call).state is H.BACK
    assert record.call(call).handed_on == 0
    assert record.begin_handing_on(attempt) is None, "until the conference is over for the caller again"
    assert record.offer_handing_on(call)
    assert record.begin_handing_on(attempt)


def test_who_left_because_the_caller_hung_up_does_not_choose(record):
    call, attempt = talking(record)

    assert record.begin_handing_on(attempt) is None
    record.release(call)
    assert record.begin_handing_on(attempt) is False


@pytest.mark.parametrize("begun", [True, False])
def test_who_hangs_up_hands_nobody_on(record, begun):
    call, attempt = talking(record)
    record.offer_handing_on(call)
    if begun:
        record.begin_handing_on(attempt)
    record.leg_news(attempt, "completed")

    assert record.handing_on(call) is None
    assert record.begin_handing_on(attempt) is False
    assert state(record, call) is TicketState.RESOLVED


def test_a_caller_who_has_met_nobody_is_not_handed_on(record):
    call, attempt = ringing(record)
    assert not record.offer_handing_on(call)
    record.accept(attempt)
    assert not record.offer_handing_on(call)
    assert record.handing_on(call) is None


def test_choosing_twice_at_once_counts_once(replicas):
    call, attempt = talking(replicas[0])
    replicas[0].offer_handing_on(call)
    replicas[0].begin_handing_on(attempt)
    stays = all_at_once([*replicas, *replicas], lambda record: record.hand_on(attempt, "gjj", ""))

    assert stays == [False] * 4
    assert replicas[0].call(call).handed_on == 1
    (ticket,) = replicas[0].tickets_of(call)
    assert [str(line.change) for line in replicas[0].history_of(ticket.id)].count("reopen") == 1

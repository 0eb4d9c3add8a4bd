"""One reason for every missed call, and the record keeps what the reason hangs on."""

from datetime import timedelta

import pytest

from tests.cases.office import OFFICE, at
from voicebot.dialogue.commands import Decision, OpenTicket, Reason, RecordTurn, TicketKind
from voicebot.events import EndReason, TransferOutcome
from voicebot.insight.weighing import Seen, Weighing, weights
from voicebot.insight.why_missed import Facts, Tried, left_waiting, why_missed
from voicebot.staffing.calendar import Calendar
from voicebot.store.rings import Whom
from voicebot.store.words import Missed

OPEN = at("2026-03-02 10:00")
T = TransferOutcome


def tried(*outcomes):
    return tuple(Tried(outcome) for outcome in outcomes)


NOBODY = (Tried(T.NOBODY, rung=False),)
ALL_TALK = (Tried(T.BUSY, rung=False),)


@pytest.mark.parametrize(
    ("when", "waited", "end", "reason", "attempts", "why"),
    [
        (OPEN, 60, EndReason.CALLER_HUNG_UP, Reason.KEY, tried(T.NO_ANSWER, T.CALLER_LEFT), Missed.NO_ANSWER),
        (OPEN, 60, EndReason.LINE_HUNG_UP, Reason.KEY, tried(T.BUSY, T.NO_ANSWER), Missed.NO_ANSWER),
        (OPEN, 60, EndReason.LINE_HUNG_UP, Reason.KEY, tried(T.BUSY, T.DECLINED), Missed.BUSY),
        (OPEN, 60, EndReason.LINE_HUNG_UP, Reason.KEY, tried(T.VOICEMAIL, T.DECLINED), Missed.LEFT_DESK),
        (OPEN, 60, EndReason.LINE_HUNG_UP, Reason.KEY, NOBODY, Missed.LEFT_DESK),
        (OPEN, 300, EndReason.LINE_HUNG_UP, Reason.KEY, ALL_TALK, Missed.OVER_CAPACITY),
        (OPEN, 60, EndReason.CALLER_HUNG_UP, Reason.KEY, (), Missed.OVER_CAPACITY),
        (OPEN, 60, EndReason.LINE_HUNG_UP, Reason.BUSY, NOBODY, Missed.OVER_CAPACITY),
        (OPEN, 14.9, EndReason.CALLER_HUNG_UP, Reason.KEY, tried(T.CALLER_LEFT), Missed.LEFT_EARLY),
        (OPEN, 15, EndReason.CALLER_HUNG_UP, Reason.KEY, tried(T.CALLER_LEFT), Missed.NO_ANSWER),
        (OPEN, 60, EndReason.CONNECTION_LOST, Reason.KEY, tried(T.NO_ANSWER), Missed.FAULT),
        (OPEN, 60, EndReason.LINE_HUNG_UP, Reason.KEY, tried(T.FAILED, T.FAILED), Missed.FAULT),
        (OPEN, 60, EndReason.LINE_HUNG_UP, Reason.STORE_FAULT, (), Missed.FAULT),
        (at("2026-03-02 12:30"), 3, EndReason.CALLER_HUNG_UP, Reason.KEY, NOBODY, Missed.LUNCH),
        (at("2026-03-02 17:30"), 60, EndReason.LINE_HUNG_UP, Reason.KEY, NOBODY, Missed.AFTER_HOURS),
        (at("2026-03-02 08:29"), 60, EndReason.LINE_HUNG_UP, Reason.KEY, NOBODY, Missed.AFTER_HOURS),
        (at("2026-03-07 12:30"), 60, EndReason.LINE_HUNG_UP, Reason.KEY, NOBODY, Missed.AFTER_HOURS),  # a Saturday
    ],
)
def test_the_first_rule_that_holds_is_the_reason(when, waited, end, reason, attempts, why):
    assert why_missed(Facts(when, waited, end, reason, attempts), Calendar()) is why


@pytest.mark.parametrize(
    ("end", "attempts", "left"),
    [
        (EndReason.CALLER_HUNG_UP, tried(T.NO_ANSWER, T.CALLER_LEFT), True),
        (EndReason.CALLER_HUNG_UP, (), True),
        (EndReason.CALLER_HUNG_UP, tried(T.NO_ANSWER), False),  # after hearing that nobody comes
        (EndReason.CALLER_HUNG_UP, NOBODY, False),
        (EndReason.LINE_HUNG_UP, (), False),
    ],
)
def test_who_hears_that_nobody_comes_has_not_given_up(end, attempts, left):
    assert left_waiting(Facts(OPEN, 60, end, Reason.KEY, attempts)) is left


def test_a_call_is_weighed_against_the_callers_others():
    day = at("2026-03-02 23:50")
    calls = [
        Seen("1", day, "a", True, False),
        Seen("2", day + timedelta(minutes=5), "b", True, True),
        Seen("3", day + timedelta(minutes=20), None, True, False),  # the next day
        Seen("4", day + timedelta(hours=24, minutes=1), "a", False, False),
    ]
    found = weights(calls)

    assert {id_: (w.again, w.first_today, w.got_through) for id_, w in found.items()} == {
        "1": (True, True, True),  # again with the third, of which nobody knows what it was about
        "2": (True, False, False),
        "3": (True, True, False),
        "4": (False, False, False),
    }


# Through the record, as the line uses it

TICKET = OpenTicket(TicketKind.CALL, Reason.KEY, "rsj", None, "来电人要人工")


def weigh(record, clock):
    clock.pass_(minutes=2)
    return Weighing(record.database, lambda: OFFICE, clock).run()


def test_how_long_a_caller_waited_is_kept_with_the_call(record, clock):
    record.call_started("CA1", "13800138000")
    clock.pass_(20)
    record.open_ticket("CA1", TICKET)
    claim = record.claim_person(
        "CA1", {"w1": Whom("w1", "A", "王一")}, lambda w, b: {"CA1": "w1"}, green=False, urgent=False, ring_s=20
    )
    clock.pass_(11)
    record.accept(claim.attempt.id)
    clock.pass_(1)
    record.met("CA1")
    clock.pass_(100)
    record.leg_news(claim.attempt.id, "completed")
    record.call_ended("CA1", EndReason.CONNECTED_AND_OVER)
    call = record.call("CA1")

    assert (call.waited_s, call.reason, (call.wanted_at - call.started_at).total_seconds()) == (12.0, Reason.KEY, 20.0)
    assert weigh(record, clock) == 1
    assert (record.call("CA1").missed, record.call("CA1").first_today, record.call("CA1").got_through) == (
        None,
        True,
        True,
    )


def test_a_complaint_by_key_at_the_end_wants_nobody(record, clock):
    record.call_started("CA1", "13800138000")
    turn = RecordTurn((), "9", None, None, Decision.COMPLAINED, None, "rating")
    record.for_call("CA1").commit(turn)
    record.open_ticket("CA1", OpenTicket(TicketKind.COMPLAINT, Reason.COMPLAINT, "rsj", None, "投诉"))

    assert record.call("CA1").wanted_at is None


def test_late_news_are_weighed_again_and_forgotten_callers_stay_counted(record, clock):
    clock.time = at("2026-03-02 10:00")
    record.call_started("CA1", "13800138000")
    record.open_ticket("CA1", TICKET)
    record.call_ended("CA1", EndReason.CALLER_HUNG_UP)
    assert weigh(record, clock) == 1
    assert record.call("CA1").missed is Missed.LEFT_EARLY
    assert weigh(record, clock) == 0

    record.attempt_ended("CA1", TransferOutcome.ACCEPTED)
    assert weigh(record, clock) == 1
    assert (record.call("CA1").missed, record.call("CA1").got_through) == (None, True)

    record.forget(clock() + timedelta(days=1), lambda file: None)
    assert weigh(record, clock) == 0
    assert record.call("CA1").first_today

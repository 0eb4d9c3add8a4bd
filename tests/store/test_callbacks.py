"""Calls back that are owed: promised, claimed by one worker, and what becomes of them, on both databases."""

import contextlib
import itertools
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.conftest import SECRET, all_at_once
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind, WantCallback
from voicebot.errors import StoreLost
from voicebot.events import EndReason, TransferOutcome
from voicebot.store.callback_news import LEAST_S
from voicebot.store.callbacks import UNSURE
from voicebot.store.database import Database
from voicebot.store.numbers import NumberKey
from voicebot.store.record import Record
from voicebot.store.rings import Whom
from voicebot.store.seal import Seal
from voicebot.store.words import CallbackOutcome, CallbackState, Change, Channel, TicketState

CALLER, OTHER = "+15005550009", "+15005550010"
LINE = "+15005550001"
W1, W2 = Whom("w1", "A", "王一"), Whom("w2", "B", "李二")
STAFF = {"w1": W1, "w2": W2}
RING_S = 20.0
LEG = "CA" + "5" * 32
O = CallbackOutcome  # noqa: E741
_examples = itertools.count(1000)


def opening(kind=TicketKind.CALL, department="rsj", topic=None):
    return OpenTicket(kind, Reason.KEY, department, topic, "来电人按零转人工。")


@pytest.fixture
def make_record(clock):
    def make(database, **differs):
        return Record(database, NumberKey(SECRET), clock, seal=Seal(SECRET), **differs)

    return make


@pytest.fixture
def record(database, make_record):
    return make_record(database)


@pytest.fixture
def missed(record):
    """A call that ended with a ticket that is open: the ticket."""
    numbers = itertools.count(1)

    def make(call="", number=CALLER, kind=TicketKind.CALL, channel=Channel.TWILIO, **differs):
        call = call or f"CA{next(numbers)}"
        record.call_started(call, number, LINE, channel=channel)
        ticket = record.open_ticket(call, opening(kind, **differs))
        record.call_ended(call, EndReason.CALLER_HUNG_UP, 30.0)
        return ticket

    return make


@pytest.fixture
def calling(record, missed):
    """A try whose phone rings at staff."""
    missed()
    return claim(record)


def claim(record, wants=STAFF, leg=LEG):
    (due,) = record.callbacks_due()
    attempt = record.claim_callback(due, wants)
    if attempt is not None:
        record.callback_rang(attempt.id, leg, RING_S)
    return attempt


def owed(record):
    return [(one.callback.state, one.ticket.id) for one in record.owed_callbacks()]


def tried(record):
    return [record.callback_about(n).attempt.outcome for n in range(1, 10) if record.callback_about(n)]


def history(record, ticket):
    return [(str(line.change), line.who) for line in record.history_of(ticket.id)][1:]


# Promising


def test_a_call_that_ends_unserved_is_called_back(record, missed, clock):
    ticket = missed()

    ((one, kept, line, tries),) = [(d.callback, d.ticket, d.line_number, d.tries) for d in record.callbacks_due()]
    assert (one.state, one.due_at, kept.id, line, tries) == (CallbackState.DUE, clock(), ticket.id, LINE, ())
    assert CALLER not in repr(one) + repr(record.owed_callbacks())


def test_it_stands_as_soon_as_the_caller_wants_it(record, clock):
    record.call_started("CA1", CALLER)
    log = record.for_call("CA1")
    log.commit(opening())
    log.commit(WantCallback())
    log.commit(WantCallback())

    assert len(record.owed_callbacks()) == 1
    assert record.callbacks_due() == [], "the caller is still on the line"
    record.call_ended("CA1", EndReason.LINE_HUNG_UP)
    assert len(record.callbacks_due()) == 1


def test_not_before_callers_may_be_called(database, make_record, clock):
    record = make_record(database, callable_at=lambda now: now + timedelta(hours=3))
    record.call_started("CA1", CALLER)
    record.open_ticket("CA1", opening())
    record.call_ended("CA1", EndReason.CALLER_HUNG_UP)

    assert record.callbacks_due() == []
    clock.pass_(hours=3)
    assert len(record.callbacks_due()) == 1


@pytest.mark.parametrize(
    ("number", "kind", "promised"),
    [(CALLER, TicketKind.CALL, 1), (CALLER, TicketKind.EMERGENCY, 1), ("anonymous", TicketKind.CALL, 0)],
)
def test_who_is_called_back(record, missed, number, kind, promised):
    missed(number=number, kind=kind)

    assert len(record.owed_callbacks()) == promised


def test_who_was_served_is_not_called_back(record):
    record.call_started("CA1", CALLER)
    record.open_ticket("CA1", opening())
    record.attempt_started("CA1", "desk")
    record.transfer_accepted("CA1")
    record.call_ended("CA1", EndReason.CONNECTED_AND_OVER)

    assert record.owed_callbacks() == []
    assert record.number_of("CA1") == ""


def test_who_writes_is_answered_by_a_person_who_reads(record, missed):
    missed(channel=Channel.SMS)

    assert [state for state, _ in owed(record)] == [CallbackState.BY_HAND]


def test_the_end_told_twice_and_late_promises_once(record, missed, calling, clock):
    record.callback_news(calling.id, "no-answer")
    (due,) = record.callbacks_due()
    record.next_round(due, clock() + timedelta(minutes=30))

    record.call_ended("CA1", EndReason.CALLER_HUNG_UP)

    assert len(record.owed_callbacks()) == 1
    assert record.callbacks_due() == []


def test_the_end_told_late_wakes_nothing_that_is_over(record, missed):
    missed(kind=TicketKind.COMPLAINT)
    (one,) = record.owed_callbacks()
    record.dialled_by_hand(one.callback.id, O.REACHED, "x1")

    record.call_ended("CA1", EndReason.CALLER_HUNG_UP)

    assert record.owed_callbacks() == []


def test_who_calls_again_is_called_back_once_and_soon(record, missed, clock):
    first = missed()
    (due,) = record.callbacks_due()
    record.next_round(due, clock() + timedelta(minutes=30))
    clock.pass_(minutes=5)
    again = missed()

    assert again.id == first.id
    assert len(record.callbacks_due()) == 1
    assert record.owed_callbacks()[0].callback.call_id == "CA2"


def test_who_calls_again_and_gets_through_is_not_called_back(record, missed, clock):
    missed()
    clock.pass_(minutes=5)
    record.call_started("CA2", CALLER)
    record.open_ticket("CA2", opening())
    record.attempt_started("CA2", "desk")
    assert record.callbacks_due() == [], "on the line"
    record.attempt_ended("CA2", TransferOutcome.ACCEPTED)
    record.call_ended("CA2", EndReason.CONNECTED_AND_OVER)

    assert record.owed_callbacks() == []


def test_a_call_whose_end_never_reached_us_is_found(record, clock):
    record.call_started("CA1", CALLER)
    record.open_ticket("CA1", opening())
    assert record.promise_missed(clock()) == 0, "it may still be on"

    clock.pass_(hours=1, seconds=1)
    assert record.promise_missed(clock()) == 1
    assert record.promise_missed(clock()) == 0
    assert len(record.callbacks_due()) == 1


def test_a_ticket_settled_otherwise_calls_nobody(record, missed, sql):
    ticket = missed()
    sql("UPDATE tickets SET state = 'resolved' WHERE id = :id", id=ticket.id)

    assert record.callbacks_due() == []
    record.promise_missed(ticket.created_at)
    assert record.owed_callbacks() == []


# Claiming


def test_the_first_who_is_free_is_rung_and_engaged(record, missed):
    missed()
    attempt = claim(record)

    assert (attempt.person, attempt.role, attempt.round) == ("w1", "A", 0)
    assert record.busy() == {"w1"}
    assert record.callbacks_due() == []


def test_nobody_is_rung_twice_at_once(record, missed):
    missed(number=CALLER)
    missed(number=OTHER)
    first, second = record.callbacks_due()
    wants = {"w1": W1}

    assert record.claim_callback(first, wants).person == "w1"
    assert record.claim_callback(second, wants) is None
    assert record.claim_callback(second, STAFF).person == "w2"


def test_a_caller_is_not_called_twice_at_once(record, missed):
    missed(topic="rsj-001")
    missed(topic="rsj-002")
    first, second = record.callbacks_due()

    assert record.claim_callback(first, STAFF) is not None
    assert record.claim_callback(second, STAFF) is None
    assert record.busy() == {"w1"}
    assert record.callbacks_due() == []


def test_who_waits_on_the_line_goes_first(record, missed):
    missed()
    (due,) = record.callbacks_due()
    record.call_started("CA9", OTHER)
    nobody = lambda waiters, busy: {}  # noqa: E731
    record.claim_person("CA9", {"w1": W1}, nobody, green=False, urgent=False, ring_s=RING_S)

    assert record.claim_callback(due, {"w1": W1}) is None
    assert record.claim_callback(due, STAFF).person == "w2"


def test_who_is_rung_for_a_callback_is_not_rung_for_a_caller(record, calling):
    assign = lambda waiters, busy: {"CA9": "w1"} if "w1" not in busy else {}  # noqa: E731
    record.call_started("CA9", OTHER)
    got = record.claim_person("CA9", {"w1": W1}, assign, green=False, urgent=False, ring_s=RING_S)

    assert got.attempt is None


def test_of_many_workers_one_gets_it(replicas, database, make_record, clock):
    record = make_record(database)
    record.call_started("CA1", CALLER)
    record.open_ticket("CA1", opening())
    record.call_ended("CA1", EndReason.CALLER_HUNG_UP)
    (due,) = record.callbacks_due()

    people = itertools.count()
    found = all_at_once(replicas * 3, lambda worker: worker.claim_callback(due, {f"someone{next(people)}": W1}))

    assert len([attempt for attempt in found if attempt]) == 1
    assert len(record.busy()) == 1


def test_a_stale_look_claims_nothing(record, missed):
    missed()
    (due,) = record.callbacks_due()
    attempt = record.claim_callback(due, STAFF)
    record.refuse_callback(attempt.id, O.STAFF_DECLINED)

    assert record.claim_callback(due, STAFF) is None, "somebody was rung meanwhile"
    assert not record.next_round(due, due.callback.due_at)
    (fresh,) = record.callbacks_due()
    assert [t.outcome for t in fresh.tries] == [O.STAFF_DECLINED]


# Staff


@pytest.mark.parametrize(
    ("news", "outcome"),
    [
        (["busy"], O.STAFF_BUSY),
        (["ringing", "no-answer"], O.STAFF_NO_ANSWER),
        (["failed"], O.STAFF_FAILED),
        (["ringing", "in-progress", "completed"], O.STAFF_DECLINED),
        (["completed", "in-progress", "ringing"], O.STAFF_DECLINED),
        (["ringing", "no-answer", "no-answer", "busy"], O.STAFF_NO_ANSWER),
    ],
    ids=str,
)
def test_staff_do_not_take_it(record, calling, news, outcome):
    for status in news:
        record.callback_news(calling.id, status, LEG)

    assert tried(record) == [outcome]
    assert [state for state, _ in owed(record)] == [CallbackState.DUE]
    assert record.busy() == frozenset()
    assert record.accept_callback(calling.id) is None, "too late"


def test_a_refusal_frees_the_person_when_the_leg_is_over(record, calling, clock):
    record.refuse_callback(calling.id, O.STAFF_VOICEMAIL)
    record.refuse_callback(calling.id, O.STAFF_DECLINED)
    assert record.busy() == {"w1"}, "the leg is being ended"

    record.callback_news(calling.id, "completed", LEG)
    assert record.busy() == frozenset()
    assert tried(record) == [O.STAFF_VOICEMAIL]


def test_old_news_do_not_free_who_rings_now(record, calling):
    record.callback_news(calling.id, "no-answer")
    claim(record, {"w2": W2})
    record.callback_news(calling.id, "completed")

    assert record.busy() == {"w2"}


def test_accepting_tells_whom_to_dial(record, calling):
    first, second = record.accept_callback(calling.id), record.accept_callback(calling.id)

    assert (first, first.number, first.line_number) == (second, CALLER, LINE)
    assert CALLER not in repr(first)


def test_nobody_is_dialled_whose_matter_is_settled(record, missed, calling):
    record.call_started("CA2", CALLER)
    record.open_ticket("CA2", opening())
    record.attempt_started("CA2", "desk")
    record.attempt_ended("CA2", TransferOutcome.ACCEPTED)

    assert not record.callback_about(calling.id).is_on
    assert record.accept_callback(calling.id) is None
    assert record.owed_callbacks() == []
    assert tried(record) == [O.SETTLED]


def test_a_number_that_cannot_be_opened_is_not_dialled(record, calling, sql):
    sql("UPDATE calls SET caller_sealed = 'damaged'")

    assert record.accept_callback(calling.id) is None
    assert tried(record) == [O.UNREACHABLE]


# The caller


TALK = LEAST_S + 30


def talk(record, attempt, news, clock):
    """News of the caller's leg by name; ``20`` lets so many seconds pass."""
    does = {
        "rings": lambda: record.callback_caller_news(attempt.id, "ringing"),
        "answers": lambda: record.callback_caller_news(attempt.id, "in-progress"),
        "leg over": lambda: record.callback_caller_news(attempt.id, "completed", TALK),
        "short": lambda: record.callback_caller_news(attempt.id, "completed", 3.0),
        "dialled": lambda: record.callback_dialled(attempt.id, "completed", True, TALK - 8),
        "unbridged": lambda: record.callback_dialled(attempt.id, "completed", False, 0.0),
        "staff over": lambda: record.callback_news(attempt.id, "completed", LEG),
        "no answer": lambda: record.callback_dialled(attempt.id, "no-answer", False),
        "busy": lambda: record.callback_dialled(attempt.id, "busy", False),
        "failed": lambda: record.callback_caller_news(attempt.id, "failed"),
        "canceled": lambda: record.callback_caller_news(attempt.id, "canceled"),
    }
    for one in news:
        clock.pass_(one) if isinstance(one, int) else does[one]()


REACHED = [
    ["rings", "answers", 60, "leg over", "dialled", "staff over"],
    ["rings", "answers", 60, "staff over"],
    ["rings", "answers", 60, "dialled"],
    [60, "leg over"],
    [60, "leg over", "answers", "rings"],
    ["staff over", "dialled"],
    ["staff over", "leg over"],
    ["staff over", "staff over", "answers", "leg over", "dialled"],
    ["answers", 60, "dialled", "dialled", "leg over", "leg over", "staff over", "staff over"],
    ["no answer", "leg over"],
]


@pytest.mark.parametrize("news", REACHED, ids=str)
def test_both_have_talked(record, calling, news, clock):
    record.accept_callback(calling.id)
    talk(record, calling, news, clock)

    ticket = record.tickets_of("CA1")[0]
    assert tried(record) == [O.REACHED]
    assert (ticket.state, record.owed_callbacks(), record.number_of("CA1")) == (TicketState.RESOLVED, [], "")
    assert [change for change, _ in history(record, ticket)].count("connect") == 1
    assert not record.busy() or "staff over" not in news


IN_VAIN = [
    (["rings", "no answer"], O.NO_ANSWER),
    (["busy"], O.BUSY),
    (["failed"], O.UNREACHABLE),
    (["rings", "canceled", "staff over"], O.STAFF_LEFT),
    (["rings", "staff over", "canceled"], O.STAFF_LEFT),
    (["rings", "answers", 3, "short", "unbridged"], O.CUT_SHORT),
    (["rings", "answers", 3, "unbridged"], O.CUT_SHORT),
    (["rings", "answers", 3, "staff over"], O.CUT_SHORT),
    (["no answer", "no answer", "busy", "staff over"], O.NO_ANSWER),
]


@pytest.mark.parametrize(("news", "outcome"), IN_VAIN, ids=str)
def test_the_caller_was_not_reached(record, calling, news, outcome, clock):
    record.accept_callback(calling.id)
    talk(record, calling, news, clock)

    ticket = record.tickets_of("CA1")[0]
    assert (tried(record), ticket.tries, ticket.state) == ([outcome], 1, TicketState.OPEN)
    assert history(record, ticket) == [("try", "w1")]
    assert [state for state, _ in owed(record)] == [CallbackState.DUE]
    assert record.number_of("CA1") == CALLER


def test_a_talk_settles_what_else_that_caller_was_owed(record):
    record.call_started("CA1", CALLER)
    for kind in (TicketKind.EMERGENCY, TicketKind.CALL, TicketKind.COMPLAINT):
        record.open_ticket("CA1", opening(kind))
    record.call_ended("CA1", EndReason.CALLER_HUNG_UP)
    due = next(d for d in record.callbacks_due() if d.ticket.kind is TicketKind.CALL)
    attempt = record.claim_callback(due, STAFF)
    record.accept_callback(attempt.id)
    record.callback_dialled(attempt.id, "completed", True, TALK)

    states = {ticket.kind: ticket.state for ticket in record.tickets_of("CA1")}
    assert states == {
        TicketKind.EMERGENCY: TicketState.CONTACTED,
        TicketKind.CALL: TicketState.RESOLVED,
        TicketKind.COMPLAINT: TicketState.OPEN,
    }
    assert [one.ticket.kind for one in record.owed_callbacks()] == [TicketKind.COMPLAINT]
    assert record.number_of("CA1") == CALLER


def test_a_complaint_is_spoken_about_and_stays(record, missed):
    ticket = missed(kind=TicketKind.COMPLAINT)
    attempt = claim(record)
    record.accept_callback(attempt.id)
    record.callback_dialled(attempt.id, "completed", True, TALK)

    assert record.tickets_of("CA1")[0].state is TicketState.CONTACTED
    assert history(record, ticket) == [("contact", "w1")]
    assert record.owed_callbacks() == []


def test_how_often_it_rang_before(record, calling):
    assert record.callback_about(calling.id).rung == 0
    record.accept_callback(calling.id)
    record.callback_dialled(calling.id, "no-answer")
    again = claim(record, {"w2": W2})

    assert record.callback_about(again.id).rung == 1


# Leases


def lost(record):
    return [attempt.id for attempt in record.silent_callbacks() if record.callback_lost(attempt.id)]


def test_a_worker_that_died_before_ringing(record, missed, clock):
    missed()
    (due,) = record.callbacks_due()
    attempt = record.claim_callback(due, STAFF)
    assert lost(record) == []

    clock.time += UNSURE + timedelta(seconds=1)
    assert record.busy() == frozenset()
    assert lost(record) == [attempt.id]
    assert lost(record) == []
    assert tried(record) == [O.LOST]
    assert claim(record).person == "w1", "nobody was rung"


@pytest.mark.parametrize(
    ("news", "after_s", "outcome"),
    [
        ([], 36, O.STAFF_NO_ANSWER),
        (["in-progress"], 91, O.STAFF_VOICEMAIL),
        (["in-progress", "accepts"], 121, O.LOST),
        (["in-progress", "accepts", "answers"], 4 * 3600 + 1, O.LOST),
    ],
    ids=str,
)
def test_no_news_at_all(record, calling, news, after_s, outcome, clock):
    for one in news:
        if one == "accepts":
            record.accept_callback(calling.id)
        elif one == "answers":
            record.callback_caller_news(calling.id, "in-progress")
        else:
            record.callback_news(calling.id, one, LEG)
    clock.pass_(after_s - 2)
    assert (lost(record), len(record.busy())) == ([], 1)

    clock.pass_(3)
    assert lost(record) == [calling.id]
    assert tried(record) == [outcome]
    assert [state for state, _ in owed(record)] == [CallbackState.DUE]


def test_a_phone_that_rings_although_its_worker_died(record, missed, clock):
    """The provider was asked; then the process was killed. Its news carry the try."""
    missed()
    (due,) = record.callbacks_due()
    attempt = record.claim_callback(due, STAFF)
    record.callback_news(attempt.id, "ringing", LEG)
    clock.pass_(20)

    assert lost(record) == []
    assert record.busy() == {"w1"}
    assert record.accept_callback(attempt.id).number == CALLER


def test_a_talk_that_was_given_up_counts_when_it_is_told(record, calling, clock):
    record.accept_callback(calling.id)
    clock.pass_(200)
    assert lost(record) == [calling.id]
    again = claim(record)
    record.callback_caller_news(calling.id, "completed", TALK)

    assert record.owed_callbacks() == []
    assert not record.callback_about(again.id).is_on
    assert record.accept_callback(again.id) is None


# What comes next


def test_rounds_and_then_by_hand(record, calling, clock):
    record.accept_callback(calling.id)
    record.callback_dialled(calling.id, "no-answer")
    (due,) = record.callbacks_due()
    assert record.next_round(due, clock() + timedelta(minutes=30))
    assert not record.next_round(due, clock()), "another worker was first"
    assert record.callbacks_due() == []

    clock.pass_(minutes=30)
    (due,) = record.callbacks_due()
    assert (due.callback.tries, due.tries) == (1, ())
    assert record.callback_by_hand(due, "三次没有打通", rounds=1)
    assert [(o.callback.state, o.callback.tries) for o in record.dial_list()] == [(CallbackState.BY_HAND, 2)]
    assert record.callbacks_due() == []


def test_put_off_is_no_try(record, missed, clock):
    missed()
    (due,) = record.callbacks_due()
    record.put_off_callback(due, clock() + timedelta(hours=1))
    assert record.callbacks_due() == []
    clock.pass_(hours=1)

    assert record.callbacks_due()[0].callback.tries == 0


def test_a_number_that_nobody_needs_any_more_goes(record, missed, sql, clock):
    missed(number=CALLER)
    missed(number=OTHER)
    sql("UPDATE tickets SET state = 'resolved' WHERE id = 1")
    clock.pass_(3600)
    record.tidy(clock())

    assert (record.number_of("CA1"), record.number_of("CA2")) == ("", OTHER)


# Everything at once


NEWS = {
    "rings": lambda r, a: r.callback_news(a, "ringing", LEG),
    "picks up": lambda r, a: r.callback_news(a, "in-progress", LEG),
    "declines": lambda r, a: r.refuse_callback(a, O.STAFF_DECLINED),
    "accepts": lambda r, a: r.accept_callback(a),
    "staff over": lambda r, a: r.callback_news(a, "completed", LEG),
    "caller answers": lambda r, a: r.callback_caller_news(a, "in-progress"),
    "caller over": lambda r, a: r.callback_caller_news(a, "completed", TALK),
    "too short": lambda r, a: r.callback_caller_news(a, "completed", 2.0),
    "no answer": lambda r, a: r.callback_dialled(a, "no-answer", False),
    "dialled": lambda r, a: r.callback_dialled(a, "completed", True, TALK),
    "lost": lambda r, a: r.callback_lost(a),
}
TALKED = {"caller over", "dialled"}


@given(
    steps=st.lists(
        st.tuples(st.sampled_from([*NEWS, "claim", "wait"]), st.integers(0, 2), st.integers(0, 200)), max_size=25
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_told_in_whatever_order(record, clock, steps):
    """Nobody is lost, nobody is rung twice at once, and a ticket is settled exactly when both have talked."""
    call = f"CA{next(_examples)}"
    record.call_started(call, CALLER, LINE)
    ticket = record.open_ticket(call, opening(topic=call))
    record.call_ended(call, EndReason.CALLER_HUNG_UP)
    mine, talked = [], False
    for step, which, seconds in steps:
        if step == "claim":
            due = [one for one in record.callbacks_due() if one.ticket.id == ticket.id]
            claimed = record.claim_callback(due[0], STAFF) if due else None
            mine += [claimed.id] if claimed else []
        elif step == "wait":
            clock.pass_(seconds)
        elif mine:
            attempt = mine[-1 - min(which, len(mine) - 1)]
            NEWS[step](record, attempt)
            talked = talked or step in TALKED
        open_tries = [a for a in mine if record.callback_about(a).attempt.outcome is None]
        assert len(open_tries) <= 1
    reached = [a for a in mine if record.callback_about(a).attempt.outcome is O.REACHED]
    state = {t.id: t.state for t in record.tickets_of(call)}[ticket.id]
    owed_ = [one.callback.state for one in record.owed_callbacks() if one.ticket.id == ticket.id]

    assert (state is TicketState.RESOLVED) == bool(reached)
    assert talked <= bool(reached), "a talk that was told of always counts"
    assert len(owed_) == (0 if reached else 1)
    clock.pass_(5 * 3600)
    for attempt in record.silent_callbacks():
        record.callback_lost(attempt.id)
    assert record.busy() == frozenset()
    assert reached or [one.ticket.id for one in record.callbacks_due()] == [ticket.id]
    for one in record.owed_callbacks():
        record.drop_callback(one.callback.id)


def again(news, *about):
    """The provider tells again what was not taken."""
    while True:
        try:
            return news(*about)
        except StoreLost:
            time.sleep(0.01)


def tell(record, attempt):
    record.callback_news(attempt, "in-progress", LEG)
    record.accept_callback(attempt)
    record.callback_caller_news(attempt, "in-progress")
    record.callback_dialled(attempt, "completed", True, TALK)
    record.callback_caller_news(attempt, "completed", TALK)
    record.callback_news(attempt, "completed", LEG)


def test_many_workers_and_much_news_at_once(replicas, url):
    """Eight callbacks, two replicas, news told three times by three threads: each is reached once, nothing breaks."""
    numbers = [f"+150055501{n:02}" for n in range(8)]
    databases = [Database(url) for _ in range(6)]
    records = [
        Record(each, NumberKey(SECRET), lambda: datetime.now(UTC), pause=time.sleep, seal=Seal(SECRET))
        for each in databases
    ]
    for n, number in enumerate(numbers):
        records[0].call_started(f"CB{n}", number, LINE)
        records[0].open_ticket(f"CB{n}", opening())
        records[0].call_ended(f"CB{n}", EndReason.CALLER_HUNG_UP)

    def work(record):
        for _ in range(200):
            with contextlib.suppress(StoreLost):  # six writers of one SQLite file: a job comes again
                due = record.callbacks_due()
                if not due and not record.owed_callbacks():
                    return
                for one in due:
                    attempt = record.claim_callback(one, STAFF)
                    if attempt is not None:
                        all_at_once(records[:3], lambda r, a=attempt.id: again(tell, r, a))
            time.sleep(0.01)

    all_at_once(records[3:], work)

    assert records[0].owed_callbacks() == []
    for n in range(len(numbers)):
        lines = [str(line.change) for t in records[0].tickets_of(f"CB{n}") for line in records[0].history_of(t.id)]
        assert lines == ["open", "connect"]
    assert records[0].busy() == frozenset()
    for each in databases:
        each.close()


# By hand


@pytest.fixture
def by_hand(record, missed):
    """A call back that has to be dialled."""
    missed()
    (due,) = record.callbacks_due()
    record.callback_by_hand(due, "运营商打不通")
    return record.dial_list()[0]


@pytest.mark.parametrize(
    ("outcome", "state", "changes", "left"),
    [
        (O.REACHED, TicketState.RESOLVED, ["resolve"], 0),
        (O.NOT_WANTED, TicketState.RESOLVED, ["resolve"], 0),
        (O.NO_ANSWER, TicketState.OPEN, ["try"], 1),
        (O.BUSY, TicketState.OPEN, ["try"], 1),
        (O.WRONG_NUMBER, TicketState.OPEN, ["try"], 0),
    ],
)
def test_one_click(record, by_hand, outcome, state, changes, left):
    assert record.dialled_by_hand(by_hand.callback.id, outcome, "w1", dialled=by_hand.dialled)
    assert not record.dialled_by_hand(by_hand.callback.id, outcome, "w1", dialled=by_hand.dialled), "a double click"

    ticket = record.tickets_of("CA1")[0]
    assert (ticket.state, ticket.tries, len(record.dial_list())) == (state, 1, left)
    assert history(record, ticket)[1:] == [(change, "w1") for change in changes]
    assert tried(record) == [outcome]
    assert (record.number_of("CA1") == "") == (state is TicketState.RESOLVED)


def test_the_number_is_told_to_who_dials_and_that_is_kept(record, by_hand):
    ticket = record.tickets_of("CA1")[0]

    assert (record.number_to_dial(by_hand.callback.id, "w1"), by_hand.last4) == (CALLER, "0009")
    assert history(record, ticket)[-1] == ("note", "w1")
    record.dialled_by_hand(by_hand.callback.id, O.REACHED, "w1")
    assert record.number_to_dial(by_hand.callback.id, "w1") == ""


def test_what_dialling_cannot_come_to(record, by_hand):
    with pytest.raises(ValueError, match="voicemail"):
        record.dialled_by_hand(by_hand.callback.id, O.STAFF_VOICEMAIL, "w1")


def test_a_complaint_is_not_on_the_list_of_the_unit_complained_of(record, missed, sql):
    ticket = missed(kind=TicketKind.COMPLAINT)
    sql("UPDATE tickets SET unit = 'zfb' WHERE id = :id", id=ticket.id)
    (due,) = record.callbacks_due()
    record.callback_by_hand(due, "投诉")

    assert record.dial_list("rsj") == []
    assert [one.ticket.id for one in record.dial_list("zfb")] == [ticket.id]


def test_nobody_dials_by_hand_what_is_being_called(record, calling):
    one = record.owed_callbacks()[0].callback.id

    assert not record.dialled_by_hand(one, O.REACHED, "w1")
    assert not record.drop_callback(one, "w1", "不用")
    assert record.retry_callback(one, calling.started_at, "w1") is None


def test_again_by_the_line(record, by_hand, clock):
    fresh = record.retry_callback(by_hand.callback.id, clock(), "w1")
    (due,) = record.callbacks_due()

    assert (due.callback.id, due.callback.tries, due.tries) == (fresh, 0, ())
    assert record.dial_list() == []


def test_dropped(record, by_hand):
    ticket = record.tickets_of("CA1")[0]

    assert record.drop_callback(by_hand.callback.id, "w1", "已经当面办好")
    assert not record.drop_callback(by_hand.callback.id, "w1", "已经当面办好")
    assert record.owed_callbacks() == []
    assert [(line.change, line.why) for line in record.history_of(ticket.id)][-1] == (
        Change.NOTE,
        "不再回电：已经当面办好",
    )

"""Who waits, who is rung and who talks, on both databases: news that come twice, late, in any order and at once."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.conftest import all_at_once
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.events import EndReason, TransferOutcome
from voicebot.staffing.queue import assign
from voicebot.store.ring_news import COMING, Acceptance
from voicebot.store.rings import GONE, HANGING_UP, Whom
from voicebot.store.words import TicketState

A, B = Whom("a", "A", "窗口一"), Whom("b", "B", "窗口二")
DESK = Whom("desk", "desk", "desk")
BOTH = {"a": A, "b": B}
RING_S, WHISPER_S = 20.0, 40.0
O = TransferOutcome  # noqa: E741
_calls = (f"CA{n}" for n in itertools.count(1))


def begin(record, call=None):
    """A caller who asked for a person; their call."""
    call = call or next(_calls)
    record.call_started(call, "+15005550009")
    record.open_ticket(call, OpenTicket(TicketKind.CALL, Reason.KEY, "rsj", None, "来电人按零转人工。"))
    return call


def claim(record, call, wants=BOTH, *, green=False, urgent=False):
    return record.claim_person(call, wants, assign, green=green, urgent=urgent, ring_s=RING_S)


def ringing(record, wants=BOTH, call=None):
    """A caller for whom a phone rings: their call and the attempt."""
    call = begin(record, call)
    got = claim(record, call, wants)
    record.rang(got.attempt.id, f"leg-{got.attempt.id}")
    return call, got.attempt.id


def outcome(record, attempt):
    return record.attempt(attempt).outcome


def state(record, call):
    return record.tickets_of(call)[0].state


def at_once(*deeds):
    return all_at_once(deeds, lambda deed: deed[0](*deed[1:]))


# Claiming


def test_the_first_who_is_free_is_rung_and_is_engaged(record):
    call = begin(record)
    got = claim(record, call)

    assert (got.person, got.attempt.person, got.attempt.role, got.attempt.whom) == ("a", "a", "A", "窗口一")
    assert record.busy() == {"a"}
    assert [(w.call, w.wants) for w in got.waiters] == [(call, ("a", "b"))]
    assert record.waiting_since(call) == got.arrived


def test_nobody_is_rung_twice_at_once(record):
    ringing(record)
    second, third = begin(record), begin(record)

    assert claim(record, second).person == "b"
    got = claim(record, third)
    assert (got.attempt, got.person) == (None, "")
    assert [w.call for w in got.waiters] == [third], "for the others a phone rings"


@pytest.mark.parametrize(("first", "then"), [({}, {"green": True}), ({"green": True}, {"urgent": True})])
def test_who_comes_first_is_not_always_who_is_first(record, clock, first, then):
    _, attempt = ringing(record, {"a": A})
    waiting, overtaking = begin(record), begin(record)
    claim(record, waiting, {"a": A}, **first)
    clock.pass_(1)
    claim(record, overtaking, {"a": A}, **then)
    record.leg_news(attempt, "busy")

    assert claim(record, waiting, {"a": A}, **first).attempt is None
    assert claim(record, overtaking, {"a": A}, **then).person == "a"


def test_whose_process_has_died_holds_nobody_up(record, clock):
    _, attempt = ringing(record, {"a": A})
    lost, waiting = begin(record), begin(record)
    claim(record, lost, {"a": A})
    clock.pass_(1)
    claim(record, waiting, {"a": A})
    clock.pass_(GONE.total_seconds() + 1)
    record.leg_news(attempt, "no-answer")

    assert claim(record, waiting, {"a": A}).person == "a"


def test_a_caller_whose_stream_broke_keeps_the_place(record, clock):
    ringing(record, {"a": A})
    call = begin(record)
    arrived = claim(record, call, {"a": A}).arrived
    clock.pass_(9)
    record.seen(call)

    assert claim(record, call, {"a": A}).arrived == arrived == record.waiting_since(call)


def test_an_engagement_without_any_news_lapses(record, clock):
    ringing(record, {"a": A})
    clock.pass_(RING_S + GONE.total_seconds() + 1)

    assert record.busy() == frozenset()
    assert claim(record, begin(record), {"a": A}).person == "a"


# News of the phone


@pytest.mark.parametrize(
    ("status", "ended"),
    [("busy", O.BUSY), ("no-answer", O.NO_ANSWER), ("canceled", O.NO_ANSWER), ("failed", O.FAILED)],
)
def test_how_a_leg_ends_that_nobody_picked_up(record, status, ended):
    call, attempt = ringing(record)
    record.leg_news(attempt, status)
    record.leg_news(attempt, "ringing")  # late
    record.leg_news(attempt, status)

    assert outcome(record, attempt) is ended
    assert record.busy() == frozenset()
    assert state(record, call) is TicketState.OPEN


def test_a_leg_that_ended_without_the_key_was_declined(record):
    _, attempt = ringing(record)
    record.leg_news(attempt, "in-progress")
    record.leg_news(attempt, "completed")

    assert outcome(record, attempt) is O.DECLINED


@pytest.mark.parametrize("picked_up_s", [1.0, RING_S - 1])
def test_who_listens_to_the_whisper_stays_engaged(record, clock, picked_up_s):
    """It takes longer than the phone may ring; meanwhile their phone does not ring for another caller."""
    call, attempt = ringing(record, {"a": A})
    clock.pass_(picked_up_s)
    record.leg_news(attempt, "in-progress", whisper_s=WHISPER_S)
    clock.pass_(WHISPER_S - 1)
    record.seen(call)

    assert claim(record, begin(record), {"a": A}).attempt is None
    assert record.accept(attempt) is Acceptance.ACCEPTED
    clock.pass_(hours=1)
    assert record.busy() == {"a"}


@pytest.mark.parametrize("status", ["busy", "no-answer", "completed"])
def test_who_accepts_after_their_engagement_lapsed_is_engaged_all_the_same(record, clock, status):
    """Their phone was rung for another caller meanwhile; the end of that leg does not free them."""
    call, attempt = ringing(record, {"a": A})
    clock.pass_(RING_S + GONE.total_seconds() + 1)
    other, second = ringing(record, {"a": A})
    record.seen(call)
    assert record.accept(attempt) is Acceptance.ACCEPTED
    record.leg_news(second, status)

    assert record.busy() == {"a"}
    assert claim(record, other, {"a": A}).attempt is None


def test_a_line_of_the_desk_that_lapsed_takes_another(record, clock):
    wants = {"desk": DESK}
    call, attempt = ringing(record, wants)
    clock.pass_(RING_S + GONE.total_seconds() + 1)
    _, second = ringing(record, wants)
    record.seen(call)
    record.accept(attempt)

    assert record.busy() == {"desk", "desk#2"}
    record.leg_news(second, "busy")
    assert record.busy() == {"desk#2"}


# Accepting


def test_accepting_twice_is_accepting_once(record):
    call, attempt = ringing(record)

    assert [record.accept(attempt), record.accept(attempt)] == [Acceptance.ACCEPTED] * 2
    record.joined(call)
    assert record.accept(attempt) is Acceptance.ACCEPTED, "asked again when the caller is on the way already"


def test_accepting_for_a_caller_who_left(record):
    call, attempt = ringing(record)
    record.release(call)

    assert record.accept(attempt) is Acceptance.CALLER_GONE


def test_accepting_for_a_caller_whose_process_died(record, clock):
    _, attempt = ringing(record)
    clock.pass_(GONE.total_seconds() + 1)

    assert record.accept(attempt) is Acceptance.CALLER_GONE


def test_accepting_too_late(record):
    """We have given up on them, and somebody else's phone rings: the caller is still there, and they hear so."""
    call, attempt = ringing(record)
    record.refuse(attempt, O.NO_ANSWER)

    assert record.accept(attempt) is Acceptance.LATE
    assert outcome(record, attempt) is O.NO_ANSWER
    second = claim(record, call, {"b": B}).attempt.id
    record.accept(second)
    assert record.accept(attempt) is Acceptance.LATE


def test_who_accepted_is_not_refused_any_more(record):
    _, attempt = ringing(record)
    record.accept(attempt)
    record.refuse(attempt, O.VOICEMAIL)

    assert outcome(record, attempt) is None


def test_a_phone_that_is_being_hung_up_is_not_rung_at_once(record, clock):
    call, attempt = ringing(record, {"a": A})
    record.refuse(attempt, O.VOICEMAIL)

    assert claim(record, call, {"a": A}).attempt is None
    clock.pass_(HANGING_UP.total_seconds() + 1)
    assert claim(record, call, {"a": A}).person == "a"


# Meeting


def test_a_talk(record):
    call, attempt = ringing(record)
    record.accept(attempt)
    record.joined(call)
    record.met(call)
    record.met(call)
    assert record.has_met(call)
    assert not record.person_gone(call)
    record.leg_news(attempt, "completed")

    assert outcome(record, attempt) is O.ACCEPTED
    assert state(record, call) is TicketState.RESOLVED
    assert record.person_gone(call)


def test_that_they_met_may_be_learned_after_the_end(record):
    call, attempt = ringing(record)
    record.accept(attempt)
    record.leg_news(attempt, "completed")
    assert outcome(record, attempt) is O.FAILED
    record.met(call)

    assert outcome(record, attempt) is O.ACCEPTED
    assert state(record, call) is TicketState.RESOLVED


def test_who_accepts_and_does_not_come_is_given_up(record, clock):
    """The end of their leg never reached us: the caller must not sit in the conference for ever."""
    call, attempt = ringing(record)
    record.accept(attempt)
    record.joined(call)
    clock.pass_(COMING.total_seconds() - 1)
    assert not record.person_gone(call)
    assert record.not_coming(call) == []
    clock.pass_(2)

    assert record.person_gone(call)
    assert record.not_coming(call) == [f"leg-{attempt}"]
    assert record.not_coming(call) == []
    assert outcome(record, attempt) is O.FAILED
    assert state(record, call) is TicketState.OPEN
    assert claim(record, call, {"b": B}).person == "b"


def test_who_has_met_the_caller_is_not_given_up(record, clock):
    call, attempt = ringing(record)
    record.accept(attempt)
    record.met(call)
    clock.pass_(hours=1)

    assert not record.person_gone(call)
    assert record.not_coming(call) == []


# The end


@pytest.mark.parametrize(
    ("news", "ended"),
    [((), O.CALLER_LEFT), (("accept",), O.CALLER_LEFT), (("accept", "met"), O.ACCEPTED)],
)
def test_a_call_that_is_over_frees_everybody(record, clock, news, ended):
    call, attempt = ringing(record)
    for step in news:
        getattr(record, step)(attempt if step == "accept" else call)

    assert record.release(call) == [f"leg-{attempt}"]
    record.release(call)
    assert outcome(record, attempt) is ended
    assert record.waiting_since(call) is None
    clock.pass_(HANGING_UP.total_seconds() + 1)
    assert record.busy() == frozenset()


def test_releasing_a_call_that_nobody_was_rung_for(record):
    assert record.release("CA0") == []


# Twice, late, in any order


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(news=st.permutations(["ringing", "in-progress", "accept", "met", "completed", "joined", "in-progress", "met"]))
def test_whatever_the_order_a_talk_is_a_talk_once(record, news):
    call, attempt = ringing(record, {"a": A})
    # The provider tells of the end in any order, but nobody presses 1 after it, and nobody meets without the key.
    accepted = news.index("accept") < news.index("completed") and news.index("accept") < news.index("joined")
    for step in news:
        if step in ("accept", "met", "joined"):
            getattr(record, step)(attempt if step == "accept" else call)
        else:
            record.leg_news(attempt, step)
    record.call_ended(call, EndReason.CALLER_HUNG_UP)
    record.release(call)

    row = record.attempt(attempt)
    talked = row.accepted_at is not None and row.bridged_at is not None
    assert row.outcome is not None
    assert accepted == (row.accepted_at is not None)
    assert (row.outcome is O.ACCEPTED) == talked
    assert (state(record, call) is TicketState.RESOLVED) == talked
    assert "a" not in record.busy() or row.outcome is not None
    record.leg_news(attempt, "completed")
    assert record.busy() == frozenset()


# At once, in two replicas


def test_two_replicas_never_ring_one_person_twice(replicas):
    calls = [begin(replicas[0]) for _ in range(6)]

    def get(part):
        n, call = part
        return claim(replicas[n % 2], call).person

    people = [person for person in all_at_once(list(enumerate(calls)), get) if person]
    assert sorted(people) == ["a", "b"]


def test_accepting_and_giving_up_at_once_is_one_of_both(replicas):
    for _ in range(8):
        call, attempt = ringing(replicas[0], {"a": A})
        acceptance, _ = at_once((replicas[0].accept, attempt), (replicas[1].refuse, attempt, O.NO_ANSWER))
        row = replicas[0].attempt(attempt)
        assert (acceptance is Acceptance.ACCEPTED) == (row.accepted_at is not None) == (row.outcome is None)
        replicas[0].release(call)
        replicas[0].leg_news(attempt, "completed")


def test_accepting_while_the_caller_hangs_up_is_one_of_both(replicas):
    for _ in range(8):
        call, attempt = ringing(replicas[0], {"a": A})
        acceptance, legs = at_once((replicas[0].accept, attempt), (replicas[1].release, call))
        row = replicas[0].attempt(attempt)
        assert legs == [row.leg]
        assert row.outcome is O.CALLER_LEFT
        assert acceptance in (Acceptance.ACCEPTED, Acceptance.CALLER_GONE)
        replicas[0].leg_news(attempt, "completed")
        assert replicas[0].busy() == frozenset()


def test_the_same_news_in_two_replicas_at_once(replicas):
    for _ in range(4):
        call, attempt = ringing(replicas[0], {"a": A})
        replicas[0].accept(attempt)
        replicas[0].joined(call)
        at_once(*[(record.met, call) for record in (*replicas, *replicas)])
        at_once(*[(record.leg_news, attempt, "completed") for record in (*replicas, *replicas)])

        assert outcome(replicas[0], attempt) is O.ACCEPTED
        assert state(replicas[0], call) is TicketState.RESOLVED
        history = [str(line.change) for line in replicas[0].history_of(replicas[0].tickets_of(call)[0].id)]
        assert history.count("connect") == 1
        assert replicas[0].busy() == frozenset()


def test_two_people_never_get_one_caller(replicas, clock):
    """A stale attempt and a fresh one are accepted at the same moment."""
    for _ in range(6):
        call, first = ringing(replicas[0], {"a": A})
        replicas[0].leg_news(first, "in-progress")
        with replicas[0]._database.writing() as session:  # the engagement lapsed: another process claims B too
            session.connection().exec_driver_sql("DELETE FROM engagements")
        second = claim(replicas[1], call, {"b": B}).attempt.id
        got = at_once((replicas[0].accept, first), (replicas[1].accept, second))

        assert sorted(got) == sorted([Acceptance.ACCEPTED, Acceptance.LATE])
        for attempt in (first, second):
            replicas[0].leg_news(attempt, "completed")
        replicas[0].release(call)

"""Bringing a person to a caller who waits, step by step, with time as data and a provider that does as told."""

from dataclasses import dataclass, field, replace

import pytest

from tests.cases.office import OFFICE, PEOPLE, SHIFTS, at, shift
from tests.twilio.world import LostRecord
from voicebot.errors import OperatorError, RemoteError, StoreLost
from voicebot.events import Fault, FaultOccurred, PersonAccepted, Stage, TransferEnded, TransferOutcome
from voicebot.staffing.policy import TransferPolicy
from voicebot.staffing.queue import assign
from voicebot.staffing.reaching import LATE_S, UNSURE_S, Reaching, Request, room_of
from voicebot.staffing.roster import Person, Role, Roster
from voicebot.store.rings import Whom
from voicebot.store.words import HandingState

CALL, LINE = "CA1", "+15005550001"
W1 = Whom("w1", "A", "王一")
POLICY = TransferPolicy()
O = TransferOutcome  # noqa: E741


@dataclass
class FakeLegs:
    """A provider: whom it rang, what it ended, and how it fails."""

    fails: list = field(default_factory=list)
    rung: list = field(default_factory=list)
    ended: list = field(default_factory=list)
    end_fails: bool = False

    def ring(self, attempt, number, caller_id, ring_s):
        assert (caller_id, ring_s) == (LINE, POLICY.ring_s)
        if self.fails:
            raise self.fails.pop(0)
        self.rung.append(number[-2:])
        return f"leg{attempt}"

    def end(self, leg):
        if self.end_fails:
            raise OperatorError("no-provider", "no network")
        self.ended.append(leg)


class World:
    def __init__(self, record, clock):
        self.record, self.clock = record, clock
        clock.time = at("2026-11-23 09:30")
        self.office = OFFICE
        self.legs = FakeLegs()
        self.later = []
        self.calls = {}
        record.call_started(CALL, "+15005550009", LINE)

    def reaching(self, call=CALL, **differs):
        request = Request(**({"department": "rsj", "caller_id": LINE} | differs))
        return Reaching(call, request, lambda: self.office, self.record, self.legs, self.clock, self.later.append)

    def pass_(self, reaching, seconds, step=0.5):
        """Time passes, step by step: what happened meanwhile."""
        events = []
        for _ in range(round(seconds / step)):
            self.clock.pass_(step)
            events += reaching.step()[0]
        return events

    def attempts(self, call=CALL):
        return [(one.person, one.outcome) for one in self.record.attempts_of(call)]

    @property
    def latest(self):
        return self.record.attempts_of(CALL)[-1].id

    def news(self, *statuses):
        for status in statuses:
            self.record.leg_news(self.latest, status)


@pytest.fixture
def world(record, clock):
    return World(record, clock)


def stages(events):
    return [event.stage for event in events if hasattr(event, "stage")]


def test_the_first_is_rung_and_accepts(world):
    reaching = world.reaching()
    assert stages(reaching.step()[0]) == [Stage.RINGING]
    assert world.legs.rung == ["11"]
    world.news("ringing", "in-progress")
    assert reaching.step()[0] == []
    world.record.accept(world.latest)

    assert reaching.step()[0] == [PersonAccepted(room_of(CALL))]


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "completed"])
def test_then_the_next_and_the_lead_and_then_nobody(world, status):
    reaching = world.reaching()
    events = []
    for _ in range(4):
        events += reaching.step()[0]
        if world.legs.rung:
            world.news(status)

    assert world.legs.rung == ["11", "12", "14"], "A, B, and the lead, who is there at half past nine"
    assert stages(events) == [Stage.RINGING, Stage.NEXT], "said once within twelve seconds"
    assert isinstance(events[-1], TransferEnded)
    assert world.record.waiting_since(CALL) is None


@pytest.mark.parametrize(
    ("statuses", "seconds", "outcome"),
    [
        ((), POLICY.ring_s + LATE_S, O.NO_ANSWER),  # the provider took the order and never said anything
        (("ringing",), POLICY.ring_s + LATE_S, O.NO_ANSWER),
        (("in-progress",), POLICY.whisper_s, O.VOICEMAIL),
    ],
)
def test_our_own_clock_for_what_the_provider_does_not_say(world, statuses, seconds, outcome):
    reaching = world.reaching()
    reaching.step()
    first = world.latest
    world.news(*statuses)
    world.pass_(reaching, seconds - 1)
    assert world.attempts() == [("w1", None)]
    world.pass_(reaching, 1.5)

    assert world.attempts()[0] == ("w1", outcome)
    assert world.legs.ended == [f"leg{first}"]
    assert world.legs.rung == ["11", "12"], "the next one at once, not when the first leg is known to be over"


def test_a_process_that_died_before_ringing_is_noticed(world):
    world.record.claim_person(CALL, {"w1": W1}, assign, green=False, urgent=False, ring_s=20.0)
    following = world.reaching()
    world.pass_(following, UNSURE_S + 1)

    assert world.attempts()[0] == ("w1", O.FAILED)
    assert world.legs.rung == ["12"], "who may be rung again when they are surely free"


def test_another_process_goes_on_where_the_first_stopped(world):
    first = world.reaching()
    first.step()
    world.news("busy")
    first.step()
    assert world.legs.rung == ["11", "12"]
    world.news("ringing")
    second = world.reaching()
    second.step()

    assert world.legs.rung == ["11", "12"], "the phone that rings goes on ringing"
    world.news("no-answer")
    second.step()
    assert world.legs.rung == ["11", "12", "14"], "and nobody is rung a second time"


def test_staff_who_all_talk_are_waited_for_with_a_place_and_an_estimate(world):
    for n, call in enumerate(("CA7", "CA8"), 1):
        world.record.call_started(call, f"+1500555008{n}")
        world.reaching(call).step()
        world.record.accept(world.record.attempts_of(call)[-1].id)
    reaching = world.reaching()
    (event,) = reaching.step()[0]

    assert (event.stage, event.position) == (Stage.WAITING, 1)
    assert event.minutes >= 1
    told = [e for e in world.pass_(reaching, 40) if e.stage is Stage.WAITING]
    assert len(told) == 3, "every twelve seconds"
    assert any(e.offer_callback for e in world.pass_(reaching, 30))


def test_nobody_waits_longer_than_the_policy_says(world):
    world.office = replace(OFFICE, roster=Roster(PEOPLE, SHIFTS[:1]), transfer=replace(POLICY, most_wait_s=30.0))
    world.record.call_started("CA7", "+15005550081")
    world.reaching("CA7").step()
    world.record.accept(world.record.attempts_of("CA7")[-1].id)
    reaching = world.reaching()
    assert not [e for e in world.pass_(reaching, 29) if isinstance(e, TransferEnded)]

    world.clock.pass_(1.5)
    assert reaching.step()[0] == [TransferEnded(O.BUSY)]
    assert world.record.waiting_since(CALL) is None


def test_nobody_is_on_duty(world):
    world.clock.time = at("2026-11-23 19:00")

    assert world.reaching().step()[0] == [TransferEnded(O.NOBODY)]


def test_a_number_the_provider_refuses_is_skipped(world):
    world.legs.fails = [RemoteError("refused", "no such number")]
    reaching = world.reaching()
    reaching.step()

    assert world.attempts() == [("w1", O.FAILED), ("w2", None)]


def test_a_provider_that_rings_nobody_is_a_fault(world):
    world.legs.fails = [OperatorError("no-provider", "no network")] * 3

    assert world.reaching().step()[0] == [FaultOccurred(Fault.PHONE)]


@pytest.mark.parametrize("end_fails", [False, True])
def test_without_the_record_the_phone_that_rings_is_hung_up(world, end_fails):
    """The provider rings by itself from then on, perhaps the same person."""
    reaching = world.reaching()
    reaching.step()
    leg = f"leg{world.latest}"
    world.legs.end_fails = end_fails
    reaching._record = LostRecord()

    assert reaching.step()[0] == [FaultOccurred(Fault.STORE)]
    assert (world.legs.ended, world.later) == (([], [leg]) if end_fails else ([leg], []))


def test_a_leg_that_cannot_be_written_down_is_hung_up(world, monkeypatch):
    def lost(attempt, leg):
        raise StoreLost("store-lost", "locked")

    monkeypatch.setattr(world.record, "rang", lost)

    assert world.reaching().step()[0] == [FaultOccurred(Fault.STORE)]
    assert world.legs.ended == [f"leg{world.latest}"]


def test_stopping_rings_nobody_any_more(world):
    reaching = world.reaching()
    reaching.step()
    reaching.stop(O.CALLER_LEFT)

    assert world.attempts() == [("w1", O.CALLER_LEFT)]
    assert world.legs.ended == [f"leg{world.latest}"]
    assert world.record.waiting_since(CALL) is None


# Complaints


OVER = Person("s1", "监督", "+15005550015")
WATCHED = replace(OFFICE, roster=Roster((*PEOPLE, OVER), (*SHIFTS, shift("s1", "zfb", Role.A))))


def test_a_complaint_rings_the_unit_above_and_nobody_else(world):
    world.office = WATCHED
    reaching = world.reaching(complaint=True)
    reaching.step()
    world.news("busy")

    assert reaching.step()[0] == [TransferEnded(O.BUSY)]
    assert world.legs.rung == ["15"]


def test_a_complaint_with_nobody_above_is_a_message(world):
    assert world.reaching(complaint=True).step()[0] == [TransferEnded(O.NOBODY)]
    assert world.reaching(department=None, complaint=True).step()[0] == [TransferEnded(O.NOBODY)]
    assert world.legs.rung == []


def test_who_begins_to_complain_while_their_unit_rings_is_taken_from_it(world):
    world.office = WATCHED
    world.reaching().step()
    first = world.latest
    complaining = world.reaching(complaint=True)
    complaining.step()

    assert world.legs.ended == [f"leg{first}"]
    assert world.legs.rung == ["11", "15"]


# After somebody had the caller


def test_who_took_the_call_and_never_came_is_not_rung_again(world):
    reaching = world.reaching()
    reaching.step()
    world.record.accept(world.latest)
    world.record.joined(CALL)
    world.clock.pass_(20)
    world.record.not_coming(CALL)
    world.reaching().step()

    assert world.legs.rung == ["11", "12"]


def hand_on(world, person="11"):
    reaching = world.reaching()
    reaching.step()
    assert world.legs.rung[-1] == person
    world.record.accept(world.latest)
    world.record.joined(CALL)
    world.record.met(CALL)
    world.record.offer_handing_on(CALL)
    world.record.begin_handing_on(world.latest)
    return world.record.hand_on(world.latest, "rsj", "")


def test_who_handed_the_caller_on_is_not_rung_and_takes_them_back_the_second_time(world):
    assert hand_on(world) is False
    world.news("completed")
    assert hand_on(world, "12") is True
    stayed = world.latest
    reaching = world.reaching()
    reaching.step()
    assert world.legs.rung == ["11", "12", "14"], "the lead is left"
    world.news("busy")

    assert reaching.step()[0] == [PersonAccepted(room_of(CALL))], "back to who stayed on the line"
    assert world.record.stands(stayed).state is HandingState.TAKEN_BACK

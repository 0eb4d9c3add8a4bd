"""Whom to ring for a caller we owe a call, when, and how often; on both databases."""

from dataclasses import dataclass, field, replace
from datetime import time, timedelta

import pytest

from tests.cases.office import OFFICE, at
from voicebot.cases.calling_back import MOST_LOST, CallingBack, next_permitted, permitted
from voicebot.cases.terms import terms_maker
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.errors import OperatorError, RemoteError, StoreLost
from voicebot.events import EndReason
from voicebot.staffing.legs import NoLegs
from voicebot.staffing.policy import CallbackPolicy
from voicebot.staffing.roster import Absence
from voicebot.store.numbers import NumberKey
from voicebot.store.record import Record
from voicebot.store.seal import Seal
from voicebot.store.words import CallbackOutcome, CallbackState

CALLER, LINE, DESK = "+15005550009", "+15005550001", "+15005550099"
SECRET = "a secret of more than sixteen characters"
HALF_HOUR = timedelta(minutes=30)
O = CallbackOutcome  # noqa: E741


@dataclass
class FakeLegs:
    """A provider that rings whom it is told to, or fails as told."""

    fails: list = field(default_factory=list)
    rung: list = field(default_factory=list)
    ended: list = field(default_factory=list)
    shown: list = field(default_factory=list)

    def ring_for_callback(self, attempt, number, caller_id, ring_s):
        self.rung.append((attempt, number[-4:]))
        self.shown.append(caller_id)
        if self.fails:
            raise self.fails.pop(0)
        return f"leg{attempt}"

    def end(self, leg):
        self.ended.append(leg)


class World:
    """A record, an office and a provider; `differs` of the office."""

    def __init__(self, database, clock, **differs):
        self.clock = clock
        self.office = replace(OFFICE, **differs)
        self.record = Record(
            database, NumberKey(SECRET), clock, terms=terms_maker(lambda: self.office), seal=Seal(SECRET)
        )
        self.legs = FakeLegs()
        self.calls = 0

    def missed(self, kind=TicketKind.CALL, department="rsj", line=LINE, number=CALLER):
        """A call that ended with an open ticket."""
        self.calls += 1
        call = f"CA{self.calls}"
        self.record.call_started(call, number, line)
        ticket = self.record.open_ticket(call, OpenTicket(kind, Reason.KEY, department, None, "按零"))
        self.record.call_ended(call, EndReason.CALLER_HUNG_UP)
        return ticket

    def run(self, legs=None, line=""):
        """The phones that ring because of this run, by their last four digits."""
        before = len(self.legs.rung)
        CallingBack(self.record, lambda: self.office, legs or self.legs, line, self.clock).run()
        return [number for _, number in self.legs.rung[before:]]

    def ends(self, outcome):
        """How the latest try ended."""
        attempt = self.legs.rung[-1][0]
        if outcome in (O.NO_ANSWER, O.BUSY, O.UNREACHABLE):
            self.record.accept_callback(attempt)
            status = {O.NO_ANSWER: "no-answer", O.BUSY: "busy", O.UNREACHABLE: "failed"}[outcome]
            self.record.callback_dialled(attempt, status)
        else:
            self.record.refuse_callback(attempt, outcome)
        self.record.callback_news(attempt, "completed")

    @property
    def owed(self):
        """The one callback."""
        (one,) = self.record.owed_callbacks()
        return one.callback


@pytest.fixture
def make_world(database, clock):
    clock.time = at("2026-11-20 15:00")  # a Friday
    return lambda **differs: World(database, clock, **differs)


@pytest.fixture
def world(make_world):
    return make_world()


# Hours


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-20 08:29", "2026-11-20 08:30"),
        ("2026-11-20 08:30", "2026-11-20 08:30"),
        ("2026-11-20 20:29:59", "2026-11-20 20:29:59"),
        ("2026-11-20 20:30", "2026-11-21 08:30"),
        ("2026-11-20 23:59", "2026-11-21 08:30"),
        ("2026-11-21 00:00", "2026-11-21 08:30"),
    ],
)
def test_when_callers_may_be_called(now, then):
    assert next_permitted(CallbackPolicy(), at(now)) == at(then)
    assert permitted(CallbackPolicy(), at(now)) == (now == then)


def test_hours_over_midnight():
    policy = CallbackPolicy(start=time(20), end=time(6))

    assert [permitted(policy, at(f"2026-11-20 {clock}")) for clock in ("19:59", "20:00", "05:59", "06:00")] == [
        False,
        True,
        True,
        False,
    ]
    assert next_permitted(policy, at("2026-11-20 06:00")) == at("2026-11-20 20:00")


def test_nobody_is_called_at_night(make_world, clock):
    world = make_world(desk_number=DESK, roster=type(OFFICE.roster)())  # a desk that is there day and night
    clock.time = at("2026-11-20 20:30")
    world.missed(department=None)
    assert world.run() == []
    assert world.owed.due_at == at("2026-11-21 08:30")

    clock.time = at("2026-11-21 08:29:59")
    assert world.run() == []
    clock.time = at("2026-11-21 08:30")
    assert world.run() == ["0099"]


def test_nobody_is_rung_so_late_that_the_caller_would_be_called_too_late(make_world, clock):
    world = make_world(desk_number=DESK, roster=type(OFFICE.roster)())
    clock.time = at("2026-11-20 20:29")
    world.missed(department=None)

    assert world.run() == []
    assert world.owed.due_at == at("2026-11-21 08:30")


# Whom


def test_the_owner_first(world):
    world.missed()
    with world.record.ticket_changing(1) as (_, ticket):
        ticket.owner = "w2"

    assert world.run() == ["0012"]


def test_an_owner_from_another_department_who_is_on_duty(world):
    world.missed()
    with world.record.ticket_changing(1) as (_, ticket):
        ticket.owner = "w3"

    assert world.run() == ["0013"]


def test_an_owner_on_leave_is_not_rung(make_world):
    away = Absence("w1", at("2026-11-20 00:00"), at("2026-11-22 00:00"))
    world = make_world(roster=replace(OFFICE.roster, absences=(away,)))
    world.missed()
    with world.record.ticket_changing(1) as (_, ticket):
        ticket.owner = "w1"

    assert world.run() == ["0012"]


def test_who_does_not_take_it_is_followed_by_the_next(world):
    world.missed()
    assert world.run() == ["0011"]
    assert world.run() == [], "it rings"
    world.ends(O.STAFF_DECLINED)
    assert world.run() == ["0012"]
    world.ends(O.STAFF_VOICEMAIL)

    assert world.run() == []
    assert (world.owed.state, world.owed.tries) == (CallbackState.DUE, 1)
    assert world.owed.due_at == world.clock() + HALF_HOUR


def test_when_all_are_busy_nothing_is_counted(world):
    world.missed()
    world.missed(number="+15005550010")
    world.missed(number="+15005550011")

    assert world.run() == ["0011", "0012"]
    assert world.run() == []
    assert [one.callback.tries for one in world.record.owed_callbacks()] == [0, 0, 0]


def test_emergencies_first(world):
    world.missed()
    world.missed(TicketKind.EMERGENCY, number="+15005550010")

    assert world.run() == ["0011", "0012"]
    assert [world.record.callback_about(n).ticket.kind for n in (1, 2)] == [TicketKind.EMERGENCY, TicketKind.CALL]


def test_when_nobody_is_on_duty_it_waits_for_the_office_to_open(world, clock):
    clock.time = at("2026-11-20 18:00")  # after work, yet callers may be called
    world.missed()

    assert world.run() == []
    assert (world.owed.state, world.owed.tries) == (CallbackState.DUE, 0)
    assert world.owed.due_at == at("2026-11-20 19:00"), "the roster may change"
    clock.time = at("2026-11-23 08:30")
    assert world.run() == ["0011"]


def test_the_desk_takes_as_many_as_it_has_lines(make_world):
    transfer = replace(OFFICE.transfer, desk_lines=2)
    world = make_world(desk_number=DESK, roster=type(OFFICE.roster)(), transfer=transfer)
    for n in range(3):
        world.missed(department=None, number=f"+1500555002{n}")

    assert world.run() == ["0099", "0099"]
    assert world.record.busy() == {"desk", "desk#2"}


def test_a_complaint_never_rings_the_unit_complained_of(make_world):
    supervisors = replace(OFFICE.roster.shifts[3], department="zfb")
    world = make_world(roster=replace(OFFICE.roster, shifts=(*OFFICE.roster.shifts[:3], supervisors)))
    world.missed(TicketKind.COMPLAINT, department="gjj")
    with world.record.ticket_changing(1) as (_, ticket):
        ticket.unit = "zfb"
    assert world.run() == ["0013"]

    world.missed(TicketKind.COMPLAINT, department="rsj", number="+15005550010")  # w3 answers for rsj too
    assert world.run() == []
    assert [one.callback.state for one in world.record.owed_callbacks()][-1] is not CallbackState.CALLING


def test_a_complaint_over_which_nobody_is_rostered_is_dialled_by_hand(world):
    world.missed(TicketKind.COMPLAINT)

    assert world.run() == []
    assert [one.ticket.unit for one in world.record.dial_list()] == ["zfb"]


def test_staff_see_the_line_not_the_caller(world):
    world.missed()
    world.run(line="+15005550077")
    world.ends(O.STAFF_DECLINED)
    world.run()

    assert world.legs.shown == ["+15005550077", LINE]


# How often


def test_a_caller_who_does_not_answer_is_tried_again_and_then_by_hand(world, clock):
    world.missed()
    for rounds in (1, 2):
        assert world.run() == ["0011"]
        world.ends(O.NO_ANSWER)
        assert world.run() == []
        assert (world.owed.state, world.owed.tries) == (CallbackState.DUE, rounds)
        clock.pass_(29 * 60)
        assert world.run() == []
        clock.pass_(61)
    assert world.run() == ["0011"]
    world.ends(O.BUSY)
    world.run()

    assert (world.owed.state, world.owed.tries) == (CallbackState.BY_HAND, 3)
    ticket = world.record.tickets_of("CA1")[0]
    assert (ticket.tries, ticket.closed_at) == (3, None)
    lines = [(str(line.change), line.who) for line in world.record.history_of(ticket.id)][2:]
    assert lines == [("try", "w1"), ("try", "w1"), ("try", "w1"), ("note", "line")]


def test_a_number_that_cannot_be_reached_is_dialled_by_hand(world):
    world.missed()
    world.run()
    world.ends(O.UNREACHABLE)
    world.run()

    assert world.owed.state is CallbackState.BY_HAND


@pytest.mark.parametrize("why", ["policy", "provider", "seal"])
def test_what_the_line_cannot_call_is_dialled_by_hand(make_world, why, sql):
    world = make_world(callback=CallbackPolicy(by_provider=why != "policy"))
    world.missed()
    if why == "seal":
        sql("UPDATE calls SET caller_sealed = 'damaged'")

    assert world.run(NoLegs() if why == "provider" else None) == []
    assert world.owed.state is CallbackState.BY_HAND
    assert world.record.open_tickets()


def test_without_a_number_to_show_nobody_is_rung(world):
    world.missed(line="")

    assert world.run() == []
    assert world.owed.state is CallbackState.BY_HAND


# What breaks


def test_a_phone_the_provider_refuses_is_followed_by_the_next(world):
    world.legs.fails = [RemoteError("twilio-21211", "no such number")]
    world.missed()
    world.run()
    world.clock.pass_(10)

    assert world.run() == ["0012"]


def test_a_provider_that_is_away_costs_no_try_at_first(world):
    away = OperatorError("provider-unreachable", "no answer")
    world.legs.fails = [away, away]
    world.missed()
    world.missed(number="+15005550010")
    for _ in range(2):
        assert world.run() == ["0011"], "the other one is not even tried"
        world.clock.pass_(10)

    assert world.run() == ["0011", "0012"]
    assert [one.callback.tries for one in world.record.owed_callbacks()] == [0, 0]


def test_a_provider_that_stays_away_ends_the_round(world):
    world.legs.fails = [OperatorError("provider-unreachable", "no answer")] * MOST_LOST
    world.missed()
    for _ in range(MOST_LOST):
        world.run()
        world.clock.pass_(10)
    world.run()

    assert (world.owed.tries, world.owed.state) == (1, CallbackState.DUE)


class Losing:
    """A record that is lost as soon as a phone rings."""

    def __init__(self, record):
        self._record = record

    def __getattr__(self, name):
        return getattr(self._record, name)

    def callback_rang(self, *_):
        raise StoreLost("store-lost", "gone")


def test_a_leg_that_cannot_be_written_down_is_ended(world, clock):
    world.missed()
    job = CallingBack(Losing(world.record), lambda: world.office, world.legs, "", clock)
    with pytest.raises(StoreLost):
        job.run()
    assert world.legs.ended == ["leg1"]

    clock.pass_(16)
    assert world.run() == ["0011"], "its lease is over, and nobody was rung"


def test_a_silent_leg_is_ended_and_the_next_is_rung(world, clock):
    world.missed()
    world.run()
    clock.pass_(36)

    assert world.run() == ["0012"]
    assert world.legs.ended == ["leg1"]


class Killed(BaseException):
    """SIGKILL."""


def _silent(world):
    world.run()
    world.clock.pass_(36)


def _in_vain(world):
    world.run()
    world.ends(O.NO_ANSWER)


KILLED_AFTER = {
    "promise_missed": lambda world: None,
    "claim_callback": lambda world: None,
    "callback_rang": lambda world: None,
    "refuse_callback": lambda world: world.legs.fails.append(RemoteError("twilio-21211", "no such number")),
    "callback_lost": _silent,
    "next_round": _in_vain,
}


@pytest.mark.parametrize("step", KILLED_AFTER)
def test_killed_after_any_step_it_goes_on(world, clock, step):
    """The process is gone; a new one finds everything in the record."""
    world.missed()
    KILLED_AFTER[step](world)
    with pytest.raises(Killed):
        CallingBack(Dying(world.record, step), lambda: world.office, world.legs, "", clock).run()
    clock.pass_(3600)
    rung = world.run() or world.run()

    assert len(rung) == 1
    attempt = world.legs.rung[-1][0]
    assert world.record.accept_callback(attempt).number == CALLER
    world.record.callback_dialled(attempt, "completed", True, 60)
    assert world.record.owed_callbacks() == []
    assert [str(ticket.state) for ticket in world.record.tickets_of("CA1")] == ["resolved"]


class Dying(Losing):
    """A record whose process is killed right after a step."""

    def __init__(self, record, step):
        super().__init__(record)
        self._step = step

    def __getattr__(self, name):
        found = getattr(self._record, name)
        if name != self._step:
            return found

        def last(*args, **more):
            found(*args, **more)
            raise Killed

        return last

    def callback_rang(self, *args):
        self.__getattr__("callback_rang")(*args)

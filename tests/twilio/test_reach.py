"""A person is reached in a thread beside the stream."""

import threading

import pytest

from voicebot.errors import StoreLost
from voicebot.events import (
    Fault,
    FaultOccurred,
    PersonAccepted,
    Stage,
    TransferEnded,
    TransferOutcome,
    TransferProgressed,
)
from voicebot.twilio.reaching import Reach, Reaches

RINGING = TransferProgressed(Stage.RINGING, 0.0)
ACCEPTED = PersonAccepted("case-CA1")
LONG = 60.0


class Script:
    """Steps as told; after the last one nothing is due for long. `stepped` lets a test wait for a step."""

    def __init__(self, *steps):
        self.steps = list(steps)
        self.stopped = []
        self.stepped = threading.Semaphore(0)

    def step(self):
        step = self.steps.pop(0) if self.steps else ([], LONG)
        self.stepped.release()
        if isinstance(step, Exception):
            raise step
        return step

    def stop(self, outcome):
        self.stopped.append(outcome)


def drain(reach):
    reach.join(5.0)
    return reach.events()


def test_what_happens_comes_in_order_and_ends():
    script = Script(([RINGING], 0.0), ([ACCEPTED], LONG), ([TransferEnded(TransferOutcome.FAILED)], LONG))

    assert drain(Reaches().open("CA1", lambda: script)) == [RINGING, ACCEPTED]
    assert not script.stopped


def test_news_are_looked_for_when_poked():
    script = Script(([RINGING], LONG), ([ACCEPTED], LONG))
    reaches = Reaches()
    reach = reaches.open("CA1", lambda: script)
    script.stepped.acquire(timeout=5)

    reaches.poke("CA2")  # another call's
    reaches.poke("CA1")

    assert drain(reach) == [RINGING, ACCEPTED]


@pytest.mark.parametrize("outcome", [TransferOutcome.CALLER_LEFT])
def test_stopping_ends_the_leg_in_the_thread(outcome):
    script = Script(([RINGING], LONG))
    reach = Reaches().open("CA1", lambda: script)
    script.stepped.acquire(timeout=5)

    reach.stop(outcome)
    reach.join(5.0)

    assert script.stopped == [outcome]


def test_abandoning_lets_the_phone_ring():
    script = Script(([RINGING], LONG))
    reach = Reaches().open("CA1", lambda: script)
    script.stepped.acquire(timeout=5)

    reach.abandon()
    reach.join(5.0)

    assert script.stopped == []


@pytest.mark.parametrize(
    ("broken", "fault"), [(StoreLost("store-lost", "gone"), Fault.STORE), (ZeroDivisionError(), Fault.BUG)], ids=repr
)
@pytest.mark.parametrize("when", ["begin", "step"])
def test_what_breaks_is_told(broken, fault, when):
    def begin():
        if when == "begin":
            raise broken
        return Script(broken)

    assert drain(Reaches().open("CA1", begin)) == [FaultOccurred(fault)]


def test_stopped_before_it_began():
    gate = threading.Event()
    script = Script()

    def begin():
        gate.wait(5)
        return script

    reach = Reach(begin)
    reach.start()
    reach.stop(TransferOutcome.CALLER_LEFT)
    gate.set()
    reach.join(5.0)

    assert script.stopped == [TransferOutcome.CALLER_LEFT]


def test_another_way_of_reaching_begins_after_the_last_step_of_the_first():
    inside, gate, order = threading.Event(), threading.Event(), []

    class Slow(Script):
        def step(self):
            inside.set()
            gate.wait(5)
            order.append("last step")
            return super().step()

    def second():
        order.append("begun")
        return Script(([ACCEPTED], LONG))

    reaches = Reaches()
    first = Slow(([RINGING], LONG))
    reaches.open("CA1", lambda: first)
    inside.wait(5)
    reach = reaches.open("CA1", second)
    gate.set()

    assert drain(reach) == [ACCEPTED]
    assert order == ["last step", "begun"]
    assert first.stopped == [], "the phone goes on ringing"

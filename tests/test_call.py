"""The pump: what is stored before what is said, and who takes over when something breaks."""

import pytest

from tests.dialogue.conftest import FAQ, KNOWLEDGE, SCRIPT, TUNING
from tests.twilio.world import Log
from voicebot.call import react, run_call
from voicebot.dialogue import Dialogue, Knowledge, State
from voicebot.dialogue.commands import HandOver, OpenTicket, Play, Reason, RecordTurn, TakeMessage
from voicebot.events import (
    CallEnded,
    CallStarted,
    EndReason,
    Fault,
    FaultOccurred,
    KeyPressed,
    TransferEnded,
    TransferOutcome,
    UtteranceHeard,
    typed,
)

HUNG_UP = CallEnded(EndReason.CALLER_HUNG_UP)
BEGIN = [CallStarted(), UtteranceHeard(typed("补卡"), 1.0)]


class FakeLine:
    """Happens as scripted (an exception in the script is raised) and remembers what it was told to do, in the same
    journal as the log. Fails to perform what is in `broken`.
    """

    def __init__(self, script, journal, broken=()):
        self._script = script
        self._journal = journal
        self._broken = broken
        self.happened = []

    def events(self):
        for event in self._script:
            if isinstance(event, Exception):
                raise event
            self.happened.append(event)
            yield event

    def perform(self, command):
        if isinstance(command, self._broken):
            raise OSError("the line is on fire")
        self._journal.append(command)


def call(script, *, lost=(), broken=(), knowledge=KNOWLEDGE, dialogue=None):
    log = Log(lost=lost)
    line = FakeLine(script, log.committed, broken)
    dialogue = dialogue or Dialogue(knowledge, SCRIPT, TUNING)
    run_call(line, dialogue, log)
    return line, dialogue, log


def kinds(log):
    return [type(command) for command in log.committed]


def hand_over(log):
    return next((command for command in log.committed if isinstance(command, HandOver)), None)


def test_a_ticket_is_stored_before_anyone_is_rung():
    _, _, log = call([*BEGIN, KeyPressed("0")])

    assert kinds(log)[-2:] == [OpenTicket, HandOver]


def test_a_turn_is_stored_before_its_answer_is_said():
    _, _, log = call(BEGIN)

    assert kinds(log).index(RecordTurn) < max(n for n, kind in enumerate(kinds(log)) if kind is Play)


def test_without_a_record_a_person_is_rung_without_a_ticket():
    _, dialogue, log = call([*BEGIN, KeyPressed("0")], lost=(OpenTicket, RecordTurn))

    assert OpenTicket not in kinds(log)
    assert hand_over(log).reason is Reason.STORE_FAULT
    assert dialogue.state is State.TRANSFERRING
    assert dialogue.snapshot()["tickets"] == []


def test_no_ticket_is_promised_that_was_not_stored():
    script = [*BEGIN, KeyPressed("0"), TransferEnded(TransferOutcome.NO_ANSWER)]
    _, _, log = call(script, lost=(OpenTicket,))
    [message] = [command for command in log.committed if isinstance(command, TakeMessage)]

    assert message.clips == (SCRIPT.clip("take_message_fault"),)


def test_a_turn_that_cannot_be_stored_disturbs_nobody():
    _, dialogue, log = call(BEGIN, lost=(RecordTurn,))

    assert dialogue.state is State.ANSWERED
    assert hand_over(log) is None


def test_a_bug_in_the_dialogue_brings_a_person():
    def understand(hypotheses):
        raise ZeroDivisionError

    _, dialogue, log = call(BEGIN, knowledge=Knowledge(FAQ, understand))

    assert hand_over(log).reason is Reason.FAULT
    assert dialogue.state is State.TRANSFERRING


def test_a_bug_and_a_lost_record_still_bring_a_person():
    def understand(hypotheses):
        raise ZeroDivisionError

    _, _, log = call(BEGIN, knowledge=Knowledge(FAQ, understand), lost=(OpenTicket, RecordTurn))

    assert hand_over(log) is not None


class Hopeless(Dialogue):
    """Fails at everything."""

    def receive(self, event):
        raise ZeroDivisionError


def test_a_dialogue_that_always_fails_brings_a_person():
    _, _, log = call(BEGIN, dialogue=Hopeless(KNOWLEDGE, SCRIPT, TUNING))

    assert hand_over(log) == HandOver(Reason.FAULT, None, "", direct=True)


def test_a_line_that_performs_nothing_stops_nothing():
    line, _, _ = call([*BEGIN, HUNG_UP], broken=(object,))

    assert line.happened == [*BEGIN, HUNG_UP]


def test_a_line_that_breaks_brings_a_person():
    line, _, log = call([*BEGIN, OSError("no more events")])

    assert line.happened == BEGIN
    assert hand_over(log).reason is Reason.FAULT
    assert OpenTicket in kinds(log)


def test_a_record_that_breaks_its_word_brings_a_person():
    class Raising(Log):
        def event(self, event):
            raise OSError

    log = Raising()
    run_call(FakeLine(BEGIN, log.committed), Dialogue(KNOWLEDGE, SCRIPT, TUNING), log)

    assert hand_over(log) is not None


def test_nothing_happens_after_the_end():
    line, dialogue, log = call([*BEGIN, HUNG_UP, KeyPressed("0")])

    assert line.happened[-1] == HUNG_UP
    assert log.events_seen[-1] == HUNG_UP
    assert dialogue.state is State.ENDED
    assert hand_over(log) is None


def test_a_line_that_is_left_ends_the_pump_but_not_the_call():
    _, dialogue, log = call([*BEGIN, KeyPressed("0")])

    assert dialogue.state is State.TRANSFERRING
    assert not [event for event in log.events_seen if isinstance(event, CallEnded)]


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_brings_a_person(fault):
    log = Log()
    dialogue = Dialogue(KNOWLEDGE, SCRIPT, TUNING)
    react(FakeLine([], log.committed), dialogue, log, CallStarted())
    react(FakeLine([], log.committed), dialogue, log, FaultOccurred(fault))

    assert hand_over(log) is not None

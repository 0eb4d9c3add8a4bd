"""A call watched."""

import pytest

from tests.lines.world import KNOWLEDGE, SCRIPT, TUNING, MemoryLog, call
from voicebot.call import run_call
from voicebot.dialogue import Dialogue
from voicebot.dialogue.commands import HandOver, OpenTicket, Play, RecordTurn
from voicebot.errors import StoreLost
from voicebot.events import CallEnded, CallStarted, EndReason, KeyPressed
from voicebot.lines.turns import Pressed
from voicebot.lines.watch import Watched


class ShortLine:
    """A line with these events and nothing to perform with."""

    now = 1.5

    def __init__(self, *events):
        self.given, self.performed = events, []

    def events(self):
        for event in self.given:
            if isinstance(event, Exception):
                raise event
            yield event

    def perform(self, command):
        self.performed.append(command)


def watched(*events, log=None):
    told = []
    watch = Watched(line := ShortLine(*events), log or MemoryLog(), lambda t, item: told.append((t, item)))
    run_call(watch, Dialogue(KNOWLEDGE, SCRIPT, TUNING), watch)
    return watch, line, told


END = CallEnded(EndReason.CALLER_HUNG_UP)


def test_everything_is_told_once_and_passed_on():
    watch, line, told = watched(CallStarted(), KeyPressed("0"), END)
    items = [item for _, item in told]
    assert [item for item in items if item in line.performed] == line.performed
    assert {type(item) for item in items} >= {CallStarted, KeyPressed, Play, RecordTurn, OpenTicket, HandOver}
    assert {t for t, _ in told} == {1.5}
    assert watch.ended


def test_a_ticket_that_could_not_be_stored_is_not_told():
    told = call(Pressed("0"), log=MemoryLog(lost=True)).told
    assert not [item for _, item in told if isinstance(item, OpenTicket)]


@pytest.mark.parametrize("events", [(CallStarted(),), (CallStarted(), RuntimeError("broken"), END)])
def test_a_line_that_broke_has_not_ended(events, caplog):
    watch, _, _ = watched(*events)
    assert not watch.ended


def test_the_watch_does_not_hide_that_the_record_is_lost():
    watch = Watched(ShortLine(), MemoryLog(lost=True), lambda t, item: None)
    with pytest.raises(StoreLost):
        watch.commit(OpenTicket("call", "key-0", None, None, ""))

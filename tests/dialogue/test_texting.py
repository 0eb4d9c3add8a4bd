"""What a caller may have in writing: asked for by key or word, never sent unasked, and only where it could arrive."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.dialogue.conftest import FAQ, KNOWLEDGE, Call
from voicebot.dialogue import Knowledge, State
from voicebot.dialogue.commands import HangUp, RecordTurn, SendText
from voicebot.events import (
    Caller,
    Fault,
    FaultOccurred,
    KeyPressed,
    MessageTaken,
    TicketStored,
    TransferEnded,
    TransferOutcome,
)
from voicebot.faq import Faq

NOW = datetime(2026, 11, 23, 1, 10, tzinfo=UTC)
STORED = TicketStored("100024", NOW + timedelta(hours=2), True, NOW)
LONG = Faq(FAQ.departments, (replace(FAQ.entries[0], sms="地址、材料和表格……"), *FAQ.entries[1:]))
WITH_MORE = Knowledge(LONG, KNOWLEDGE.understand)


def talking(*, textable=True, knowledge=WITH_MORE):
    return Call(knowledge, caller=Caller("key", "1234", textable=textable))


def waiting(*, textable=True):
    call = talking(textable=textable)
    call.give(KeyPressed("0"))
    call.give(STORED)
    return call


def texts(commands):
    return [command for command in commands if isinstance(command, SendText)]


def hung_up(commands):
    [command] = [command for command in commands if isinstance(command, HangUp)]
    return [clip.name.removeprefix("prompts/") for clip in command.clips], command.wait_s > 0


OFFERED = {
    "there is more": ({}, "补卡", "after_answer_text"),
    "there is no more": ({}, "失业", "after_answer"),
    "it could not arrive": ({"textable": False}, "补卡", "after_answer"),
}


@pytest.mark.parametrize(("case", "question", "prompt"), OFFERED.values(), ids=OFFERED)
def test_after_an_answer(case, question, prompt):
    call = talking(**case)
    call.say(question)

    assert call.spoken()[-1] == f"prompts/{prompt}"


@pytest.mark.parametrize("ask", [lambda call: call.give(KeyPressed("#")), lambda call: call.say("发短信给我")])
def test_the_long_answer(ask):
    call = talking()
    call.say("补卡")
    commands = ask(call)

    assert texts(commands) == [SendText("rsj-001")]
    assert call.spoken()[-1] == "prompts/text_sent"
    assert call.dialogue.state is State.ANSWERED, "they may go on asking"


@pytest.mark.parametrize("case", [{"textable": False}, {"knowledge": KNOWLEDGE}], ids=["unreachable", "no more"])
def test_no_text_without_more_or_without_a_number(case):
    call = talking(**case)
    call.say("补卡")

    assert texts(call.give(KeyPressed("#"))) == []
    assert call.spoken()[-1] == "prompts/listening"


def test_what_was_promised_after_a_message():
    call = waiting()
    call.give(TransferEnded(TransferOutcome.NOBODY))

    assert hung_up(call.give(MessageTaken(4.0))) == (["message_kept", "text_offer"], True)
    commands = call.give(KeyPressed("1"))
    assert texts(commands) == [SendText(None)]
    assert hung_up(commands) == (["text_saved"], False)


def test_what_was_promised_when_a_call_back_is_chosen():
    call = waiting()
    names, waits = hung_up(call.give(KeyPressed("1")))

    assert (names[0], names[-1], waits) == ("callback_booked", "text_offer", True)
    assert texts(call.give(KeyPressed("1"))) == [SendText(None)]


def test_unreachable_callers_are_offered_nothing():
    call = waiting(textable=False)
    call.give(TransferEnded(TransferOutcome.NOBODY))

    assert hung_up(call.give(MessageTaken(4.0))) == (["message_saved"], False)


ANSWERS = {
    "0 is a person": (KeyPressed("0"), State.TRANSFERRING),
    "any other key is no": (KeyPressed("5"), State.LEAVING),
    "what cannot be kept is not promised": (FaultOccurred(Fault.STORE), State.LEAVING),
}


@pytest.mark.parametrize(("event", "state"), ANSWERS.values(), ids=ANSWERS)
def test_other_answers(event, state):
    call = waiting()
    call.give(TransferEnded(TransferOutcome.NOBODY))
    call.give(MessageTaken(0.0))
    assert call.dialogue.state is State.TEXTING
    commands = [c for c in call.give(event) if not isinstance(c, RecordTurn)]

    assert texts(commands) == []
    assert call.dialogue.state is state
    assert "prompts/text_saved" not in [clip.name for c in commands for clip in getattr(c, "clips", ())]

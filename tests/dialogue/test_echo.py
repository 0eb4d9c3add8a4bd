"""Our own voice, come back from the caller's loudspeaker, neither interrupts us nor asks anything."""

import pytest

from tests.dialogue.conftest import SCRIPT
from voicebot.dialogue import State
from voicebot.dialogue.commands import Decision, HandOver, RecordTurn, StopPlayback
from voicebot.dialogue.echo import sounds_within
from voicebot.events import PartialHeard, SpeechStarted

GREETING = SCRIPT.clip("greeting").text


@pytest.mark.parametrize(
    "words", [GREETING, "我是智能语音助手", "我是只能语音住手", "请直接说您的问题任何时候", "政务服务热线"]
)
def test_what_we_say_is_an_echo(words):
    assert sounds_within(words, GREETING)


@pytest.mark.parametrize("words", ["社保卡丢了怎么补办", "公积金", "你说慢一点", "", GREETING * 2])
def test_what_others_say_is_none(words):
    assert not sounds_within(words, GREETING)


def test_an_echo_interrupts_nothing_and_leads_to_nothing(call):
    call.give(SpeechStarted())
    for words in ("您好这里是", "您好这里是政务服务热线", "您好这里是政务服务热线我是智能"):
        assert not any(isinstance(command, StopPlayback) for command in call.give(PartialHeard(words)))

    reaction = call.say("您好这里是政务服务热线我是智能语音助手", 4.0)

    assert [command.decision for command in reaction if isinstance(command, RecordTurn)] == [Decision.IGNORED]
    assert call.dialogue.snapshot()["playing"] is not None
    assert call.dialogue.state is State.LISTENING


def test_the_same_words_after_we_have_spoken_are_the_callers(call):
    call.hear_out()

    assert any(
        isinstance(c, RecordTurn) and c.decision is not Decision.IGNORED for c in call.say("请直接说您的问题", 2.0)
    )


def test_who_wants_a_person_gets_one_although_we_say_it_too(call):
    call.give(SpeechStarted())
    call.give(PartialHeard("转人工"))

    assert any(isinstance(command, HandOver) for command in call.say("转人工"))

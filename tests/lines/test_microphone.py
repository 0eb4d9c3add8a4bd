"""Calls at the microphone: the same dialogue, fed by pieces of audio and typed characters."""

import numpy as np
import pytest

from tests.lines.world import SCRIPT, WorkerEar, run, tone
from voicebot.dialogue.commands import HandOver, Play, StopPlayback
from voicebot.errors import DeviceError
from voicebot.events import CallEnded, CallStarted, KeyPressed, PartialHeard, PromptFinished, UtteranceHeard
from voicebot.faq import duration
from voicebot.lines.exchange import Desk, Exchange
from voicebot.lines.microphone import MicrophoneLine
from voicebot.lines.mouth import Mouth
from voicebot.lines.plain_ear import PlainEar

LOST = "社保卡丢了怎么补办"
GREETING_S = duration.seconds(SCRIPT.prompts["greeting"])


def quiet(seconds):
    return blocks(np.zeros(round(seconds * 8000), np.int16))


def loud(seconds):
    return blocks(tone(seconds))


def blocks(pcm):
    return [pcm[start : start + 331] for start in range(0, len(pcm), 331)]


class Taped:
    """A handset that plays back what happened."""

    def __init__(self, *items):
        self.items = [one for item in items for one in (item if isinstance(item, list) else [item])]

    def next(self, timeout):
        item = self.items.pop(0) if self.items else "q"
        if isinstance(item, BaseException):
            raise item
        return item


class TalkingEar(WorkerEar):
    """Tells what it hears while it hears it."""

    def hear(self, pcm):
        super().hear(pcm)
        if any(np.abs(pcm) > 0) and not self.owed:
            self.out.append(PartialHeard(self.texts[0]))


def call(*items, ear=None, half_duplex=False, mailbox=None):
    line = MicrophoneLine(
        Taped(*items),
        exchange=Exchange(Mouth(), Desk.NO_ANSWER, mailbox),
        ear=ear or PlainEar(),
        opening=CallStarted(),
        half_duplex=half_duplex,
    )
    return run(line)


def ear(*texts):
    return TalkingEar(texts, late=2, settles=False)


def test_a_question_is_answered():
    over = call(quiet(GREETING_S + 1), loud(1.0), quiet(10), ear=ear(LOST))
    assert over.spoken == ["greeting", "rsj-001", "after_answer"]
    assert over.at(PromptFinished)[0] == pytest.approx(GREETING_S, abs=0.1)
    assert over.ended == "caller-hung-up"


def test_the_caller_interrupts_by_voice():
    over = call(quiet(2), loud(1.0), quiet(3), ear=ear(LOST))
    names = [type(item) for _, item in over.told]
    assert names.index(PartialHeard) < names.index(StopPlayback) < names.index(UtteranceHeard)
    assert over.at(StopPlayback) == [pytest.approx(2.0, abs=0.1)]
    assert over.spoken == ["greeting", "rsj-001", "after_answer"]


def test_half_duplex_does_not_hear_the_loudspeaker():
    over = call(quiet(2), loud(1.0), quiet(GREETING_S - 2), loud(1.0), quiet(3), ear=ear(LOST), half_duplex=True)
    assert over.at(UtteranceHeard)[0] > GREETING_S
    assert not over.all(StopPlayback)


def test_keys_are_typed():
    over = call(quiet(1), "x", "\n", "0", quiet(5))
    assert (over.all(KeyPressed), over.at(HandOver)) == ([KeyPressed("0")], [pytest.approx(1.0, abs=0.1)])


@pytest.mark.parametrize("end", ["q", "Q", KeyboardInterrupt()])
def test_hanging_up(end):
    over = call(quiet(1), end, quiet(5))
    assert (over.ended, over.at(CallEnded)) == ("caller-hung-up", [pytest.approx(1.0, abs=0.1)])


@pytest.mark.parametrize("end", [DeviceError("microphone-lost", "麦克风断开了。"), [None] * 40])
def test_a_microphone_that_is_gone_ends_the_call(end, caplog):
    over = call(quiet(1), end, quiet(5))
    assert (over.ended, len(over.all(CallEnded))) == ("connection-lost", 1)
    assert "麦克风" in caplog.text


def test_a_microphone_that_stutters_does_not():
    over = call(quiet(1), [None] * 20, quiet(1), [None] * 20, quiet(1))
    assert over.ended == "caller-hung-up"


def test_time_is_what_the_microphone_gave():
    over = call(quiet(GREETING_S + 4), ear=PlainEar())
    assert [play.clips[0].name for play in over.all(Play)] == ["prompts/greeting", "prompts/listening"]
    assert over.at(Play)[1] == pytest.approx(GREETING_S + 3.0, abs=0.6)


def test_a_message_is_kept_as_it_was_spoken():
    kept = []
    said = duration.seconds(SCRIPT.prompts["hand_over"]) + 20 + duration.seconds(SCRIPT.prompts["take_message"]) + 0.5
    over = call("0", quiet(said), loud(2.0), quiet(1), "#", quiet(12), ear=ear("请回电话"), mailbox=kept.append)
    assert over.spoken[-1] == "message_saved"
    assert [np.abs(pcm).max() for pcm in kept] == [pytest.approx(4000, abs=2)]
    assert over.ended == "line-hung-up"

"""The simulated office: what it says takes its time, the desk rings, messages end. And the clock it may be heard by."""

import numpy as np
import pytest

from voicebot import audio
from voicebot.dialogue.commands import Clip, HandOver, HangUp, Play, Reason, StopPlayback, TakeMessage
from voicebot.events import (
    CallEnded,
    EndReason,
    KeyPressed,
    MessageTaken,
    PromptFinished,
    SilenceHeard,
    SpeechStarted,
    TransferEnded,
    TransferOutcome,
    UtteranceHeard,
    typed,
)
from voicebot.lines.exchange import Desk, Doing, Exchange
from voicebot.lines.mouth import BEEP_S, Mouth
from voicebot.lines.realtime import RealTime

CLIP = Clip("prompts/listening", "我在听，请直接说您的问题。")


class TwoSeconds:
    def audio(self, clip, slow):
        return audio.silence(2.5 if slow else 2.0) if clip == CLIP else None


class Heard:
    """A loudspeaker that notes what comes out of it."""

    latency = 0.25

    def __init__(self):
        self.out = []

    def play(self, ulaw):
        self.out.append(audio.seconds(ulaw))

    def hush(self):
        self.out.append("hush")


def office(desk=Desk.NO_ANSWER, speaker=None, mailbox=None):
    return Exchange(Mouth(TwoSeconds(), speaker), desk, mailbox)


def happened(exchange, until, step=0.1, start=0.0):
    """Everything that happens until then, with its time."""
    events = []
    for tick in range(round((until - start) / step) + 1):
        now = start + tick * step
        while (event := exchange.due(now)) is not None:
            events.append((round(now, 1), event))
    return events


@pytest.mark.parametrize(("slow", "lasts"), [(False, 2.0), (True, 2.5)])
def test_a_prompt_takes_as_long_as_its_recording(slow, lasts):
    exchange = office()
    exchange.perform(Play(7, (CLIP,), slow), 1.0)
    assert exchange.doing is Doing.SAYING
    assert happened(exchange, 5, start=1.0) == [(1.0 + lasts, PromptFinished(7))]
    assert exchange.doing is Doing.WAITING


def test_a_prompt_that_is_stopped_never_finishes():
    exchange = office()
    exchange.perform(Play(7, (CLIP,)), 0.0)
    exchange.perform(StopPlayback(), 1.0)
    assert happened(exchange, 9) == []


def test_the_caller_hears_the_latest_thing_only():
    exchange = office(speaker=(heard := Heard()))
    exchange.perform(Play(1, (CLIP,)), 0.0)
    exchange.perform(HandOver(Reason.KEY, None, "", clips=(CLIP,)), 0.5)
    assert heard.out == ["hush", 2.0, "hush", 2.0, 20.0]
    assert [e for _, e in happened(exchange, 60)] == [TransferEnded(TransferOutcome.NO_ANSWER)]


def test_a_loudspeaker_that_is_late_is_waited_for():
    exchange = office(speaker=Heard())
    exchange.perform(Play(1, (CLIP,)), 0.0)
    assert happened(exchange, 9, step=0.05) == [(2.2, PromptFinished(1))]


def test_a_connected_call_ends_as_one():
    exchange = office(Desk.ACCEPT)
    exchange.perform(HandOver(Reason.KEY, None, "", clips=(CLIP,)), 0.0)
    assert happened(exchange, 60) == [(28.0, TransferEnded(TransferOutcome.ACCEPTED))]
    exchange.perform(HangUp(), 60.0)
    assert exchange.due(60.0) == CallEnded(EndReason.CONNECTED_AND_OVER)


def recording(mailbox=None):
    exchange = office(mailbox=mailbox)
    exchange.perform(TakeMessage((CLIP,)), 0.0)
    assert happened(exchange, 2.0 + BEEP_S) == []
    assert exchange.doing is Doing.RECORDING
    return exchange


SPOKEN = [SpeechStarted(), UtteranceHeard(typed("请回电话"), 1.2)]
MESSAGES = {
    "six seconds of silence": ([SilenceHeard(0.5)] * 12, 0.0),
    "the hash key": ([KeyPressed("#")], 0.0),
    "said, then silent": ([*SPOKEN, *[SilenceHeard(0.5)] * 12], 2.0),
    "said, then hash": ([*SPOKEN, KeyPressed("#")], 8.0),
    "hash in the middle of a word": ([SpeechStarted(), KeyPressed("#")], 8.0),
    "silence while speaking does not end it": (
        [SpeechStarted(), *[SilenceHeard(0.5)] * 20, *SPOKEN, KeyPressed("#")],
        8.0,
    ),
}


@pytest.mark.parametrize(("events", "seconds"), MESSAGES.values(), ids=MESSAGES.keys())
def test_a_message_ends(events, seconds):
    kept = []
    exchange = recording(kept.append)
    exchange.hear(np.ones(8 * audio.RATE, np.int16))
    for event in events[:-1]:
        exchange.heard(event)
        assert exchange.due(9.0) is None
    exchange.heard(events[-1])
    assert exchange.due(9.0) == MessageTaken(seconds)
    assert [len(pcm) / audio.RATE for pcm in kept] == ([seconds] if seconds else [])


def test_a_message_ends_after_three_minutes_at_the_latest():
    exchange = recording()
    exchange.heard(SpeechStarted())
    exchange.hear(np.ones(180 * audio.RATE, np.int16))
    assert happened(exchange, 200, start=180) == [(182.4, MessageTaken(180.0))]


def test_hanging_up_in_the_middle_of_a_message_keeps_it():
    kept = []
    exchange = recording(kept.append)
    exchange.heard(SpeechStarted())
    exchange.hear(np.ones(800, np.int16))
    exchange.caller_left(5.0)
    assert [len(pcm) for pcm in kept] == [800]
    assert happened(exchange, 20) == []


def test_what_is_said_before_the_beep_is_not_recorded():
    kept = []
    exchange = office(mailbox=kept.append)
    exchange.perform(TakeMessage((CLIP,)), 0.0)
    exchange.heard(SpeechStarted())
    exchange.hear(np.ones(800, np.int16))
    assert happened(exchange, 2.4) == []
    exchange.heard(KeyPressed("#"))
    assert exchange.due(2.5) == MessageTaken(0.0)
    assert kept == []


def test_a_text_without_a_recording_takes_the_time_it_takes_to_say():
    mouth = Mouth()
    once, slowly = mouth.say((CLIP,), False), mouth.say((CLIP,), True)
    assert 2.0 < once < 4.0
    assert slowly == pytest.approx(once * 1.25)
    assert mouth.say((CLIP, CLIP), False) == pytest.approx(2 * once)
    assert mouth.say((), False) == 0.0


def test_ringing_and_the_beep_are_audible_and_as_long_as_they_say():
    class Waves(Heard):
        def play(self, ulaw):
            self.out.append(audio.ulaw_to_pcm(ulaw))

    mouth = Mouth(None, speaker := Waves())
    assert [mouth.beep(), mouth.ring(7.5)] == [len(pcm) / audio.RATE for pcm in speaker.out]
    beep, ring = speaker.out
    assert np.abs(beep).max() > 2000
    loud = [bool(np.abs(ring[second * audio.RATE + 100 :][:800]).max() > 2000) for second in range(7)]
    assert loud == [True, False, False, False, False, True, False]


def test_real_time():
    wall, slept = [100.0], []

    def sleep(seconds):
        slept.append(round(seconds, 3))
        wall[0] += seconds

    pace = RealTime(lambda: wall[0], sleep)
    pace(0.02)
    pace(0.04)
    wall[0] += 0.01
    pace(0.06)
    wall[0] += 30.0
    pace(0.08)
    pace(0.10)
    assert slept == [0.02, 0.02, 0.01, 0.02]

"""Sounds through the real recogniser, in a real worker process, with the real dialogue."""

import os
import signal
from pathlib import Path

import voicebot
from tests.lines.test_microphone import Taped, blocks, quiet
from tests.lines.world import call, run
from voicebot.dialogue.commands import HandOver, Reason
from voicebot.events import CallStarted, PartialHeard, RecogniserLost, SilenceHeard, SpeechStarted, UtteranceHeard
from voicebot.lines.exchange import Desk, Exchange
from voicebot.lines.microphone import MicrophoneLine
from voicebot.lines.mouth import Mouth
from voicebot.lines.turns import Pressed, Said, Stayed, sounded

CALLERS = Path(voicebot.__file__).parent.parent / "recordings" / "callers"
LOST, HUMAN, YES = (sounded(CALLERS / f"{name}.wav") for name in ("rsj-card-lost", "human", "yes"))


def test_a_person_is_asked_for_by_voice(ear):
    over = call(HUMAN, ear=ear)
    assert [event.hypotheses[0].text for event in over.all(UtteranceHeard)] == ["转人工"]
    assert [item.reason for item in over.all(HandOver)] == [Reason.ASKED]


def test_a_question_then_a_reply(ear):
    over = call(Said("卡的事"), YES, ear=ear)
    assert over.spoken == ["greeting", "confirm_lead", "rsj-001", "confirm_tail", "rsj-001", "after_answer"]


def test_silence_comes_from_the_same_ear(ear):
    over = call(Stayed(60), ear=ear)
    assert over.spoken[:3] == ["greeting", "listening", "hand_over_silence"]
    assert 0 < max(event.seconds for event in over.all(SilenceHeard)) <= 0.5


def test_a_spoken_message_is_kept(ear):
    kept = []
    over = call(Pressed("0"), LOST, ear=ear, mailbox=kept.append)
    assert over.spoken[-1] == "message_saved"
    assert len(LOST.pcm) - 8000 < len(kept[0]) < len(LOST.pcm) + 8000


def test_the_same_sounds_give_the_same_call(pool):
    def once():
        ear = pool.open()
        told = call(LOST, HUMAN, ear=ear).told
        ear.close()
        # When the worker tells what it has so far is its own affair; how sure it is varies: its features are dithered.
        return [(t, type(item), best(item)) for t, item in told if not isinstance(item, PartialHeard)]

    def best(item):
        return item.hypotheses[0].text if isinstance(item, UtteranceHeard) else None

    assert once() == once()


def test_at_the_microphone(ear):
    class Patient(Taped):
        """Speaks no faster than it is heard."""

        def next(self, timeout):
            ear.settle(60)
            return super().next(timeout)

    line = MicrophoneLine(
        Patient(quiet(12), blocks(HUMAN.pcm), quiet(3)),
        exchange=Exchange(Mouth(), Desk.NO_ANSWER),
        ear=ear,
        opening=CallStarted(),
    )
    over = run(line)
    assert over.all(PartialHeard)
    assert [item.reason for item in over.all(HandOver)] == [Reason.ASKED]


def test_a_worker_that_dies_in_the_middle_of_a_call_loses_no_caller(pool, ear):
    class Deadly:
        """Kills the worker when the caller begins to speak for the first time."""

        def __init__(self):
            self.done = False

        def __getattr__(self, name):
            return getattr(ear, name)

        def events(self):
            events = ear.events()
            if not self.done and any(isinstance(event, SpeechStarted) for event in events):
                self.done = True
                os.kill(pool.pid_of(ear), signal.SIGKILL)
            return events

    waited = []
    over = call(LOST, HUMAN, ear=Deadly(), nap=lambda: waited.append(pool.wait_ready(10)))
    assert over.all(RecogniserLost) == [RecogniserLost(replaced=True)]
    assert over.spoken[:3] == ["greeting", "repeat_please", "hand_over"]
    assert waited

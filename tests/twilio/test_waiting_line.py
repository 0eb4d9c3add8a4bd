"""The caller stays on the stream while a person is reached."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from tests.twilio.test_line import BYE, HELLO, LEAD, run
from tests.twilio.world import STOP, FakeEar, FakeVoice, Peer, key
from voicebot import audio
from voicebot.dialogue.commands import Clip, HandOver, HangUp, Join, Play, Reason, StopPlayback, TakeMessage
from voicebot.events import (
    CallEnded,
    CallStarted,
    Fault,
    FaultOccurred,
    KeyPressed,
    PersonAccepted,
    PromptFinished,
    Stage,
    TransferEnded,
    TransferOutcome,
    TransferProgressed,
    UtteranceHeard,
    typed,
)
from voicebot.twilio.line import ConnectionLost, StreamLine

WORDS = Clip("prompts/hand_over", "马上转人工")
HAND_OVER = HandOver(Reason.KEY, None, "来电人按零", clips=(WORDS,))
RINGING = TransferProgressed(Stage.RINGING, 0.0)


@dataclass
class FakeReach:
    """A person being reached: events by second since it began."""

    peer: Peer
    script: dict
    began: float = 0.0
    stopped: list = field(default_factory=list)
    abandoned: bool = False

    def events(self):
        due = [at for at in sorted(self.script) if at <= self.peer.now - self.began]
        return [event for at in due for event in self.script.pop(at)]

    def stop(self, outcome):
        self.stopped.append(outcome)

    def abandon(self):
        self.abandoned = True


def waiting(script, reactions=None, *, until=30.0, reached=None, command=HAND_OVER, voice=None):
    """A caller handed over at once; `reached` says what becomes of it when."""
    peer = Peer(script, until=until)
    reach = FakeReach(peer, reached or {0.1: [RINGING]})

    def begin(asked):
        assert asked is command
        reach.began = peer.now
        return reach

    line = StreamLine(
        peer, "MZ1", FakeEar(), voice or FakeVoice(), opening=(CallStarted(),), clock=peer.clock, lead=LEAD, reach=begin
    )
    seen = run(line, {CallStarted: [command], **(reactions or {})})
    return peer, reach, line, seen


def loud_at(peer, second):
    """Whether the second from there on has sound; everything sent is in `heard`, in order."""
    pcm = audio.ulaw_to_pcm(peer.heard[round(second * 8000) : round((second + 1) * 8000)])
    return float(np.abs(pcm.astype(np.int32)).mean()) > 100


def test_our_words_then_ringing_all_the_time():
    peer, _, _, _ = waiting({}, until=20)

    assert FakeVoice().audio(WORDS) in peer.heard
    assert loud_at(peer, 1.2)  # the first tone of the ringing
    assert len(peer.heard) > 19 * 8000, "never a dead line"


def test_our_words_wait_until_they_are_true():
    """Nobody is on duty: “马上为您转人工” is not said."""
    ended = TransferEnded(TransferOutcome.NOBODY)
    message = TakeMessage((BYE,))
    peer, reach, line, seen = waiting({}, {ended: [message]}, reached={0.3: [ended]})

    assert ended in seen
    assert line.leaving == message
    assert FakeVoice().audio(WORDS) not in peer.heard
    assert not reach.stopped, "it has ended by itself"


def test_without_news_our_words_come_all_the_same():
    peer, _, _, _ = waiting({}, until=5, reached={60.0: []})

    assert FakeVoice().audio(WORDS) in peer.heard


def test_an_announcement_replaces_the_ringing_and_the_ringing_comes_back():
    news = TransferProgressed(Stage.NEXT, 8.0)
    peer, _, _, seen = waiting({}, {news: [Play(7, (HELLO,))]}, until=20, reached={0.1: [RINGING], 8.0: [news]})

    assert PromptFinished(7) in seen
    assert len(peer.events("clear")) == 1
    at = peer.heard.index(FakeVoice().audio(HELLO))
    assert len(peer.heard) - at > 8 * 8000


def test_somebody_accepts():
    accepted = PersonAccepted("case-CA1")
    _, reach, line, _ = waiting({}, {accepted: [Join("case-CA1")]}, reached={2.0: [accepted]})

    assert line.leaving == Join("case-CA1")
    assert not reach.stopped


@pytest.mark.parametrize("command", [TakeMessage((BYE,)), HangUp((BYE,)), HangUp((BYE,), wait_s=5.0)], ids=str)
def test_the_caller_chooses_something_else(command):
    _, reach, line, _ = waiting({3.0: key("1")}, {KeyPressed("1"): [StopPlayback(), command]})

    assert reach.stopped == [TransferOutcome.CALLER_LEFT]
    assert isinstance(line.leaving, type(command))


def test_the_caller_hangs_up():
    _, reach, line, seen = waiting({3.0: STOP})

    assert reach.stopped == [TransferOutcome.CALLER_LEFT]
    assert isinstance(seen[-1], CallEnded)
    assert line.leaving is None


def test_a_broken_stream_lets_the_phone_ring():
    """The next stream of the call goes on with it."""
    _, reach, line, _ = waiting({}, until=4)

    assert reach.abandoned
    assert not reach.stopped
    assert line.leaving == ConnectionLost()


def test_a_fault_lets_the_provider_ring():
    fault = FaultOccurred(Fault.PHONE)
    direct = HandOver(Reason.FAULT, None, "", clips=(WORDS,), direct=True)
    _, _, line, _ = waiting({}, {fault: [direct]}, reached={1.0: [fault]})

    assert line.leaving.direct
    assert line.leaving.clips == ()


def test_missing_words_are_no_reason_to_leave():
    peer, _, line, _ = waiting({}, until=6, voice=FakeVoice(missing=frozenset({WORDS.name})))

    assert line.leaving == ConnectionLost()
    assert loud_at(peer, 1.0) or loud_at(peer, 0.2)


def test_a_question_at_the_end_is_the_providers_to_ask():
    """A key after the last words is heard only by the provider's own Gather."""
    _, _, line, _ = waiting({}, {RINGING: [HangUp((BYE,), wait_s=5.0)]})

    assert line.leaving == HangUp((BYE,), wait_s=5.0)


def test_an_announcement_without_audio_does_not_cancel_the_ringing(caplog):
    """A clerk has edited the prompt and not rendered it yet: it is left out, and said to be missing in the log."""
    news, edited = TransferProgressed(Stage.NEXT, 8.0), Clip("prompts/ringing_next", "换了一句话")
    accepted = PersonAccepted("case-CA1")
    peer, reach, line, seen = waiting(
        {},
        {news: [Play(7, (edited, HELLO))], accepted: [Join("case-CA1")]},
        until=20,
        reached={0.1: [RINGING], 8.0: [news], 12.0: [accepted]},
        voice=FakeVoice(missing=frozenset({edited.name})),
    )

    assert not reach.stopped
    assert line.leaving == Join("case-CA1")
    assert FakeVoice().audio(HELLO) in peer.heard, "the rest is said"
    assert PromptFinished(7) in seen
    assert "prompts/ringing_next has no audio" in caplog.text


def test_an_announcement_without_any_audio_ends_at_once():
    news = TransferProgressed(Stage.NEXT, 3.0)
    missing = FakeVoice(missing=frozenset({HELLO.name}))
    peer, reach, _, seen = waiting(
        {}, {news: [Play(7, (HELLO,))]}, until=9, reached={0.1: [RINGING], 3.0: [news]}, voice=missing
    )

    assert not reach.stopped
    assert PromptFinished(7) in seen
    assert any(loud_at(peer, second) for second in range(4, 8)), "the ringing goes on"


def test_a_second_hand_over_replaces_the_first_and_its_words_come_at_once():
    """Danger, said while a phone rings for somebody: the ringing goes on, by the way that knows of it."""
    urgent = HandOver(Reason.EMERGENCY, None, "", urgent=True, clips=(HELLO,))
    peer = Peer({4.0: key("3")}, until=9)
    begun = []

    def begin(command):
        reach = FakeReach(peer, {0.1: [RINGING]} if not begun else {60.0: []})
        reach.began = peer.now
        begun.append((command, reach))
        return reach

    line = StreamLine(
        peer, "MZ1", FakeEar(), FakeVoice(), opening=(CallStarted(),), clock=peer.clock, lead=LEAD, reach=begin
    )
    run(line, {CallStarted: [HAND_OVER], KeyPressed("3"): [urgent]})

    assert [command for command, _ in begun] == [HAND_OVER, urgent]
    assert not begun[0][1].stopped, "the one who is rung goes on being rung"
    assert peer.heard.index(FakeVoice().audio(HELLO)) < 4.3 * 8000


def test_our_words_follow_the_ringing_at_once():
    """Nothing is sent ahead of them that they would have to wait for."""
    peer, _, _, _ = waiting({}, until=5, reached={0.4: [RINGING]})

    assert 0.4 <= peer.events("media")[0] <= 0.46
    assert peer.heard.startswith(FakeVoice().audio(WORDS))


def test_how_long_a_caller_waits_for_the_words_of_a_hand_over_is_told():
    told = []
    asked = UtteranceHeard(typed("转人工"), audio_s=1.0, decode_s=0.1, quiet_s=0.6)
    peer = Peer({}, until=5)
    reach = FakeReach(peer, {1.3: [RINGING]}, began=peer.now)
    line = StreamLine(
        peer,
        "MZ1",
        FakeEar({1.0: [asked]}),
        FakeVoice(),
        opening=(CallStarted(),),
        clock=peer.clock,
        lead=LEAD,
        audio_began=told.append,
        reach=lambda command: reach,
    )
    run(line, {asked: [HAND_OVER]})

    assert told == [pytest.approx(1.0, abs=0.05)]

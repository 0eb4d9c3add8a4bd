"""One stream: what is sent, what is noticed, and why it is left."""

import pytest

from tests.twilio.world import STOP, BrokenVoice, FakeEar, FakeVoice, Peer, key
from voicebot.dialogue.commands import (
    Clip,
    HandOver,
    HangUp,
    Listen,
    Pace,
    Play,
    Reason,
    StopPlayback,
    TakeMessage,
)
from voicebot.events import (
    CallEnded,
    CallStarted,
    EndReason,
    KeyPressed,
    PartialHeard,
    PromptFinished,
    SilenceHeard,
    UtteranceHeard,
    typed,
)
from voicebot.twilio.line import QUIET_S, ConnectionLost, StreamLine

LEAD = 0.3
HELLO = Clip("prompts/greeting", "您好")
BYE = Clip("prompts/goodbye", "再见")
ANSWER = Clip("answers/rsj-001", "带身份证")
HAND_OVER = HandOver(Reason.KEY, None, "来电人按零", clips=(Clip("prompts/hand_over", "马上转人工"),))


BEGIN = (CallStarted(),)


def line_of(peer, *, ear=None, voice=None, opening=BEGIN):
    return StreamLine(peer, "MZ1", ear or FakeEar(), voice or FakeVoice(), opening=opening, clock=peer.clock, lead=LEAD)


def run(line, reactions):
    """Drive the line: `reactions` are commands by event, or by kind of event. What happened, in order."""
    seen = []
    for event in line.events():
        seen.append(event)
        for command in reactions.get(event, reactions.get(type(event), ())):
            line.perform(command)
    return seen


def test_the_greeting_is_paced():
    peer = Peer(until=5)
    seen = run(line_of(peer, voice=FakeVoice(seconds=2.0)), {CallStarted: [Play(1, (HELLO,))]})

    assert len(peer.heard) == 16_000
    assert peer.most_ahead <= LEAD + 1e-6
    assert peer.events("media")[0] == 0
    assert peer.events("media")[-1] == pytest.approx(2.0 - LEAD, abs=0.1)
    assert PromptFinished(1) in seen


def test_clips_follow_each_other_and_finish_once():
    peer = Peer(until=5)
    seen = run(line_of(peer), {CallStarted: [Play(1, (HELLO, ANSWER))]})

    assert peer.heard == FakeVoice().audio(HELLO) + FakeVoice().audio(ANSWER)
    assert seen.count(PromptFinished(1)) == 1


def test_slow_callers_hear_the_slow_set():
    voice = FakeVoice()
    run(line_of(Peer(until=1), voice=voice), {CallStarted: [Play(1, (HELLO,), slow=True)]})

    assert voice.asked == [("prompts/greeting", True)]


def test_speech_interrupts_at_once():
    peer = Peer(until=5)
    ear = FakeEar({1.0: [PartialHeard("社保")]})
    seen = run(
        line_of(peer, ear=ear, voice=FakeVoice(seconds=3.0)),
        {CallStarted: [Play(1, (HELLO,))], PartialHeard: [StopPlayback()]},
    )

    [cleared] = peer.events("clear")
    assert cleared == pytest.approx(1.0, abs=0.1)
    assert max(peer.events("media")) <= cleared
    assert PromptFinished(1) not in seen  # its mark came back all the same


def test_a_mark_that_comes_back_after_clear_is_no_finished_prompt():
    peer = Peer({0.8: key("1")}, until=3)
    seen = run(line_of(peer), {CallStarted: [Play(1, (HELLO,))], KeyPressed: [StopPlayback()]})

    assert peer.events("mark")[0] < peer.events("clear")[0]  # it was on its way
    assert PromptFinished(1) not in seen


def test_a_cleared_mark_does_not_end_the_words_said_instead():
    peer = Peer({0.1: key("0")})
    line = line_of(peer, voice=FakeVoice(seconds=0.2))
    run(line, {CallStarted: [HangUp((BYE,))], KeyPressed: [HAND_OVER]})

    assert line.leaving == HandOver(Reason.KEY, None, "来电人按零")
    assert peer.now - peer.began >= 0.1 + 0.2


def test_nothing_to_stop_sends_nothing():
    peer = Peer({2.0: key("1")}, until=3)
    run(line_of(peer), {CallStarted: [Play(1, (HELLO,))], KeyPressed: [StopPlayback()]})

    assert peer.events("clear") == []


def test_a_mark_that_never_comes_back_finishes_the_prompt_once():
    peer = Peer(until=12, marks=False)
    seen = run(line_of(peer), {CallStarted: [Play(1, (HELLO,))]})

    assert seen.count(PromptFinished(1)) == 1


def test_a_key_before_any_audio():
    line = line_of(Peer({0.0: key("0")}))
    seen = run(line, {CallStarted: [Play(1, (HELLO,))], KeyPressed: [HAND_OVER]})

    assert seen == [CallStarted(), KeyPressed("0")]
    assert isinstance(line.leaving, HandOver)


@pytest.mark.parametrize("digit", ["A", "D", "x", "零"])
def test_keys_that_no_telephone_has(digit):
    seen = run(line_of(Peer({0.1: key(digit)}, until=1)), {})

    assert [type(event) for event in seen] == [CallStarted]


@pytest.mark.parametrize("frame", ["", "{", '{"event":"new"}', '{"event":"dtmf","dtmf":{"digit":"12"}}', b"\xff"])
def test_garbage_is_passed_over(frame):
    seen = run(line_of(Peer({0.1: frame, 0.2: key("1")}, until=1)), {})

    assert KeyPressed("1") in seen


def test_hanging_up_ends_the_call():
    line = line_of(Peer({1.0: STOP, 1.1: key("1")}))
    seen = run(line, {})

    assert seen == [CallStarted(), CallEnded(EndReason.CALLER_HUNG_UP)]
    assert line.leaving is None


def test_hanging_up_while_being_handed_over_ends_the_call():
    line = line_of(Peer({0.1: key("0"), 0.5: STOP}))
    seen = run(line, {KeyPressed: [HAND_OVER]})

    assert seen[-1] == CallEnded(EndReason.CALLER_HUNG_UP)
    assert line.leaving is None


def test_a_bare_close_is_not_the_end_of_the_call():
    line = line_of(Peer(until=1))
    seen = run(line, {CallStarted: [Play(1, (HELLO,))]})

    assert not [event for event in seen if isinstance(event, CallEnded)]
    assert line.leaving == ConnectionLost()


def test_a_stream_without_frames_is_dead():
    peer = Peer(quiet_after=2.0, until=600)
    line = line_of(peer)
    run(line, {})

    assert line.leaving == ConnectionLost()
    assert peer.now - peer.began == pytest.approx(2.0 + QUIET_S, abs=0.1)


def test_missing_audio_leaves_the_stream_with_what_was_to_be_said():
    play = Play(1, (HELLO, ANSWER))
    peer = Peer()
    line = line_of(peer, voice=FakeVoice(missing=frozenset({"answers/rsj-001"})))
    seen = run(line, {CallStarted: [play]})

    assert (line.leaving, peer.sent, seen) == (play, [], [CallStarted()])


def test_a_voice_that_fails_is_one_without_audio():
    line = line_of(Peer(), voice=BrokenVoice())
    run(line, {CallStarted: [HAND_OVER]})

    assert line.leaving == HAND_OVER


def test_what_was_heard_with_what_made_us_leave_comes_too_late():
    ear = FakeEar({0.5: [UtteranceHeard(typed("补卡")), PartialHeard("还有"), UtteranceHeard(typed("失业"))]})
    play = Play(2, (ANSWER,))
    line = line_of(Peer(), ear=ear, voice=FakeVoice(missing=frozenset({"answers/rsj-001"})))
    seen = run(line, {UtteranceHeard(typed("补卡")): [play], PartialHeard: [StopPlayback()]})

    assert seen[-1] == UtteranceHeard(typed("补卡"))
    assert line.leaving == play


LAST_WORDS = {
    "hand over": (HAND_OVER, HandOver(Reason.KEY, None, "来电人按零")),
    "hang up": (HangUp((BYE,), slow=True), HangUp(slow=True)),
}


@pytest.mark.parametrize(("command", "left"), LAST_WORDS.values(), ids=LAST_WORDS.keys())
def test_last_words_are_heard_before_the_stream_is_left(command, left):
    peer = Peer()
    line = line_of(peer)
    run(line, {CallStarted: [Play(1, (HELLO,)), command]})

    assert line.leaving == left
    assert peer.now - peer.began == pytest.approx(1.0, abs=0.2)
    assert len(peer.events("clear")) == 1  # the greeting gave way


@pytest.mark.parametrize("command", [HAND_OVER, HangUp((BYE,))], ids=["hand over", "hang up"])
def test_last_words_that_were_cut_off_are_kept(command):
    line = line_of(Peer({0.5: "cut"}, until=0.5))
    run(line, {CallStarted: [command]})

    assert line.leaving == command


def test_last_words_whose_mark_is_lost():
    peer = Peer(marks=False)
    line = line_of(peer)
    run(line, {CallStarted: [HAND_OVER]})

    assert isinstance(line.leaving, HandOver)
    assert peer.now - peer.began < 5


@pytest.mark.parametrize(
    "command",
    [HangUp(), HandOver(Reason.FAULT, None, ""), TakeMessage((BYE,))],
    ids=["hang up without a word", "hand over without a word", "message"],
)
def test_what_is_left_for_at_once(command):
    peer = Peer()
    line = line_of(peer)
    run(line, {CallStarted: [Play(1, (HELLO,)), command]})

    assert line.leaving == command
    assert peer.now == peer.began


def test_a_person_after_goodbye():
    line = line_of(Peer({0.3: key("0")}))
    run(line, {CallStarted: [HangUp((BYE,))], KeyPressed: [HAND_OVER]})

    assert line.leaving == HandOver(Reason.KEY, None, "来电人按零")


@pytest.mark.parametrize("command", [Play(2, (ANSWER,)), StopPlayback(), HAND_OVER, HangUp((BYE,))])
def test_a_socket_that_breaks_while_we_send_is_no_bug(command):
    """`perform` never raises for it: the dialogue must not take a broken socket for a fault of its own."""
    line = line_of(Peer({0.5: key("1")}, deaf_after=0.4, until=2))
    seen = run(line, {CallStarted: [Play(1, (HELLO,))], KeyPressed: [command]})

    assert KeyPressed("1") in seen
    assert line.leaving == (command if isinstance(command, HandOver | HangUp) else ConnectionLost())


def test_a_hang_up_that_came_in_before_the_socket_broke_is_read():
    line = line_of(Peer({0.5: key("1"), 0.52: STOP}, deaf_after=0.4, until=2))
    seen = run(line, {CallStarted: [Play(1, (HELLO,))]})

    assert seen[-1] == CallEnded(EndReason.CALLER_HUNG_UP)
    assert line.leaving is None


def test_a_socket_that_only_sends_into_the_void():
    """Closed for sending, and nothing comes in either: that is seen at once, not after a quarter of a minute."""
    peer = Peer(deaf_after=0.5, quiet_after=0.5, until=600)
    line = line_of(peer, voice=FakeVoice(seconds=3.0))
    run(line, {CallStarted: [Play(1, (HELLO,))]})

    assert line.leaving == ConnectionLost()
    assert peer.now - peer.began < 1.0


def test_the_ear_gets_all_audio_and_our_pace():
    ear = FakeEar()
    run(line_of(Peer(until=3), ear=ear), {CallStarted: [Listen(Pace(True, 1.6))]})

    assert ear.heard_s == pytest.approx(3.0, abs=0.1)
    assert ear.paces == [1.6]


WAITS = {
    # id: (what the caller did after a second, seconds until our reply by the clock of the stream; None: no reply)
    "said something": (UtteranceHeard(typed("补卡"), 1.0, decode_s=0.2, quiet_s=0.6), 0.2 + 0.6),
    "said nothing we answer": (PartialHeard("嗯"), None),
}


@pytest.mark.parametrize(("event", "waited"), WAITS.values(), ids=WAITS.keys())
def test_how_long_the_caller_waited_is_told_once(event, waited):
    told = []
    peer = Peer({4.0: key("1")}, until=6)
    line = StreamLine(
        peer,
        "MZ1",
        FakeEar({2.0: [event]}),
        FakeVoice(),
        opening=BEGIN,
        clock=peer.clock,
        lead=LEAD,
        audio_began=told.append,
    )
    play = {PartialHeard: [], UtteranceHeard: [Play(2, (ANSWER,))], KeyPressed: [Play(3, (ANSWER,))]}
    run(line, play | {CallStarted: [Listen(Pace(False, 0.6)), Play(1, (HELLO,))]})

    assert told == [pytest.approx(seconds, abs=0.03) for seconds in (0.0, waited, 0.0) if seconds is not None]


def test_a_prompt_after_silence_answers_nothing():
    told = []
    peer = Peer(until=6)
    line = StreamLine(
        peer,
        "MZ1",
        FakeEar({1.5: [UtteranceHeard(typed("嗯"))], 3.0: [SilenceHeard(0.5)]}),
        FakeVoice(),
        opening=BEGIN,
        clock=peer.clock,
        lead=LEAD,
        audio_began=told.append,
    )
    run(line, {SilenceHeard: [Play(1, (HELLO,))]})

    assert told == []


def test_without_an_ear_keys_still_work():
    line = StreamLine(
        Peer({1.0: key("0")}), "MZ1", None, FakeVoice(), opening=(CallStarted(),), clock=lambda: 0.0, lead=LEAD
    )
    seen = run(line, {CallStarted: [Listen(Pace(False, 0.6))], KeyPressed: [HangUp()]})

    assert seen == [CallStarted(), KeyPressed("0")]


def test_the_line_can_be_dropped_at_any_moment():
    ear = FakeEar()
    events = line_of(Peer(), ear=ear).events()
    next(events)

    events.close()  # nothing raised, nothing swallowed
    assert list(events) == []

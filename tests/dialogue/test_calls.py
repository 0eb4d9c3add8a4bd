"""Whole calls as tables: what the caller does, and what the line does then."""

import pytest

from tests.dialogue.conftest import FAQ, KNOWLEDGE, Call
from voicebot.dialogue import Knowledge, State
from voicebot.dialogue.commands import (
    Decision,
    HandOver,
    HangUp,
    Listen,
    OpenTicket,
    Play,
    Reason,
    RecordTurn,
    StopPlayback,
    TakeMessage,
    TicketKind,
)
from voicebot.events import (
    CallEnded,
    Caller,
    CallStarted,
    EndReason,
    Fault,
    FaultOccurred,
    KeyPressed,
    MessageTaken,
    PartialHeard,
    PromptFinished,
    RecogniserLost,
    SilenceHeard,
    SpeechStarted,
    TransferEnded,
    TransferOutcome,
)
from voicebot.faq import Faq


def kinds(commands):
    return [type(c) for c in commands if not isinstance(c, RecordTurn)]


def clips(commands):
    return [clip.name for c in commands for clip in getattr(c, "clips", ())]


def handed(commands):
    return next((c.reason for c in commands if isinstance(c, HandOver)), None)


def silence(call, seconds):
    return [c for _ in range(round(seconds * 2)) for c in call.give(SilenceHeard(0.5))]


CALLS = {
    # id: (what the caller says or presses, in order; clips of the last reaction; state after it)
    "answer": (["补卡"], ["answers/rsj-001", "prompts/after_answer"], State.ANSWERED),
    "two answers": (["补卡", "失业"], ["answers/rsj-002", "prompts/after_answer"], State.ANSWERED),
    "confirm": (["卡的事"], ["prompts/confirm_lead", "questions/rsj-001", "prompts/confirm_tail"], State.CONFIRMING),
    "confirm, yes": (["卡的事", "是的"], ["answers/rsj-001", "prompts/after_answer"], State.ANSWERED),
    "confirm, key 1": (["卡的事", "#1"], ["answers/rsj-001", "prompts/after_answer"], State.ANSWERED),
    "confirm, no": (["卡的事", "不是"], ["prompts/ask_other"], State.LISTENING),
    "confirm, no, no": (["卡的事", "不是", "查一下", "不是"], ["prompts/hand_over_sorry"], State.TRANSFERRING),
    "confirm, no, the next likely": (
        ["卡要么失业", "不是"],
        ["prompts/confirm_lead", "questions/rsj-002", "prompts/confirm_tail"],
        State.CONFIRMING,
    ),
    "confirm, key 2, the next likely": (
        ["卡要么失业", "#2"],
        ["prompts/confirm_lead", "questions/rsj-002", "prompts/confirm_tail"],
        State.CONFIRMING,
    ),
    "confirm, no, the next likely, yes": (
        ["卡要么失业", "不是", "是的"],
        ["answers/rsj-002", "prompts/after_answer"],
        State.ANSWERED,
    ),
    "confirm, no, the next likely, no": (
        ["卡要么失业", "不是", "#2"],
        ["prompts/hand_over_sorry"],
        State.TRANSFERRING,
    ),
    "confirm, no, the first words again": (
        ["卡要么失业", "不是", "卡要么失业"],
        ["prompts/hand_over_sorry"],
        State.TRANSFERRING,
    ),
    "choose, neither, the first words again": (
        ["卡还是查要么失业", "都不是", "卡还是查要么失业"],
        ["prompts/hand_over_sorry"],
        State.TRANSFERRING,
    ),
    "confirm, no, the next too unlikely": (["卡失业不像", "不是"], ["prompts/ask_other"], State.LISTENING),
    "not understood, confirm, no": (["天气", "卡要么失业", "不是"], ["prompts/hand_over_sorry"], State.TRANSFERRING),
    "confirm, no, the same again": (["卡的事", "不是", "卡的事"], ["prompts/hand_over_sorry"], State.TRANSFERRING),
    "confirm, no, the same and another": (
        ["卡的事", "不是", "卡还是查"],
        ["prompts/confirm_lead", "questions/rsj-003", "prompts/confirm_tail"],
        State.CONFIRMING,
    ),
    "confirm, no and what it is": (
        ["卡的事", "不是我想问失业"],
        ["answers/rsj-002", "prompts/after_answer"],
        State.ANSWERED,
    ),
    "confirm, no and something we are not sure of": (
        ["卡的事", "不是我想问查一下"],
        ["prompts/confirm_lead", "questions/rsj-003", "prompts/confirm_tail"],
        State.CONFIRMING,
    ),
    "confirm, no and words like before": (["卡的事", "不是我想问卡"], ["prompts/rephrase"], State.LISTENING),
    "confirm, no and what sounds like that": (["卡的事", "不对我要补卡"], ["prompts/rephrase"], State.LISTENING),
    "confirm, a question that begins like a no": (
        ["卡的事", "不是本人补卡"],
        ["answers/rsj-001", "prompts/after_answer"],
        State.ANSWERED,
    ),
    "confirm, no, surely that": (
        ["卡的事", "不是", "补卡"],
        ["answers/rsj-001", "prompts/after_answer"],
        State.ANSWERED,
    ),
    "a refused one asked about again after an answer": (
        ["卡的事", "不是", "失业", "卡的事"],
        ["prompts/confirm_lead", "questions/rsj-001", "prompts/confirm_tail"],
        State.CONFIRMING,
    ),
    "choose, neither, the next likely": (
        ["卡还是查要么失业", "都不是"],
        ["prompts/confirm_lead", "questions/rsj-002", "prompts/confirm_tail"],
        State.CONFIRMING,
    ),
    "confirm, asked again in other words": (
        ["卡的事", "卡的事"],
        ["answers/rsj-001", "prompts/after_answer"],
        State.ANSWERED,
    ),
    "confirm, another question": (["卡的事", "失业"], ["answers/rsj-002", "prompts/after_answer"], State.ANSWERED),
    "choose": (
        ["卡还是查"],
        ["prompts/choose_lead", "questions/rsj-001", "prompts/choose_or", "questions/rsj-003", "prompts/choose_keys"],
        State.CHOOSING,
    ),
    "choose, key 2": (["卡还是查", "#2"], ["answers/rsj-003", "prompts/after_answer"], State.ANSWERED),
    "choose, the first": (["卡还是查", "第一个"], ["answers/rsj-001", "prompts/after_answer"], State.ANSWERED),
    "choose of three": (
        ["社保"],
        [
            "prompts/choose_lead",
            "questions/rsj-003",
            "prompts/choose_or",
            "questions/rsj-001",
            "prompts/choose_or",
            "questions/rsj-002",
            "prompts/choose_keys_three",
        ],
        State.CHOOSING,
    ),
    "choose of three, key 3": (["社保", "#3"], ["answers/rsj-002", "prompts/after_answer"], State.ANSWERED),
    "choose of three, the third": (["社保", "第三个"], ["answers/rsj-002", "prompts/after_answer"], State.ANSWERED),
    "choose of three, by a part of it": (
        ["社保", "丢了的那个"],
        ["answers/rsj-001", "prompts/after_answer"],
        State.ANSWERED,
    ),
    "choose of three, said again": (["社保", "社保"], ["prompts/rephrase"], State.LISTENING),
    "choose of two, the third": (["卡还是查", "第三个"], ["prompts/listening"], State.LISTENING),
    "choose, neither": (["卡还是查", "都不是"], ["prompts/ask_other"], State.LISTENING),
    "choose by the difference": (
        ["卡的手续"],
        ["prompts/choose_lead", "prompts/apart_lost", "prompts/choose_or", "prompts/apart_new", "prompts/choose_keys"],
        State.CHOOSING,
    ),
    "choose by the difference, key 2": (
        ["卡的手续", "#2"],
        ["answers/rsj-002", "prompts/after_answer"],
        State.ANSWERED,
    ),
    "the side is named": (["卡的手续", "丢了的那种"], ["answers/rsj-001", "prompts/after_answer"], State.ANSWERED),
    "the other side is named": (["卡的手续", "头一回"], ["answers/rsj-002", "prompts/after_answer"], State.ANSWERED),
    "both sides are named": (["卡的手续", "丢了是头一回"], ["prompts/rephrase"], State.LISTENING),
    "no side was offered": (["卡还是查", "头一回"], ["prompts/rephrase"], State.LISTENING),
    "unknown once": (["天气"], ["prompts/rephrase"], State.LISTENING),
    "unknown twice": (["天气", "天气"], ["prompts/hand_over_sorry"], State.TRANSFERRING),
    "an answer forgives": (["天气", "补卡", "天气"], ["prompts/rephrase"], State.LISTENING),
    "the same answer a third time": (["补卡", "补卡", "补卡"], ["prompts/hand_over_sorry"], State.TRANSFERRING),
    "a person": (["转人工"], ["prompts/hand_over"], State.TRANSFERRING),
    "a person instead of yes": (["卡的事", "转人工"], ["prompts/hand_over"], State.TRANSFERRING),
    "danger": (["着火了"], ["prompts/emergency"], State.TRANSFERRING),
    "danger instead of a choice": (["卡还是查", "着火了"], ["prompts/emergency"], State.TRANSFERRING),
    "complaint": (["我要投诉"], ["prompts/complaint"], State.TRANSFERRING),
    "repeat": (["补卡", "再说一遍"], ["answers/rsj-001"], State.ANSWERED),
    "repeat by key": (
        ["卡的事", "#*"],
        ["prompts/confirm_lead", "questions/rsj-001", "prompts/confirm_tail"],
        State.CONFIRMING,
    ),
    "slower": (["补卡", "说慢一点"], ["prompts/slower", "answers/rsj-001"], State.ANSWERED),
    "goodbye after an answer": (["补卡", "没有了谢谢"], ["prompts/rate"], State.RATING),
    "another key": (["#5"], ["prompts/listening"], State.LISTENING),
    "only 嗯": (["嗯"], [], State.LISTENING),
    "嗯 is yes to a question": (["卡的事", "嗯"], ["answers/rsj-001", "prompts/after_answer"], State.ANSWERED),
}


@pytest.mark.parametrize(("turns", "said", "state"), CALLS.values(), ids=CALLS.keys())
def test_call(call, turns, said, state):
    call.hear_out()
    for turn in turns:
        commands = call.give(KeyPressed(turn[1])) if turn.startswith("#") else call.say(turn)
        call.hear_out()

    assert (clips(commands), call.dialogue.state) == (said, state)


ZERO = {
    "greeting": [],
    "confirming": ["卡的事"],
    "choosing": ["卡还是查"],
    "answering": ["补卡"],
    "after a failure": ["天气"],
}


@pytest.mark.parametrize("turns", ZERO.values(), ids=ZERO.keys())
@pytest.mark.parametrize("while_playing", [True, False])
def test_zero_is_a_person_from_anywhere(call, turns, while_playing):
    for turn in turns:
        call.hear_out()
        call.say(turn)
    if not while_playing:
        call.hear_out()

    commands = call.give(KeyPressed("0"))

    stop = [StopPlayback] if while_playing else []
    assert kinds(commands) == [*stop, OpenTicket, HandOver]
    assert handed(commands) is Reason.KEY


def test_ticket_comes_before_the_ring_and_only_once(call):
    commands = call.say("转人工") + call.give(TransferEnded(TransferOutcome.NO_ANSWER))

    assert kinds(commands) == [StopPlayback, OpenTicket, HandOver, TakeMessage]


def test_summary_tells_what_was_asked_and_answered(call):
    call.say("补卡")
    commands = call.give(KeyPressed("0"))

    hand_over = next(c for c in commands if isinstance(c, HandOver))
    assert hand_over.department == "rsj"
    assert "社保卡丢了怎么补办" in hand_over.summary
    assert "答案" in hand_over.summary


@pytest.mark.parametrize("asking", ["卡的事", "卡还是查"])
def test_a_key_for_an_answer_that_did_not_help_twice_is_recorded_as_handed_over(call, asking):
    for _ in range(2):
        call.say("补卡")
    call.say(asking)
    turn = next(c for c in call.give(KeyPressed("1")) if isinstance(c, RecordTurn))

    assert (turn.decision, turn.said, turn.key) == (Decision.HANDED_OVER, None, "1")


def test_the_record_has_the_answer_as_it_was_given(call):
    turns = [c for said in ("嗯", "补卡") for c in call.say(said) if isinstance(c, RecordTurn)]

    assert turns[-1].said == KNOWLEDGE.faq["rsj-001"].answer
    assert [turn.said for turn in turns if turn.decision is not Decision.ANSWERED] == [None] * (len(turns) - 1)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("我要投诉", TicketKind.COMPLAINT), ("着火了", TicketKind.EMERGENCY), ("转人工", TicketKind.CALL)],
)
def test_kind_of_ticket(call, text, kind):
    ticket = next(c for c in call.say(text) if isinstance(c, OpenTicket))

    assert ticket.kind is kind


class TestBargeIn:
    def test_words_interrupt(self, call):
        call.give(SpeechStarted())

        assert StopPlayback in kinds(call.give(PartialHeard("社保卡")))

    @pytest.mark.parametrize("sound", ["嗯", "啊", ""])
    def test_a_sound_does_not(self, call, sound):
        call.give(SpeechStarted())

        assert StopPlayback not in kinds(call.give(PartialHeard(sound)))
        assert call.dialogue.snapshot()["playing"] is not None

    def test_what_was_stopped_does_not_finish(self, call):
        old = call.dialogue.snapshot()["playing"]
        call.say("补卡")
        call.give(PromptFinished(old))

        assert call.dialogue.snapshot()["playing"] is not None


class TestSilence:
    def test_second_silence_is_a_person(self, call):
        call.hear_out()
        first = silence(call, 3.0)
        call.hear_out()
        second = silence(call, 3.0)

        assert clips(first) == ["prompts/listening"]
        assert handed(second) is Reason.SILENCE

    def test_nothing_counts_while_we_speak(self, call):
        assert silence(call, 30.0) == []

    def test_a_sound_starts_the_count_again(self, call):
        call.hear_out()
        silence(call, 2.5)
        call.give(SpeechStarted())
        call.say("嗯")

        assert silence(call, 2.5) == []

    def test_question_is_asked_again(self, call):
        call.hear_out()
        call.say("卡的事")
        call.hear_out()

        assert "questions/rsj-001" in clips(silence(call, 3.0))

    def test_an_answered_caller_is_not_hurried(self, call):
        call.say("补卡")
        call.hear_out()
        first = silence(call, 4.0)
        call.hear_out()
        second = silence(call, 4.0)
        call.hear_out()

        assert (clips(first), clips(second)) == (["prompts/still_there"], ["prompts/free_to_go"])
        assert silence(call, 59.0) == []
        assert kinds(silence(call, 1.0)) == [HangUp]


class TestStart:
    def test_greeting(self, call):
        assert kinds(call.commands) == [Listen, Play]

    def test_green_caller_gets_a_person_first_and_slowly(self):
        call = Call(caller=Caller("k", "1234", green=True))

        assert (kinds(call.commands), handed(call.commands)) == ([OpenTicket, HandOver], Reason.GREEN)
        assert call.commands[-1].slow

    def test_no_recogniser_is_a_person(self):
        assert handed(Call(speech_ready=False).commands) is Reason.SPEECH_FAULT
        assert handed(Call(speech_ready=False, busy=True).commands) is Reason.BUSY

    def test_empty_faq_is_a_person(self):
        assert handed(Call(Knowledge(Faq(), KNOWLEDGE.understand)).commands) is Reason.FAQ_FAULT

    def test_call_goes_on_on_a_new_stream_at_its_pace(self, call):
        call.say("说慢一点")

        (listen,) = call.give(CallStarted())
        assert listen.pace.slow
        assert listen.pace.end_silence == 1.6


class TestFaults:
    def test_replaced_recogniser_asks_again_without_blame(self, call):
        call.hear_out()
        call.give(SpeechStarted())

        assert clips(call.give(RecogniserLost(replaced=True))) == ["prompts/repeat_please"]
        assert call.dialogue.snapshot()["failures"] == 0

    def test_replaced_recogniser_lets_us_finish_speaking(self, call):
        assert call.give(RecogniserLost(replaced=True)) == []

    def test_lost_recogniser_is_a_person(self, call):
        assert handed(call.give(RecogniserLost(replaced=False))) is Reason.SPEECH_FAULT

    @pytest.mark.parametrize("fault", Fault)
    def test_any_fault_is_a_person(self, call, fault):
        assert handed(call.give(FaultOccurred(fault))) is not None

    def test_lost_store_rings_without_a_ticket(self, call):
        call.give(KeyPressed("0"))

        commands = call.give(FaultOccurred(Fault.STORE))
        assert kinds(commands) == [HandOver]

    def test_lost_store_promises_nothing(self, call):
        call.give(KeyPressed("0"))
        call.give(FaultOccurred(Fault.STORE))
        call.give(TransferEnded(TransferOutcome.BUSY))
        commands = call.give(FaultOccurred(Fault.STORE))

        assert clips(commands) == ["prompts/take_message_fault"]
        assert clips(call.give(MessageTaken(0.0))) == ["prompts/goodbye"]

    def test_voice_without_words_counts_when_it_was_long(self, call):
        call.hear_out()

        assert call.say("", audio_s=0.3) == []
        assert clips(call.say("", audio_s=2.0)) == ["prompts/repeat_please"]


class TestLeaving:
    @pytest.mark.parametrize("outcome", [o for o in TransferOutcome if o not in ("accepted", "caller-left")])
    def test_nobody_there_is_a_message(self, call, outcome):
        call.give(KeyPressed("0"))

        assert kinds(call.give(TransferEnded(outcome))) == [TakeMessage]

    def test_connected_and_over(self, call):
        call.give(KeyPressed("0"))

        assert kinds(call.give(TransferEnded(TransferOutcome.ACCEPTED))) == [HangUp]

    @pytest.mark.parametrize(("seconds", "clip"), [(12.0, "prompts/message_saved"), (0.0, "prompts/message_empty")])
    def test_message(self, call, seconds, clip):
        call.give(KeyPressed("0"))
        call.give(TransferEnded(TransferOutcome.BUSY))

        assert clips(call.give(MessageTaken(seconds))) == [clip]

    def test_zero_while_a_message_is_recorded_rings_again(self, call):
        call.give(KeyPressed("0"))
        call.give(TransferEnded(TransferOutcome.BUSY))

        assert kinds(call.give(KeyPressed("0"))) == [HandOver]

    def test_nothing_after_the_end(self, call):
        call.give(CallEnded(EndReason.CALLER_HUNG_UP))

        assert call.say("转人工") + call.give(KeyPressed("0")) == []


def test_turns_are_recorded(call):
    call.hear_out()
    turns = [c for c in call.say("卡的事") + call.say("是的") if isinstance(c, RecordTurn)]

    assert [(t.decision, t.entry, t.state) for t in turns] == [
        (Decision.ASKED_CONFIRM, "rsj-001", "listening"),
        (Decision.ANSWERED, "rsj-001", "confirming"),
    ]
    assert turns[0].ranking.best.question == FAQ["rsj-001"].question


class TestNobodyAsks:
    """Sounds in which words were heard although nobody asked anything."""

    @pytest.mark.parametrize(
        ("text", "audio_s"),
        [("不", 0.4), ("中", 0.5), ("服务", 1.9)],
        ids=["a syllable", "another", "one now and then"],
    )
    def test_nothing_is_said_to_it(self, call, text, audio_s):
        call.hear_out()

        assert kinds(call.say(text, audio_s)) == []
        assert call.commands[-1].decision is Decision.IGNORED
        assert call.dialogue.snapshot()["failures"] == 0

    def test_who_spoke_long_and_was_hardly_understood_is_asked_again(self, call):
        call.hear_out()

        assert clips(call.say("服务", 4.0)) == ["prompts/repeat_please"]

    def test_danger_is_heard_whatever_it_sounds_like(self, call):
        call.hear_out()

        assert handed(call.say("着火了", 0.3)) is Reason.EMERGENCY

    @pytest.mark.parametrize(("text", "audio_s"), [("天气", 0.6), ("天气", 1.6), ("补卡", 1.0)])
    def test_who_speaks_slowly_is_heard(self, call, text, audio_s):
        call.hear_out()

        assert kinds(call.say(text, audio_s)) == [Play]

    def test_a_syllable_is_a_reply_where_we_asked(self, call):
        call.say("卡的事")

        assert clips(call.say("对", 0.4))[0] == "answers/rsj-001"

"""Whole calls from a script, with the real dialogue."""

import pytest

from tests.lines.world import SCRIPT, MemoryLog, WorkerEar, call, tone
from voicebot.dialogue.commands import Decision, HandOver, HangUp, OpenTicket, Play, Reason, RecordTurn, StopPlayback
from voicebot.events import (
    CallEnded,
    KeyPressed,
    MessageTaken,
    PartialHeard,
    PromptFinished,
    SilenceHeard,
    TransferEnded,
    UtteranceHeard,
)
from voicebot.faq import duration
from voicebot.lines.exchange import Desk
from voicebot.lines.script import REACTION_S
from voicebot.lines.turns import Pressed, Said, Sounded, Stayed, TimedKey

LOST = "社保卡丢了怎么补办"
MESSAGE = ["take_message", "message_empty"]

CALLS = {
    "a question is answered": ([Said(LOST)], ["greeting", "rsj-001", "after_answer"]),
    "two questions": (
        [Said(LOST), Said("失业金怎么领")],
        ["greeting", "rsj-001", "after_answer", "rsj-002", "after_answer"],
    ),
    "a likely question is confirmed": (
        [Said("卡的事"), Said("是的")],
        ["greeting", "confirm_lead", "rsj-001", "confirm_tail", "rsj-001", "after_answer"],
    ),
    "a likely question is confirmed by key": (
        [Said("卡的事"), Pressed("1")],
        ["greeting", "confirm_lead", "rsj-001", "confirm_tail", "rsj-001", "after_answer"],
    ),
    "a choice by key": (
        [Said("卡还是查"), Pressed("2")],
        ["greeting", "choose_lead", "rsj-001", "choose_or", "rsj-003", "choose_keys", "rsj-003", "after_answer"],
    ),
    "not understood twice": ([Said("天气"), Said("天气")], ["greeting", "rephrase", "hand_over_sorry", *MESSAGE]),
    "asked for a person": ([Said("转人工")], ["greeting", "hand_over", *MESSAGE]),
    "danger": ([Said("着火了")], ["greeting", "emergency", *MESSAGE]),
    "silent twice": ([Stayed(60)], ["greeting", "listening", "hand_over_silence", *MESSAGE]),
    "say it again": ([Said(LOST), Said("再说一遍")], ["greeting", "rsj-001", "after_answer", "rsj-001"]),
    "slower": ([Said(LOST), Said("慢一点")], ["greeting", "rsj-001", "after_answer", "slower", "rsj-001"]),
    "goodbye": ([Said(LOST), Said("没有了")], ["greeting", "rsj-001", "after_answer", "rate"]),
    "nothing said": ([], ["greeting"]),
}


@pytest.mark.parametrize(("turns", "spoken"), CALLS.values(), ids=CALLS.keys())
def test_calls(turns, spoken):
    assert call(*turns).spoken == spoken


ENDS = {
    "the caller hears the answer out and hangs up": ([Said(LOST)], "caller-hung-up"),
    "the line says goodbye": ([Said(LOST), Said("没有了")], "line-hung-up"),
    "nobody came, so the line hangs up after the message": ([Said("转人工")], "line-hung-up"),
    "nothing said": ([], "caller-hung-up"),
}


@pytest.mark.parametrize(("turns", "reason"), ENDS.values(), ids=ENDS.keys())
def test_every_call_ends_exactly_once(turns, reason):
    over = call(*turns)
    assert (over.ended, len(over.all(CallEnded))) == (reason, 1)


def test_the_line_is_never_hurried_and_never_waits():
    over = call(Said(LOST))
    greeting = duration.seconds(SCRIPT.prompts["greeting"])
    finished, uttered = over.at(PromptFinished)[0], over.at(UtteranceHeard)[0]
    assert finished == pytest.approx(greeting, abs=0.03)
    assert uttered == pytest.approx(finished + REACTION_S, abs=0.03)
    assert [t for t, _ in over.told] == sorted(t for t, _ in over.told)


@pytest.mark.parametrize("at", [0.0, 2.5, 20.0])
def test_zero_is_a_person_at_any_time(at):
    over = call(Said(LOST), keys=[TimedKey(at, "0")])
    assert over.at(HandOver)[0] == pytest.approx(at, abs=0.03)
    assert over.all(HandOver)[0].reason is Reason.KEY


def test_a_key_during_the_greeting_interrupts_it():
    over = call(keys=[TimedKey(1.0, "0")])
    names = [type(item) for _, item in over.told]
    assert names.index(KeyPressed) < names.index(StopPlayback) < names.index(OpenTicket) < names.index(HandOver)
    assert not over.all(PromptFinished)


def test_the_caller_stays_for_a_key_that_is_still_to_come():
    over = call(Said(LOST), keys=[TimedKey(40.0, "0")])
    assert over.at(HandOver) == [40.0]


def test_the_green_channel_rings_before_any_greeting():
    over = call(green=True)
    assert over.spoken == ["green", *MESSAGE]
    assert all(item.slow for item in over.all((HandOver, HangUp)))


def test_slow_prompts_take_longer():
    over = call(Said(LOST), Said("慢一点"))
    answer, again = over.all(Play)[1], over.all(Play)[2]
    assert (answer.slow, again.slow) == (False, True)


DESKS = {
    Desk.ACCEPT: ("accepted", "connected-and-over", ["hand_over", "rate"]),
    Desk.NO_ANSWER: ("no-answer", "line-hung-up", ["hand_over", *MESSAGE]),
    Desk.BUSY: ("busy", "line-hung-up", ["hand_over", *MESSAGE]),
    Desk.VOICEMAIL: ("voicemail", "line-hung-up", ["hand_over", *MESSAGE]),
}


@pytest.mark.parametrize("desk", Desk)
def test_the_desk(desk):
    outcome, ended, spoken = DESKS[desk]
    over = call(Said("转人工"), desk=desk)
    assert ([str(e.outcome) for e in over.all(TransferEnded)], over.ended) == ([outcome], ended)
    assert over.spoken == ["greeting", *spoken]


def test_what_is_left_to_say_becomes_the_message():
    over = call(Said("转人工"), Said("我的卡还没有寄到"), Said("请回电话"))
    assert over.all(MessageTaken)[0].seconds == pytest.approx(
        duration.seconds("我的卡还没有寄到") + duration.seconds("请回电话")
    )
    assert over.spoken[-1] == "message_saved"


def test_the_hash_key_ends_the_message_at_once():
    slow, quick = call(Said("转人工"), Said("请回电话")), call(Said("转人工"), Said("请回电话"), Pressed("#"))
    assert quick.at(MessageTaken)[0] < slow.at(MessageTaken)[0] - 4


def test_zero_during_the_message_rings_again():
    over = call(Said("转人工"), Said("请回电话"), Pressed("0"))
    assert len(over.all(HandOver)) == 2


def test_a_spoken_message_is_stored_before_the_caller_is_told():
    kept = []
    over = call(Said("转人工"), Sounded("m.wav", tone(2.0)), ear=WorkerEar(["请回电话"]), mailbox=kept.append)
    assert [round(len(pcm) / 8000, 1) for pcm in kept] == [pytest.approx(2.0, abs=1.2)]
    assert over.spoken[-1] == "message_saved"
    assert over.all(MessageTaken)[0].seconds == len(kept[0]) / 8000


def test_a_message_that_cannot_be_stored_is_not_promised():
    def full(pcm):
        raise OSError("no space left")

    over = call(Said("转人工"), Sounded("m.wav", tone(2.0)), ear=WorkerEar(["请回电话"]), mailbox=full)
    assert over.spoken[-1] == "message_empty"


def test_the_clock_stands_still_while_the_recogniser_thinks():
    over = call(Sounded("q.wav", tone(1.5)), ear=WorkerEar([LOST]))
    assert over.spoken == ["greeting", "rsj-001", "after_answer"]
    assert over.at(UtteranceHeard)[0] == pytest.approx(over.at(PromptFinished)[0] + REACTION_S + 1.5 + 0.6, abs=0.05)


@pytest.mark.parametrize("late", [1, 200])
def test_a_worker_that_takes_over_late_is_waited_for(late):
    naps = []
    over = call(Sounded("q.wav", tone(1.0)), ear=WorkerEar([LOST], late, settles=False), nap=lambda: naps.append(1))
    assert over.spoken == ["greeting", "rsj-001", "after_answer"]
    assert over.at(UtteranceHeard)[0] < 20
    assert bool(naps) == (late > 150)


def test_sounds_and_texts_take_turns():
    over = call(
        Sounded("q.wav", tone(1.0)),
        Said("是的"),
        Sounded("q.wav", tone(1.0)),
        ear=WorkerEar(["卡的事", "失业金怎么领"]),
    )
    assert over.spoken[-5:] == ["confirm_tail", "rsj-001", "after_answer", "rsj-002", "after_answer"]


def test_a_recogniser_that_dies_and_is_replaced_asks_again():
    over = call(Sounded("q.wav", tone(1.0)), Sounded("q.wav", tone(1.0)), ear=WorkerEar(["", LOST]))
    assert over.spoken == ["greeting", "repeat_please", "rsj-001", "after_answer"]


def test_a_recogniser_that_never_answers_is_a_person():
    over = call(Sounded("q.wav", tone(1.0)), ear=WorkerEar([LOST], late=10**9, settles=False))
    assert over.spoken == ["greeting", "hand_over_fault", *MESSAGE]


def test_a_recogniser_that_is_stuck_is_a_person():
    ear = WorkerEar([LOST])
    ear.settle = lambda timeout: not ear.owed
    assert call(Sounded("q.wav", tone(1.0)), ear=ear).spoken == ["greeting", "hand_over_fault", *MESSAGE]


def test_without_a_recogniser_the_caller_goes_to_a_person_and_may_leave_a_message():
    kept = []
    over = call(Sounded("q.wav", tone(2.0)), speech_ready=False, mailbox=kept.append)
    assert over.spoken == ["hand_over_fault", "take_message", "message_saved"]
    assert len(kept) == 1


def test_a_sound_without_speech_does_not_hold_up_the_call():
    over = call(Sounded("quiet.wav", tone(1.0, level=0)), Said(LOST), ear=WorkerEar())
    assert over.spoken == ["greeting", "rsj-001", "after_answer"]


def test_without_the_record_a_person_still_comes():
    over = call(Said("转人工"), log=MemoryLog(lost=True))
    assert [item.reason for item in over.all(HandOver)] == [Reason.STORE_FAULT]
    assert over.spoken[-2:] == ["take_message_fault", "goodbye"]


def test_the_same_script_gives_the_same_call():
    script = (Said("天气"), Sounded("q.wav", tone(1.0)), Said("转人工"))
    first, second = (call(*script, ear=WorkerEar([LOST])).told for _ in range(2))
    assert first == second


def test_silence_is_told_in_stretches_of_at_most_half_a_second():
    stretches = [event.seconds for event in call(Stayed(9)).all(SilenceHeard)]
    assert stretches
    assert max(stretches) <= 0.5


def test_decisions_and_partials_reach_the_record():
    over = call(Said(LOST))
    assert [turn.decision for turn in over.log.commits if isinstance(turn, RecordTurn)] == [Decision.ANSWERED]
    assert over.log.events["UtteranceHeard"] == 1
    assert not over.all(PartialHeard)

"""Which pause ends an utterance, by the words so far."""

import pytest

from tests.dialogue.conftest import FAQ, TUNING, Call
from voicebot.dialogue.commands import Listen
from voicebot.dialogue.pauses import Wait, wait_after
from voicebot.events import PartialHeard, SpeechStarted, UtteranceHeard, typed
from voicebot.matching.types import Candidate, Outcome, Ranking, Understanding


def known(probability=0.97, outcome=Outcome.ANSWER):
    ranking = Ranking((Candidate("rsj-001", FAQ["rsj-001"].question, probability),))
    return lambda hypotheses: Understanding(outcome, ranking)


FINISHED = [
    "社保卡丢了怎么补办",
    "社保卡丢了还能补吗",
    "补卡要带什么材料",
    "去哪里领",
    "收不收钱，要多久",
    "今天会不会下雨",
    "社保卡是不是要本人去办",
    "这个有没有年龄限制",
    "办好了没有",
    "我的卡寄到哪里了",
]
HANGING = [
    "公积",
    "我想问一下那个",
    "我的社保卡就是",
    "社保卡然后",
    "请问",
    "社保卡怎么",
    "我的号码是一三八",
    "一三八零零",
    "身份证110108",
]
UNFINISHED = ["社保卡丢了", "我家在三号楼", "社保卡", "二手房买卖怎么了", "公积金贷款要什么条"]


@pytest.mark.parametrize("words", FINISHED)
def test_a_question_that_is_complete_and_known_is_answered_early(words):
    assert wait_after(words, known(), 0.9) is Wait.EARLY


@pytest.mark.parametrize("words", FINISHED)
@pytest.mark.parametrize(
    "understand",
    [known(0.8), known(0.97, Outcome.CHOOSE), lambda hypotheses: Understanding(Outcome.ANSWER)],
    ids=["not sure", "two of them", "none"],
)
def test_one_that_is_not_known_is_not(words, understand):
    assert wait_after(words, understand, 0.9) is Wait.NORMAL


@pytest.mark.parametrize("words", HANGING)
def test_who_hesitates_or_dictates_is_waited_for(words):
    assert wait_after(words, known(), 0.9) is Wait.PATIENT


@pytest.mark.parametrize("words", UNFINISHED)
@pytest.mark.parametrize(
    ("outcome", "wait"),
    [
        (Outcome.ANSWER, Wait.OPEN),
        (Outcome.CONFIRM, Wait.OPEN),
        (Outcome.UNSURE, Wait.PATIENT),
        (Outcome.HUMAN, Wait.NORMAL),
        (Outcome.EMERGENCY, Wait.NORMAL),
    ],
)
def test_half_a_sentence_may_go_on(words, outcome, wait):
    assert wait_after(words, known(0.97, outcome), 0.9) is wait


@pytest.mark.parametrize("words", ["结婚登记要", "我在外地看病想", "这张表交给"])
def test_a_verb_that_wants_another_is_waited_for(words):
    assert wait_after(words, known(0.5, Outcome.CONFIRM), 0.9) is Wait.PATIENT


@pytest.mark.parametrize("words", UNFINISHED)
def test_after_a_sound_by_itself_more_is_waited_for(words):
    """“那个…” was taken for some word or other."""
    assert wait_after(words, known(0.5, Outcome.CONFIRM), 0.9, stray=True) is Wait.PATIENT


@pytest.mark.parametrize("words", FINISHED)
def test_a_question_that_ends_in_a_short_word_after_a_gap_is_complete_all_the_same(words):
    assert wait_after(words, known(), 0.9, stray=True) is Wait.EARLY


@pytest.mark.parametrize("words", ["对", "不是", "不要", "第二个", "一", "再说一遍", "没有了谢谢"])
def test_a_reply_waits_as_usual(words):
    assert wait_after(words, known(0.3, Outcome.UNSURE), 0.9) is Wait.NORMAL


@pytest.mark.parametrize(("nod_counts", "wait"), [(True, Wait.NORMAL), (False, Wait.PATIENT)])
def test_a_nod_is_a_reply_where_we_asked_for_one(nod_counts, wait):
    assert wait_after("嗯", known(0.3, Outcome.UNSURE), 0.9, nod_counts=nod_counts) is wait


def paces(commands):
    return [command.pace.end_silence for command in commands if isinstance(command, Listen)]


def test_the_ear_is_told_when_the_wait_changes_and_only_then():
    call = Call()
    say = [PartialHeard(words) for words in ("我想问那个", "转人工", "转人工", "我想问一下")]

    told = [paces(call.give(event)) for event in (SpeechStarted(), *say)]

    patient, normal = TUNING.patient_silence_normal, TUNING.end_silence_normal
    assert told == [[], [patient], [normal], [], [patient]]


def test_the_next_utterance_begins_with_the_usual_wait():
    call = Call()
    call.give(PartialHeard("我想问那个"))
    call.give(UtteranceHeard(typed("天气")))

    assert paces(call.give(SpeechStarted())) == [TUNING.end_silence_normal]


def test_slow_callers_get_more_time_in_every_case():
    pairs = [
        (getattr(TUNING, f"{name}_normal"), getattr(TUNING, f"{name}_slow"))
        for name in ("early_silence", "end_silence", "open_silence", "patient_silence")
    ]

    assert all(normal < slow for normal, slow in pairs)
    assert sorted(pairs) == pairs

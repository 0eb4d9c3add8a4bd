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
    "补卡要带什么",
    "补卡要带什么材料",
    "去哪里领",
    "收不收钱，要多久",
]
HANGING = [
    "我想问一下那个",
    "我的社保卡就是",
    "社保卡然后",
    "请问",
    "社保卡怎么",
    "我的号码是一三八",
    "一三八零零",
    "身份证110108",
]
OPEN = ["社保卡丢了", "嗯", "一", "", "我家在三号楼", "社保卡"]


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


@pytest.mark.parametrize("words", OPEN)
def test_everything_else_waits_as_usual(words):
    assert wait_after(words, known(), 0.9) is Wait.NORMAL


def paces(commands):
    return [command.pace.end_silence for command in commands if isinstance(command, Listen)]


def test_the_ear_is_told_when_the_wait_changes_and_only_then():
    call = Call()
    say = [PartialHeard(words) for words in ("我想问那个", "我想问那个社保", "我想问那个社保卡", "我想问一下")]

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
        for name in ("early_silence", "end_silence", "patient_silence")
    ]

    assert all(normal < slow for normal, slow in pairs)
    assert sorted(pairs) == pairs

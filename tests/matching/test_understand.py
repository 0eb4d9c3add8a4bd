import pytest

from voicebot.events import Hypothesis, typed
from voicebot.matching import Bands, Outcome, understand
from voicebot.matching.types import Candidate, Ranking
from voicebot.matching.understand import banded

BANDS = Bands()


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("我家着火了", Outcome.EMERGENCY),
        ("快来人啊有人晕倒了", Outcome.EMERGENCY),
        ("楼下有人要跳楼", Outcome.EMERGENCY),
        ("灭火器过期了去哪换", None),
        ("报警回执怎么补", None),
        ("着火了证件烧了怎么补办", None),
        ("上班路上出车祸算不算工伤", None),
        ("低保金什么时候发", None),
        ("转人工", Outcome.HUMAN),
        ("专人工", Outcome.HUMAN),
        ("我听不懂你说的，找个人来", Outcome.HUMAN),
        ("装修人工费怎么算", None),
        ("人工智能培训有没有补贴", None),
        ("我要投诉", Outcome.COMPLAINT),
        ("你们窗口态度太差了", Outcome.COMPLAINT),
        ("打了一天电话没人接", Outcome.COMPLAINT),
        ("投诉物业找哪个部门", None),
        ("嗯", Outcome.UNSURE),
        ("今天天气怎么样", Outcome.UNSURE),
        ("社保卡丢了怎么补办", Outcome.ANSWER),
    ],
)
def test_routes(said, outcome, index):
    routed = {Outcome.EMERGENCY, Outcome.HUMAN, Outcome.COMPLAINT}
    found = understand(typed(said), index, BANDS).outcome
    assert found is outcome if outcome else found not in routed


def test_danger_in_a_second_credible_hypothesis(index):
    assert understand((Hypothesis("找活了", 0.5), Hypothesis("着火了", 0.4)), index, BANDS).outcome is Outcome.EMERGENCY
    assert understand((Hypothesis("找活", 0.9), Hypothesis("着火", 0.1)), index, BANDS).outcome is not Outcome.EMERGENCY


def test_a_complaint_that_a_question_answers_is_a_question(index):
    assert understand(typed("单位拖欠工资去哪里反映"), index, BANDS).outcome is Outcome.ANSWER


@pytest.mark.parametrize(
    ("probabilities", "outcome"),
    [
        ((), Outcome.UNSURE),
        ((0.95,), Outcome.ANSWER),
        ((0.95, 0.04), Outcome.ANSWER),
        ((0.89, 0.04), Outcome.CONFIRM),
        ((0.6, 0.1), Outcome.CONFIRM),
        ((0.45, 0.4), Outcome.CHOOSE),
        ((0.5, 0.3), Outcome.CHOOSE),
        ((0.3, 0.25), Outcome.CHOOSE),
        ((0.3, 0.1), Outcome.UNSURE),
        ((0.2, 0.2), Outcome.UNSURE),
    ],
)
def test_bands(probabilities, outcome):
    candidates = tuple(Candidate(str(i), "", p) for i, p in enumerate(probabilities))
    assert banded(Ranking(candidates), BANDS) is outcome

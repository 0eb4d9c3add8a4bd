"""A caller who names a matter and asks nothing yet is asked which of its questions it is."""

import pytest

from tests.test_questions import index
from voicebot.cli.ask import bands
from voicebot.events import typed
from voicebot.matching import Outcome, understand
from voicebot.matching.matter import offered
from voicebot.matching.ranking import rank

MATTERS = {
    "公积金提取": "公积金",
    "身份证怎么办": "身份证",
    "我要办身份证": "身份证",
    "社保卡": "社保卡",
    "问一下医保": "医保",
    "驾照": "驾",
    "过户": "过户",
    "公积金贷款": "公积金贷款",
}
ASKED = ["社保卡丢了怎么补办", "居住证", "补身份证", "生育津贴", "年检"]
NOTHING = ["怎么办", "补办", "今天天气不错", "喂", "要什么材料"]


@pytest.mark.parametrize(("said", "named"), MATTERS.items())
def test_the_matter_alone_is_a_choice_among_its_questions(said, named):
    understanding = understand(typed(said), index(), bands())
    titles = [index().entry(entry).question for entry in understanding.options]
    assert understanding.outcome is Outcome.CHOOSE
    assert 2 <= len(titles) <= 3
    assert all(named in title for title in titles), titles


@pytest.mark.parametrize("said", ASKED)
def test_what_only_one_question_names_is_not(said):
    understanding = understand(typed(said), index(), bands())
    assert understanding.outcome in (Outcome.ANSWER, Outcome.CONFIRM)
    assert len(understanding.options) == 1


@pytest.mark.parametrize("said", NOTHING)
def test_no_matter_no_choice(said):
    assert offered(typed(said), rank(typed(said), index()), index()) == ()


def test_two_that_one_word_tells_apart_are_told_apart():
    understanding = understand(typed("社保卡"), index(), bands())
    assert understanding.apart is not None
    assert set(understanding.apart) == {"首次", "补办"}

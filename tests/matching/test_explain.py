import pytest

from voicebot.events import typed
from voicebot.matching import Bands, Outcome, rank, understand
from voicebot.matching.difference import difference
from voicebot.matching.explain import GROUPS, explain
from voicebot.matching.names import NAMES


def test_the_same_as_the_ranking(index):
    text = "社保卡找不着了咋整"
    ranked, explained = rank(typed(text), index).candidates, explain(text, index)
    assert [(c.entry, pytest.approx(c.probability)) for c in ranked] == [
        (one.entry, one.probability) for one in explained[: len(ranked)]
    ]


def test_reasons_add_up_to_the_lead_over_the_runner_up(index):
    first, second, *_ = explain("社保卡找不着了咋整", index)
    assert sum(gain for _, gain in first.reasons) > 0 > sum(gain for _, gain in second.reasons)


def test_words_without_counterpart_are_named(index):
    assert "离婚" in explain("离婚后社保卡丢了怎么补办", index)[0].question_alone


def test_nothing_said_explains_nothing(index):
    assert explain("嗯", index) == ()


@pytest.mark.parametrize("name", NAMES)
def test_every_piece_of_evidence_has_a_reason(name):
    assert any(name.startswith(starts) for _, starts in GROUPS)


def test_a_choice_names_the_difference(index):
    assert difference("card-lost", "card-new", index) == ("补办", "首次")
    assert difference("card-new", "card-lost", index) == ("首次", "补办")


def test_the_choice_carries_it(index):
    understanding = understand(typed("社保卡怎么办"), index, Bands(confirm=0.1))
    assert understanding.outcome is Outcome.CHOOSE
    assert set(understanding.apart) == {"补办", "首次"}


def test_no_difference_on_one_axis(index):
    assert difference("card-lost", "phone", index) is None

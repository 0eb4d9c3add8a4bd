from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.matching.conftest import ENTRIES, entry
from voicebot.events import Hypothesis, Word, typed
from voicebot.matching import build_index, rank
from voicebot.matching.ranking import KEPT

QUESTIONS = st.text(
    st.sampled_from("社保卡丢了怎么补办租房公积金结婚证工资老板电话多少在哪里的吗 ，？12ab嗯"), max_size=30
)


@pytest.mark.parametrize("phrasing", [(e.id, text) for e in ENTRIES for text in e.phrasings], ids=lambda p: p[0])
def test_its_own_phrasing_finds_the_entry(phrasing, index):
    id_, text = phrasing
    best = rank(typed(text), index).best
    assert best.entry == id_
    assert best.matched == text


@pytest.mark.parametrize(
    ("said", "entry"),
    [
        ("社保卡找不着了咋整", "card-lost"),
        ("设保卡丢勒怎么补办", "card-lost"),
        ("頭一次辦社保卡", "card-new"),
        ("我妈七十多了腿脚不好那个社保卡不见了怎么弄啊", "card-lost"),
        ("公鸡金能不能拿来交房租", "rent"),
        ("老板一直不给发工资", "wages"),
    ],
)
def test_other_words_sounds_and_stories(said, entry, index):
    assert rank(typed(said), index).best.entry == entry


def test_hypotheses_help_each_other(index):
    muddled = (Hypothesis("设宝咖丢乐", 0.4), Hypothesis("社保卡丢了", 0.35), Hypothesis("摄保卡丢了", 0.25))
    assert rank(muddled, index).best.entry == "card-lost"


def test_an_unlikely_reading_does_not_carry_the_day(index):
    sure = rank((Hypothesis("今天天气真好", 0.95), Hypothesis("社保卡丢了怎么补办", 0.05)), index)
    alone = rank(typed("社保卡丢了怎么补办"), index)
    assert sure.best.probability < alone.best.probability


def test_a_word_that_was_hardly_heard_counts_little(index):
    def heard(confidence):
        words = (Word("社保卡", 1.0, 0.0, 0.5), Word("丢了", 1.0, 0.5, 0.8), Word("番茄", confidence, 0.8, 1.2))
        return rank((Hypothesis("社保卡丢了番茄", 1.0, words),), index).best

    assert heard(0.1).entry == heard(1.0).entry == "card-lost"
    assert heard(0.1).probability > heard(1.0).probability


def test_nothing_said_ranks_nothing(index):
    assert rank((), index).best is None
    assert rank(typed("喂你好"), index).best is None


def test_an_empty_faq(lexicon):
    assert rank(typed("社保卡丢了"), build_index((), lexicon)).best is None


def test_one_entry_and_one_that_says_nothing(lexicon):
    index = build_index([entry("a", "社保卡丢了怎么办"), entry("b", "？？")], lexicon)
    assert [c.entry for c in rank(typed("社保卡丢了怎么办"), index).candidates] == ["a"]


def test_twins_share_the_probability(lexicon):
    index = build_index([entry("a", "社保卡丢了怎么办"), entry("b", "社保卡丢了怎么办")], lexicon)
    assert rank(typed("社保卡丢了怎么办"), index).margin < 0.05


def test_the_index_cannot_be_changed(index):
    with pytest.raises(FrozenInstanceError):
        index.entries = ()
    with pytest.raises(ValueError, match="read-only"):
        index.lengths[0] = 1.0


@settings(max_examples=150, deadline=None)
@given(st.one_of(QUESTIONS, st.text(max_size=40)), st.floats(0, 1))
def test_any_text_gives_sorted_probabilities(index, text, confidence):
    candidates = rank((Hypothesis(text, confidence), Hypothesis("社保卡", 0.1)), index).candidates
    probabilities = [c.probability for c in candidates]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(0.0 <= p <= 1.0 for p in probabilities)
    assert len({c.entry for c in candidates}) == len(candidates) <= KEPT

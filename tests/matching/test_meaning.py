from dataclasses import astuple

import numpy as np
import pytest

from voicebot.matching.index import build_index
from voicebot.matching.meaning import meanings_from, shared, together
from voicebot.matching.text import syllables


@pytest.fixture(scope="module")
def meanings(lexicon):
    return lexicon.meanings


def of(text, meanings):
    return meanings.of(meanings.cut(text), syllables(text), [1.0] * len(text))


def covered(one, other, meanings):
    return shared(of(one, meanings), [of(other, meanings)])[0]


@pytest.mark.parametrize(
    ("word", "near", "far"),
    [
        ("遗失", "丢失", "结婚"),
        ("父亲", "爸爸", "费用"),
        ("薪水", "工资", "户口"),
        ("购买", "买", "离婚"),
    ],
)
def test_words_that_mean_the_same_are_near(word, near, far, meanings):
    assert covered(word, near, meanings).here > covered(word, far, meanings).here + 0.1


def test_the_words_of_a_text_are_the_text(meanings):
    text = "社保卡abc丢了零一怎么补办"
    assert "".join(meanings.cut(text)) == text


def test_what_sounds_the_same_is_the_same(meanings):
    assert covered("公式", "公事", meanings).here > 0.99


def test_each_of_several_is_compared_for_itself(meanings):
    texts = ["社保卡丢失怎么补办", "结婚登记", "工资"]
    question = of("社保卡遗失", meanings)
    alone = [shared(question, [of(text, meanings)])[0] for text in texts]
    at_once = shared(question, [of(text, meanings) for text in texts])
    for one, other in zip(alone, at_once, strict=True):
        assert astuple(other) == pytest.approx(astuple(one), abs=1e-5)


def test_nothing_said_shares_nothing(meanings):
    assert covered("", "社保卡", meanings).here == 0.0


def test_together_holds_every_word_once(meanings):
    both = together([of("社保卡丢失", meanings), of("社保卡补办", meanings)])
    assert sorted(both.words) == sorted(set(both.words))
    assert {"丢失", "补办"} <= set(both.words)


def test_a_word_without_vector_is_nothing():
    small = meanings_from(["甲"], [1], np.array([[1, 0]], dtype=np.int8))
    assert not small.of(["乙"], "乙", [1.0]).whole.any()


def test_an_empty_faq_can_be_indexed(lexicon):
    assert build_index((), lexicon).wholes.shape == (0, lexicon.meanings.dimensions)

"""The transducer from frames to words, walked by hand, and its numbering."""

import numpy as np
import pytest

from voicebot.speech.lexicon import UNKNOWN, lexicon_of

SPELLINGS = {"不": (2, 3), "是": (4, 5), "事": (4, 5), "是的": (4, 5, 2, 3), "不是": (2, 3, 4, 5)}
UNITS = 5


@pytest.fixture(scope="module")
def lexicon():
    return lexicon_of(SPELLINGS, UNITS)


def words_heard(lexicon, *units):
    """Every row of words that these units can be, each held for two frames and followed by blank; not the unknown."""
    word_of = {number: word for word, number in lexicon.numbers.items()}
    heard = [t for unit in units for t in (2 * unit, 2 * unit - 1, 1)]
    arcs, source = lexicon.fst.arcs, lexicon.fst.source
    paths = {(lexicon.fst.start, ())}
    for label in [*heard, None]:
        before = set()
        while paths != before:  # arcs without input
            before = set(paths)
            for state, words in before:
                for arc in arcs[(source == state) & (arcs["input"] == 0)]:
                    paths.add((int(arc["to"]), (*words, *([word_of[int(arc["output"])]] if arc["output"] else []))))
        if label is None:
            break
        paths = {
            (int(arc["to"]), (*words, *([word_of[int(arc["output"])]] if arc["output"] else [])))
            for state, words in paths
            for arc in arcs[(source == state) & (arcs["input"] == label)]
        }
    ends = {words for state, words in paths if np.isfinite(lexicon.fst.final[state])}
    return {" ".join(words) for words in ends if UNKNOWN not in words}


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ((2, 3), {"不"}),
        ((4, 5), {"是", "事"}),
        ((4, 5, 2, 3), {"是的", "是 不", "事 不"}),
        ((2, 3, 4, 5), {"不是", "不 是", "不 事"}),
        ((2,), set()),
    ],
)
def test_words_of_units(lexicon, units, words):
    assert words_heard(lexicon, *units) == words


def test_numbers_are_a_row_below_every_state(lexicon):
    assert sorted(lexicon.numbers.values()) == list(range(1, len(SPELLINGS) + 2))
    for state, (low, high) in enumerate(zip(lexicon.low, lexicon.high, strict=True)):
        outputs = {int(o) for o in lexicon.fst.arcs["output"][lexicon.fst.source == state] if o}
        assert outputs <= set(range(low, high))
    assert (lexicon.low[0], lexicon.high[0]) == (1, len(SPELLINGS) + 3), "the root reaches everything, and the end"

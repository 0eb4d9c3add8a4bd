"""An index with entries changed finds what a new index of the changed entries finds."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from voicebot.data_files import load_lexicon
from voicebot.events import typed
from voicebot.faq.load import load_folder
from voicebot.matching import build_index, rank
from voicebot.matching.patching import patched

FAQ = load_folder(Path(__file__).parents[2] / "faq", date(2026, 6, 1)).entries
LEXICON = load_lexicon()
INDEX = build_index(FAQ, LEXICON)
CHANGES = {
    "a phrasing less": lambda one, other: [replace(one, variants=one.variants[1:])],
    "a phrasing of another": lambda one, other: [replace(one, variants=(*one.variants, other.variants[0] + "吗"))],
    "characters nobody had": lambda one, other: [replace(one, question="龘靐去哪儿办", variants=("龘靐窗口在哪",))],
    "taken out": lambda one, other: [],
    "split into two": lambda one, other: [
        replace(one, variants=one.variants[:1]),
        replace(one, id=f"{one.id}-b", question=one.variants[-1], variants=()),
    ],
    "a phrasing that says nothing": lambda one, other: [replace(one, variants=("？", "嗯"))],
}


def found(index, question):
    return {one.entry: one.probability for one in rank(typed(question), index).candidates}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seed", range(5))
def test_as_if_built_anew(change, seed):
    choose = random.Random(f"{change} {seed}")
    one, other = choose.sample(FAQ, 2)
    come = CHANGES[change](one, other)
    fresh = build_index([*(entry for entry in FAQ if entry is not one), *come], LEXICON)
    changed = patched(INDEX, {one.id}, come)
    asked = [
        *one.phrasings,
        *other.phrasings,
        "龘靐",
        "今天天气怎么样",
        *(phrase for e in come for phrase in e.phrasings),
    ]
    for question in asked:
        now, expected = found(changed, question), found(fresh, question)
        assert abs(max(now.values(), default=0) - max(expected.values(), default=0)) < 0.25
        best = max(expected, key=expected.get, default="")
        if best and expected[best] >= 0.4:  # below, which of two that do not fit comes first hangs on the last digit
            assert max(now, key=now.get) == best
            assert now[best] == pytest.approx(expected[best], abs=0.1)  # with 95 entries; with 2,000 it is 0.001
        assert one.id not in now or any(entry.id == one.id for entry in come)
    assert changed.topic_rarities == pytest.approx(fresh.topic_rarities, abs=0.02)
    assert changed.word_rarities.keys() == fresh.word_rarities.keys()
    assert changed.rarities.keys() == fresh.rarities.keys()


def test_the_old_index_stays_as_it_is():
    before = [found(INDEX, entry.question) for entry in FAQ[:10]]
    patched(INDEX, {entry.id for entry in FAQ[:10]}, [])
    assert [found(INDEX, entry.question) for entry in FAQ[:10]] == before


def test_changed_again_and_again():
    """Each entry replaced by itself, one after the other, changes nothing."""
    index = INDEX
    for entry in FAQ[:8]:
        index = patched(index, {entry.id}, [entry])
    for entry in FAQ[:12]:
        assert found(index, entry.question) == pytest.approx(found(INDEX, entry.question), abs=1e-9)


def test_nothing_left():
    index = patched(INDEX, {entry.id for entry in FAQ}, [])
    assert found(index, "社保卡丢了怎么补办") == {}
    assert found(patched(index, (), FAQ[:1]), FAQ[0].question)

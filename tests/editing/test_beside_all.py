"""A draft checked and compared by looking up what it may meet: as when everything is compared with everything."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from voicebot.data_files import load_lexicon
from voicebot.faq import lookalike
from voicebot.faq.entry import Faq
from voicebot.faq.lint import check, check_one
from voicebot.faq.load import load_folder
from voicebot.faq.lookalike import Neighbours, _Near
from voicebot.knowledge import knowledge_of
from voicebot.matching import Bands
from voicebot.matching.leave_one_out import LeaveOneOut, LeaveOut
from voicebot.questions.confusion import confusions, confusions_of

TODAY = date(2026, 6, 1)
FAQ = load_folder(Path(__file__).parents[2] / "faq", TODAY)
LEXICON = load_lexicon()
NEIGHBOURS = Neighbours(FAQ.entries)


def edited(choose, one):
    """Some phrasings dropped, some of others taken as they are, turned around, with a syllable more or less."""
    ways = [phrase for phrase in one.variants if choose.random() < 0.7]
    for _ in range(choose.randrange(4)):
        phrase = choose.choice(choose.choice(FAQ.entries).phrasings)
        cut = choose.randrange(len(phrase))
        ways.append(
            choose.choice([phrase, phrase[cut:] + phrase[:cut], phrase + "呢", phrase[:cut] + phrase[cut + 1 :]])
        )
    return replace(one, variants=tuple(ways), file=Path("草稿"), answer=one.answer + choose.choice(["", "见 www.cn"]))


@pytest.mark.parametrize("seed", range(60))
def test_problems_of_one_entry_are_those_of_the_whole(seed, monkeypatch):
    choose = random.Random(seed)
    one = choose.choice(FAQ.entries)
    draft = edited(choose, one)
    others = Faq(entries=tuple(entry for entry in FAQ.entries if entry is not one))
    knows = "社保卡公积金".__contains__
    whole = check(Faq(entries=(*others.entries, draft)), knows=knows)
    expected = [found for found in whole if found.file == "草稿"]
    if seed % 2:  # nothing is remembered of those around it
        monkeypatch.setattr(lookalike, "_NEAR", _Near())
    assert list(check_one(draft, NEIGHBOURS, others, knows=knows)) == expected
    assert expected


@pytest.mark.parametrize("seed", range(3))
def test_what_the_matcher_says_is_the_same_too(seed):
    choose = random.Random(seed)
    one = choose.choice(FAQ.entries)
    stolen = choose.choice([entry for entry in FAQ.entries if entry.department != one.department])
    draft = replace(one, variants=(*one.variants[:2], stolen.variants[0] + "呀"), file=Path("草稿"))
    entries = (*(entry for entry in FAQ.entries if entry is not one), draft)
    phrases = {(draft.id, phrase) for phrase in draft.phrasings}
    index = knowledge_of(Faq(FAQ.departments, entries), LEXICON, Bands(), TODAY).index
    for rank in (LeaveOneOut(entries, LEXICON, phrases), LeaveOut(index, [draft])):
        told = check_one(draft, NEIGHBOURS, Faq(entries=entries[:-1]), rank=rank)
        assert [found.code for found in told if found.code in ("matches-another", "look-alike")]


def test_likeness_is_remembered_and_right():
    """Told in two goes, in any order, as told at once; and as comparing every pair."""
    from rapidfuzz.distance import Indel

    from voicebot.faq.lookalike import SIMILAR, _core

    cores = [_core(phrase) for entry in FAQ.entries[:40] for phrase in entry.phrasings]
    cores += [core[1:] for core in cores[:50]] + [(*core, "a") for core in cores[:50]]
    near = _Near()
    near.of(cores[100:180])
    near.of(cores[::3])
    found = near.of(cores)
    for core in filter(None, cores):
        scores = {other: Indel.normalized_similarity(core, other) for other in {*cores} - {core} if other}
        assert found[core] == pytest.approx({other: score for other, score in scores.items() if score >= SIMILAR})


@pytest.mark.parametrize("new", [False, True])
def test_what_is_taken_and_lost_is_as_in_the_whole(new):
    """The surest of what the whole comparison finds, with the same word for since when."""
    for seed in range(4):
        choose = random.Random(seed)
        one, other = choose.sample(FAQ.entries, 2)
        draft = replace(one, variants=(*one.variants[:1], *(phrase + "呢" for phrase in other.variants[:3])))
        draft = replace(draft, id="new-001") if new else draft
        before = list(FAQ.entries)
        now = [*(entry for entry in before if entry.id != draft.id), draft]
        whole = confusions(now, before, LEXICON, draft.id)
        known = knowledge_of(FAQ, LEXICON, Bands(), TODAY)
        found = confusions_of(draft, known.index, known.faq, draft.id)
        sure = {(one.phrasing, one.owner, one.taker, one.since) for one in whole if one.probability >= 0.5}
        assert sure <= {(one.phrasing, one.owner, one.taker, one.since) for one in found}
        assert sure

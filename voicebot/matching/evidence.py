"""What speaks for and against an entry: one row of numbers for each pick, in the order of `NAMES`. Pure.

Everything is small and bounded. Pieces that start with ``phrasing`` compare the question with the nearest phrasing,
those with ``entry`` with everything the entry says; ``broad`` ones are multiplied by the entry's breadth, because an
entry whose phrasings differ much is about a matter rather than about one exact question; ``story`` ones by how much
longer the question is than the phrasing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from voicebot.matching.candidates import Pick, Search
from voicebot.matching.index import Index, Topic
from voicebot.matching.meaning import Said, Shared, Vectors, said, shared
from voicebot.matching.model import Floats
from voicebot.matching.names import BROAD, NAMES, STORY
from voicebot.matching.terms import Parts

_MOST = 6.0
"""Sums of weights are cut here: three or thirty unmatched words are equally bad."""


@dataclass(frozen=True, slots=True)
class Covered:
    """How much of a text has a counterpart in another."""

    share: float
    missing: float
    """Weight without counterpart."""
    worst: float
    """Greatest weight without counterpart."""


def covered(items: Sequence[str], there: Collection[str], weights: Sequence[float]) -> Covered:
    """How much of `items` is `there`, by weight."""
    total = sum(weights)
    lost = [weight for item, weight in zip(items, weights, strict=True) if item not in there]
    missing = sum(lost)
    return Covered((total - missing) / total if total else 0.0, missing, max(lost, default=0.0))


def evidence(parts: Parts, found: Search, index: Index) -> Floats:
    """One row for each pick."""
    picks = found.picks
    near = shared(parts.meaning, [index.phrasing(pick.phrasing).meaning for pick in picks])
    wider = said(parts.meaning, [index.said_by(pick.entry) for pick in picks])
    beside = _beside(parts, found, near, wider, index)
    rows = []
    for place, pick in enumerate(picks):
        means, means_wider = near[place], wider[place]
        row = {
            **_phrasing(parts, pick, index),
            **_kind(parts, pick, index),
            **_entry(parts, index.entries[pick.entry], index),
            "meaning-whole": means.whole,
            "meaning-best": pick.best_meaning,
            "meaning-covers-question": means.here,
            "meaning-covers-phrasing": means.there,
            "meaning-both-cover": means.here * means.there,
            "meaning-phrasing-lacks": means.here_worst,
            "meaning-question-lacks": means.there_worst,
            "meaning-swapped": min(_MOST / 2, means.here_left, means.there_left),
            "meaning-swapped-worst": min(means.here_worst, means.there_worst),
            "meaning-left-alike": means.left_alike,
            "meaning-left-unlike": min(means.here_left, means.there_left, 1.0) * (1.0 - means.left_alike),
            "meaning-entry-covers": means_wider.here,
            "meaning-entry-lacks": means_wider.here_worst,
            "meaning-entry-whole": means_wider.whole,
            "phrasing-match": pick.char_match,
            "phrasing-best-match": pick.best_char_match,
            "entry-coverage": pick.coverage,
            "entry-merit": pick.merit,
            "entry-phrasings": math.log(len(index.entries[pick.entry].phrasings)),
            "question-unknown": found.unknown,
            "one": 1.0,
            **{name: values[place] for name, values in beside.items()},
        }
        row.update(_products(row))
        rows.append([row[name] for name in NAMES])
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(NAMES))


def _beside(
    parts: Parts, found: Search, near: Sequence[Shared], wider: Sequence[Said], index: Index
) -> dict[str, Sequence[float]]:
    """What each pick has and by how much it leads the best of the others: one value for each pick."""
    picks, topics = found.picks, [index.entries[pick.entry] for pick in found.picks]
    mass = [found.mass * pick.coverage for pick in picks]
    on_topic = [_rarity_sum(parts.reading.topics & one.topics, index.topic_rarities, index.unknown) for one in topics]
    words = [_rarity_sum(parts.words & one.words, index.word_rarities, index.unknown) for one in topics]
    alike = index.wholes[[pick.phrasing for pick in picks]]
    alike = alike @ alike.T - 2.0 * np.eye(len(picks), dtype=np.float32)  # not with itself
    return {
        "entry-mass": [math.log1p(one) for one in mass],
        "entry-topic-mass": on_topic,
        "siblings-alike": np.maximum(alike.max(axis=1), 0.0).tolist(),
        "lead-mass": [min(3.0, lead) for lead in _leads(mass)],
        "lead-topics": _leads(on_topic),
        "lead-words": _leads(words),
        "lead-match": _leads([pick.best_char_match for pick in picks]),
        "lead-meaning": _leads([pick.best_meaning for pick in picks]),
        "lead-meaning-both": _leads([one.here * one.there for one in near]),
        "lead-meaning-entry": _leads([one.here for one in wider]),
        "lead-meaning-entry-whole": _leads([one.whole for one in wider]),
        "lead-meaning-apart": _apart([pick.meaning for pick in picks], alike),
        "lead-nearness": _leads([pick.nearness for pick in picks]),
        "lead-sound-ratio": _leads([pick.sound_ratio for pick in picks]),
        "lead-coverage": _leads([pick.coverage for pick in picks]),
        "lead-merit": _leads([pick.merit for pick in picks]),
    }


def _leads(values: Sequence[float]) -> list[float]:
    """By how much each value exceeds the greatest of the others; of a single one all of it."""
    if len(values) < 2:
        return list(values)
    second, first = sorted(values)[-2:]
    return [value - (second if value == first else first) for value in values]


def _apart(meanings: Sequence[float], alike: Vectors) -> list[float]:
    """How far the question stands on each pick's side of the way to the likest other pick: 1 where it says the same,
    -1 where it says the same as the other.
    """
    if len(meanings) < 2:
        return [1.0]
    rivals = alike.argmax(axis=1).tolist()
    return [
        max(-1.0, min(1.0, (one - meanings[rival]) / (1.1 - float(alike[place, rival]))))
        for place, (one, rival) in enumerate(zip(meanings, rivals, strict=True))
    ]


def _rarity_sum(labels: Collection[str], rarities: Mapping[str, float], unknown: float) -> float:
    return sum(rarities.get(label, unknown) for label in labels)


def _phrasing(parts: Parts, pick: Pick, index: Index) -> dict[str, float]:
    """The question's wording beside the phrasing's."""
    other = index.phrasing(pick.phrasing)
    here, there = parts.reading, other.reading
    question = covered(here.sounds, other.sounds, parts.char_weights)
    phrasing = covered(there.sounds, parts.sounds, other.char_weights)
    alike = [char for char, sound in zip(here.text, here.sounds, strict=True) if sound in other.sounds]
    return {
        "phrasing-cosine": pick.cosine,
        "phrasing-ratio": fuzz.ratio(here.text, there.text) / 100.0,
        "phrasing-sound-ratio": pick.sound_ratio,
        "phrasing-sound-partial": fuzz.partial_ratio(here.sounds, there.sounds) / 100.0,
        "phrasing-plain-ratio": fuzz.ratio(here.plain, there.plain) / 100.0,
        "phrasing-covers-question": question.share,
        "question-covers-phrasing": phrasing.share,
        "phrasing-covers-pairs": covered(parts.pairs, other.pair_set, parts.pair_weights).share,
        "question-covers-pairs": covered(other.pairs, parts.pair_set, other.pair_weights).share,
        "phrasing-covers-sound-pairs": covered(parts.sound_pairs, other.sound_pair_set, parts.pair_weights).share,
        "question-covers-sound-pairs": covered(other.sound_pairs, parts.sound_pair_set, other.pair_weights).share,
        "phrasing-exact": sum(char in other.chars for char in alike) / max(1, len(alike)),
        "phrasing-swapped": min(_MOST / 2, question.missing, phrasing.missing),
        "phrasing-lacks": min(_MOST, question.missing),
        "question-lacks": min(_MOST, phrasing.missing),
        "phrasing-lacks-worst": question.worst,
        "question-lacks-worst": phrasing.worst,
        "phrasing-same": float(here.text == there.text),
        "phrasing-second": pick.runner_up,
        "question-length": math.log(len(here.text)),
        "phrasing-length": math.log(len(there.text)),
        "question-longer": max(0.0, math.log(len(here.text) / len(there.text))),
        "question-tiny": float(len(here.text) <= 4),
    }


def _kind(parts: Parts, pick: Pick, index: Index) -> dict[str, float]:
    """What kind of thing is asked, and words that tell one matter from its neighbour."""
    other, entry = index.phrasing(pick.phrasing), index.entries[pick.entry]
    here, there = parts.reading.types, other.reading.types
    clash = bool(here and there and not here & there)
    return {
        "type-agrees": float(bool(here & there)),
        "type-clashes": float(clash),
        "type-only-question": float(bool(here and not there)),
        "type-only-phrasing": float(bool(there and not here)),
        "type-in-entry": float(bool(here & entry.types)),
        "type-clashes-all": float(clash and not here & entry.types),
        "contrast-phrasing": float(_contradicts(parts.axes, other.axes)),
        "contrast-entry": float(_contradicts(parts.axes, entry.axes)),
        "negation": float(parts.reading.negated != other.reading.negated),
        "number-question": float(bool(parts.numerals - other.numerals)),
        "number-phrasing": float(bool(other.numerals - parts.numerals)),
    }


def _contradicts(here: Mapping[str, frozenset[str]], there: Mapping[str, frozenset[str]]) -> bool:
    return any(axis in there and not values & there[axis] for axis, values in here.items())


def _entry(parts: Parts, entry: Topic, index: Index) -> dict[str, float]:
    """The question beside everything the entry says."""
    topics, unknown = parts.reading.topics, index.unknown
    weighed = _rarity_sum(topics, index.topic_rarities, unknown)
    shared = _rarity_sum(topics & entry.topics, index.topic_rarities, unknown)
    words = _rarity_sum(parts.words, index.word_rarities, unknown)
    foreign = [index.word_rarities[word] for word in parts.words - entry.words if word in index.word_rarities]
    lost = [(term, weight) for term, weight in parts.topical.items() if term not in entry.terms]
    keywords = [len(sounds) for sounds in entry.keywords if sounds in parts.reading.sounds]
    return {
        "entry-breadth": entry.breadth,
        "entry-lacks-worst": max((weight for _, weight in lost), default=0.0),
        "entry-lacks-known": max((w * index.rarities[t] for t, w in lost if t in index.rarities), default=0.0),
        "entry-keywords": math.log1p(sum(keywords)),
        "topics-none": float(not topics),
        "topics-shared": shared / weighed if weighed else 0.0,
        "topics-clash": float(bool(topics and entry.topics and not topics & entry.topics)),
        "topics-foreign": max((index.topic_rarities.get(t, unknown) for t in topics - entry.topics), default=0.0),
        "words-shared": _rarity_sum(parts.words & entry.words, index.word_rarities, unknown) / words if words else 0.0,
        "words-foreign": max(foreign, default=0.0),
    }


def _products(row: Mapping[str, float]) -> dict[str, float]:
    broad = {f"broad-{name}": row["entry-breadth"] * row[name] for name in BROAD}
    story = {f"story-{name}": row["question-longer"] * row[name] for name in STORY}
    return {
        **broad,
        **story,
        "phrasing-both-cover": row["phrasing-covers-question"] * row["question-covers-phrasing"],
        "phrasing-cosine-squared": row["phrasing-cosine"] ** 2,
        "type-clashes-alike": row["type-clashes"] * row["meaning-both-cover"],
    }

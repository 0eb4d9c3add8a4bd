"""Why an entry won: the evidence gathered into a few reasons, and the words that found no counterpart. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from voicebot.matching.candidates import search
from voicebot.matching.evidence import evidence
from voicebot.matching.index import Index
from voicebot.matching.meaning import Meaning
from voicebot.matching.names import NAMES

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("lead", ("lead-",)),
    ("kind", ("type-", "broad-type")),
    ("contrast", ("contrast-", "negation", "number-")),
    ("meaning", ("meaning-", "broad-meaning", "story-meaning")),
    (
        "matter",
        ("topics-", "words-", "entry-", "broad-topics", "broad-words", "broad-entry", "broad-lead", "story-entry"),
    ),
    ("length", ("question-length", "phrasing-length", "question-longer", "question-tiny", "question-unknown")),
    ("wording", ("",)),
)
"""Reasons, each with the beginnings of the names of its evidence; the first that fits counts."""
_TOLD = 3
_FAR = 0.6
"""A word whose nearest counterpart is farther than this has none."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one entry has its probability."""

    entry: str
    question: str
    matched: str
    """Its phrasing that comes nearest."""
    probability: float
    reasons: tuple[tuple[str, float], ...]
    """(reason, what it adds to the score in comparison with the runner-up, or with the average where there is none),
    strongest first; a negative one speaks against it."""
    question_alone: tuple[str, ...]
    """Telling words of the question that the entry says nothing like."""
    phrasing_alone: tuple[str, ...]
    """Telling words of the phrasing that the question says nothing like."""


def explain(text: str, index: Index) -> tuple[Explanation, ...]:
    """The best entries for a text, each with its reasons, best first; the first is compared with the second."""
    parts = index.parts(text)
    found = search(parts, index)
    if not found.picks:
        return ()
    model = index.lexicon.model
    rows = evidence(parts, found, index)
    shares = model.probabilities(rows)
    added = (rows - model.mean) / model.scale * model.weights
    order = np.argsort(-shares, kind="stable")
    explained = []
    for place, row in enumerate(order):
        rival = order[1 - place] if len(order) > 1 and place < 2 else None
        gains = added[row] - (added[rival] if rival is not None else 0.0)
        pick = found.picks[row]
        entry = index.entries[pick.entry]
        explained.append(
            Explanation(
                entry.id,
                entry.question,
                index.phrasings[pick.phrasing],
                float(shares[row]),
                _reasons(gains.tolist()),
                _alone(parts.meaning, index.said_by(pick.entry)),
                _alone(index.phrasing(pick.phrasing).meaning, parts.meaning),
            )
        )
    return tuple(explained)


def _reasons(gains: Sequence[float]) -> tuple[tuple[str, float], ...]:
    sums: dict[str, float] = defaultdict(float)
    for name, gain in zip(NAMES, gains, strict=True):
        sums[next(group for group, starts in GROUPS if name.startswith(starts))] += 0.0 if name == "one" else gain
    return tuple(sorted(sums.items(), key=lambda item: -abs(item[1])))


def _alone(one: Meaning, other: Meaning) -> tuple[str, ...]:
    """The most telling words of `one` that `other` says nothing like."""
    if not one.words or not other.words:
        return one.words[:_TOLD]
    near = (one.vectors @ other.vectors.T).max(axis=1)
    telling = sorted(
        (-float(weight), word)
        for word, sound, weight, nearest in zip(one.words, one.sounds, one.weights, near, strict=True)
        if nearest < _FAR and sound not in other.sounds
    )
    return tuple(dict.fromkeys(word for _, word in telling))[:_TOLD]

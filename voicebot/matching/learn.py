"""Learning the weights of evidence from questions whose right entry is known. Pure: examples in, model out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from voicebot.matching.candidates import search
from voicebot.matching.evidence import evidence
from voicebot.matching.index import Index
from voicebot.matching.lexicon import Lexicon
from voicebot.matching.model import Floats, Model
from voicebot.matching.names import NAMES
from voicebot.matching.reading import read

RIDGE = 1.0
"""Pull of the weights towards 0, for `PER_SET` questions."""
PER_SET = 700.0
"""The answerable questions of a set count as so many, however many there are: a big set must not drown the others."""
STEPS = 15


class Kind(StrEnum):
    """What a question tells."""

    ASKED = "asked"
    """Its entry is in the FAQ."""
    MISSING = "missing"
    """Its entry has been taken out: on the right topic, and must not be answered."""
    OUTSIDE = "outside"
    """Nothing in the FAQ answers it."""


SHARES: Mapping[Kind, float] = {Kind.ASKED: 1.0, Kind.MISSING: 0.5, Kind.OUTSIDE: 0.5}
"""How much the questions of a kind count together: half of all that is asked can be answered."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question: evidence of its picks, and which of them is right."""

    kind: Kind
    rows: Floats
    right: int | None
    """Row of the right entry; None when there is none among the picks."""


def examples(text: str, right: Collection[str], index: Index) -> list[Example]:
    """What one question teaches: with its entries, and with them taken out. `right` holds all ids that would be right.
    Empty when it says nothing.
    """
    if not right:
        return _example(Kind.OUTSIDE, text, right, index, frozenset())
    hidden = frozenset(place for place, entry in enumerate(index.entries) if entry.id in right)
    return _example(Kind.ASKED, text, right, index, frozenset()) + _example(Kind.MISSING, text, (), index, hidden)


def _example(kind: Kind, text: str, right: Collection[str], index: Index, hidden: frozenset[int]) -> list[Example]:
    parts = index.parts(text)
    found = search(parts, index, hidden)
    if not found.picks:
        return []
    places = [place for place, pick in enumerate(found.picks) if index.entries[pick.entry].id in right]
    return [Example(kind, evidence(parts, found, index), places[0] if places else None)]


def commonness(texts: Iterable[Sequence[str]], lexicon: Lexicon, keep: int = 1500) -> dict[str, float]:
    """Share of questions that hold a character, each collection of texts counting the same."""
    shares: Counter[str] = Counter()
    collections = [[set(read(text, lexicon).text) for text in collection] for collection in texts]
    for collection in collections:
        for char, count in Counter(char for chars in collection for char in chars).items():
            shares[char] += count / len(collection) / len(collections)  # type: ignore[assignment]
    return {char: float(share) for char, share in shares.most_common(keep)}


def learn(sets: Sequence[Sequence[Example]], common: Mapping[str, float], counting: Sequence[float]) -> Model:
    """The model for these sets of examples; `counting`: how much each set counts."""
    rows = np.vstack([e.rows for examples in sets for e in examples])
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    one = NAMES.index("one")
    mean[one], scale[one] = 0.0, 1.0
    starts, right = _layout([e for examples in sets for e in examples])
    weight = np.concatenate([times * _counting(s) for times, s in zip(counting, sets, strict=True)])
    weights = _newton((rows - mean) / scale, starts, right, weight, one)
    return Model(NAMES, mean, scale, weights, dict(common))


def _layout(examples: Sequence[Example]) -> tuple[npt.NDArray[np.int64], Floats]:
    """First row of each example; 1 at right rows."""
    lengths = np.array([len(e.rows) for e in examples])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    right = np.zeros(int(lengths.sum()))
    for start, e in zip(starts, examples, strict=True):
        if e.right is not None:
            right[start + e.right] = 1.0
    return starts, right


def _counting(examples: Sequence[Example]) -> Floats:
    """How much each example of a set counts."""
    many = Counter(e.kind for e in examples)
    per_set = PER_SET * min(1.0, many[Kind.ASKED] / _ENOUGH)
    return np.array([SHARES[e.kind] * per_set / many[e.kind] for e in examples])


_ENOUGH = 400
"""A set with fewer answerable questions counts less."""


def _newton(rows: Floats, starts: npt.NDArray[np.int64], right: Floats, weight: Floats, one: int) -> Floats:
    """Weights that make the right rows likeliest (penalised conditional logit, damped Newton)."""
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(rows))))
    ridge = np.full(rows.shape[1], RIDGE)
    ridge[one] = 1e-3
    weights = np.zeros(rows.shape[1])
    weights[one] = -2.0
    for step in range(STEPS):
        scores = rows @ weights
        top = np.maximum(np.maximum.reduceat(scores, starts), 0.0)
        powers = np.exp(scores - top[group])
        share = powers / (np.add.reduceat(powers, starts) + np.exp(-top))[group]
        gradient = rows.T @ (weight[group] * (share - right)) + ridge * weights
        shared = rows * share[:, None]
        mixed = np.add.reduceat(shared, starts)
        hessian = rows.T @ (shared * weight[group][:, None]) - mixed.T @ (mixed * weight[:, None]) + np.diag(ridge)
        move = np.linalg.solve(hessian, gradient)
        weights = weights - (0.5 if step < 3 else 1.0) * move
        if np.abs(move).max() < 1e-5:
            break
    return weights

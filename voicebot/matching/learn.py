"""Learning the weights of evidence from questions whose right entry is known. Pure: examples in, model out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

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
PER_SET = 1000.0
"""Each set counts as so many questions, however many it has: a big set must not drown the others."""
STEPS = 15


@dataclass(frozen=True, slots=True)
class Example:
    """One question: evidence of its picks, and which of them is right."""

    rows: Floats
    right: int | None
    """Row of the right entry; None when there is none among the picks."""
    answerable: bool
    """The FAQ has the right entry, picked or not."""


def example(text: str, right: Collection[str], index: Index, hidden: frozenset[int] = frozenset()) -> Example | None:
    """The example of one question; None when it says nothing. `right` holds every entry id that would be right."""
    parts = index.parts(text)
    found = search(parts, index, hidden)
    if not found.picks:
        return None
    places = [place for place, pick in enumerate(found.picks) if index.entries[pick.entry].id in right]
    return Example(evidence(parts, found, index), places[0] if places else None, bool(right))


def commonness(texts: Iterable[Sequence[str]], lexicon: Lexicon, keep: int = 1500) -> dict[str, float]:
    """Share of questions that hold a character, each collection of texts counting the same."""
    shares: Counter[str] = Counter()
    collections = [[set(read(text, lexicon).text) for text in collection] for collection in texts]
    for collection in collections:
        for char, count in Counter(char for chars in collection for char in chars).items():
            shares[char] += count / len(collection) / len(collections)  # type: ignore[assignment]
    return {char: float(share) for char, share in shares.most_common(keep)}


def learn(sets: Sequence[tuple[float, Sequence[Example]]], common: Mapping[str, float]) -> Model:
    """The model for these sets of examples, each with how much it counts."""
    rows = np.vstack([e.rows for _, examples in sets for e in examples])
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    one = NAMES.index("one")
    mean[one], scale[one] = 0.0, 1.0
    starts, right, weight = _layout(sets)
    weights = _newton((rows - mean) / scale, starts, right, weight, one)
    return Model(NAMES, mean, scale, weights, dict(common))


def _layout(
    sets: Sequence[tuple[float, Sequence[Example]]],
) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """First row of each example; 1 at right rows; weight of each example."""
    examples = [e for _, group in sets for e in group]
    lengths = np.array([len(e.rows) for e in examples])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    right = np.zeros(int(lengths.sum()))
    for start, e in zip(starts, examples, strict=True):
        if e.right is not None:
            right[start + e.right] = 1.0
    weight = np.concatenate([np.full(len(group), share * PER_SET / len(group)) for share, group in sets])
    return starts, right, weight


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

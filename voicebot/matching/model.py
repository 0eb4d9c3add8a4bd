"""The learnt part of matching: weights of the evidence and how common characters are, from ``matching.json``. Pure.

The weights belong to a conditional logit: each candidate entry has a score, “no entry answers this” has score 0, and
the probability of an entry is its share of the exponentials. So probabilities of one question never sum to more than 1,
and two entries that fit equally well halve each other's probability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from voicebot.errors import ContentError
from voicebot.matching.names import NAMES

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Model:
    """Weights and what they were learnt with. Immutable."""

    names: tuple[str, ...]
    """Names of the pieces of evidence, in the order of the columns."""
    mean: Floats
    scale: Floats
    weights: Floats
    common: Mapping[str, float]
    """Share of questions that hold a character, for the commonest characters."""

    def scores(self, evidence: Floats) -> Floats:
        """Score of each row of evidence; 0 is as likely as “no entry answers this”."""
        result: Floats = ((evidence - self.mean) / self.scale) @ self.weights
        return result

    def probabilities(self, evidence: Floats) -> Floats:
        """Probability of each candidate of one question, one row each."""
        return shares(self.scores(evidence))


def shares(scores: Floats) -> Floats:
    """Each score's share of the exponentials, beside “none” with score 0."""
    top = max(0.0, float(scores.max(initial=0.0)))
    powers = np.exp(scores - top)
    result: Floats = powers / (powers.sum() + np.exp(-top))
    return result


def untaught(common: Mapping[str, float]) -> Model:
    """The model before anything was learnt: all evidence weighs nothing."""
    nothing = _array([0.0] * len(NAMES))
    return Model(NAMES, nothing, _array([1.0] * len(NAMES)), nothing, dict(common))


def model_from(document: Mapping[str, Any]) -> Model:
    """The model from parsed JSON. Raises `ContentError` when it was learnt for other evidence than `NAMES`."""
    learnt: Mapping[str, Mapping[str, float]] = document["evidence"]
    if set(learnt) != set(NAMES):
        odd = sorted(set(learnt) ^ set(NAMES))
        raise ContentError("matching-model", f"matching.json does not fit this program, learn it anew: {odd}")
    columns = {key: _array([learnt[name][key] for name in NAMES]) for key in ("mean", "scale", "weight")}
    return Model(
        NAMES,
        columns["mean"],
        columns["scale"],
        columns["weight"],
        dict(document["common"]),
    )


def document_from(model: Model, source: Mapping[str, Any]) -> dict[str, Any]:
    """What `model_from` reads; `source` says where the figures come from."""
    rows = zip(model.names, model.mean, model.scale, model.weights, strict=True)
    return {
        "source": dict(source),
        "evidence": {
            name: {"mean": round(float(m), 5), "scale": round(float(s), 5), "weight": round(float(w), 4)}
            for name, m, s, w in rows
        },
        "common": {key: round(value, 4) for key, value in model.common.items()},
    }


def _array(values: Sequence[float]) -> Floats:
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array

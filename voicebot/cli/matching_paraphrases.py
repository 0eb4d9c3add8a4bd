"""In which directions word vectors tell questions apart: learnt from questions that ask the same in other words.

Linear discriminant analysis (Fisher 1936): what differs between paraphrases says nothing, what differs between entries
tells. Compared with the principal directions, the nearest phrasing is the right one far more often in sets that had no
part in the learning (`voicebot evaluate matching --learn-words`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from voicebot.cli.matching_sets import QuerySet
from voicebot.matching import Lexicon
from voicebot.matching.reading import read
from voicebot.matching.terms import Weights, weights_of

Rows = npt.NDArray[Any]
SMOOTHED = 1.0
"""How much of the mean variance is added to every direction of the differences between paraphrases."""
_MOST = 900
"""Questions taken from one set."""
_DOMAIN = 20
"""An entry with more phrasings than this is a domain: they ask many things."""


def directions(vectors: Rows, places: dict[str, int], sets: Sequence[QuerySet], lexicon: Lexicon, keep: int) -> Rows:
    """A matrix that turns rows of `vectors` (row of each word in `places`) into `keep` telling figures."""
    telling = [replace(one, entries=tuple(e for e in one.entries if len(e.phrasings) <= _DOMAIN)) for one in sets]
    scatters = [_scatters(one, vectors, places, lexicon) for one in telling if len(one.entries) > 1]
    within, between = (np.mean([pair[i] for pair in scatters], axis=0) for i in (0, 1))
    size = len(within)
    variance, axes = np.linalg.eigh(within + SMOOTHED * np.trace(within) / size * np.eye(size))
    whitened = axes / np.sqrt(variance)
    _, turned = np.linalg.eigh(whitened.T @ between @ whitened)
    found: Rows = whitened @ turned[:, ::-1][:, :keep]
    return found


def _scatters(one: QuerySet, vectors: Rows, places: dict[str, int], lexicon: Lexicon) -> tuple[Rows, Rows]:
    """Mean square of the differences between paraphrases; covariance of the entries."""
    weights = weights_of([read(text, lexicon) for text in one.phrasings()[0]], lexicon.model.common)

    def whole(text: str) -> Rows:
        return _whole(text, vectors, places, lexicon, weights)

    entries = {entry.id: np.array([whole(text) for text in entry.phrasings]) for entry in one.entries}
    apart = [one - other for rows in entries.values() for one, other in pairwise(rows)]
    inside = [query for query in one.queries if query.right]
    for query in inside[:: max(1, len(inside) // _MOST)]:
        asked = whole(query.text)
        for rows in (entries[id_] for id_ in query.right if id_ in entries):
            apart.append(asked - rows[int((rows @ asked).argmax())])
    differences = np.array(apart)
    middles = np.array([rows.mean(axis=0) for rows in entries.values()])
    return differences.T @ differences / len(differences), np.cov(middles.T)


def _whole(text: str, vectors: Rows, places: dict[str, int], lexicon: Lexicon, weights: Weights) -> Rows:
    """Weighted sum of the words' rows, of length 1."""
    reading, meanings = read(text, lexicon), lexicon.meanings
    total, start = np.zeros(vectors.shape[1], dtype=vectors.dtype), 0
    for word in reading.cut:
        end = start + len(word)
        if word in places and word in meanings.places:
            telling = sum(map(weights.of, reading.text[start:end])) / (end - start)
            total += telling * meanings.rarity[meanings.places[word]] * vectors[places[word]]
        start = end
    length: Rows = total / max(1e-6, float(np.linalg.norm(total)))
    return length

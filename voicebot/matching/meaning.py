"""What words mean: a table of word vectors, a text cut into its words, and how much of one text another says in other
words (“遗失” beside “不见了”). Pure: the table comes parsed from ``meanings.npz``, whose source is written in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import jieba
import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Meaning:
    """A text as words: each with its sound, its vector and its weight, and one vector for the whole."""

    words: tuple[str, ...]
    sounds: tuple[str, ...]
    """Syllable codes of each word."""
    vectors: Vectors
    """One row of length 1 for each word; zeros for a word that has none."""
    weights: Vectors
    whole: Vectors
    """Weighted sum of the rows, of length 1; zeros when nothing has a vector."""


@dataclass(frozen=True, slots=True)
class Meanings:
    """The word vectors. Immutable."""

    places: Mapping[str, int]
    """Row of each word."""
    vectors: Vectors
    rarity: Vectors
    """How little common a word is in general, 0 to 1."""
    telling: Vectors
    """`rarity`, times how much a word tells questions apart (the length of its row in the table; the average is 1)."""
    cutter: Any = field(repr=False, compare=False)
    """`jieba.Tokenizer` with exactly these words, so that what it cuts has a vector."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self.vectors.shape[1])

    def frequencies(self) -> dict[str, float]:
        """How often each word is met in general."""
        return {word: float(self.cutter.FREQ[word]) for word in self.places}

    def cut(self, text: str) -> list[str]:
        """The words of a text, in order; together they are the text."""
        return list(self.cutter.cut(text, HMM=False)) if text else []

    def of(self, words: Sequence[str], sounds: str, char_weights: Sequence[float]) -> Meaning:
        """The meaning of words; `sounds` and `char_weights` have one item for each of their characters."""
        vectors = np.zeros((len(words), self.dimensions), dtype=np.float32)
        weights = np.zeros(len(words), dtype=np.float32)
        heard, start = [], 0
        for row, word in enumerate(words):
            end = start + len(word)
            heard.append(sounds[start:end])
            telling = sum(char_weights[start:end]) / (end - start)
            place = self.places.get(word)
            if place is None:
                weights[row] = telling
            else:
                vectors[row] = self.vectors[place]
                weights[row] = telling * self.telling[place]
            start = end
        total = weights @ vectors
        length = float(np.linalg.norm(total))
        return Meaning(tuple(words), tuple(heard), vectors, weights, total / length if length > 1e-6 else total)


def meanings_from(words: Sequence[str], counts: Sequence[int], vectors: npt.NDArray[np.int8]) -> Meanings:
    """The table of these words; `counts`: how often each is met in general; the longer a row of `vectors` is
    beside the others, the more its word tells.
    """
    rows = vectors.astype(np.float32)
    lengths = np.maximum(np.linalg.norm(rows, axis=1), 1e-6)
    rows /= lengths[:, None]
    rows.flags.writeable = False
    share = np.maximum(np.asarray(counts, dtype=np.float64), 1.0) / max(1.0, float(np.sum(counts)))
    rarity = (_COMMON / (_COMMON + share)).astype(np.float32)
    rarity.flags.writeable = False
    telling = (rarity * lengths / (lengths.mean() + 1e-6)).astype(np.float32)
    telling.flags.writeable = False
    return Meanings({word: row for row, word in enumerate(words)}, rows, rarity, telling, _cutter(words, counts))


_COMMON = 1e-3
"""A word with this share of all words counts half (Arora et al. 2017, smooth inverse frequency)."""


def _cutter(words: Sequence[str], counts: Sequence[int]) -> Any:
    cutter = jieba.Tokenizer()
    cutter.FREQ = {}
    for word, count in zip(words, counts, strict=True):
        cutter.FREQ[word] = max(1, int(count))
        for end in range(1, len(word)):
            cutter.FREQ.setdefault(word[:end], 0)
    cutter.total = max(1, int(sum(counts)))
    cutter.initialized = True
    return cutter


def together(meanings: Sequence[Meaning], most: int = 100) -> Meaning:
    """Every word of these texts once; of more than `most` the first."""
    kept: dict[str, tuple[str, Vectors, float]] = {}
    for one in meanings:
        for word, sound, vector, weight in zip(one.words, one.sounds, one.vectors, one.weights, strict=True):
            kept.setdefault(word, (sound, vector, float(weight)))
    kept = dict(islice(kept.items(), most))
    rows = list(kept.values())
    whole: Vectors = np.sum([one.whole for one in meanings], axis=0, dtype=np.float32)
    return Meaning(
        tuple(kept),
        tuple(sound for sound, _, _ in rows),
        np.array([vector for _, vector, _ in rows], dtype=np.float32),
        np.array([weight for _, _, weight in rows], dtype=np.float32),
        (whole / max(1e-6, float(np.linalg.norm(whole)))).astype(np.float32),
    )


@dataclass(frozen=True, slots=True)
class Shared:
    """How much two texts say of each other, whatever the words."""

    here: float
    """Share of the first that the second says too, by weight."""
    there: float
    here_worst: float
    """Weight of what the second says least of."""
    there_worst: float
    whole: float
    """Cosine of the whole texts."""
    here_left: float
    """Weight of what the second does not say."""
    there_left: float
    left_alike: float
    """Cosine of what each says that the other does not; 0 when one says nothing of its own."""


def shared(one: Meaning, others: Sequence[Meaning]) -> list[Shared]:
    """How much `one` shares with each of `others`, all of which have words. Every word goes with the other's nearest
    word; words that sound the same are the same.
    """
    if not one.words or not others:
        return [Shared(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0) for _ in others]
    near, starts, vectors = _nearness(one, others)
    weights = np.concatenate([other.weights for other in others])
    here, there = np.maximum.reduceat(near, starts, axis=1), near.max(axis=0)
    covered = np.add.reduceat(there * weights, starts) / (np.add.reduceat(weights, starts) + 1e-6)
    here_left, there_left = (1.0 - here) * one.weights[:, None], (1.0 - there) * weights
    columns = (
        one.weights @ here / (one.weights.sum() + 1e-6),
        covered,
        here_left.max(axis=0),
        np.maximum.reduceat(there_left, starts),
        np.array([other.whole for other in others]) @ one.whole,
        here_left.sum(axis=0),
        np.add.reduceat(there_left, starts),
        _alike(here_left.T @ one.vectors, np.add.reduceat(there_left[:, None] * vectors, starts)),
    )
    return [Shared(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]


@dataclass(frozen=True, slots=True)
class Said:
    """How much of a text another says, whatever else that one says."""

    here: float
    """Share of the first that the second says too, by weight."""
    here_worst: float
    """Weight of what the second says least of."""
    whole: float
    """Cosine of the whole texts."""


def said(one: Meaning, others: Sequence[Meaning]) -> list[Said]:
    """How much of `one` each of `others` says, all of which have words; as `shared`, in one direction."""
    if not one.words or not others:
        return [Said(0.0, 0.0, 0.0) for _ in others]
    near, starts, _ = _nearness(one, others)
    here = np.maximum.reduceat(near, starts, axis=1)
    columns = (
        one.weights @ here / (one.weights.sum() + 1e-6),
        ((1.0 - here) * one.weights[:, None]).max(axis=0),
        np.array([other.whole for other in others]) @ one.whole,
    )
    return [Said(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]


def _nearness(one: Meaning, others: Sequence[Meaning]) -> tuple[Vectors, npt.NDArray[Any], Vectors]:
    """Nearness of each word of `one` (rows) and of all `others` in turn (columns), the first column of each of them,
    and the vectors of the columns.
    """
    vectors = np.concatenate([other.vectors for other in others])
    near = one.vectors @ vectors.T
    np.maximum(near, 0.0, out=near)
    rows: dict[str, list[int]] = {}
    for row, sound in enumerate(one.sounds):
        rows.setdefault(sound, []).append(row)
    sounds = [sound for other in others for sound in other.sounds]
    for column, sound in enumerate(sounds):
        if sound in rows:
            near[rows[sound], column] = 1.0
    return near, np.cumsum([0, *(len(other.words) for other in others[:-1])]), vectors


def _alike(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Cosine of each row with its counterpart; 0 for a row of zeros."""
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosines: npt.NDArray[Any] = (one * other).sum(axis=1) / np.maximum(lengths, 1e-6)
    return cosines

"""How much each part of a text says: weights of characters, pairs of sounds, and a text taken apart with them. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from voicebot.matching.meaning import Meaning, Meanings
from voicebot.matching.reading import Reading
from voicebot.matching.text import NUMERALS

PRIOR = 200.0
"""How many questions the general knowledge of common characters weighs beside the FAQ's own phrasings."""
RARE = 0.0002
"""Share of questions assumed to hold a character that is not among the common ones."""
LEAST = 0.02
"""No character weighs less."""
_SURE: Mapping[str, float] = {}


@dataclass(frozen=True, slots=True)
class Weights:
    """Weight of a character, 0 to 1: how few questions hold it, in general and in this FAQ."""

    phrasings: int
    holding: Mapping[str, int]
    """How many phrasings of the FAQ hold a character."""
    common: Mapping[str, float]
    _cache: dict[str, float] = field(default_factory=dict, repr=False, compare=False)

    def of(self, char: str) -> float:
        """The weight of a character."""
        weight = self._cache.get(char)
        if weight is None:
            expected = self.holding.get(char, 0) + PRIOR * self.common.get(char, RARE)
            top = math.log((self.phrasings + PRIOR) / (PRIOR * RARE))
            weight = self._cache[char] = max(LEAST, math.log((self.phrasings + PRIOR) / expected) / top)
        return weight


def weights_of(readings: Sequence[Reading], common: Mapping[str, float]) -> Weights:
    """The weights for a FAQ with these phrasings."""
    return Weights(len(readings), Counter(c for r in readings for c in set(r.text)), common)


@dataclass(frozen=True, slots=True)
class Parts:
    """A reading taken apart for comparison."""

    reading: Reading
    char_weights: tuple[float, ...]
    pairs: tuple[str, ...]
    """Neighbouring characters."""
    sound_pairs: tuple[str, ...]
    """Neighbouring syllables."""
    pair_weights: tuple[float, ...]
    chars: frozenset[str]
    sounds: frozenset[str]
    pair_set: frozenset[str]
    sound_pair_set: frozenset[str]
    profile: Mapping[str, float]
    """Weight of every syllable, pair of syllables and pair of characters: what phrasings are found by."""
    length: float
    """Euclidean length of `profile`, never 0."""
    topical: Mapping[str, float]
    """Weight of every syllable and pair of syllables: what entries as a whole are found by."""
    axes: Mapping[str, frozenset[str]]
    """Contrasting words, by axis."""
    numerals: frozenset[str]
    words: frozenset[str]
    """Standard words, but those that every question has."""
    meaning: Meaning


def parts_of(reading: Reading, weights: Weights, meanings: Meanings, heard: Mapping[str, float] = _SURE) -> Parts:
    """Take a reading apart. `heard` says how surely a character was heard, 0 to 1, where that is known: what may well
    have been another word weighs less.
    """
    text, sounds = reading.text, reading.sounds
    single = tuple(weights.of(char) for char in text)
    if heard:
        single = tuple(weight * heard.get(char, 1.0) for weight, char in zip(single, text, strict=True))
    double = tuple((a + b) / 2 for a, b in pairwise(single))
    pairs = tuple(a + b for a, b in pairwise(text))
    sound_pairs = tuple(a + b for a, b in pairwise(sounds))
    profile = dict(zip(sounds, single, strict=True))
    profile.update((pair, 1.5 * weight) for pair, weight in zip(sound_pairs, double, strict=True))
    profile.update(("#" + pair, weight) for pair, weight in zip(pairs, double, strict=True))
    topical = {sound: weight / 2 for sound, weight in zip(sounds, single, strict=True)}
    topical.update(zip(sound_pairs, double, strict=True))
    return Parts(
        reading=reading,
        char_weights=single,
        pairs=pairs,
        sound_pairs=sound_pairs,
        pair_weights=double,
        chars=frozenset(text),
        sounds=frozenset(sounds),
        pair_set=frozenset(pairs),
        sound_pair_set=frozenset(sound_pairs),
        profile=profile,
        length=math.sqrt(sum(w * w for w in profile.values())) + 1e-6,
        topical=topical,
        axes=axes_of(reading.contrasts),
        numerals=frozenset(char for char in text if char in NUMERALS),
        words=frozenset(reading.words),
        meaning=meanings.of(reading.cut, sounds, single),
    )


def axes_of(contrasts: Iterable[str]) -> dict[str, frozenset[str]]:
    """``{"地域": {"外地"}}`` from ``["地域/外地"]``."""
    axes: dict[str, set[str]] = {}
    for label in contrasts:
        axis, _, value = label.partition("/")
        axes.setdefault(axis, set()).add(value)
    return {axis: frozenset(values) for axis, values in axes.items()}


def rarity(holders: int, entries: int) -> float:
    """How much it says that an entry holds a term, 0.01 to 1, when so many of all entries hold it."""
    top = math.log((entries + 1) / 0.5)
    return max(0.01, math.log((entries + 1) / (holders + 0.5)) / top)

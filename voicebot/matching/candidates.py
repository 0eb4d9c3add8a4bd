"""Which entries are worth a close look, and by which of their phrasings. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from voicebot.matching.index import Index
from voicebot.matching.model import Floats
from voicebot.matching.terms import Parts

CLOSE_LOOKS = 5
"""Entries looked at closely for each hypothesis."""
_PHRASINGS = 12
"""Phrasings of an entry compared by RapidFuzz."""
_MEANING = 1.0
"""How much the cosine of meanings counts beside that of wordings when entries and phrasings are picked."""
_CHARS = 0.8
"""The same for BM25."""
_TOPIC = 0.15
"""How much a shared topic counts when entries are picked."""


@dataclass(frozen=True, slots=True)
class Pick:
    """An entry that might fit, with the phrasing that comes nearest."""

    entry: int
    phrasing: int
    cosine: float
    """Of the profiles of question and phrasing."""
    char_match: float
    """BM25 of the question's characters in the phrasing, as a share of all they are worth."""
    best_char_match: float
    """The same for the entry's phrasing where it is greatest."""
    meaning: float
    """Cosine of the meanings of question and phrasing."""
    best_meaning: float
    """The same for the entry's phrasing where it is greatest."""
    sound_ratio: float
    """RapidFuzz ratio of the syllables, 0 to 1."""
    runner_up: float
    """Nearness of the entry's second phrasing; 0 when it has only one."""
    coverage: float
    """Share of the question, by rarity among entries, that the entry holds anywhere."""
    merit: float
    """What the entry was picked by."""

    @property
    def nearness(self) -> float:
        """Of the phrasing: what phrasings are compared by."""
        return self.cosine + 0.5 * self.sound_ratio + _MEANING * self.meaning + _CHARS * self.char_match


@dataclass(frozen=True, slots=True)
class Search:
    """The picks for one question, and the question's own figures."""

    picks: tuple[Pick, ...]
    mass: float
    """Weight of everything the question says, by rarity among entries."""
    unknown: float
    """Share of it that no entry holds, 0 to 1."""


def search(parts: Parts, index: Index, hidden: frozenset[int] = frozenset(), keep: int = CLOSE_LOOKS) -> Search:
    """The entries that may fit. `hidden` holds places of entries that must not be found."""
    if not index.entries or not parts.reading.text:
        return Search((), 0.0, 1.0)
    cosine = _cosines(parts, index)
    coverage, mass, unknown = _coverages(parts, index)
    meaning: Floats = (index.wholes @ parts.meaning.whole).astype(np.float64)
    matches = _char_matches(parts, index)
    merit = (
        np.maximum.reduceat(cosine + _MEANING * meaning + _CHARS * matches, index.starts)
        + 0.5 * coverage
        + _TOPIC * _shared_topics(parts, index)
    )
    for place in hidden | index.hidden:
        merit[place] = -1.0
    keep = min(keep, len(merit))
    best = np.argpartition(-merit, keep - 1)[:keep]
    best = best[np.argsort(-merit[best], kind="stable")]
    picks = tuple(
        _pick(int(e), parts, index, (cosine, meaning, matches), (float(coverage[e]), float(merit[e])))
        for e in best
        if merit[e] > 0.02
    )
    return Search(picks, mass, unknown)


def nearest_phrasings(texts: Sequence[Parts], index: Index, most: int) -> list[int]:
    """Places of the phrasings that come nearest to any of these, the nearest first."""
    near = np.zeros(len(index.phrasings))
    for parts in texts:
        meaning = (index.wholes @ parts.meaning.whole).astype(np.float64)
        np.maximum(near, _cosines(parts, index) + _MEANING * meaning + _CHARS * _char_matches(parts, index), out=near)
    return [int(place) for place in np.argsort(-near, kind="stable")[:most]]


def _cosines(parts: Parts, index: Index) -> Floats:
    """Cosine of the question's profile with each phrasing's, counting only shared terms at the question's weights."""
    total = np.zeros(len(index.phrasings))
    for term, weight in parts.profile.items():
        places = index.profile_postings.get(term)
        if places is not None:
            total[places] += weight * weight
    result: Floats = total / (index.lengths * parts.length)
    return result


def _char_matches(parts: Parts, index: Index) -> Floats:
    """BM25 of the question in each phrasing, character by character, as a share of what the question is worth."""
    total = np.zeros(len(index.phrasings))
    worth = 1e-6
    rarest = math.log(1.0 + (len(index.phrasings) + 0.5) / 0.5)
    for char in parts.reading.plain:
        worth += index.char_rarities.get(char, rarest)
        postings = index.char_postings.get(char)
        if postings is not None:
            total[postings[0]] += postings[1]
    result: Floats = total / worth
    return result


def _coverages(parts: Parts, index: Index) -> tuple[Floats, float, float]:
    """Share of the question that each entry holds; the question's mass; the share that none holds."""
    total = np.zeros(len(index.entries))
    mass, unknown = 1e-6, 0.0
    for term, weight in parts.topical.items():
        postings = index.topical_postings.get(term)
        says = weight * index.rarities.get(term, index.unknown)
        mass += says
        if postings is None:
            unknown += says
        else:
            total[postings[0]] += says * postings[1]
    return total / mass, mass, unknown / mass


def _shared_topics(parts: Parts, index: Index) -> Floats:
    total = np.zeros(len(index.entries))
    for label in parts.reading.topics:
        places = index.topic_postings.get(label)
        if places is not None:
            total[places] += index.topic_rarities.get(label, index.unknown)
    return total


def _pick(
    entry: int, parts: Parts, index: Index, by_phrasing: tuple[Floats, Floats, Floats], whole: tuple[float, float]
) -> Pick:
    """`by_phrasing` holds cosine, meaning and character match of every phrasing of the FAQ, `whole` the entry's
    coverage and merit.
    """
    places = np.array(index.entries[entry].phrasings)
    cosine, meaning, matches = (figures[places] for figures in by_phrasing)
    best_meaning, best_match = float(meaning.max()), float(matches.max())
    near = cosine + _MEANING * meaning + _CHARS * matches
    if len(places) > _PHRASINGS:
        few = np.argsort(-near, kind="stable")[:_PHRASINGS]
        places, near, cosine, meaning, matches = places[few], near[few], cosine[few], meaning[few], matches[few]
    ratio = process.cdist([parts.reading.sounds], [index.sounds[place] for place in places], scorer=fuzz.ratio)[0]
    near = near + 0.5 * ratio / 100.0
    order = np.argsort(-near, kind="stable")
    first = int(order[0])
    return Pick(
        entry=entry,
        phrasing=int(places[first]),
        cosine=float(cosine[first]),
        char_match=float(matches[first]),
        best_char_match=best_match,
        meaning=float(meaning[first]),
        best_meaning=best_meaning,
        sound_ratio=float(ratio[first]) / 100.0,
        runner_up=float(near[order[1]]) if len(order) > 1 else 0.0,
        coverage=whole[0],
        merit=whole[1],
    )

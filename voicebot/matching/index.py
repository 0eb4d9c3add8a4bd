"""The FAQ prepared for matching. Built once, then read only: any number of calls may share it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from voicebot.faq.entry import Entry
from voicebot.matching.lexicon import Lexicon
from voicebot.matching.meaning import Meaning, Meanings, Vectors, together
from voicebot.matching.model import Floats
from voicebot.matching.reading import Reading, read, read_again
from voicebot.matching.terms import Parts, Weights, axes_of, parts_of, rarity, weights_of

Ints = npt.NDArray[np.int64]
_COMPARED = 6
"""Phrasings of an entry that tell how broad it is."""
PARTS_KEPT = 5000
"""Phrasings that stay taken apart: all of an office's, not all of a province's."""
_ANSWER = 0.5
"""How much a term of the answer counts beside one of the phrasings."""


@dataclass(frozen=True, slots=True)
class Topic:
    """An entry as a whole: everything its phrasings, keywords and answer speak of."""

    id: str
    question: str
    phrasings: tuple[int, ...]
    """Places in `Index.phrasings`."""
    terms: Mapping[str, float]
    """Syllables and pairs of syllables: 1 from a phrasing or keyword, less from the answer."""
    topics: frozenset[str]
    types: frozenset[str]
    words: frozenset[str]
    axes: Mapping[str, frozenset[str]]
    keywords: tuple[str, ...]
    """Sounds of the keywords."""
    keyword_meanings: tuple[Meaning, ...]
    breadth: float
    """0: the phrasings all say the same in nearly the same words; 1: they have nothing in common."""


@dataclass(frozen=True, slots=True)
class Index:
    """Everything `rank` needs. Made by `build_index`."""

    lexicon: Lexicon
    entries: tuple[Topic, ...]
    phrasings: tuple[str, ...]
    """As the clerk wrote them."""
    sounds: tuple[str, ...]
    """Syllables of each phrasing."""
    phrasing: Callable[[int], Parts]
    """The phrasing at a place, taken apart. Of a big FAQ only those last used are kept so: they need much memory."""
    said_by: Callable[[int], Meaning]
    """Every word of the phrasings and keywords of the entry at a place."""
    weights: Weights
    owner: Ints
    """Place in `entries` of each phrasing's entry; never decreases."""
    starts: Ints
    """First phrasing of each entry."""
    lengths: Floats
    wholes: Vectors
    """Meaning of each phrasing, one row each."""
    profile_postings: Mapping[str, Ints]
    """Phrasings that hold a term of the profile."""
    char_postings: Mapping[str, tuple[Ints, Floats]]
    """Phrasings that hold a character as it was said, and what it adds there (BM25)."""
    char_rarities: Mapping[str, float]
    """What such a character is worth, by how few phrasings hold it."""
    topical_postings: Mapping[str, tuple[Ints, Floats]]
    """Entries that hold a topical term, and how much it counts there."""
    topic_postings: Mapping[str, Ints]
    """Entries that speak of a matter."""
    rarities: Mapping[str, float]
    """Of topical terms."""
    topic_rarities: Mapping[str, float]
    word_counts: Mapping[str, int]
    """How many entries hold a standard word."""
    word_rarities: Mapping[str, float]
    unknown: float
    """Rarity of what no entry holds."""
    usual_length: float
    """Characters of a phrasing as it was said, on average."""
    hidden: frozenset[int] = frozenset()
    """Places of entries that are found no more (`voicebot.matching.patching`)."""
    places: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)
    """Place in `entries` of each id that can be found."""

    def entry(self, id_: str) -> Topic:
        """The entry with this id. Raises `KeyError`."""
        return self.entries[self.places[id_]]

    def parts(self, text: str, heard: Mapping[str, float] | None = None) -> Parts:
        """A question's text taken apart; `heard` says how surely its characters were heard (`parts_of`)."""
        return parts_of(read(text, self.lexicon), self.weights, self.lexicon.meanings, heard or {})


def build_index(entries: Iterable[Entry], lexicon: Lexicon) -> Index:
    """The index of these entries. An entry none of whose phrasings says anything is left out."""
    read_all = [(entry, [(text, read_again(text, lexicon)) for text in entry.phrasings]) for entry in entries]
    kept = [(entry, [pair for pair in pairs if pair[1].text]) for entry, pairs in read_all]
    kept = [(entry, pairs) for entry, pairs in kept if pairs]
    readings = [reading for _, pairs in kept for _, reading in pairs]
    weights = weights_of(readings, lexicon.model.common)
    owner = _ints([place for place, (_, pairs) in enumerate(kept) for _ in pairs])
    starts = _ints(np.searchsorted(owner, np.arange(len(kept))))
    held, topics = _Held(), []
    for (entry, pairs), start in zip(kept, starts.tolist(), strict=True):
        parts = [parts_of(reading, weights, lexicon.meanings) for _, reading in pairs]
        for place, part in enumerate(parts, start):
            held.add(place, part)
        topics.append(topic_of(entry, parts, start, lexicon, weights))
    plain = [reading.plain for reading in readings]
    counts = Counter(term for topic in topics for term in topic.terms)
    words = Counter(word for topic in topics for word in topic.words)
    return Index(
        lexicon=lexicon,
        entries=tuple(topics),
        phrasings=tuple(text for _, pairs in kept for text, _ in pairs),
        sounds=tuple(reading.sounds for reading in readings),
        phrasing=_taken_apart(readings, held.parts, weights, lexicon.meanings),
        said_by=_said_by(topics, readings, weights, lexicon.meanings),
        weights=weights,
        owner=owner,
        starts=starts,
        lengths=_floats(held.lengths),
        wholes=np.array(held.wholes, dtype=np.float32).reshape(len(readings), lexicon.meanings.dimensions),
        profile_postings={term: _ints(places) for term, places in held.postings.items()},
        char_postings=_char_postings(plain),
        char_rarities=_char_rarities(plain),
        topical_postings=_topical_postings(topics),
        topic_postings=_postings(topic.topics for topic in topics),
        rarities={term: rarity(count, len(topics)) for term, count in counts.items()},
        topic_rarities=_rarities((topic.topics for topic in topics), len(topics)),
        word_counts=words,
        word_rarities={word: rarity(count, len(topics)) for word, count in words.items()},
        unknown=rarity(0, len(topics)),
        usual_length=_usual_length(plain),
        places={topic.id: place for place, topic in enumerate(topics)},
    )


@dataclass(slots=True)
class _Held:
    """What all phrasings hold, while they are taken apart one by one."""

    parts: list[Parts] = field(default_factory=list)
    """The first `PARTS_KEPT`."""
    lengths: list[float] = field(default_factory=list)
    wholes: list[Vectors] = field(default_factory=list)
    postings: dict[str, list[int]] = field(default_factory=dict)

    def add(self, place: int, parts: Parts) -> None:
        """The next phrasing."""
        if place < PARTS_KEPT:
            self.parts.append(parts)
        self.lengths.append(parts.length)
        self.wholes.append(parts.meaning.whole)
        for term in parts.profile:
            self.postings.setdefault(term, []).append(place)


def _taken_apart(
    readings: Sequence[Reading], first: Sequence[Parts], weights: Weights, meanings: Meanings
) -> Callable[[int], Parts]:
    """The parts of the phrasing at a place: kept when there are few, else made when they are asked for."""
    if len(readings) <= PARTS_KEPT:
        return first.__getitem__

    @lru_cache(PARTS_KEPT)
    def taken_apart(place: int) -> Parts:
        return parts_of(readings[place], weights, meanings)

    return taken_apart


def _said_by(
    topics: Sequence[Topic], readings: Sequence[Reading], weights: Weights, meanings: Meanings
) -> Callable[[int], Meaning]:
    @lru_cache(PARTS_KEPT)
    def said_by(place: int) -> Meaning:
        said = [readings[phrasing] for phrasing in topics[place].phrasings]
        own = [meanings.of(one.cut, one.sounds, [weights.of(char) for char in one.text]) for one in said]
        return together([*own, *topics[place].keyword_meanings])

    return said_by


def topic_of(entry: Entry, parts: Sequence[Parts], start: int, lexicon: Lexicon, weights: Weights) -> Topic:
    """An entry whose phrasings, taken apart, begin at a place."""
    keywords = [
        parts_of(reading, weights, lexicon.meanings)
        for reading in (read_again(k, lexicon) for k in entry.keywords)
        if reading.text
    ]
    answer = parts_of(read_again(entry.answer, lexicon), weights, lexicon.meanings)
    terms = dict.fromkeys(answer.topical, _ANSWER)
    for part in (*parts, *keywords):
        terms.update(dict.fromkeys(part.topical, 1.0))
    both = (*parts, *keywords)
    return Topic(
        id=entry.id,
        question=entry.question,
        phrasings=tuple(range(start, start + len(parts))),
        terms=terms,
        topics=frozenset().union(*(part.reading.topics for part in both)),
        types=frozenset().union(*(part.reading.types for part in parts)),
        words=frozenset().union(*(part.words for part in both)),
        axes=axes_of(label for part in both for label in part.reading.contrasts),
        keywords=tuple(part.reading.sounds for part in keywords),
        keyword_meanings=tuple(part.meaning for part in keywords),
        breadth=_breadth([part.reading.sounds for part in parts[:_COMPARED]]),
    )


def _breadth(sounds: Sequence[str]) -> float:
    if len(sounds) < 2:
        return 0.0
    alike = process.cdist(sounds, sounds, scorer=fuzz.ratio) / 100.0
    count = len(sounds)
    return float(1.0 - (alike.sum() - count) / (count * (count - 1)))


def _postings(holders: Iterable[Iterable[str]]) -> dict[str, Ints]:
    """For each term the places of those that hold it."""
    lists: dict[str, list[int]] = {}
    for place, terms in enumerate(holders):
        for term in terms:
            lists.setdefault(term, []).append(place)
    return {term: _ints(places) for term, places in lists.items()}


_SATURATES, _BY_LENGTH = 1.5, 0.75
"""The usual k1 and b of BM25 (Robertson and Zaragoza 2009)."""


def _usual_length(texts: Sequence[str]) -> float:
    return sum(map(len, texts)) / max(1, len(texts))


def char_adds(text: str, usual: float) -> Iterator[tuple[str, float]]:
    """What each character of a phrasing adds to a question that holds it, but for the character's rarity."""
    slow = _SATURATES * (1.0 - _BY_LENGTH + _BY_LENGTH * len(text) / usual)
    for char, times in Counter(text).items():
        yield char, times / (times + slow)


def _char_rarities(texts: Sequence[str]) -> dict[str, float]:
    counts = Counter(char for text in texts for char in set(text))
    return {char: math.log(1.0 + (len(texts) - held + 0.5) / (held + 0.5)) for char, held in counts.items()}


def _char_postings(texts: Sequence[str]) -> dict[str, tuple[Ints, Floats]]:
    rarities = _char_rarities(texts)
    usual = _usual_length(texts)
    lists: dict[str, tuple[list[int], list[float]]] = {}
    for place, text in enumerate(texts):
        for char, adds in char_adds(text, usual):
            own = lists.setdefault(char, ([], []))
            own[0].append(place)
            own[1].append(rarities[char] * adds)
    return {char: (_ints(places), _floats(adds)) for char, (places, adds) in lists.items()}


def _topical_postings(topics: Sequence[Topic]) -> dict[str, tuple[Ints, Floats]]:
    lists: dict[str, list[tuple[int, float]]] = {}
    for place, topic in enumerate(topics):
        for term, share in topic.terms.items():
            lists.setdefault(term, []).append((place, share))
    return {term: (_ints([p for p, _ in pairs]), _floats([s for _, s in pairs])) for term, pairs in lists.items()}


def _rarities(sets: Iterable[frozenset[str]], entries: int) -> dict[str, float]:
    counts = Counter(label for labels in sets for label in labels)
    return {label: rarity(count, entries) for label, count in counts.items()}


def _ints(values: Sequence[int] | Ints) -> Ints:
    array = np.asarray(values, dtype=np.int64)
    array.flags.writeable = False
    return array


def _floats(values: Sequence[float]) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    array.flags.writeable = False
    return array

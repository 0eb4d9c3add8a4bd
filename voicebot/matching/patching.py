"""An index with a few entries changed, made from one that is there in milliseconds. Pure.

It finds what a new index would find but for one thing: how much a character weighs in the phrasings that stay was
judged beside the old entries. Everything that the changed entries and the question hold is judged anew.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from voicebot.faq.entry import Entry
from voicebot.matching.index import Index, Ints, Topic, build_index, char_adds, topic_of
from voicebot.matching.meaning import Meaning, together
from voicebot.matching.model import Floats
from voicebot.matching.reading import Reading, read_again
from voicebot.matching.terms import Parts, Weights, parts_of, rarity

T = TypeVar("T")
_NONE: Ints = np.empty(0, dtype=np.int64)
_NO_VALUES: Floats = np.empty(0, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Come:
    """The entries that come, taken apart; their places follow those of the old index."""

    topics: list[Topic]
    texts: list[str]
    parts: list[Parts]
    meanings: list[Meaning]
    """Of each entry, as `Index.said_by`."""
    owner: list[int]


def patched(index: Index, gone: Collection[str], come: Iterable[Entry]) -> Index:
    """`index`, which stays as it is, without the entries of the ids `gone` and with those that `come`."""
    hidden = index.hidden | {index.places[id_] for id_ in gone if id_ in index.places}
    come = list(come)
    if len(hidden) == len(index.entries):
        return build_index(come, index.lexicon)
    lost = [index.entries[place] for place in sorted(hidden - index.hidden)]
    new = [(entry, [(text, read_again(text, index.lexicon)) for text in entry.phrasings]) for entry in come]
    said = [(entry, [pair for pair in pairs if pair[1].text]) for entry, pairs in new]
    said = [(entry, pairs) for entry, pairs in said if pairs]
    weights = _weights(index, lost, [reading for _, pairs in said for _, reading in pairs])
    here = _taken_apart(index, said, weights)
    places = dict(index.places)
    for topic in lost:
        places.pop(topic.id, None)
    places.update({topic.id: place for place, topic in enumerate(here.topics, len(index.entries))})
    chars, char_rarities = _chars(index, here)
    return replace(
        index,
        entries=(*index.entries, *here.topics),
        phrasings=(*index.phrasings, *here.texts),
        sounds=(*index.sounds, *(part.reading.sounds for part in here.parts)),
        phrasing=_beyond(index.phrasing, len(index.phrasings), here.parts),
        said_by=_beyond(index.said_by, len(index.entries), here.meanings),
        weights=weights,
        owner=_longer(index.owner, here.owner),
        starts=_longer(index.starts, [topic.phrasings[0] for topic in here.topics]),
        lengths=np.concatenate((index.lengths, [part.length for part in here.parts])),
        wholes=np.concatenate([index.wholes, *(part.meaning.whole[None, :] for part in here.parts)]),
        profile_postings=_postings(index.profile_postings, (part.profile for part in here.parts), len(index.phrasings)),
        char_postings=chars,
        char_rarities=char_rarities,
        hidden=hidden,
        places=places,
        **_by_entry(index, lost, here.topics, hidden),
    )


def _by_entry(index: Index, lost: Sequence[Topic], come: Sequence[Topic], hidden: frozenset[int]) -> dict[str, Any]:
    """What entries as a whole hold: which hold it now, and how rare it is."""
    live = len(index.entries) - len(hidden) + len(come)
    passed = np.array(sorted(hidden), dtype=np.int64)
    topical = _topical_postings(index, come)
    topics = _postings(index.topic_postings, (topic.topics for topic in come), len(index.entries))
    words = _change(lost, come, lambda topic: topic.words)
    saying = Counter(index.word_counts)
    saying.update(words)

    def showing(places: Ints) -> int:
        return len(places) - int(np.isin(places, passed).sum())

    changed = _change(lost, come, lambda topic: topic.terms)
    rarities = _rarities(index.rarities, changed, lambda term: showing(topical[term][0]), live)
    for term in changed:
        if term not in rarities:
            del topical[term]  # what nobody holds is unknown
    return {
        "topical_postings": topical,
        "topic_postings": topics,
        "rarities": rarities,
        "topic_rarities": _rarities(
            index.topic_rarities,
            _change(lost, come, lambda topic: topic.topics),
            lambda label: showing(topics[label]),
            live,
        ),
        "word_counts": saying,
        "word_rarities": _rarities(index.word_rarities, words, saying.__getitem__, live),
        "unknown": rarity(0, live),
    }


def _weights(index: Index, lost: Sequence[Topic], come: Sequence[Reading]) -> Weights:
    gone = [index.phrasing(place).reading for topic in lost for place in topic.phrasings]
    holding = Counter(index.weights.holding)
    holding.subtract(char for reading in gone for char in set(reading.text))
    holding.update(char for reading in come for char in set(reading.text))
    return Weights(index.weights.phrasings - len(gone) + len(come), holding, index.weights.common)


def _taken_apart(index: Index, said: Sequence[tuple[Entry, Sequence[tuple[str, Reading]]]], weights: Weights) -> _Come:
    here = _Come([], [], [], [], [])
    for entry, pairs in said:
        parts = [parts_of(reading, weights, index.lexicon.meanings) for _, reading in pairs]
        start = len(index.phrasings) + len(here.parts)
        topic = topic_of(entry, parts, start, index.lexicon, weights)
        here.owner.extend([len(index.entries) + len(here.topics)] * len(parts))
        here.topics.append(topic)
        here.texts.extend(text for text, _ in pairs)
        here.parts.extend(parts)
        here.meanings.append(together([*(part.meaning for part in parts), *topic.keyword_meanings]))
    return here


def _beyond(old: Callable[[int], T], count: int, new: Sequence[T]) -> Callable[[int], T]:
    return lambda place: new[place - count] if place >= count else old(place)


def _longer(old: Ints, new: Sequence[int]) -> Ints:
    return np.concatenate((old, np.array(new, dtype=np.int64)))


def _chars(index: Index, here: _Come) -> tuple[dict[str, tuple[Ints, Floats]], dict[str, float]]:
    """BM25 as it was; a character that no phrasing held is as rare as can be."""
    postings, rarities = dict(index.char_postings), dict(index.char_rarities)
    rarest = math.log(1.0 + (index.weights.phrasings + 0.5) / 1.5)
    for place, part in enumerate(here.parts, len(index.phrasings)):
        for char, adds in char_adds(part.reading.plain, index.usual_length):
            worth = rarities.setdefault(char, rarest)
            places, values = postings.get(char, (_NONE, _NO_VALUES))
            postings[char] = _longer(places, [place]), np.concatenate((values, (worth * adds,)))
    return postings, rarities


def _postings(old: Mapping[str, Ints], holders: Iterable[Iterable[str]], first: int) -> dict[str, Ints]:
    """With the places of new holders, the first of which is at `first`. Those that are hidden stay in: they are passed
    over when entries are picked.
    """
    found: dict[str, list[int]] = {}
    for place, terms in enumerate(holders, first):
        for term in terms:
            found.setdefault(term, []).append(place)
    return {**old, **{term: _longer(old.get(term, _NONE), places) for term, places in found.items()}}


def _topical_postings(index: Index, come: Sequence[Topic]) -> dict[str, tuple[Ints, Floats]]:
    postings = dict(index.topical_postings)
    for place, topic in enumerate(come, len(index.entries)):
        for term, share in topic.terms.items():
            places, shares = postings.get(term, (_NONE, _NO_VALUES))
            postings[term] = _longer(places, [place]), np.concatenate((shares, (share,)))
    return postings


def _rarities(
    old: Mapping[str, float], changed: Iterable[str], holders: Callable[[str], int], entries: int
) -> dict[str, float]:
    """Counted anew where more or fewer entries hold it than before; without what none holds any more."""
    rarities = dict(old)
    for label in changed:
        if held := holders(label):
            rarities[label] = rarity(held, entries)
        else:
            rarities.pop(label, None)
    return rarities


def _change(lost: Sequence[Topic], come: Sequence[Topic], of: Callable[[Topic], Iterable[str]]) -> dict[str, int]:
    """By how much the number of entries that hold something changes, where it does."""
    change = Counter(label for topic in come for label in of(topic))
    change.subtract(label for topic in lost for label in of(topic))
    return {label: by for label, by in change.items() if by}

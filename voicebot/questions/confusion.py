"""Which entries take whose questions, and whether a change made it worse."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from voicebot.faq import Entry, Faq
from voicebot.matching import Index
from voicebot.matching.candidates import nearest_phrasings, search
from voicebot.matching.evidence import evidence
from voicebot.matching.leave_one_out import LeaveOneOut, LeaveOut, Phrase
from voicebot.matching.lexicon import Lexicon
from voicebot.matching.patching import patched

REACH = 48
"""Phrasings nearest to a draft's that it may take from others."""

SINCE = {"new-entry": "新问答抢走的", "new": "这次改动之后才有的", "known": "上一版就有", "unseen": "没有可比的"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A phrasing that, asked as if its entry did not list it, leads to another entry."""

    phrasing: str
    owner: str
    taker: str
    probability: float
    """Of the taker."""
    since: str
    """``new-entry``: the taker was not there at the last release; ``new``: the taker was, but did not take it then;
    ``known``: it did; ``unseen``: there is no last release, or the phrasing was not in it."""


def confusions(now: Sequence[Entry], before: Sequence[Entry] | None, lexicon: Lexicon, about: str = "") -> list[Taken]:
    """Every phrasing that another entry takes, the surest first; `before` holds the entries of the last release. With
    `about` only what that entry takes or loses.
    """
    taken = {
        (owner, phrasing): (taker, probability)
        for (owner, phrasing), (taker, probability) in _takers(now, lexicon).items()
        if about in ("", owner, taker)
    }
    return _told(taken, Past(before or (), _takers(before or (), lexicon, taken)))


def confusions_of(draft: Entry, index: Index, served: Faq, replaces: str) -> list[Taken]:
    """What a draft takes or loses, as `confusions` would say it, if it stood in the place of an entry (`replaces`; none
    of that id: it is new) of a FAQ of any size, whose index is there.

    Of others' phrasings those are tried that come nearest to the draft's, if the draft would have them were their own
    entry not there at all.
    """
    now = patched(index, {replaces, draft.id}, [draft])
    others = [entry for entry in served.entries if entry.id not in (replaces, draft.id)]
    tried = [*((draft.id, phrase) for phrase in draft.phrasings), *_within_reach(draft, now)]
    taken = {
        (owner, phrase): (taker, probability)
        for (owner, phrase), (taker, probability) in _taken(LeaveOut(now, [*others, draft]), tried)
        if draft.id in (owner, taker)
    }
    listed = {(entry.id, phrase) for entry in served.entries for phrase in entry.phrasings}
    compared = [one for one, (taker, _) in taken.items() if one in listed and taker in served]
    then = dict(_taken(LeaveOut(index, served.entries), compared))
    return _told(taken, Past(served.entries, then))


def _within_reach(draft: Entry, index: Index) -> Iterator[Phrase]:
    """Phrasings of others that the draft might take."""
    place = index.places.get(draft.id)
    if place is None:
        return
    texts = [index.phrasing(phrasing) for phrasing in index.entries[place].phrasings]
    for phrasing in nearest_phrasings(texts, index, REACH):
        owner = int(index.owner[phrasing])
        if owner == place or owner in index.hidden:
            continue
        parts = index.phrasing(phrasing)
        found = search(parts, index, frozenset({owner}))
        entries = [pick.entry for pick in found.picks]
        if place in entries:
            likely = index.lexicon.model.probabilities(evidence(parts, found, index))
            if entries[int(likely.argmax())] == place:
                yield index.entries[owner].id, index.phrasings[phrasing]


@dataclass(frozen=True, slots=True)
class Past:
    """The last release, beside which takings are judged."""

    entries: Sequence[Entry]
    taken: Mapping[Phrase, tuple[str, float]]
    """What was taken then, of the phrasings that are taken now."""


def _told(taken: Mapping[Phrase, tuple[str, float]], past: Past) -> list[Taken]:
    old = {entry.id for entry in past.entries}
    listed = {(entry.id, text) for entry in past.entries for text in entry.phrasings}
    found = []
    for (owner, phrasing), (taker, probability) in taken.items():
        if (owner, phrasing) not in listed:
            since = "unseen"
        elif taker not in old:
            since = "new-entry"
        else:
            since = "known" if (owner, phrasing) in past.taken else "new"
        found.append(Taken(phrasing, owner, taker, round(probability, 4), since))
    return sorted(found, key=lambda one: (-one.probability, one.owner, one.phrasing))


def _takers(
    entries: Sequence[Entry], lexicon: Lexicon, only: Collection[Phrase] | None = None
) -> Mapping[Phrase, tuple[str, float]]:
    """(owner, phrasing) → who takes it, and how surely; of these phrasings `only`."""
    if only is not None and not only:
        return {}
    phrases = [(entry.id, text) for entry in entries for text in entry.phrasings]
    return dict(_taken(LeaveOneOut(entries, lexicon, only), [one for one in phrases if only is None or one in only]))


def _taken(
    rank: Callable[[str, str], Sequence[tuple[str, float]]], phrases: Iterable[Phrase]
) -> Iterator[tuple[Phrase, tuple[str, float]]]:
    for owner, phrase in phrases:
        scores = rank(phrase, owner)
        if scores and scores[0][0] != owner:
            yield (owner, phrase), scores[0]

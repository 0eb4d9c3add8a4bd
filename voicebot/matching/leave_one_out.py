"""The real matcher, asked about a phrase as if its own entry did not list it (`voicebot.faq.lint.Rank`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from voicebot.events import typed
from voicebot.faq import Entry
from voicebot.matching import Index, build_index, rank
from voicebot.matching.lexicon import Lexicon
from voicebot.matching.patching import patched

Phrase = tuple[str, str]
"""Entry id and one of its phrasings."""


class LeaveOneOut:
    """Ranks phrases of the FAQ by what remains of it without them.

    An index per phrase would take minutes for a FAQ of 500 phrases. So phrases that have nothing to do with each other
    are left out together, which takes about ten indexes.
    """

    def __init__(self, entries: Sequence[Entry], lexicon: Lexicon, only: Collection[Phrase] | None = None) -> None:
        """`only`: the phrases that will be asked about; without it all of them."""
        self._scores: dict[Phrase, list[tuple[str, float]]] = {}
        for fold in _folds(_rivals(entries, lexicon, only)):
            rest = [_without(entry, fold) for entry in entries]
            index = build_index([entry for entry in rest if entry is not None], lexicon)
            for phrase in fold:
                found = rank(typed(phrase[1]), index).candidates
                self._scores[phrase] = [(one.entry, one.probability) for one in found]

    def __call__(self, phrase: str, owner: str) -> list[tuple[str, float]]:
        """(entry id, probability), best first; empty for a phrase that is not served."""
        return self._scores.get((owner, phrase), [])


class LeaveOut:
    """The same for a few phrases of a big FAQ whose index is there: each is left out by itself."""

    def __init__(self, index: Index, entries: Iterable[Entry]) -> None:
        """`entries`: those whose phrases will be asked about, as they stand in the index."""
        self._index = index
        self._entries = {entry.id: entry for entry in entries}

    def __call__(self, phrase: str, owner: str) -> list[tuple[str, float]]:
        """(entry id, probability), best first."""
        rest = _without(self._entries[owner], {(owner, phrase)})
        index = patched(self._index, {owner}, [rest] if rest else [])
        return [(one.entry, one.probability) for one in rank(typed(phrase), index).candidates]


def _rivals(entries: Sequence[Entry], lexicon: Lexicon, only: Collection[Phrase] | None) -> dict[Phrase, set[Phrase]]:
    """For each phrase those that must stay while it is left out: of its own entry, and the nearest of other entries."""
    index = build_index(entries, lexicon)
    rivals: dict[Phrase, set[Phrase]] = defaultdict(set)
    for entry in entries:
        own = {(entry.id, phrase) for phrase in entry.phrasings}
        for one in own if only is None else own.intersection(only):
            near = {(found.entry, found.matched) for found in rank(typed(one[1]), index).candidates}
            for other in (own | near) - {one}:
                if only is not None and other not in only:
                    continue
                rivals[one].add(other)
                rivals[other].add(one)
            rivals.setdefault(one, set())
    return rivals


def _folds(rivals: dict[Phrase, set[Phrase]]) -> list[set[Phrase]]:
    """All phrases, in few sets none of which holds two rivals."""
    folds: list[set[Phrase]] = []
    for phrase in sorted(rivals, key=lambda one: (-len(rivals[one]), one)):
        fold = next((fold for fold in folds if fold.isdisjoint(rivals[phrase])), None)
        if fold is None:
            folds.append({phrase})
        else:
            fold.add(phrase)
    return folds


def _without(entry: Entry, fold: set[Phrase]) -> Entry | None:
    """The entry without its phrasings of that fold; None when nothing is left."""
    kept = [phrase for phrase in entry.phrasings if (entry.id, phrase) not in fold]
    return replace(entry, question=kept[0], variants=tuple(kept[1:])) if kept else None

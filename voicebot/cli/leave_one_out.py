"""The real matcher, asked about a phrase as if its own entry did not list it (`voicebot.faq.lint.Rank`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from voicebot.events import typed
from voicebot.faq import Entry
from voicebot.matching import Index, build_index, rank
from voicebot.matching.lexicon import Lexicon

SUSPECT = 0.2
"""Least probability of another entry, while the phrase's own still lists it, that is worth building an index for."""


class LeaveOneOut:
    """Ranks phrases of the FAQ. Most are nowhere near another entry and cost one look-up."""

    def __init__(self, entries: Sequence[Entry], lexicon: Lexicon) -> None:
        self._entries = tuple(entries)
        self._lexicon = lexicon
        self._everything = build_index(self._entries, lexicon)

    def __call__(self, phrase: str, owner: str) -> list[tuple[str, float]]:
        """(entry id, probability), best first; empty when no other entry comes near."""
        scores = _scores(phrase, self._everything)
        if not any(score >= SUSPECT for id, score in scores if id != owner):
            return []
        rest = [entry if entry.id != owner else _without(entry, phrase) for entry in self._entries]
        return _scores(phrase, build_index(tuple(entry for entry in rest if entry), self._lexicon))


def _scores(phrase: str, index: Index) -> list[tuple[str, float]]:
    return [(found.entry, found.probability) for found in rank(typed(phrase), index).candidates]


def _without(entry: Entry, phrase: str) -> Entry | None:
    """The entry without one phrasing; None when it was the only one."""
    question, *variants = [other for other in entry.phrasings if other != phrase] or [""]
    return replace(entry, question=question, variants=tuple(variants)) if question else None

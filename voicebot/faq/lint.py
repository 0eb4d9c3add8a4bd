"""Everything `faq check` reports, all at once. What it needs of matcher and speech model are arguments."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Protocol

from voicebot.faq.duration import SYLLABLES_PER_SECOND, seconds
from voicebot.faq.entry import Entry, Faq, Problem
from voicebot.faq.faults import problem
from voicebot.faq.hearing import Knows, unheard
from voicebot.faq.load import load_folder
from voicebot.faq.lookalike import Collision, Neighbours, collisions
from voicebot.faq.speakable import unspeakable

LONGEST_ANSWER = 25.0
"""Seconds of speech (design, "FAQ format")."""
BELIEVED = 0.9
"""Least score at which the caller would be given the other entry's answer (``bands.answer``)."""
UNSUPPORTED = 1 / 400
"""Most that the phrase's own entry may score, relative to the other: the rest of it says nothing like the phrase.

A phrase that is only hard is listed in order to be matched, and its entry still scores a little. Of 545 phrases of the
sample in their place none is reported; at the score where the other is merely asked about it would be four.
"""


class Rank(Protocol):
    """What lint needs of matching."""

    def __call__(self, phrase: str, owner: str) -> Sequence[tuple[str, float]]:
        """(entry id, probability) best first, for `phrase` as if the entry `owner` did not list it."""


def check(
    faq: Faq,
    *,
    rank: Rank | None = None,
    knows: Knows | None = None,
    strict_sample: bool = False,
    alike: bool = True,
) -> tuple[Problem, ...]:
    """The problems found on loading and those of the content, sorted by file and line.

    Without `rank` no phrase is tried on other entries, without `knows` none on the speech model's word list, without
    `alike` no warning is given of phrasings that are nearly the same: errors are all found.
    `strict_sample` also reports sample content that the office has not replaced.
    """
    close = collisions(faq.entries, alike=alike)
    problems = {*faq.problems, *map(_collision, close)}
    told = {(one.entry.id, one.text) for found in close for one in (found.first, found.second)}
    for entry in faq.entries:
        problems |= {*_own(entry, faq, told, rank, knows)}
    if strict_sample:
        problems |= {problem("sample-content", d.file, d.line) for d in faq.departments if d.sample}
    return tuple(sorted(problems))


def check_one(
    entry: Entry, neighbours: Neighbours, faq: Faq, *, rank: Rank | None = None, knows: Knows | None = None
) -> tuple[Problem, ...]:
    """What `check` would report of this entry if it came after those of `faq`, which are among the `neighbours`."""
    close = collisions((*(one for one in neighbours.of(entry) if one.id in faq), entry))
    own = [found for found in close if found.second.entry is entry]
    told = {(one.entry.id, one.text) for found in own for one in (found.first, found.second)}
    return tuple(sorted({*map(_collision, own), *_own(entry, faq, told, rank, knows)}))


def _own(
    entry: Entry, faq: Faq, told: Container[tuple[str, str]], rank: Rank | None, knows: Knows | None
) -> Iterable[Problem]:
    yield from (*_length(entry), *_speakable(entry))
    if rank is not None:
        yield from _elsewhere(entry, faq, rank, told)
    if knows is not None:
        yield from _hearable(entry, knows)


def load_checked(folder: Path, today: date) -> Faq:
    """The folder with every problem that can be found without matcher and model: what decides whether it is served."""
    faq = load_folder(folder, today)
    return replace(faq, problems=check(faq), _by_id={})


def _collision(found: Collision) -> Problem:
    first, second = found.first, found.second
    values = {"twin": first.text, "id": first.entry.id, "other": first.entry.place(first.line)}
    return problem(found.code, second.entry.file, second.line, phrase=second.text, **values)


def _length(entry: Entry) -> Iterable[Problem]:
    spoken = seconds(entry.answer)
    if spoken > LONGEST_ANSWER:
        excess = math.ceil((spoken - LONGEST_ANSWER) * SYLLABLES_PER_SECOND)
        values = {"seconds": math.ceil(spoken), "limit": int(LONGEST_ANSWER), "excess": excess}
        yield problem("answer-too-long", entry.file, entry.answer_line(), **values)


def _speakable(entry: Entry) -> Iterable[Problem]:
    """The answer is spoken; so is the question, when the caller is asked “您是想问…吗”."""
    for one in unspeakable(entry.question):
        yield problem(one.code, entry.file, entry.line, text=one.text, near=one.reading)
    for one in unspeakable(entry.answer):
        yield problem(one.code, entry.file, entry.answer_line(one.start), text=one.text, near=one.reading)


def _hearable(entry: Entry, knows: Knows) -> Iterable[Problem]:
    for index, phrase in enumerate(entry.phrasings):
        if words := unheard(phrase, knows):
            line = entry.phrasing_line(index)
            yield problem("unhearable", entry.file, line, words="、".join(words), phrase=phrase)


def _elsewhere(entry: Entry, faq: Faq, rank: Rank, told: Container[tuple[str, str]]) -> Iterable[Problem]:
    """Phrases of the entry that belong to another; those in `told` are reported with their twin already."""
    for index, phrase in enumerate(entry.phrasings):
        if (entry.id, phrase) in told:
            continue
        scores = dict(rank(phrase, entry.id))
        own = scores.pop(entry.id, 0.0)
        best = max(scores, key=scores.__getitem__, default="")
        if best in faq and scores[best] >= BELIEVED and own <= UNSUPPORTED * scores[best]:
            other = faq[best]
            values = {"phrase": phrase, "id": best, "question": other.question, "other": other.place()}
            yield problem("matches-another", entry.file, entry.phrasing_line(index), **values)

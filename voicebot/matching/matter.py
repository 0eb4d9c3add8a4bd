"""A caller who names a matter and asks nothing yet (“公积金提取”, “办身份证”): which entries are about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from voicebot.events import Hypotheses
from voicebot.matching.index import Index
from voicebot.matching.meaning import Meaning
from voicebot.matching.terms import Parts
from voicebot.matching.text import syllables, tidy
from voicebot.matching.types import Ranking

MOST_OFFERED = 3
"""Things a caller is asked to choose from; more cannot be kept in mind while listening (W3C COGA, voice menus)."""
BRIEF = 8
"""Characters at most of what only names a matter, or a side of a choice; who says more has asked something."""
_SHORTEST_PART = 2
"""Syllables of a part that names a question."""
_TRAILING = "的那个种件事吧呀啊嘛"
"""What may follow such a part."""
_TELLING = 0.15
"""Weight from which a word says what it is about: “办” does not."""
_SAME = 0.85
"""Cosine from which two words name the same thing."""


def offered(hypotheses: Hypotheses, ranking: Ranking, index: Index) -> tuple[str, ...]:
    """The candidates whose own question names everything that was said, best first, when nothing but a matter was said
    and at least two are about it; else empty.
    """
    if not hypotheses:
        return ()
    parts = index.parts(hypotheses[0].text)
    told = _told(parts, index)
    if not told or not parts.reading.topics or len(parts.reading.text) > BRIEF:
        return ()
    about = [c.entry for c in ranking.candidates if _names(_title(c.entry, index), parts.meaning, told)]
    return tuple(about[:MOST_OFFERED]) if len(about) > 1 else ()


def named(said: str, titles: Mapping[str, str]) -> str | None:
    """Which of some entries, by id with their questions, is meant by a part of one question that none of the others has
    (“租房的”); None when that is not clear.
    """
    text = tidy(said).rstrip(_TRAILING)
    sounds = {entry: syllables(tidy(title)) for entry, title in titles.items()}
    for part in (syllables(text), syllables(text.rstrip("了"))):
        found = [entry for entry, sound in sounds.items() if part in sound]
        if len(found) == 1 and _SHORTEST_PART <= len(part) <= BRIEF:
            return found[0]
    return None


def _told(parts: Parts, index: Index) -> list[int]:
    """Places of the words that say what it is about."""
    meaning, types = parts.meaning, index.lexicon.types
    return [
        place
        for place, (word, weight) in enumerate(zip(meaning.words, meaning.weights.tolist(), strict=True))
        if weight >= _TELLING and not types.find(word)
    ]


def _title(entry: str, index: Index) -> Meaning:
    return index.phrasing(index.entry(entry).phrasings[0]).meaning


def _names(title: Meaning, said: Meaning, told: list[int]) -> bool:
    """Whether each word told is in the title, by its sound or by its meaning."""
    near = np.asarray(said.vectors[told] @ title.vectors.T)
    return all(
        any(said.sounds[word] in sound for sound in title.sounds) or bool((near[row] >= _SAME).any())
        for row, word in enumerate(told)
    )

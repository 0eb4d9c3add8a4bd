"""Questions of different entries that a caller's words cannot tell apart: same text, same sound, nearly so. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import combinations

import numpy as np
import pypinyin
from rapidfuzz import process
from rapidfuzz.distance import Indel

from voicebot.faq.entry import Entry

SIMILAR = 0.87
"""Least Indel similarity of the spoken cores: one syllable of eight different, or one more than four, is too close."""
KEPT = 1 << 15
"""Phrasings whose sounds are kept: a folder is checked again at every change, and few of its phrasings are new."""
_ROWS = 512  # rows compared at a time: 512 × 5,000 phrasings are 10 MB

_FILLERS = re.compile(
    r"请问|我想|想问|您好|你好|一下|怎么样|怎么办理|怎么办|怎么|如何|咋样|咋|什么|哪里|哪儿|多少|可不可以|可以|能不能|"
    r"是不是|要不要|需要|能|要|吗|呢|吧|啊|呀|的|了|得|去|办理|办"
)
# Sounds many speakers do not tell apart.
_ACCENT = ((re.compile(r"^([zcs])h"), r"\1"), (re.compile(r"^n(?=.)"), "l"), (re.compile(r"([ei])ng$"), r"\1n"))


@dataclass(frozen=True, slots=True)
class Phrasing:
    """One way to ask, with its place."""

    entry: Entry
    index: int
    """In `entry.phrasings`."""

    @property
    def text(self) -> str:
        """As the clerk wrote it."""
        return self.entry.phrasings[self.index]

    @property
    def line(self) -> int:
        """1-based."""
        return self.entry.phrasing_line(self.index)


@dataclass(frozen=True, slots=True)
class Collision:
    """Two phrasings that are too close. `code` is one of the fault catalogue; `second` is the one to report."""

    code: str
    first: Phrasing
    second: Phrasing


def collisions(entries: Sequence[Entry], *, alike: bool = True) -> list[Collision]:
    """All of them, at most one look-alike per pair of entries, the closest; without `alike` only what is the same by
    letter or by sound.
    """
    phrasings = [Phrasing(entry, index) for entry in entries for index in range(len(entry.phrasings))]
    plain = [letters(phrasing.text) for phrasing in phrasings]
    sounds = [_sounds(text) for text in plain]
    found: list[Collision] = []
    taken: set[tuple[int, int]] = set()
    for code, keys in (("duplicate-question", plain), ("homophone", sounds)):
        for a, b in _equal(keys, phrasings):
            if phrasings[a].entry is phrasings[b].entry:
                if code == "duplicate-question":
                    found.append(Collision("duplicate-variant", phrasings[a], phrasings[b]))
            elif (a, b) not in taken:
                found.append(Collision(code, phrasings[a], phrasings[b]))
            taken.add((a, b))
    reported = {_pair(phrasings[a], phrasings[b]) for a, b in taken}
    return found + (_look_alikes(phrasings, plain, reported) if alike else [])


def letters(text: str) -> str:
    """`text` without punctuation and spaces, in lower case."""
    return "".join(ch for ch in text.lower() if ch.isalnum())


@lru_cache(KEPT)
def _sounds(text: str) -> str:
    return " ".join(pypinyin.lazy_pinyin(text))


def _equal(keys: Sequence[str], phrasings: Sequence[Phrasing]) -> Iterator[tuple[int, int]]:
    """(first, later) for every key that is there already."""
    seen: dict[str, list[int]] = defaultdict(list)
    for n, key in enumerate(keys):
        first = next((m for m in seen[key] if _meet(phrasings[m].entry, phrasings[n].entry)), None)
        if key and first is not None:
            yield first, n
        seen[key].append(n)


def _meet(a: Entry, b: Entry) -> bool:
    """Whether some day both are served: next year's version of an answer is no duplicate of this year's."""
    begins = max(a.valid_from or date.min, b.valid_from or date.min)
    return begins <= min(a.valid_to or date.max, b.valid_to or date.max)


def _look_alikes(
    phrasings: Sequence[Phrasing], plain: Sequence[str], reported: set[tuple[int, int]]
) -> list[Collision]:
    codes: dict[str, str] = {}
    cores = ["".join(codes.setdefault(s, chr(0xE000 + len(codes))) for s in _core(text)) for text in plain]
    best: dict[tuple[int, int], tuple[float, int, int]] = {}
    for score, a, b in (*_similar(cores), *_reordered(cores)):
        pair = _pair(phrasings[a], phrasings[b])
        if pair[0] != pair[1] and pair not in reported and _meet(phrasings[a].entry, phrasings[b].entry):
            best[pair] = max(best.get(pair, (0.0, 0, 0)), (score, a, b))
    return [Collision("look-alike", phrasings[a], phrasings[b]) for _, a, b in best.values()]


@lru_cache(KEPT)
def _core(text: str) -> tuple[str, ...]:
    """Syllables of what is asked about, in the spelling of all accents."""
    syllables = pypinyin.lazy_pinyin(_FILLERS.sub("", text) or text)
    for pattern, merged in _ACCENT:
        syllables = [pattern.sub(merged, syllable) for syllable in syllables]
    return tuple(syllables)


def _similar(cores: Sequence[str]) -> Iterator[tuple[float, int, int]]:
    for start in range(0, len(cores), _ROWS):
        scores = process.cdist(
            cores[start : start + _ROWS], cores, scorer=Indel.normalized_similarity, score_cutoff=SIMILAR
        )
        for row, column in np.argwhere(scores):
            if start + row < column and cores[column]:
                yield float(scores[row, column]), int(start + row), int(column)


def _reordered(cores: Sequence[str]) -> Iterator[tuple[float, int, int]]:
    """The same syllables in another order: 补办社保卡, 社保卡补办."""
    same: dict[str, list[int]] = defaultdict(list)
    for n, core in enumerate(cores):
        if len(core) >= 4:
            same["".join(sorted(core))].append(n)
    for group in same.values():
        yield from ((SIMILAR, a, b) for a, b in combinations(group, 2))


def _pair(a: Phrasing, b: Phrasing) -> tuple[int, int]:
    return id(a.entry), id(b.entry)

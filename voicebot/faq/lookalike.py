"""Questions of different entries that a caller's words cannot tell apart: same text, same sound, nearly so. Pure."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
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
_ROWS = 64  # compared at a time: with 10,000 phrasings some milliseconds, in which no other thread can run

_REORDERED = 4  # least syllables of which another order says the same
_Core = tuple[str, ...]

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


@lru_cache(KEPT)
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
    cores = [_core(text) for text in plain]
    best: dict[tuple[int, int], tuple[float, int, int]] = {}
    for score, a, b in (*_similar(cores), *_reordered(cores)):
        pair = _pair(phrasings[a], phrasings[b])
        if pair[0] != pair[1] and pair not in reported and _meet(phrasings[a].entry, phrasings[b].entry):
            best[pair] = max(best.get(pair, (0.0, 0, 0)), (score, a, b))
    return [Collision("look-alike", phrasings[a], phrasings[b]) for _, a, b in best.values()]


@lru_cache(KEPT)
def _core(text: str) -> _Core:
    """Syllables of what is asked about, in the spelling of all accents."""
    syllables = pypinyin.lazy_pinyin(_FILLERS.sub("", text) or text)
    for pattern, merged in _ACCENT:
        syllables = [pattern.sub(merged, syllable) for syllable in syllables]
    return tuple(syllables)


class _Near:
    """Which cores are similar to which, kept from one check to the next: after an edit only what is new is compared."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._codes: dict[str, str] = {}
        self._coded: dict[_Core, str] = {}
        self._near: dict[_Core, dict[_Core, float]] = {}

    def of(self, cores: Iterable[_Core], among: Iterable[_Core] = ()) -> dict[_Core, dict[_Core, float]]:
        """For each of `cores` those that are similar, with their similarity: of these, of `among`, and of what else is
        known.
        """
        wanted = [core for core in dict.fromkeys(cores) if core]
        needed = dict.fromkeys(filter(None, (*wanted, *among)))
        with self._lock:
            fresh = [core for core in needed if core not in self._near]
            if len(self._near) + len(fresh) > max(KEPT, 2 * len(needed)):
                self._codes, self._coded, self._near = {}, {}, {}
                fresh = list(needed)
            self._learn(fresh)
            return {core: dict(self._near[core]) for core in wanted}

    def _learn(self, fresh: Sequence[_Core]) -> None:
        for core in fresh:
            self._coded[core] = "".join(self._codes.setdefault(s, chr(0xE000 + len(self._codes))) for s in core)
            self._near[core] = {}
        everything, texts = list(self._coded), list(self._coded.values())
        for start in range(0, len(fresh), _ROWS):
            rows = fresh[start : start + _ROWS]
            coded = [self._coded[core] for core in rows]
            scores = process.cdist(coded, texts, scorer=Indel.normalized_similarity, score_cutoff=SIMILAR)
            for row, column in np.argwhere(scores > 0).tolist():
                one, other = rows[row], everything[column]
                if one != other:
                    self._near[one][other] = self._near[other][one] = float(scores[row, column])


_NEAR = _Near()


def _similar(cores: Sequence[_Core]) -> Iterator[tuple[float, int, int]]:
    places: dict[_Core, list[int]] = defaultdict(list)
    for n, core in enumerate(cores):
        places[core].append(n)
    for core, others in _NEAR.of(places).items():
        yield from ((1.0, a, b) for a, b in combinations(places[core], 2))
        for other, score in others.items():
            yield from ((score, a, b) for a in places[core] for b in places.get(other, ()) if a < b)


def _reordered(cores: Sequence[_Core]) -> Iterator[tuple[float, int, int]]:
    """The same syllables in another order: 补办社保卡, 社保卡补办."""
    same: dict[_Core, list[int]] = defaultdict(list)
    for n, core in enumerate(cores):
        if len(core) >= _REORDERED:
            same[tuple(sorted(core))].append(n)
    for group in same.values():
        yield from ((SIMILAR, a, b) for a, b in combinations(group, 2))


class Neighbours:
    """Finds the entries that one entry may collide with, among thousands. Made once for them."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = tuple(entries)
        self._holding: dict[object, set[int]] = defaultdict(set)
        self._cores = {_core(letters(phrase)) for entry in entries for phrase in entry.phrasings}
        for place, entry in enumerate(entries):
            for phrase in entry.phrasings:
                for key in _keys(letters(phrase)):
                    self._holding[key].add(place)

    def of(self, entry: Entry) -> list[Entry]:
        """Every entry that shares letters or sounds with a phrasing of this one, or nearly; in order."""
        texts = [letters(phrase) for phrase in entry.phrasings]
        keys = {key for text in texts for key in _keys(text)}
        keys.update(other for others in _NEAR.of(map(_core, texts), self._cores).values() for other in others)
        places = {place for key in keys for place in self._holding.get(key, ())}
        return [self._entries[place] for place in sorted(places)]


def _keys(text: str) -> Iterator[object]:
    """What two phrasings have in common that collide, but for similarity."""
    core = _core(text)
    yield from (text, ("sounds", _sounds(text)), core, ("sorted", *sorted(core)))


def _pair(a: Phrasing, b: Phrasing) -> tuple[int, int]:
    return id(a.entry), id(b.entry)

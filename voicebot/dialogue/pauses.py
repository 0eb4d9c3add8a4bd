"""How long a pause ends what the caller says, judged by the words so far: a question that is complete and known needs
no waiting for, “那个…” and digits being dictated need more than usual. Pure but for its word list, which comes with the
package and is read once.

Measured on the phrasings of ``tests/questions`` cut at their commas: a probability of 0.9 alone would end 23 % of them
at a comma; that and a finished look, 3 %.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from voicebot.content import data_text
from voicebot.events import Hypotheses, typed
from voicebot.matching.text import tidy
from voicebot.matching.types import Outcome, Understanding


class Wait(StrEnum):
    """Which pause ends the utterance."""

    EARLY = "early"
    """The question is there: a short one."""
    NORMAL = "normal"
    PATIENT = "patient"
    """There is more to come: a long one."""


_NEAR = 8
"""Characters at the end in which a question word must stand."""


@dataclass(frozen=True, slots=True)
class _Words:
    finished: tuple[str, ...]
    asking: tuple[str, ...]
    hanging: tuple[str, ...]
    digits: frozenset[str]
    least_digits: int


def wait_after(text: str, understand: Callable[[Hypotheses], Understanding], sure: float) -> Wait:
    """The wait after these words of an utterance that may go on. `sure` is the probability for an early close."""
    said = tidy(text)
    if is_hanging(said):
        return Wait.PATIENT
    if not looks_finished(said):
        return Wait.NORMAL
    understanding = understand(typed(text))
    best = understanding.ranking.best
    known = understanding.outcome is Outcome.ANSWER and best is not None and best.probability >= sure
    return Wait.EARLY if known else Wait.NORMAL


def is_hanging(said: str) -> bool:
    """It ends on a word that asks for another, or in the middle of digits. A bare “嗯” is an answer."""
    words = _words()
    tail = len(said) - len(said.rstrip("".join(words.digits)))
    return tail >= words.least_digits or (len(said) > 1 and said.endswith(words.hanging))


def looks_finished(said: str) -> bool:
    """It ends like a question."""
    words = _words()
    near = said[-_NEAR:]
    return said.endswith(words.finished) or any(word in near for word in words.asking)


@cache
def _words() -> _Words:
    lists = tomllib.loads(data_text("pauses.toml"))
    return _Words(
        tuple(lists["finished"]),
        tuple(lists["asking"]),
        tuple(lists["hanging"]),
        frozenset(lists["digits"]),
        int(lists["least_digits"]),
    )

"""How long a pause ends what the caller says, judged by the words so far: a question that is complete and known needs
no waiting for, “那个…” and digits being dictated need more than usual. Pure but for its word list, which comes with the
package and is read once.

Measured on the phrasings of ``tests/questions`` cut at their commas: a probability of 0.9 alone would end 23 % of them
at a comma; that and a finished look, 3 %.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from voicebot.content import data_text
from voicebot.events import Hypotheses, typed
from voicebot.matching.replies import Reply, reply
from voicebot.matching.text import tidy
from voicebot.matching.types import Outcome, Understanding


class Wait(StrEnum):
    """Which pause ends the utterance."""

    EARLY = "early"
    """The question is there: a short one."""
    NORMAL = "normal"
    OPEN = "open"
    """It does not sound finished: a little longer."""
    PATIENT = "patient"
    """There is more to come: a long one."""


_QUESTIONS = (Outcome.ANSWER, Outcome.UNSURE, Outcome.CONFIRM, Outcome.CHOOSE)
"""Not danger, a complaint or the wish for a person, which are heard in the middle of a sentence too."""
_BEGUN = 2
"""Characters in which nobody can have asked anything yet."""
_NEAR = 8
"""Characters at the end in which a question word must stand."""
_WHETHER = re.compile(r"(.)[不没]\1")
"""The verb, and the verb denied: 会不会, 有没有, 可不可以."""


@dataclass(frozen=True, slots=True)
class _Words:
    finished: tuple[str, ...]
    asking_how: tuple[str, ...]
    asking_what: tuple[str, ...]
    no_action: frozenset[str]
    leading: tuple[str, ...]
    hanging: tuple[str, ...]
    digits: frozenset[str]
    least_digits: int


def wait_after(
    text: str,
    understand: Callable[[Hypotheses], Understanding],
    sure: float,
    *,
    nod_counts: bool = False,
    stray: bool = False,
) -> Wait:
    """The wait after these words of an utterance that may go on. `sure` is the probability for an early close;
    `nod_counts`: a mere “嗯” is an answer just now; `stray`: the last of it was a short sound by itself, and what words
    it was taken for says little.
    """
    said, heard = tidy(text), typed(text)
    if not said:
        return Wait.NORMAL
    if is_hanging(said):
        return Wait.PATIENT
    understanding, finished = understand(heard), looks_finished(said)
    best = understanding.ranking.best
    if finished and understanding.outcome is Outcome.ANSWER and best is not None and best.probability >= sure:
        return Wait.EARLY
    said_to_us = reply(heard)
    nothing_said = said_to_us is None or (said_to_us is Reply.BACKCHANNEL and not nod_counts)
    if finished or not nothing_said or understanding.outcome not in _QUESTIONS:
        return Wait.NORMAL
    helpless = understanding.outcome is Outcome.UNSURE or len(said) <= _BEGUN
    return Wait.PATIENT if helpless or stray or said.endswith(_words().leading) else Wait.OPEN


def is_hanging(said: str) -> bool:
    """It ends on a word that asks for another, or in the middle of digits. A bare “嗯” is an answer."""
    words = _words()
    tail = len(said) - len(said.rstrip("".join(words.digits)))
    return tail >= words.least_digits or (len(said) > 1 and said.endswith(words.hanging))


def looks_finished(said: str) -> bool:
    """It ends like a question."""
    words, near = _words(), said[-_NEAR:]
    done = {after for word in words.asking_how if (after := _after(near, word)) not in words.no_action}
    named = {after for word in words.asking_what if len(after := _after(near, word)) > 1}
    whether = _WHETHER.search(near[:-1]) is not None
    return whether or any(done) or any(named) or said.endswith(words.finished)


def _after(near: str, word: str) -> str:
    """What follows the question word; empty when it is not there."""
    return near.rpartition(word)[2] if word in near else ""


@cache
def _words() -> _Words:
    lists = tomllib.loads(data_text("pauses.toml"))
    return _Words(
        tuple(lists["finished"]),
        tuple(lists["asking_how"]),
        tuple(lists["asking_what"]),
        frozenset(lists["no_action"]),
        tuple(lists["leading"]),
        tuple(lists["hanging"]),
        frozenset(lists["digits"]),
        int(lists["least_digits"]),
    )

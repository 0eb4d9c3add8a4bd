"""What one call says about the FAQ: how its answers fared, and what it was not answered. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from voicebot.dialogue.commands import Decision
from voicebot.events import typed
from voicebot.matching.replies import denies
from voicebot.matching.types import Outcome
from voicebot.store.question_models import GapWhy

LEAST = 3
"""Characters, without fillers, of what may be a question."""


class Fate(StrEnum):
    """How an entry fared in a turn."""

    RIGHT = "right"
    CONFIRMED = "confirmed"
    WRONG = "wrong"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of a call, as far as it matters here."""

    state: str
    heard: str
    """The best reading; empty for a key or a silence."""
    key: str | None
    outcome: Outcome | None
    decision: Decision
    entry: str | None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Words of a caller that got no answer."""

    text: str
    why: GapWhy
    counts: bool
    """False: other words for what is counted already."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What one call says."""

    fates: tuple[tuple[str, Fate], ...]
    """(entry, fate) of every answer and every question of ours that was refused."""
    unanswered: tuple[Unanswered, ...]


_BETWEEN = frozenset(
    {Decision.REPEATED, Decision.SLOWED, Decision.PROMPTED, Decision.IGNORED, Decision.TEXTED, Decision.RATED}
)
"""What may stand between an answer and what the caller makes of it."""
_ASKED_BACK = frozenset({Decision.ASKED_CONFIRM, Decision.ASKED_CHOICE})
_ASKING_BACK = frozenset({"confirming", "choosing"})
_ANSWERED = "answered"
_OPEN = frozenset({Outcome.UNSURE, Outcome.CONFIRM, Outcome.CHOOSE})
_TRIED = frozenset({Decision.ASKED_REPHRASE, Decision.ASKED_CONFIRM, Decision.ASKED_CHOICE, Decision.HANDED_OVER})


def tally(turns: Sequence[Said], core: Callable[[str], str]) -> Tally:
    """What the turns of a call, in order, come to. `core`: a text without fillers and politeness."""
    fates: list[tuple[str, Fate]] = []
    found: list[Unanswered] = []
    waiting: list[str] = []
    for n, turn in enumerate(turns):
        after = next((one for one in turns[n + 1 :] if one.decision not in _BETWEEN), None)
        if turn.decision is Decision.ANSWERED and turn.entry:
            if turn.outcome is not None and len(core(turn.heard)) >= LEAST:
                waiting.append(turn.heard)
            wrong = _did_not_help(after)
            fates.append((turn.entry, Fate.WRONG if wrong else _kind(turn)))
            found += _episode(waiting, GapWhy.WRONG, core) if wrong else ()
            waiting = []
        elif turn.heard and turn.outcome in _OPEN and turn.decision in _TRIED and len(core(turn.heard)) >= LEAST:
            waiting.append(turn.heard)
        if turn.decision is Decision.ASKED_CONFIRM and turn.entry and _refused(after):
            fates.append((turn.entry, Fate.REFUSED))
    found += _episode(waiting, _why(turns), core)
    return Tally(tuple(fates), tuple(found))


def _kind(turn: Said) -> Fate:
    return Fate.CONFIRMED if turn.state in _ASKING_BACK else Fate.RIGHT


def _did_not_help(after: Said | None) -> bool:
    """A person or a complaint, “不对”, or the same answer a third time, right after an answer. Danger is none of its
    doing.
    """
    if after is None or after.state != _ANSWERED or after.outcome is Outcome.EMERGENCY:
        return False
    if after.decision in (Decision.HANDED_OVER, Decision.COMPLAINED):
        return after.outcome not in _OPEN
    return after.decision is Decision.ASKED_REPHRASE and after.outcome is None


def _refused(after: Said | None) -> bool:
    """The caller said no, and perhaps more, or pressed 2."""
    if after is None or after.state not in _ASKING_BACK:
        return False
    if after.state == "confirming" and denies(typed(after.heard)):
        return True
    no = after.decision in (Decision.ASKED_REPHRASE, Decision.ASKED_CONFIRM, Decision.HANDED_OVER)
    return no and (after.key == "2" or (bool(after.heard) and after.outcome is None))


def _why(turns: Sequence[Said]) -> GapWhy:
    """Why the last question of a call stayed open."""
    last = next((one for one in reversed(turns) if one.decision not in _BETWEEN), None)
    if last is None:
        return GapWhy.LEFT
    if last.decision in _ASKED_BACK:
        return GapWhy.LEFT
    asked_back = [n for n, one in enumerate(turns) if one.decision in _ASKED_BACK]
    if asked_back and any(_refused(one) for one in turns[asked_back[-1] + 1 :]):
        return GapWhy.REFUSED
    if last.decision is Decision.HANDED_OVER and last.outcome not in _OPEN:
        return GapWhy.HUMAN
    return GapWhy.UNSURE


def _episode(said: Sequence[str], why: GapWhy, core: Callable[[str], str]) -> list[Unanswered]:
    """What was said about one thing; the words that say most count."""
    cores = [core(text) for text in said]
    telling = max(range(len(said)), key=lambda n: len(cores[n]), default=-1)
    return [Unanswered(text, why, n == telling) for n, text in enumerate(said) if cores.index(cores[n]) == n]

"""Which entries take whose questions, and whether a change made it worse."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from voicebot.faq import Entry
from voicebot.matching.leave_one_out import LeaveOneOut
from voicebot.matching.lexicon import Lexicon

SINCE = {"new-entry": "新问答抢走的", "new": "这次改动之后才有的", "known": "上一版就有", "unseen": "没有可比的"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A phrasing that, asked as if its entry did not list it, leads to another entry."""

    phrasing: str
    owner: str
    taker: str
    probability: float
    """Of the taker."""
    since: str
    """``new-entry``: the taker was not there at the last release; ``new``: the taker was, but did not take it then;
    ``known``: it did; ``unseen``: there is no last release, or the phrasing was not in it."""


def confusions(now: Sequence[Entry], before: Sequence[Entry] | None, lexicon: Lexicon, about: str = "") -> list[Taken]:
    """Every phrasing that another entry takes, the surest first; `before` holds the entries of the last release. With
    `about` only what that entry takes or loses.
    """
    taken = {
        (owner, phrasing): (taker, probability)
        for (owner, phrasing), (taker, probability) in _takers(now, lexicon).items()
        if about in ("", owner, taker)
    }
    then = _takers(before, lexicon, taken) if before is not None else {}
    old = {entry.id for entry in before or ()}
    listed = {(entry.id, text) for entry in before or () for text in entry.phrasings}
    found = []
    for (owner, phrasing), (taker, probability) in taken.items():
        if (owner, phrasing) not in listed:
            since = "unseen"
        elif taker not in old:
            since = "new-entry"
        else:
            since = "known" if (owner, phrasing) in then else "new"
        found.append(Taken(phrasing, owner, taker, round(probability, 4), since))
    return sorted(found, key=lambda one: (-one.probability, one.owner, one.phrasing))


def _takers(
    entries: Sequence[Entry], lexicon: Lexicon, only: Collection[tuple[str, str]] | None = None
) -> Mapping[tuple[str, str], tuple[str, float]]:
    """(owner, phrasing) → who takes it, and how surely; of these phrasings `only`."""
    if only is not None and not only:
        return {}
    rank = LeaveOneOut(entries, lexicon, only)
    found = {}
    for entry in entries:
        for text in entry.phrasings:
            if only is not None and (entry.id, text) not in only:
                continue
            scores = rank(text, entry.id)
            if scores and scores[0][0] != entry.id:
                found[entry.id, text] = scores[0]
    return found

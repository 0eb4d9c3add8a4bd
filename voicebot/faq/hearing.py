"""Words the speech model cannot hear: not in its word list, nor to be put together from words that are. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from voicebot.faq.duration import spelt

Knows = Callable[[str], bool]
"""Whether a word is in the model's word list."""

_LONGEST = 8  # characters; longer words of the list are made of shorter ones
_RUN = re.compile(r"[a-z]+|[^\W_a-z]+", re.IGNORECASE)


def unheard(phrase: str, knows: Knows) -> list[str]:
    """The characters and Latin words of `phrase` that no recognition result can contain, each once."""
    missing: list[str] = []
    for run in _RUN.findall(spelt(phrase)):
        if run.isascii():
            missing += [] if any(knows(word) for word in (run, run.lower(), run.upper())) else [run]
        else:
            missing += _uncovered(run, knows)
    return list(dict.fromkeys(missing))


def _uncovered(run: str, knows: Knows) -> list[str]:
    """Characters left over by the split into known words that leaves the fewest."""
    best: list[list[str]] = [[]]
    for end in range(1, len(run) + 1):
        ways = [[*best[end - 1], run[end - 1]]]
        ways += [best[start] for start in range(max(0, end - _LONGEST), end) if knows(run[start:end])]
        best.append(min(ways, key=len))
    return best[-1]

"""Our own voice coming back, by its words: the recogniser hears them when the caller's loudspeaker is on. Pure.

Compared by sound, and not exactly: an echo is heard worse than a caller is.
"""

from __future__ import annotations

from rapidfuzz import fuzz

from voicebot.matching.text import syllables, tidy

ALIKE, SHORT_ALIKE = 65.0, 75.0
"""Least share of the syllables, in percent, found together and in order. Of the prompts and answers that come
with the program, heard 20 dB down by the bundled model, 98 % of what was heard is told this way."""
SHORT = 4
"""Syllables: so few are in a long text by chance."""


def sounds_within(words: str, said: str) -> bool:
    """`words` sound like a part of what is `said`."""
    heard, ours = syllables(tidy(words)), syllables(tidy(said))
    alike = SHORT_ALIKE if len(heard) <= SHORT else ALIKE
    return bool(heard) and len(heard) <= len(ours) and fuzz.partial_ratio(heard, ours) >= alike

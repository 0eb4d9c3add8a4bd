"""Numbers and times as clips. (H8 is writing this file: overwrite freely; keep number_clips, digits_clips, time_clips.)"""

from __future__ import annotations

from datetime import datetime

from voicebot.dialogue.commands import Clip


def _word(word: str) -> Clip:
    return Clip(f"prompts/numbers/{word}", word)


def number_clips(n: int, *, counting: bool = False) -> tuple[Clip, ...]:
    """A number."""
    return tuple(_word("零一二三四五六七八九"[int(d)]) for d in str(n))


def digits_clips(digits: str) -> tuple[Clip, ...]:
    """Digit by digit."""
    return number_clips(int(digits))


def time_clips(by: datetime, now: datetime) -> tuple[Clip, ...]:
    """A moment."""
    return (_word("今天"),)

"""Values of an entry's list: phrasings, keywords, dates, keys that are nearly right. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from datetime import date

from voicebot.faq.tidy import half_width

_DATE = re.compile(
    r"(?<!\d)(?:(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?|(\d{4})(\d{2})(\d{2}))(?!\d)",
    re.ASCII,
)
_BETWEEN = re.compile(r"\s*(?:起|开始)?\s*(?:至|到|~|-{1,3})\s*")
_ONWARD = re.compile(r"\s*(?:起|开始|以后|之后|至|到|-{1,3}|~|至今|(?:起|至|到|-{1,3}|~)?\s*长期(?:有效)?)\s*")
_UNTIL = re.compile(r"\s*(?:至|到|截至|截止到?|-{1,3}|~)\s*")
_FOREVER = re.compile(r"(?:长期|永久)(?:有效)?")


def phrases(value: str) -> list[str]:
    """``甲 | 乙`` → [甲, 乙]; full-width bars and semicolons separate as well."""
    return [part.strip() for part in re.split(r"[|｜¦；;]", value) if part.strip()]


def words(value: str) -> tuple[str, ...]:
    """``甲, 乙、丙`` → (甲, 乙, 丙), each once."""
    return tuple(dict.fromkeys(part for part in re.split(r"[,，、;；|｜\s]+", value) if part))


def validity(value: str) -> tuple[date | None, date | None]:
    """First and last day; None: open. `ValueError` when it cannot be understood or a day does not exist."""
    value = half_width(value)
    if _FOREVER.fullmatch(value):
        return None, None
    found = list(_DATE.finditer(value))
    days = [_day(match) for match in found]
    if len(days) == 2 and not value[: found[0].start()] and not value[found[1].end() :].removesuffix("止").strip():
        if _BETWEEN.fullmatch(value, found[0].end(), found[1].start()):
            return days[0], days[1]
    elif len(days) == 1:
        if found[0].start() == 0 and _ONWARD.fullmatch(value, found[0].end()):
            return days[0], None
        if _UNTIL.fullmatch(value, 0, found[0].start()) and value[found[0].end() :] in ("", "止"):
            return None, days[0]
    raise ValueError(value)


def nearest(word: str, known: Collection[str]) -> str | None:
    """The known word that was probably meant."""
    close = difflib.get_close_matches(half_width(word), known, n=1, cutoff=0.5)
    return close[0] if close else None


def _day(found: re.Match[str]) -> date:
    return date(*(int(part) for part in found.groups() if part))

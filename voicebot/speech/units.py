"""Mandarin in the units of the bundled acoustic model: initials and finals without tone. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pypinyin import Style, lazy_pinyin


def spell(word: str, units: Mapping[str, int]) -> tuple[int, ...] | None:
    """A word as unit numbers of ``phones.txt`` (finals are written ``_a``); None when it cannot be spelt."""
    initials = lazy_pinyin(word, style=Style.INITIALS, strict=False)
    finals = lazy_pinyin(word, style=Style.FINALS, strict=False)
    spelling: list[int] = []
    for initial, final in zip(initials, finals, strict=True):
        for unit in (initial, f"_{final}" if final else ""):
            if unit and unit not in units:
                return None
            if unit:
                spelling.append(units[unit])
    return tuple(spelling) or None

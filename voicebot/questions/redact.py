"""Callers' words and clerks' notes without what tells who somebody is: numbers, names and addresses are masked. Pure
but for its word lists (``redaction.toml``).

Rules, not recognition of names in general: a name is masked where people give one (“我叫…”, “…女士”). What slips
through is why only staff of the unit see the words, and why they go when the calls are forgotten.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from voicebot.content import data_text

_NUMERAL: Final = "0-9〇零一二三四五六七八九幺两"
_NEXT: Final = rf"(?:[\s\-－—]?[{_NUMERAL}Xx])"
_RUN: Final = re.compile(
    rf"\+?[A-Za-z]?[{_NUMERAL}](?:{_NEXT}{{6,}}(?![{_NUMERAL}])"
    rf"|{_NEXT}{{2,5}}(?![{_NUMERAL}])(?!\s?[元块万千百天岁个年月多人平米]))"
)
"""Telephone, identity card, bank card, plate and account numbers, also as they are read out; not what is counted
(which has six digits at most)."""
_HALF: Final = str.maketrans("０１２３４５６７８９", "0123456789")
_SAME: Final = str.maketrans("〇零一二三四五六七八九幺两", "0012345678912")
_END: Final = rf"(?=[，。；;、,.!！?？\s{_NUMERAL}]|的|$|想|要|问|身|住|今|在|电|是|说|打)"
"""After a name."""
_WHERE: Final = r"[\u4e00-\u9fffA-Za-z0-9〇]"


@dataclass(frozen=True, slots=True)
class Masks:
    """What stands in the place of what is masked."""

    number: str
    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The lists as patterns."""

    given: re.Pattern[str]
    """Its first group stays."""
    titled: re.Pattern[str]
    places: tuple[re.Pattern[str], ...]
    published: frozenset[str]
    masks: Masks


def rules_from(lists: Mapping[str, Any]) -> Rules:
    """From the parsed ``redaction.toml``."""
    surname = _any(sorted(set(lists["surnames"].split()), key=len, reverse=True))
    introduced = rf"({_any(lists['introductions'])})[:：]?(?:{surname})[\u4e00-\u9fff·]{{1,2}}?{_END}"
    surnamed = rf"({_any(lists['surname_follows'])})(?:{surname})[\u4e00-\u9fff·]{{0,2}}?{_END}"
    numeral = f"[{_NUMERAL}十百]+"
    door = rf"{numeral}(?:{_any([*lists['doors'], *lists['more_doors']])})"
    after = rf"(?:{_WHERE}{{0,6}}?{door})"
    street = rf"{_WHERE}{{1,8}}?(?<![知哪这那])(?:{_any(lists['places'])})"  # 知道, 哪里 are no places
    homes = "|".join(f"(?<={re.escape(home)})" for home in lists["homes"])
    return Rules(
        given=re.compile(f"(?:{introduced}|{surnamed})"),
        titled=re.compile(rf"(?:{surname})[\u4e00-\u9fff]{{0,2}}?(?={_any(lists['titles'])})"),
        places=(
            re.compile(rf"(?:{homes}){street}{after}*"),
            re.compile(rf"{street}{after}+"),
            re.compile(rf"{numeral}(?:{_any(lists['doors'])})(?:{door})*(?:[{_NUMERAL}]{{2,}})?"),
        ),
        published=frozenset(lists["published"]),
        masks=Masks(lists["number"], lists["name"], lists["place"]),
    )


@cache
def load_rules() -> Rules:
    """The packaged rules."""
    return rules_from(tomllib.loads(data_text("redaction.toml")))


def redacted(text: str, masks: Masks | None = None) -> str:
    """`text` with addresses, names, and numbers of three digits and more that count nothing masked; years and published
    service numbers stay. `masks`: other words than the packaged ones.
    """
    rules = load_rules()
    masks = masks or rules.masks
    text = text.translate(_HALF)

    def number(found: re.Match[str]) -> str:
        digits = re.sub(r"[\s\-－—]", "", found[0]).translate(_SAME)
        return found[0] if digits in rules.published else masks.number

    for place in rules.places:
        text = place.sub(masks.place, text)
    text = _RUN.sub(number, text)
    text = rules.given.sub(lambda found: (found[1] or found[2]) + masks.name, text)
    return rules.titled.sub(masks.name, text)


def _any(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, words))

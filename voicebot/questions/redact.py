"""Callers' words without what tells who they are: numbers and names are masked. Pure but for its word list.

Rules, not recognition of names in general: a name is masked where people give one (“我叫…”, “…女士”). What slips
through is why only staff of the unit see the words, and why they go when the calls are forgotten.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache

from voicebot.content import data_text

_NUMERAL = "0-9零一二三四五六七八九幺两"
_RUN = re.compile(
    rf"[A-Za-z]?[{_NUMERAL}](?:[\s\-－—]?[{_NUMERAL}Xx]){{2,}}(?![{_NUMERAL}])(?![元块万千百天岁个年月多人平米])"
)
_ROOM = re.compile(rf"[{_NUMERAL}十百]+(?:号楼|栋|幢|单元|号院|弄)")
_HALF = str.maketrans("０１２３４５６７８９", "0123456789")
_SAME = str.maketrans("零一二三四五六七八九幺两", "012345678912")


@cache
def _rules() -> tuple[re.Pattern[str], re.Pattern[str], frozenset[str], str, str]:
    rules = tomllib.loads(data_text("redaction.toml"))
    surname = "|".join(sorted(set(rules["surnames"].split()), key=len, reverse=True))
    after = "|".join(rules["introductions"])
    before = "|".join(rules["titles"])
    given = re.compile(
        rf"({after})(?:{surname})[\u4e00-\u9fff]{{1,2}}?(?=[，。,！!？?\s]|的|$|想|要|问|身|住|今|在|电|是|[{_NUMERAL}])"
    )
    titled = re.compile(rf"(?:{surname})[\u4e00-\u9fff]{{0,2}}?(?={before})")
    return given, titled, frozenset(rules["published"]), rules["name"], rules["number"]


def redacted(text: str) -> str:
    """`text` with addresses, names, and numbers of three digits and more that count nothing masked; years and published
    service numbers stay.
    """
    given, titled, published, name, number = _rules()
    text = text.translate(_HALF)

    def masked(found: re.Match[str]) -> str:
        digits = re.sub(r"[\s\-－—]", "", found[0]).translate(_SAME)
        return found[0] if digits in published else number

    text = _ROOM.sub(lambda found: number + found[0].lstrip("0123456789零一二三四五六七八九幺两十百"), text)
    text = _RUN.sub(masked, text)
    text = given.sub(lambda found: found[1] + name, text)
    return titled.sub(name, text)

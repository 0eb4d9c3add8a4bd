"""What a clerk typed → clean Markdown lines, where the intention is clear. Pure; line numbers never change.

Word processors and Chinese input methods turn ``## `` into ``＃＃``, ``- `` into ``－`` or ``•``, ``: `` into ``：``;
Markdown then sees plain text and the line would read it out.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

KEYS = {
    "问法": ("其他问法", "相似问法", "别的问法"),
    "关键词": ("关键字",),
    "有效期": ("有效期限", "有效时间", "有效日期"),
    "依据": ("政策依据", "法律依据"),
    "短信": ("短信内容",),
}
"""Keys of an entry and other words clerks use for them."""

_HEADING = re.compile(r"^[ \u3000]{0,3}([#＃]{1,6})[ \t\u3000]*(?=[^#＃\s])")
_ITEM = re.compile(r"^[ \t\u3000]*[-－–—•·●*＊][ \t\u3000]*([^\s:：]{2,6})[ \t\u3000]*[:：]")
# A line that lost its "- ". 有效期 is also an ordinary word of answers, so there a date must follow.
_BARE_ITEM = re.compile(r"^[ \t\u3000]*(问法|关键词|依据|有效期(?=[ \t]*[:：][ \t]*[0-9０-９至长]))[ \t\u3000]*[:：]")
_SMS = re.compile(r"^[ \t\u3000]*(?:[->＞》〉－][ \t\u3000]*)?短信(?:内容)?[ \t\u3000]*[:：]")
_SPACES = " \t\u3000"


def tidy(text: str) -> list[str]:
    """The lines of a FAQ file: one kind of line end, simplified characters, Markdown marks as Markdown wants them."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return [_tidy_line(line) for line in simplified(text).split("\n")]


def simplified(text: str) -> str:
    """Traditional characters → simplified (OpenCC)."""
    return text if text.isascii() else str(_opencc().convert(text))


def half_width(text: str) -> str:
    """Full-width letters, digits and signs → half width; every dash → ``-``. For ids, keys and dates, not for prose."""
    return re.sub(r"[‐‑‒–—―−－]", "-", unicodedata.normalize("NFKC", text)).strip()


def canonical(key: str) -> str | None:
    """The key a clerk meant, if it is one of `KEYS` or another word for one."""
    key = half_width(key)
    return next((name for name, others in KEYS.items() if key == name or key in others), None)


def _tidy_line(line: str) -> str:
    if found := _HEADING.match(line):
        return f"{'#' * len(found[1])} {line[found.end() :]}"
    if found := _SMS.match(line):
        return f"> 短信: {line[found.end() :].strip(_SPACES)}"
    if (found := _ITEM.match(line)) and canonical(found[1]):
        return f"- {canonical(found[1])}: {line[found.end() :].strip(_SPACES)}"
    if found := _BARE_ITEM.match(line):
        return f"- {found[1]}: {line[found.end() :].strip(_SPACES)}"
    return line


@cache
def _opencc() -> Any:
    from opencc import OpenCC  # reads its dictionaries when first needed, not at import

    return OpenCC("t2s")

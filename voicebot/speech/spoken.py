"""Written Chinese to what a speech synthesiser reads right: figures in words, no marks it would stumble over. Pure."""

from __future__ import annotations

import re

import cn2an

_DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")
_DROPPED = re.compile(r"[《》〈〉“”‘’\"'「」『』【】]")
_PAUSES = re.compile(r"[（）()—…·/:：;；、，,]+\s*")
_NUMBER = re.compile(r"(?P<percent>\d+(?:\.\d+)?[%％])|(?P<year>\d{4})(?=年)|(?P<number>\d+(?:\.\d+)?)")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．", "0123456789.")


def spoken(text: str) -> str:
    """`text` as it is read aloud.

    Amounts become numerals (60 is 六十), years, numbers from 5 digits on and those with a leading 0 are read digit by
    digit, and a text that just stops ends on a comma: it is heard as part of something, not cut off.
    """
    text = _NUMBER.sub(_in_words, text.translate(_FULL_WIDTH))
    text = _PAUSES.sub("，", _DROPPED.sub("", text))
    lines = (line.strip("， \t") for line in text.splitlines())
    return "\n".join(line if line[-1] in "。！？!?" else f"{line}，" for line in lines if line)


def _in_words(found: re.Match[str]) -> str:
    if found["percent"]:
        return f"百分之{cn2an.an2cn(found['percent'].rstrip('%％'), 'low')}"
    number = found["year"] or found["number"]
    if found["year"] or len(number.split(".")[0]) >= 5 or (number[0] == "0" and number[:2] != "0." and len(number) > 1):
        return number.translate(_DIGITS).replace(".", "点")
    return str(cn2an.an2cn(number, "low"))

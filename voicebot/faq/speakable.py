"""What in a text cannot be spoken so that a caller understands it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from voicebot.faq.duration import amount, digits

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_URL = re.compile(
    r"(?:https?://|www\.)[\w./?&=%#:~+-]+"
    r"|(?<![\w@])[a-z][\w-]*(?:\.[\w-]+)*\.(?:com|cn|gov|org|net|edu|info)(?![a-z])(?:/[\w./?&=%#:~+-]*)?",
    re.ASCII | re.IGNORECASE,
)
# A synthesiser reads 3-5 as "3 minus 5" and 0571-1234 as an amount.
_JOINED = re.compile(r"\d+(?:\.\d+)?(?:\s*[-－‐–—~～/／:：]\s*\d+(?:\.\d+)?)+")
_RUN = re.compile(r"(?<![\d.])\d+(?:\.\d+)?")
_LATIN = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ]{2,}")
_OPEN, _CLOSE = "（(［[【〔{｛<＜〈", "）)］]】〕}｝>＞〉"
_BRACKETED = re.compile(
    rf"[{re.escape(_OPEN)}][^{re.escape(_CLOSE)}\n]{{0,40}}[{re.escape(_CLOSE)}]?|[{re.escape(_CLOSE)}]"
)
# After these a number of three or four digits is an amount or a year; without one it is read wrongly (110, 120).
_COUNTED = re.compile(
    r"\s*[年月日号元块角分万亿千百个人天岁周时点秒名次份张户平米公里吨克斤度倍折级条项套间座栋层页本件多余来%％]"
)
_SIGNS = frozenset("*#_~^|\\/&=+@$￥¥§＊＃＿～＾｜＼／＆＝＋＠＄")
_READ_WELL = frozenset("℃°")


@dataclass(frozen=True, slots=True)
class Unspeakable:
    """One thing that cannot be spoken."""

    code: str
    """A code of the fault catalogue."""
    start: int
    """Offset in the text."""
    text: str
    reading: str | None = None
    """How it could be written instead."""


def unspeakable(text: str) -> list[Unspeakable]:
    """Everything in `text` that cannot be spoken, in order. What is part of a larger thing is not reported again."""
    found: list[Unspeakable] = []
    rest = text
    for code, pattern in (("unspeakable-email", _EMAIL), ("unspeakable-url", _URL)):
        found += [Unspeakable(code, match.start(), match[0]) for match in pattern.finditer(rest)]
        rest = _blanked(pattern, rest)
    found += [Unspeakable("unspeakable-digits", match.start(), match[0]) for match in _JOINED.finditer(rest)]
    rest = _blanked(_JOINED, rest)
    found += _bare_runs(rest)
    found += [Unspeakable("unspeakable-latin", match.start(), match[0]) for match in _LATIN.finditer(rest)]
    found += [Unspeakable("unspeakable-brackets", match.start(), match[0]) for match in _BRACKETED.finditer(text)]
    found += _signs(rest)
    return sorted(found, key=lambda one: (one.start, one.code))


def _bare_runs(text: str) -> Iterator[Unspeakable]:
    for match in _RUN.finditer(text):
        whole = match[0].split(".")[0]
        counted = _COUNTED.match(text, match.end()) is not None
        code = len(whole) > 1 and unicodedata.digit(whole[0]) == 0
        if len(whole) >= 5 or code or (len(whole) >= 3 and whole == match[0] and not counted):
            reading = amount(match[0]) if counted and not code else digits(match[0])
            yield Unspeakable("unspeakable-digits", match.start(), match[0], reading)


def _signs(text: str) -> Iterator[Unspeakable]:
    """Signs and emoji, each kind once."""
    for sign in dict.fromkeys(text):
        pictorial = unicodedata.category(sign) in ("So", "Sk", "No", "Cs", "Co") and sign not in _READ_WELL
        if sign in _SIGNS or pictorial:
            yield Unspeakable("unspeakable-symbol", text.index(sign), sign)


def _blanked(pattern: re.Pattern[str], text: str) -> str:
    """`text` with every match as spaces, so that offsets stay."""
    return pattern.sub(lambda match: " " * len(match[0]), text)

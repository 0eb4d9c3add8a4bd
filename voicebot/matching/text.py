"""Text as the matcher sees it: one spelling for every way to write the same sound or number.

`tidy` is for everything that is compared (phrasings, word lists, what was heard); `syllables` turns tidy text into one
character per tone-free, accent-merged syllable, so that RapidFuzz compares sounds at C speed.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

import cn2an
import opencc
import pypinyin

NUMERALS = "零一二三四五六七八九十百千万亿点"

_DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")
_SPELLINGS = str.maketrans({"〇": "零", "两": "二", "俩": "二"})
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?%?")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3})")
# A service number rather than a quantity: digit by digit, as it is spoken.
_SERVICE = re.compile(r"(?:打|拨|拨打|电话|报|叫)$")
_COUNTED = re.compile(r"元|块|人|万|个|天|平|米|公|千|度|次")
_ONE_SAID_YAO = re.compile(rf"(?<=[{NUMERALS}幺])幺|幺(?=[{NUMERALS}幺])")
_REPEATED_UNIT = re.compile(r"(.{2,6}?)\1+")
_REPEATED_CHAR = re.compile(rf"([^{NUMERALS}\Wa-z])\1+")


@lru_cache(maxsize=8192)
def tidy(text: str) -> str:
    """`text` in simplified characters, lower case, numbers as Chinese numerals, without punctuation, spaces or
    stutter (“社保社保卡” → “社保卡”). Doubled characters become one everywhere (“妈妈” → “妈”), so both sides agree.
    """
    text = _converter().convert(unicodedata.normalize("NFKC", text).lower())
    text = numbers_in_words(text)
    text = "".join(ch for ch in text if ch.isalnum())
    return collapse(text)


def collapse(text: str) -> str:
    """`text` without what was said twice in a row; numerals may repeat (“一二三三三”)."""
    return _REPEATED_CHAR.sub(r"\1", _REPEATED_UNIT.sub(_said_once, text))


def _said_once(match: re.Match[str]) -> str:
    unit = match.group(1)
    return match.group(0) if all(ch in NUMERALS for ch in unit) else unit


def numbers_in_words(text: str) -> str:
    """`text` with every number as it is spoken: “60岁” → “六十岁”, “2024年” → “二零二四年”, “12333” → “一二三三三”."""
    text = _NUMBER.sub(_spoken_number, _THOUSANDS.sub("", text))
    return _ONE_SAID_YAO.sub("一", text.translate(_SPELLINGS))


def _spoken_number(match: re.Match[str]) -> str:
    number, before, after = match.group(), match.string[: match.start()], match.string[match.end() :]
    percent = number.endswith("%")
    number = number.rstrip("%")
    if percent:
        return f"百分之{_quantity(number)}"
    if "." in number:
        return _quantity(number)
    year = len(number) == 4 and after.startswith("年")
    service = len(number) == 3 and (_SERVICE.search(before) is not None or len(match.string) == 3)
    code = len(number) > 1 and number.startswith("0")
    long = len(number) > 4 and not number.endswith("000") and not _COUNTED.match(after)
    return number.translate(_DIGITS) if year or service or code or long else _quantity(number)


def _quantity(number: str) -> str:
    if len(number.split(".")[0]) > 15:  # beyond what cn2an reads
        return number.replace(".", "点").translate(_DIGITS)
    return str(cn2an.an2cn(number, "low"))


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


# Sounds that many accents do not tell apart (hotline.md: match on tone-free pinyin with these merges): the initials
# zh/z, ch/c, sh/s, n/l and the finals ing/in, eng/en.
_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw")
_MERGED_INITIAL = {"zh": "z", "ch": "c", "sh": "s", "n": "l"}
_MERGED_FINAL = {"ing": "in", "eng": "en"}
_PRIVATE_USE = 0xE000  # where no letter or character lives


@lru_cache(maxsize=8192)
def syllables(text: str) -> str:
    """One character per character of `text`: for Chinese characters a code that stands for the tone-free, accent-merged
    syllable, anything else as it is. A character with several readings is read as in its word.
    """
    sounds = pypinyin.lazy_pinyin(text, errors=_signs)  # type: ignore[arg-type]  # documented, but not in its stubs
    return "".join(map(_code, sounds))


def _signs(other: str) -> list[str]:
    """What is not Chinese, sign by sign."""
    return list(other)


@lru_cache(maxsize=1024)
def merged(sound: str) -> str:
    """A tone-free syllable in its accent-merged spelling: “zhang” → “zang”, “ning” → “lin”."""
    initial = next((i for i in _INITIALS if sound.startswith(i) and len(sound) > len(i)), "")
    final = sound[len(initial) :]
    return _MERGED_INITIAL.get(initial, initial) + _MERGED_FINAL.get(final, final)


@lru_cache(maxsize=1024)
def _code(sound: str) -> str:
    """The character that stands for a syllable; single signs (letters, digits) stand for themselves."""
    return chr(_PRIVATE_USE + _sounds().index(merged(sound))) if merged(sound) in _sounds() else sound[:1]


@cache
def _sounds() -> tuple[str, ...]:
    """Every merged syllable of two letters or more that pypinyin knows, in a fixed order."""
    every = pypinyin.lazy_pinyin([chr(code) for code in range(0x4E00, 0xA000)], errors="ignore")
    return tuple(sorted({merged(sound) for sound in every if len(sound) > 1}))

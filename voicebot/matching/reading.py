"""What a text says once fillers are gone and synonyms are one: the `Reading` that is compared with other readings."""

from __future__ import annotations

from dataclasses import dataclass

from voicebot.matching.lexicon import Lexicon
from voicebot.matching.text import collapse, syllables, tidy


@dataclass(frozen=True, slots=True)
class Reading:
    """One text, ready to be compared. `text` and `sounds` have equal lengths."""

    plain: str
    """Tidy, without fillers."""
    text: str
    """`plain` with every synonym as its standard word."""
    sounds: str
    """Syllable codes of `text`."""
    cut: tuple[str, ...]
    """`text` as words of the word list."""
    words: tuple[str, ...]
    """Standard words of the synonyms found, in order."""
    topics: frozenset[str]
    """Which matters are spoken of: ``公积金``, ``上学``…"""
    types: frozenset[str]
    """What kind of thing is asked: ``材料``, ``多久``…"""
    contrasts: frozenset[str]
    """Words that tell one matter from its neighbour, as ``axis/value``."""
    negated: bool


def normalise(text: str, lexicon: Lexicon) -> str:
    """`text` tidy and without fillers and politeness; empty when nothing else was said."""
    text = tidy(text)
    kept: list[str] = []
    place = 0
    for filler in lexicon.fillers.find(text):
        kept.append(text[place : filler.start])
        place = filler.end
    return collapse(_trimmed("".join((*kept, text[place:])), lexicon))


def _trimmed(text: str, lexicon: Lexicon) -> str:
    """`text` without the openers and closers, as often as they come; two characters stay."""
    trimming = True
    while trimming:
        opener = next((w for w in lexicon.openers if text.startswith(w) and len(text) - len(w) >= 2), "")
        text = text[len(opener) :]
        closer = next((w for w in lexicon.closers if text.endswith(w) and len(text) - len(w) >= 2), "")
        text = text[: len(text) - len(closer)]
        trimming = bool(opener or closer)
    return text


def canonical(text: str, lexicon: Lexicon) -> str:
    """Normalised `text` with every synonym as its standard word."""
    parts: list[str] = []
    place = 0
    for found in lexicon.synonyms.find(text):
        parts += (text[place : found.start], found.label)
        place = found.end
    return "".join((*parts, text[place:]))


READ_AGAIN = 1 << 15
"""Texts whose readings are kept: every phrasing, keyword and answer of about three thousand entries."""


def read_again(text: str, lexicon: Lexicon) -> Reading:
    """`read` for texts of a FAQ, which come again with every new index: what was read by this lexicon is kept."""
    reading: Reading | None = lexicon.readings.get(text)
    if reading is None:
        if len(lexicon.readings) >= READ_AGAIN:
            lexicon.readings.clear()
        reading = lexicon.readings[text] = read(text, lexicon)
    return reading


def read(text: str, lexicon: Lexicon) -> Reading:
    """The reading of a text as typed or recognised."""
    whole = tidy(text)
    plain = normalise(text, lexicon)
    standard = collapse(canonical(plain, lexicon))
    cut = tuple(lexicon.meanings.cut(standard))
    return Reading(
        plain=plain,
        text=standard,
        sounds="".join(map(syllables, cut)),  # word by word: words come again and again
        cut=cut,
        words=tuple(found.label for found in lexicon.synonyms.find(plain)),
        topics=lexicon.topics.within(whole) | lexicon.topics.within(standard),
        types=frozenset(found.label for found in lexicon.types.find(whole)),
        contrasts=lexicon.contrasts.within(whole),
        negated=any(found.label for found in lexicon.negation.find(whole)),
    )

"""The word lists a clerk may edit (``matching.toml``), parsed into values, and what they make of a text.

Reading the file is the caller's job: `lexicon_from` takes the parsed TOML document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from voicebot.errors import ContentError
from voicebot.matching.meaning import Meanings
from voicebot.matching.model import Model, model_from
from voicebot.matching.text import syllables, tidy

TOLD_BY_SOUND = 3
"""Least syllables of a phrase that is recognised by sound alone: “低保金” sounds like “报警” and is none."""


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase of a list, where it stands in a text, and what it stands for."""

    start: int
    end: int
    label: str


class Phrases:
    """A list of phrases, each with a label. Immutable. The longest phrase at a place wins; matches do not overlap."""

    __slots__ = ("_begins", "_by_first", "sounding")

    def __init__(self, labelled: Iterable[tuple[str, str]] = ()) -> None:
        """`labelled` holds (phrase, label); of two labels for one phrase the first stays."""
        lists: dict[str, dict[str, str]] = {}
        for phrase, label in labelled:
            if phrase:
                lists.setdefault(phrase[0], {}).setdefault(phrase, label)
        self._by_first = {
            first: tuple(sorted(phrases.items(), key=lambda item: -len(item[0]))) for first, phrases in lists.items()
        }
        self._begins = re.compile(f"[{re.escape(''.join(self._by_first))}]" if self._by_first else r"(?!)")
        self.sounding: Phrases = self
        """The same phrases as syllable codes, without those too short to be told by sound."""

    def with_sounds(self) -> Phrases:
        """These phrases, able to find by sound too."""
        self.sounding = Phrases((syllables(phrase), label) for phrase, label in self if len(phrase) >= TOLD_BY_SOUND)
        return self

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for phrases in self._by_first.values():
            yield from phrases

    def at(self, text: str, start: int) -> Found | None:
        """The longest phrase that begins there."""
        for phrase, label in self._by_first.get(text[start], ()):
            if text.startswith(phrase, start):
                return Found(start, start + len(phrase), label)
        return None

    def find(self, text: str) -> list[Found]:
        """All phrases in `text`, from left to right."""
        found: list[Found] = []
        begins = self._begins.search(text)
        while begins is not None:
            here = self.at(text, begins.start())
            if here is not None:
                found.append(here)
            begins = self._begins.search(text, here.end if here else begins.end())
        return found

    def within(self, text: str) -> frozenset[str]:
        """The labels of all phrases in `text`, overlapping ones too."""
        return frozenset(
            label
            for begins in self._begins.finditer(text)
            for phrase, label in self._by_first[begins.group()]
            if text.startswith(phrase, begins.start())
        )


@dataclass(frozen=True, slots=True)
class Signal:
    """Words that take a call off the question path: danger, a person, a complaint."""

    always: Phrases
    weak: Phrases
    """They count only in the right company."""
    never: Phrases
    """Phrases that only look like a signal; they are taken out first."""
    formal: Phrases = field(default_factory=Phrases)
    """Company that makes a weak word a question about formalities."""
    now: Phrases = field(default_factory=Phrases)
    """Company that makes it happen now."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The parsed word lists. All phrases are tidy."""

    fillers: Phrases
    openers: tuple[str, ...]
    """Fillers only at the beginning, longest first."""
    closers: tuple[str, ...]
    """Fillers only at the end, longest first."""
    synonyms: Phrases
    topics: Phrases
    types: Phrases
    contrasts: Phrases
    """Labels are ``axis/value``; values of one axis exclude each other."""
    negation: Phrases
    """Label ``-`` for a negation, empty for a phrase that only looks like one."""
    emergency: Signal
    human: Signal
    complaint: Signal
    own_case: Phrases
    """Asking how one's own matter stands, which no general answer tells."""
    model: Model
    meanings: Meanings
    readings: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """What `voicebot.matching.reading.read_again` has read by this lexicon."""


def lexicon_from(document: Mapping[str, Any], learnt: Mapping[str, Any], meanings: Meanings) -> Lexicon:
    """The lexicon from the parsed ``matching.toml`` and ``matching.json``.

    Raises `ContentError` when a list is missing or is not made of words, or the weights are not for this program.
    """
    fillers, negation = _table(document, "fillers"), _table(document, "negation")
    contrasts = _table(document, "contrasts")
    return Lexicon(
        fillers=Phrases((word, "") for word in _words(fillers, "anywhere")),
        openers=_longest_first(_words(fillers, "start")),
        closers=_longest_first(_words(fillers, "end")),
        synonyms=_labelled(_table(document, "synonyms")),
        topics=_labelled(_table(document, "topics")),
        types=_labelled(_table(document, "types")),
        contrasts=Phrases(
            (word, f"{axis}/{value}")
            for axis in contrasts
            for value in _table(contrasts, axis)
            for word in _words(_table(contrasts, axis), value)
        ),
        negation=Phrases(
            [(word, "-") for word in _words(negation, "words")] + [(word, "") for word in _words(negation, "not")]
        ),
        emergency=_signal(_table(document, "emergency"), weak="usually"),
        human=_signal(_table(document, "human"), weak="short"),
        complaint=_signal(_table(document, "complaint"), weak="short"),
        own_case=Phrases((word, word) for word in _words(_table(document, "own_case"), "words")),
        model=model_from(learnt),
        meanings=meanings,
    )


def _signal(table: Mapping[str, Any], weak: str) -> Signal:
    def plain(name: str) -> Phrases:
        return Phrases((word, word) for word in _words(table, name)).with_sounds()

    extra = {name: plain(name) for name in ("formal", "now") if name in table}
    return Signal(plain("always"), plain(weak), plain("never"), **extra)


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = document.get(name)
    if not isinstance(table, Mapping):
        raise ContentError("word-list", f"词表缺少 [{name}]")
    return table


def _words(table: Mapping[str, Any], name: str) -> list[str]:
    words = table.get(name)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ContentError("word-list", f'词表的“{name}”应当是 ["词", "词"] 这样的写法')
    return [tidy(word) for word in words]


def _labelled(table: Mapping[str, Any]) -> Phrases:
    return Phrases((word, tidy(label)) for label in table for word in _words(table, label))


def _longest_first(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(words), key=lambda word: (-len(word), word)))

"""The made-up office of ``practice.txt``: entries and questions that only teach, matching and the language graph. It is
another office than the sample FAQ's, so that what is learnt holds for an office never seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from voicebot.cli.matching_sets import Query, QuerySet
from voicebot.content import data_text
from voicebot.faq.entry import Entry

NAME = "practice"


def practice() -> QuerySet:
    """The entries of the file, and the questions about them."""
    lessons = list(_lessons(data_text("practice.txt")))
    return QuerySet(
        NAME,
        tuple(entry for entry, _ in lessons),
        tuple(Query(text, frozenset([entry.id])) for entry, asked in lessons for text in asked),
    )


def questions() -> list[str]:
    """All of its questions, in every wording: how people ask any office."""
    lessons = _lessons(data_text("practice.txt"))
    return [text for entry, asked in lessons for text in (*entry.phrasings, *asked)]


def _lessons(text: str) -> Iterator[tuple[Entry, list[str]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line and not line.startswith("#"):
            known, _, asked = line.partition(" > ")
            question, *variants = known.split(" ; ")
            yield Entry(f"{NAME}-{number}", "", question, tuple(variants), "", ()), asked.split(" ; ")

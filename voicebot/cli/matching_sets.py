"""Questions with known answers: the files, and what became of each question."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voicebot.errors import ContentError
from voicebot.faq.entry import Entry


@dataclass(frozen=True, slots=True)
class Query:
    """A question and every entry that would be right; none: it must not be answered."""

    text: str
    right: frozenset[str]


@dataclass(frozen=True, slots=True)
class QuerySet:
    """A FAQ and questions about it."""

    name: str
    entries: tuple[Entry, ...]
    queries: tuple[Query, ...]

    def phrasings(self) -> tuple[list[str], list[str]]:
        """Every phrasing, and the id of its entry."""
        pairs = [(text, entry.id) for entry in self.entries for text in entry.phrasings]
        return [text for text, _ in pairs], [id_ for _, id_ in pairs]

    def without(self, share: float, seed: int) -> QuerySet:
        """The set with that share of the asked-for entries removed: what is asked about them must not be answered."""
        asked = sorted({id_ for query in self.queries for id_ in query.right})
        gone = set(random.Random(seed).sample(asked, round(share * len(asked))))
        return QuerySet(
            self.name,
            tuple(entry for entry in self.entries if entry.id not in gone),
            tuple(Query(query.text, query.right - gone) for query in self.queries),
        )


def read_sets(folder: Path) -> list[QuerySet]:
    """Every folder in `folder` with ``faq.jsonl`` and questions in ``queries.jsonl``. Raises `ContentError`."""
    sets = []
    for faq in sorted(folder.glob("*/faq.jsonl")):
        queries = faq.with_name("queries.jsonl")
        if queries.exists() and queries.stat().st_size:
            sets.append(QuerySet(faq.parent.name, tuple(read_entries(faq)), tuple(read_queries(queries))))
    if not sets:
        raise ContentError("no-sets", f"{folder} 里没有 */faq.jsonl 和 */queries.jsonl")
    return sets


def read_entries(path: Path) -> list[Entry]:
    """Entries from lines ``{"id","question","variants":[…]}``, with keywords or without. Raises `ContentError`."""
    return [
        Entry(
            id=str(row["id"]),
            department="",
            question=row["question"],
            variants=tuple(row.get("variants") or ()),
            answer=row.get("answer") or "",
            keywords=tuple(row.get("keywords") or ()),
        )
        for row in _rows(path, "id", "question")
    ]


def read_queries(path: Path) -> list[Query]:
    """Queries from lines ``{"query","gold":id|null,"gold_all":[ids]}``. Raises `ContentError`."""
    return [
        Query(row["query"], frozenset(str(id_) for id_ in (row.get("gold_all") or [row["gold"]]) if id_ is not None))
        for row in _rows(path, "query", "gold")
    ]


def _rows(path: Path, *needed: str) -> Iterable[dict[str, Any]]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ContentError("bad-json", f"{path}:{number}: {error}") from error
        if not isinstance(row, dict) or any(name not in row for name in needed):
            raise ContentError("bad-row", f"{path}:{number}: 缺少 {'、'.join(needed)}")
        yield row


def share(part: float, whole: float) -> float | None:
    """`part` of `whole` to four places; None of nothing."""
    return round(part / whole, 4) if whole else None


def at_precision(scored: Sequence[tuple[float, bool]], precision: float, least: int = 10) -> tuple[int, float]:
    """The most right answers with at least that share of all answers right, and the score from which to answer.

    `scored` holds score and whether the best candidate is right. Questions of equal score are answered together.
    """
    ranked = sorted(scored, reverse=True)
    right, best, threshold = 0, 0, float("inf")
    for place, (score, good) in enumerate(ranked, 1):
        right += good
        last_of_equals = place == len(ranked) or ranked[place][0] < score
        if last_of_equals and place >= least and right >= precision * place:
            best, threshold = right, score
    return best, threshold

"""The list of questions: found by words or by the line's own matcher, sorted by how they fare, page by page. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from voicebot.faq.entry import Entry
from voicebot.store.counting import Fared

PAGE = 25


@dataclass(frozen=True, slots=True)
class Asked:
    """Which entries, in which order, which page (from 1)."""

    department: str = ""
    words: str = ""
    order: str = "calls"
    page: int = 1


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of entries."""

    entries: tuple[Entry, ...]
    total: int
    page: int
    pages: int


_ORDERS: dict[str, Callable[[Entry, Fared], tuple[object, ...]]] = {
    "calls": lambda entry, fared: (-fared.calls, entry.id),
    "wrong": lambda entry, fared: (-fared.wrong - fared.refused, -fared.calls, entry.id),
    "id": lambda entry, fared: (entry.id,),
    "until": lambda entry, fared: (entry.valid_to or date.max, entry.id),
}
ORDERS = tuple(_ORDERS)


def listed(
    entries: Sequence[Entry], fared: Mapping[str, Fared], asked: Asked, matched: Callable[[str], Sequence[str]]
) -> Listed:
    """The page that was asked for. With words the matcher's finds come first, best first, then whatever holds them."""
    chosen = [entry for entry in entries if asked.department in ("", entry.department)]
    if asked.words:
        chosen = _found(chosen, asked.words, matched(asked.words))
    else:
        order = _ORDERS.get(asked.order, _ORDERS["calls"])
        chosen.sort(key=lambda entry: order(entry, fared.get(entry.id, Fared())))
    pages = max(1, -(-len(chosen) // PAGE))
    page = min(max(1, asked.page), pages)
    return Listed(tuple(chosen[(page - 1) * PAGE : page * PAGE]), len(chosen), page, pages)


def _found(entries: Sequence[Entry], words: str, matched: Sequence[str]) -> list[Entry]:
    by_id = {entry.id: entry for entry in entries}
    first = [by_id[id_] for id_ in matched if id_ in by_id]
    holding = [entry for entry in entries if any(words in text for text in (entry.id, *entry.phrasings, entry.answer))]
    exact = [by_id[words]] if words in by_id else []
    return list({entry.id: entry for entry in (*exact, *first, *holding)}.values())

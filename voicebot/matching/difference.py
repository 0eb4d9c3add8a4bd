"""What tells two neighbouring entries apart, for a choice question that names the difference. Pure."""

from __future__ import annotations

from voicebot.matching.index import Index


def difference(first: str, second: str, index: Index) -> tuple[str, str] | None:
    """The contrasting words of two entries (“首次”, “补办”), or None when no one axis tells them apart.

    An axis counts when each entry's own question stands on one side of it; of several the first in the word list wins.
    Raises `KeyError` for an entry that is not in the index.
    """
    one, other = (index.entry(id_) for id_ in (first, second))
    here, there = (index.phrasing(entry.phrasings[0]).axes for entry in (one, other))
    for axis, values in sorted(here.items()):
        others = there.get(axis, other.axes.get(axis, frozenset()))
        if len(values) == 1 and len(others) == 1 and values != others:
            return next(iter(values)), next(iter(others))
    for axis, values in sorted(there.items()):
        ours = one.axes.get(axis, frozenset())
        if axis not in here and len(values) == 1 and len(ours) == 1 and values != ours:
            return next(iter(ours)), next(iter(values))
    return None

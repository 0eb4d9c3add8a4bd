"""Two texts side by side, line by line. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest


@dataclass(frozen=True, slots=True)
class Row:
    """A line of either text; None where the other has one more."""

    left: str | None
    right: str | None

    @property
    def same(self) -> bool:
        """Both say the same."""
        return self.left == self.right


def side_by_side(left: str, right: str) -> list[Row]:
    """The lines of both texts, those that correspond in one row."""
    here, there = left.splitlines(), right.splitlines()
    rows: list[Row] = []
    for tag, a, b, c, d in SequenceMatcher(None, here, there, autojunk=False).get_opcodes():
        pairs: Sequence[tuple[str | None, str | None]] = list(zip_longest(here[a:b], there[c:d]))
        rows += [Row(one, other) for one, other in pairs] if tag != "equal" else [Row(one, one) for one in here[a:b]]
    return rows

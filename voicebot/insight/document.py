"""A report as values: sections of sentences and tables, each sentence with the calls and tickets it stands on. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

CITED = 10
"""Calls or tickets named for one sentence; the annex says how many more there are."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a sentence or a row stands on."""

    calls: tuple[str, ...] = ()
    """Ids."""
    tickets: tuple[str, ...] = ()
    """Numbers as callers hear them."""
    total: int = 0
    """How many there are in all."""

    @property
    def more(self) -> int:
        """How many are not named."""
        return max(0, self.total - len(self.calls) - len(self.tickets))


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence."""

    text: str
    basis: Basis = Basis()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text, each with what it stands on."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bases: tuple[Basis, ...] = ()
    """One a row, or none at all."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part with a heading."""

    title: str
    claims: tuple[Claim, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One page for leaders, an annex, and the list of what every sentence stands on."""

    title: str
    made: str
    main: tuple[Section, ...]
    annex: tuple[Section, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    """The figures, for machines."""

    @property
    def sections(self) -> tuple[Section, ...]:
        """All of them."""
        return (*self.main, *self.annex)

    def marks(self) -> list[Basis]:
        """The bases in the order in which they are cited; the mark of one is its place, from 1."""
        found: list[Basis] = []
        for section in self.sections:
            found += [claim.basis for claim in section.claims if claim.basis.total]
            if section.table is not None:
                found += [basis for basis in section.table.bases if basis.total]
        return list(dict.fromkeys(found))

    def mark_of(self, basis: Basis) -> int:
        """The mark of a basis; 0 for none."""
        return self.marks().index(basis) + 1 if basis.total else 0


def rows_with_marks(report: Report, table: Table) -> list[tuple[Sequence[str], int]]:
    """The rows of a table, each with the mark of its basis (0: none)."""
    bases = table.bases or (Basis(),) * len(table.rows)
    return [(row, report.mark_of(basis)) for row, basis in zip(table.rows, bases, strict=True)]

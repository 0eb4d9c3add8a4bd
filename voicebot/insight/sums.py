"""Counts as values, and their sums by the parts of a period. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voicebot.insight.period import LONGEST
from voicebot.staffing.calendar import ZONE


@dataclass(frozen=True, slots=True)
class Tally:
    """So many of so many."""

    hit: int = 0
    of: int = 0

    @property
    def rate(self) -> float | None:
        """None of nothing."""
        return self.hit / self.of if self.of else None

    @property
    def miss(self) -> int:
        """The rest."""
        return self.of - self.hit

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.hit + other.hit, self.of + other.of)


@dataclass(frozen=True, slots=True)
class Row:
    """Figures and plain counts of one part of a period, by id."""

    tallies: Mapping[str, Tally] = field(default_factory=dict)
    volumes: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Row) -> Row:
        tallies = {id_: self[id_] + other[id_] for id_ in {**self.tallies, **other.tallies}}
        volumes = {id_: self.volume(id_) + other.volume(id_) for id_ in {**self.volumes, **other.volumes}}
        return Row(tallies, volumes)

    def __getitem__(self, figure: str) -> Tally:
        return self.tallies.get(figure, Tally())

    def volume(self, name: str) -> int:
        """A plain count."""
        return self.volumes.get(name, 0)


@lru_cache(maxsize=24 * LONGEST)
def local_hour(hour: str) -> datetime:
    """``2026-03-02 01`` in UTC, where the office is."""
    return datetime.fromisoformat(f"{hour}:00").replace(tzinfo=UTC).astimezone(ZONE)


@dataclass(frozen=True, slots=True)
class Kinds:
    """What each kind of call or ticket counts in. A kind is a number whose bits say which conditions hold."""

    tallies: Mapping[str, tuple[int, int]]
    """Figure → the bits that must all be set for its denominator, and for its numerator."""
    volumes: Mapping[str, int] = field(default_factory=dict)
    """Plain count → the bits that must all be set."""

    def only(self, figure: str) -> Kinds:
        """This figure alone."""
        return Kinds({figure: self.tallies[figure]})

    def table(self, kinds: Sequence[int]) -> NDArray[np.int64]:
        """Whether each kind [kinds] counts in each number [numbers], 0 or 1, [kinds, numbers]: the denominator and the
        numerator of each figure, then the plain counts.
        """
        bits = np.array([*chain.from_iterable(self.tallies.values()), *self.volumes.values()], np.int64)
        counts_in: NDArray[np.int64] = ((np.array(kinds, np.int64)[:, None] & bits) == bits).astype(np.int64)
        return counts_in

    def counts(self, kind: int) -> bool:
        """Whether a kind is in the denominator of any figure."""
        return any(kind & of == of for of, _ in self.tallies.values())

    def sum(self, kinds: Sequence[int], counts: Sequence[int]) -> Row:
        """So many of each kind."""
        return self.row((np.array(counts, np.int64) @ self.table(kinds)).tolist())

    def row(self, counts: Sequence[int]) -> Row:
        """Counts of each number as figures and plain counts."""
        pairs = zip(self.tallies, counts[::2], counts[1::2], strict=False)
        plain = zip(self.volumes, counts[2 * len(self.tallies) :], strict=True)
        return Row({id_: Tally(hit, of) for id_, of, hit in pairs}, dict(plain))


class Sums:
    """Rows of one statement (hour in UTC, unit, kind), a call or ticket each, counted by hour, day, hour of the day,
    unit and altogether. Parts with nothing in them are left out.
    """

    def __init__(self, kinds: Kinds, rows: Sequence[Sequence[Any]]) -> None:
        hours, hour = _numbered(row[0] for row in rows)
        units, unit = _numbered(row[1] for row in rows)
        seen, kind = _numbered(row[2] for row in rows)
        table = kinds.table(seen)
        self._kinds = kinds
        self._hours = [local_hour(text) for text in hours]
        self._counts = _crossed(hour, len(hours), kind, len(seen)) @ table
        self.units = dict(zip(units, map(self._row, _crossed(unit, len(units), kind, len(seen)) @ table), strict=True))
        self.days: dict[date, Row] = self._by([at.date() for at in self._hours])
        self.clock: dict[int, Row] = self._by([at.hour for at in self._hours])
        self.every = self._row(self._counts.sum(axis=0))

    def by_hour(self, figure: str) -> dict[datetime, Tally]:
        """One figure by hour, where the office is."""
        column = 2 * list(self._kinds.tallies).index(figure)
        pairs = self._counts[:, column : column + 2].tolist()
        return {at: Tally(hit, of) for at, (of, hit) in zip(self._hours, pairs, strict=True)}

    def _by(self, parts: Sequence[Any]) -> dict[Any, Row]:
        names, number = _numbered(parts)
        counts = np.zeros((len(names), self._counts.shape[1]), np.int64)
        np.add.at(counts, number, self._counts)
        return dict(zip(names, map(self._row, counts), strict=True))

    def _row(self, counts: NDArray[np.int64]) -> Row:
        return self._kinds.row(counts.tolist())


def _numbered(values: Iterable[Any]) -> tuple[list[Any], NDArray[np.int64]]:
    """Distinct values in the order they come, and each value's place among them."""
    places: dict[Any, int] = {}
    numbers = [places.setdefault(value, len(places)) for value in values]
    return list(places), np.array(numbers, np.int64)


def _crossed(rows: NDArray[np.int64], height: int, columns: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """How often each row comes with each column, [height, width]."""
    return np.bincount(rows * width + columns, minlength=height * width).reshape(height, width)

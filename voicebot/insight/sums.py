"""Counts as values, and their sums by the parts of a period. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

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


def row_of(labels: Sequence[str], counts: Iterable[Any]) -> Row:
    """Labelled counts as a row: ``FIGURE.of`` and ``FIGURE.hit`` make a tally, ``NAME.n`` is a volume."""
    mapping = dict(zip(labels, map(int, counts), strict=True))
    tallies: dict[str, Tally] = {}
    volumes: dict[str, int] = {}
    for label, count in mapping.items():
        id_, _, part = label.partition(".")
        if part == "of":
            tallies[id_] = Tally(mapping[f"{id_}.hit"], count)
        elif part == "n":
            volumes[id_] = count
    return Row(tallies, volumes)


@lru_cache(maxsize=24 * LONGEST)
def local_hour(hour: str) -> datetime:
    """``2026-03-02 01`` in UTC, where the office is."""
    return datetime.fromisoformat(f"{hour}:00").replace(tzinfo=UTC).astimezone(ZONE)


Counts = Sequence[int]
"""In the order of `Sums.labels`."""


class Sums:
    """The rows of one statement (hour in UTC, unit, labelled counts), added up by hour, day, hour of the day, unit and
    altogether.
    """

    def __init__(self, labels: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        self.labels = labels
        hours: dict[datetime, list[Counts]] = defaultdict(list)
        units: dict[str, list[Counts]] = defaultdict(list)
        for hour, unit, *counts in rows:
            hours[local_hour(hour)].append(counts)
            units[unit].append(counts)
        self.hours = {at: _total(these) for at, these in hours.items()}
        self.units = {unit: _total(these) for unit, these in units.items()}
        days: dict[date, list[Counts]] = defaultdict(list)
        clock: dict[int, list[Counts]] = defaultdict(list)
        for at, summed in self.hours.items():
            days[at.date()].append(summed)
            clock[at.hour].append(summed)
        self.days = {day: _total(these) for day, these in days.items()}
        self.clock = {hour: _total(these) for hour, these in clock.items()}
        self.every = _total(self.units.values())

    def row(self, counts: Counts | None) -> Row:
        """One part as a row; zeros for None."""
        return row_of(self.labels, counts or [0] * len(self.labels))

    def tally(self, counts: Counts, figure: str) -> Tally:
        """One figure of a part."""
        at = self.labels.index(f"{figure}.of")
        return Tally(int(counts[at + 1]), int(counts[at]))


def _total(rows: Iterable[Counts]) -> Counts:
    """Column by column."""
    return [sum(column) for column in zip(*rows, strict=True)]

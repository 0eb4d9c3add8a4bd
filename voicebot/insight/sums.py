"""Counts as values, and their sums by the parts of a period. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
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

    def row(self, counts: Mapping[int, int]) -> Row:
        """Kind → how many there are, as figures and plain counts."""
        tallies = {id_: self.tally(counts, id_) for id_ in self.tallies}
        return Row(tallies, {id_: _having(bits, counts) for id_, bits in self.volumes.items()})

    def only(self, figure: str) -> Kinds:
        """This figure alone."""
        return Kinds({figure: self.tallies[figure]})

    def counts(self, kind: int) -> bool:
        """Whether a kind is in the denominator of any figure."""
        return any(kind & of == of for of, _ in self.tallies.values())

    def tally(self, counts: Mapping[int, int], figure: str) -> Tally:
        """One of the figures."""
        of, hit = self.tallies[figure]
        return Tally(_having(hit, counts), _having(of, counts))


def _having(bits: int, counts: Mapping[int, int]) -> int:
    return sum(count for kind, count in counts.items() if kind & bits == bits)


class Sums:
    """The rows of one statement (hour in UTC, unit, kind, count), added up by hour, day, hour of the day, unit and
    altogether: kind → how many.
    """

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self.hours: dict[datetime, Counter[int]] = defaultdict(Counter)
        self.units: dict[str, Counter[int]] = defaultdict(Counter)
        for hour, unit, kind, count in rows:
            self.hours[local_hour(hour)][kind] += count
            self.units[unit][kind] += count
        self.days: dict[date, Counter[int]] = defaultdict(Counter)
        self.clock: dict[int, Counter[int]] = defaultdict(Counter)
        for at, counts in self.hours.items():
            self.days[at.date()].update(counts)
            self.clock[at.hour].update(counts)
        self.every: Counter[int] = Counter()
        for counts in self.units.values():
            self.every.update(counts)

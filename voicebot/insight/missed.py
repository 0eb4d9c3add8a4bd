"""The missed-call map: when callers wanted a person and nobody talked with them, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import func, select

from voicebot.insight.counting import missed_calls, telephone
from voicebot.insight.figures import wanted
from voicebot.insight.period import Period
from voicebot.insight.sql import utc_hour
from voicebot.insight.sums import local_hour
from voicebot.store.database import Reads
from voicebot.store.models import Call
from voicebot.store.words import Missed

Cell = tuple[int, int]
"""Weekday (0 = Monday) and hour of the day in the office's zone."""


@dataclass(frozen=True)
class MissedMap:
    """Missed calls by weekday, hour and reason; a call counts in the hour in which it began."""

    counts: Mapping[tuple[int, int, Missed], int]
    wanted: Mapping[Cell, int]
    """How many callers wanted a person then."""

    @cached_property
    def cells(self) -> Mapping[Cell, Mapping[Missed, int]]:
        """Hour of the week → reason → how many, the most frequent first."""
        found: dict[Cell, Counter[Missed]] = {}
        for (weekday, hour, reason), count in self.counts.items():
            found.setdefault((weekday, hour), Counter())[reason] += count
        return {at: dict(sorted(c.items(), key=lambda pair: (-pair[1], pair[0]))) for at, c in found.items()}

    @cached_property
    def totals(self) -> Mapping[Cell, int]:
        """Hour of the week → how many were missed."""
        return {at: sum(cell.values()) for at, cell in self.cells.items()}

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    @property
    def by_reason(self) -> dict[Missed, int]:
        """Reason → how many, the most frequent first."""
        found: Counter[Missed] = Counter()
        for (_, _, reason), count in self.counts.items():
            found[reason] += count
        return dict(found.most_common())

    def at(self, weekday: int, hour: int) -> int:
        """How many were missed in one hour of the week."""
        return self.totals.get((weekday, hour), 0)

    def shade(self, weekday: int, hour: int, steps: int) -> int:
        """How bad an hour of the week is: 0 for none, `steps` for the worst."""
        most = max(self.totals.values(), default=0)
        return -(-steps * self.at(weekday, hour) // most) if most else 0

    @property
    def hours(self) -> range:
        """The hours of the day that have calls in them, without gaps."""
        there = [hour for _, hour in self.wanted]
        return range(min(there), max(there) + 1) if there else range(0)


def missed_map(database: Reads, period: Period, department: str | None = None) -> MissedMap:
    """Count a period's missed calls; of one department when given. Raises `StoreLost`."""
    hour = utc_hour(Call.started_at).label("hour")
    missed = select(hour, Call.missed, func.count()).where(missed_calls(period, department))
    every = select(hour, func.count()).where(telephone(period, department), wanted).group_by(hour)
    counts: Counter[tuple[int, int, Missed]] = Counter()
    offered: Counter[Cell] = Counter()
    with database.reading() as session:
        for text, why, count in session.execute(missed.group_by(hour, Call.missed)):
            at = local_hour(text)
            counts[at.weekday(), at.hour, Missed(str(why))] += count
        for text, count in session.execute(every):
            at = local_hour(text)
            offered[at.weekday(), at.hour] += count
    return MissedMap(dict(counts), dict(offered))

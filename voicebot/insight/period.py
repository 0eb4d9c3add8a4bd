"""Stretches of days in the office's zone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from voicebot.staffing.calendar import ZONE

LONGEST = 366
"""Days that may be looked at together."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days from `first` to `last`, both in it. A day begins and ends at midnight where the office is."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if not self.first <= self.last:
            raise ValueError(f"{self.first} is after {self.last}")
        if self.days > LONGEST:
            raise ValueError(f"more than {LONGEST} days")

    @property
    def days(self) -> int:
        """How many there are."""
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        """The first moment, in UTC."""
        return datetime.combine(self.first, time(), ZONE).astimezone(UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it, in UTC."""
        return datetime.combine(self.last + timedelta(days=1), time(), ZONE).astimezone(UTC)

    @property
    def each_day(self) -> list[date]:
        """The days, in order."""
        return [self.first + timedelta(days=n) for n in range(self.days)]

    @property
    def before(self) -> Period:
        """What to compare it with: the month before a whole month, else as many days before."""
        last = self.first - timedelta(days=1)
        if self == month_of(self.first):
            return month_of(last)
        return Period(last - timedelta(days=self.days - 1), last)

    @property
    def name(self) -> str:
        """In Chinese: ``2026年3月``, ``2026年3月2日至8日``."""
        first, last = self.first, self.last
        if self == month_of(first):
            return f"{first.year}年{first.month}月"
        words = f"{first.year}年{first.month}月{first.day}日"
        if first == last:
            return words
        year = f"{last.year}年" if last.year != first.year else ""
        month = f"{last.month}月" if (last.year, last.month) != (first.year, first.month) else ""
        return f"{words}至{year}{month}{last.day}日"


def week_of(day: date) -> Period:
    """Monday to Sunday."""
    first = day - timedelta(days=day.weekday())
    return Period(first, first + timedelta(days=6))


def month_of(day: date) -> Period:
    """The calendar month."""
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))

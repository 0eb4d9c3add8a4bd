"""Working time: office hours, lunch, public holidays, 调休 working weekends, one-off closures. Pure.

Deadlines are promised in working time (“2 working hours after Friday 17:20”), so they are counted here and nowhere
else. All moments are aware; working days and hours are those of Asia/Shanghai, which has no daylight saving time.

Holidays come from `chinesecalendar`, which carries the State Council's yearly notices. Of a year it does not know only
the fixed statutory days are free, and it is named in `Calendar.uncovered`, until an office's override file or a newer
package says more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar

from voicebot.errors import SettingsError

ZONE = ZoneInfo("Asia/Shanghai")

Span = tuple[time, time]
"""Opening and closing time of one stretch of a day; the closing moment is not open any more."""

STATUTORY = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""Month and day of the public holidays with a fixed date (全国年节及纪念日放假办法, 2024): free in every year."""

LONGEST_WAIT = timedelta(days=400)
"""An office that is closed for longer than this has wrong hours."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When an office is open on a working day."""

    spans: tuple[Span, ...] = ((time(8, 30), time(12, 0)), (time(13, 30), time(17, 30)))
    """Stretches in order; what lies between them is lunch."""
    by_weekday: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    """Other stretches for a weekday (0 = Monday), for instance a free Friday afternoon, or hours on Saturday."""

    def on(self, day: date, working: bool) -> tuple[Span, ...]:
        """The stretches of a day. A weekend has hours only when they are given; a 调休 weekend has the usual ones."""
        if day.weekday() in self.by_weekday:
            return self.by_weekday[day.weekday()] if working or day.weekday() >= 5 else ()
        return self.spans if working else ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working calendar of one office."""

    hours: Hours = Hours()
    overrides: Mapping[date, bool] = field(default_factory=dict)
    """Days declared working (True) or free (False), over everything else."""
    closures: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    """One-off closures: stretches of a day in which the office is shut; no stretch means the whole day."""
    known: frozenset[int] = frozenset()
    """Years whose holidays are all in `overrides`."""

    def is_working_day(self, day: date) -> bool:
        """Whether people work on this day at all."""
        if day in self.overrides:
            return self.overrides[day]
        try:
            return _is_workday(day)
        except NotImplementedError:
            return day.weekday() < 5 and not _statutory(day)

    def covers(self, year: int) -> bool:
        """Whether the holidays of that year are known, from the package or in full from the override file."""
        try:
            _is_workday(date(year, 10, 1))
        except NotImplementedError:
            return year in self.known
        return True

    def open_spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """The stretches of a day in which the office is open, as moments, in order."""
        free = self._public_holiday_weekend(day)
        spans = () if free else self.hours.on(day, self.is_working_day(day))
        moments = [(datetime.combine(day, a, ZONE), datetime.combine(day, b, ZONE)) for a, b in spans]
        if day not in self.closures:
            return moments
        for a, b in self.closures[day] or ((time.min, time.max),):
            moments = list(_without(moments, datetime.combine(day, a, ZONE), datetime.combine(day, b, ZONE)))
        return moments

    def _public_holiday_weekend(self, day: date) -> bool:
        """A weekend with opening hours of its own is still shut in a public holiday."""
        if day.weekday() < 5 or day in self.overrides:
            return self.overrides.get(day) is False
        try:
            return _is_in_holiday(day) and not self.is_working_day(day)
        except NotImplementedError:
            return _statutory(day)

    def is_open(self, at: datetime) -> bool:
        """Whether the office is open at that moment."""
        at = at.astimezone(ZONE)
        return any(start <= at < end for start, end in self.open_spans(at.date()))

    def next_open(self, at: datetime) -> datetime:
        """The first moment from `at` on at which the office is open. Raises `SettingsError` if there is none."""
        for start, _ in self._spans_from(at):
            return start
        raise SettingsError(["office hours: the office never opens"])

    def add(self, at: datetime, working: timedelta) -> datetime:
        """The moment at which `working` time has passed since `at`. Nothing passes while the office is shut.

        With nothing to pass it is the next open moment. Raises `SettingsError` if the office never opens.
        """
        left = working
        for start, end in self._spans_from(at):
            if left <= end - start:
                return start + left
            left -= end - start
        raise SettingsError(["office hours: the office never opens"])

    def add_days(self, at: datetime, days: int) -> datetime:
        """The end of the `days`-th working day after the day of `at` (statutory counting: the first day is not one)."""
        day = at.astimezone(ZONE).date()
        last = day + LONGEST_WAIT
        while days > 0 and day < last:
            day += timedelta(days=1)
            days -= bool(self.open_spans(day))
        spans = self.open_spans(day)
        if days > 0 or not spans:
            raise SettingsError(["office hours: the office never opens"])
        return spans[-1][1]

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from `start` to `end`; negative when `end` comes first."""
        if end < start:
            return -self.between(end, start)
        total = timedelta()
        for a, b in self._spans_from(start):
            if a >= end:
                break
            total += min(b, end) - a
        return total

    def uncovered(self, start: date, end: date) -> list[int]:
        """Years in the range whose public holidays are not known yet."""
        return [year for year in range(start.year, end.year + 1) if not self.covers(year)]

    def _spans_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Open stretches from `at` on, the first cut to begin no earlier."""
        at = at.astimezone(ZONE)
        day = at.date()
        last = day + LONGEST_WAIT
        while day < last:
            for start, end in self.open_spans(day):
                if end > at:
                    yield max(start, at), end
            day += timedelta(days=1)


@lru_cache(maxsize=8192)
def _is_workday(day: date) -> bool:
    """As the State Council's notices say; asked for every day of a long wait, so kept. Raises `NotImplementedError`."""
    return bool(chinese_calendar.is_workday(day))


@lru_cache(maxsize=8192)
def _is_in_holiday(day: date) -> bool:
    """The day belongs to a public holiday, or makes up for one. Raises `NotImplementedError`."""
    return chinese_calendar.get_holiday_detail(day)[1] is not None


def _statutory(day: date) -> bool:
    return (day.month, day.day) in STATUTORY


def _without(
    spans: list[tuple[datetime, datetime]], start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    for a, b in spans:
        if a < min(b, start):
            yield a, min(b, start)
        if max(a, end) < b:
            yield max(a, end), b


def calendar_from(document: Mapping[str, Any]) -> Calendar:
    """A calendar from a parsed TOML document.

    ``hours = ["08:30-12:00", "13:30-17:30"]``, ``[weekday] 4 = ["08:30-12:00"]`` (0 = Monday),
    ``working = [2027-02-07]``, ``free = [2027-02-08]``, ``known = [2027]`` (years whose days are all there),
    ``[closed] 2026-12-01 = ["13:30-17:30"]`` (``[]``: all day).
    Raises `SettingsError` with every problem.
    """
    problems: list[str] = []
    unknown = document.keys() - {"hours", "weekday", "working", "free", "known", "closed"}
    problems += [f"calendar: unknown setting {name}" for name in sorted(unknown)]

    def spans(where: str, texts: Any) -> tuple[Span, ...]:
        found = [_span(text) for text in texts] if isinstance(texts, list) else [None]
        good = tuple(span for span in found if span is not None)
        if len(good) < len(found) or any(a >= b for a, b in good) or list(good) != sorted(good) or _overlap(good):
            problems.append(f'calendar: {where} must be a list of times such as "08:30-12:00", in order')
        return good

    def day(where: str, value: Any) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            problems.append(f"calendar: {where}: not a date: {value}")
            return date.min

    usual = spans("hours", document["hours"]) if "hours" in document else Hours().spans
    weekdays = {
        int(n): spans(f"weekday.{n}", v) for n, v in document.get("weekday", {}).items() if _weekday(n, problems)
    }
    overrides = {day("working", d): True for d in document.get("working", [])}
    overrides |= {day("free", d): False for d in document.get("free", [])}
    years = document.get("known", [])
    known = frozenset(year for year in years if isinstance(year, int)) if isinstance(years, list) else frozenset()
    if not isinstance(years, list) or len(known) < len(years):
        problems.append("calendar: known must be a list of years such as 2027")
    closures = {day("closed", d): spans(f"closed.{d}", v) for d, v in document.get("closed", {}).items()}
    if problems:
        raise SettingsError(problems)
    return Calendar(Hours(usual, weekdays), overrides, closures, known)


def _weekday(text: str, problems: list[str]) -> bool:
    good = text in {"0", "1", "2", "3", "4", "5", "6"}
    if not good:
        problems.append(f"calendar: weekday.{text}: a weekday is 0 (Monday) to 6")
    return good


def _span(text: Any) -> Span | None:
    try:
        start, end = str(text).split("-")
        return time.fromisoformat(start.strip()), time.fromisoformat(end.strip())
    except ValueError:
        return None


def _overlap(spans: tuple[Span, ...]) -> bool:
    return any(a[1] > b[0] for a, b in pairwise(spans))

"""Advice for every department, as measured in past weeks, and its moves in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from voicebot.insight.advice import Advice, Move, advise
from voicebot.insight.demand import demand_of
from voicebot.insight.period import Period
from voicebot.staffing.plan import Office
from voicebot.store.database import Reads


def advice_of(database: Reads, office: Office, weeks: Period, department: str | None, goal: float) -> list[Advice]:
    """Advice by department, as measured in some weeks. Raises `StoreLost`."""
    demands = demand_of(database, weeks, office.calendar, office.transfer.handling_s, department)
    week = usual_week(office, weeks.last)
    there = [unit for unit in office.roster.departments() if department in (None, unit)]
    return [
        advise(unit, demands[unit], office.roster, office.calendar_of(unit), week, goal)
        for unit in there
        if unit in demands
    ]


def usual_week(office: Office, last: date) -> date:
    """A Monday up to then whose five weekdays are working days and whose weekend is none, or the latest Monday."""
    monday = last - timedelta(days=last.weekday())
    for back in range(12):
        first = monday - timedelta(weeks=back)
        working = [office.calendar.is_working_day(first + timedelta(days=n)) for n in range(7)]
        if working == [True] * 5 + [False] * 2:
            return first
    return monday


def move_words(move: Move, office: Office, words: Mapping[str, str]) -> str:
    """A move in Chinese."""
    known = office.roster.person(move.person)
    person = known.name if known else move.person
    if not move.minutes:
        return words["lunch"].format(person=person)
    minutes = abs(move.minutes)

    def moved(at: Any) -> str:
        total = at.hour * 60 + at.minute + move.minutes
        return f"{total // 60}:{total % 60:02d}"

    times = {"start": moved(move.shift.start), "end": moved(move.shift.end)}
    return words["later" if move.minutes > 0 else "earlier"].format(person=person, minutes=minutes, **times)

"""By when a ticket must be answered, counted in working time. Pure.

Defaults: a first response within 2 working hours (what 首接负责 lines promise), consultations resolved in 2 working
days, everything else in 5 (a province's line needs 1.4 and 4.6 in the mean). A reminder goes out at half the time, an
escalation at its end and again after each further stretch of the same length.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from voicebot.staffing.calendar import Calendar
from voicebot.staffing.policy import TicketPolicy
from voicebot.store.words import Matter


class Level(StrEnum):
    """Who is told that a ticket is late."""

    OWNER = "owner"
    BACKUP = "backup"
    LEAD = "lead"
    SUPERVISOR = "supervisor"


ESCALATION = (Level.BACKUP, Level.LEAD, Level.SUPERVISOR)
"""Who is told at the first, second and third missed deadline."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The moments of one ticket."""

    respond_by: datetime
    resolve_by: datetime


def deadlines(matter: Matter, created: datetime, calendar: Calendar, policy: TicketPolicy) -> Deadlines:
    """By when to respond first and to resolve. A ticket made while the office is shut begins when it opens."""
    return Deadlines(
        respond_by=calendar.add(created, policy.first_response),
        resolve_by=calendar.add_days(calendar.next_open(created), policy.days(matter)),
    )


@dataclass(frozen=True, slots=True)
class Notice:
    """Someone has to be told about a ticket."""

    level: Level
    due: datetime
    """The deadline this is about."""
    at: datetime
    """When the notice falls due."""


def notices(created: datetime, due: datetime, calendar: Calendar) -> tuple[Notice, ...]:
    """The reminder at half the working time and the escalations at its end and after, in order.

    The first escalation comes at the deadline itself; each further one after half the allowed working time again.
    """
    half = max(calendar.between(created, due) / 2, timedelta(minutes=1))
    reminder = Notice(Level.OWNER, due, calendar.add(created, half))
    late = (Notice(level, due, calendar.add(due, half * step)) for step, level in enumerate(ESCALATION))
    return (reminder, *(Notice(n.level, due, due) if n.level is ESCALATION[0] else n for n in late))


def due_notices(
    created: datetime, due: datetime, calendar: Calendar, *, told: int, now: datetime
) -> tuple[Notice, ...]:
    """The notices that have fallen due by `now` and were not sent: `told` counts those that were."""
    return tuple(notice for notice in notices(created, due, calendar)[told:] if notice.at <= now)

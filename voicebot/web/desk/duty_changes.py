"""What the pages of the roster share: whose roster one may see and change, and how a change is put in force."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Final

from flask import abort, flash, g, redirect, url_for
from werkzeug.wrappers import Response

from voicebot.bot import Bot
from voicebot.staffing import keeping
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.changing import ChangeImpossible
from voicebot.staffing.roster import Person, Roster
from voicebot.store.duty import RosterChanged
from voicebot.store.words import DeskRole
from voicebot.web.desk.forms import form, units_of
from voicebot.web.desk.sessions import audit

EDITORS: Final = frozenset({DeskRole.SUPERVISOR, DeskRole.ADMIN})
END_OF_DAY: Final = time(23, 59, 59)


def departments_of(bot: Bot) -> dict[str, str]:
    """The units whose roster whoever is logged in may see, by name: their own, or all."""
    units = units_of(bot)
    if g.user.unit is not None:
        return {g.user.unit: units.get(g.user.unit, g.user.unit)}
    return units | {name: name for name in keeping.load(bot.record).roster.departments() if name not in units}


def may_edit(department: str) -> bool:
    """Whether whoever is logged in may change that unit's roster."""
    return g.user.role in EDITORS and g.user.unit in (None, department)


def people_of(roster: Roster, department: str) -> tuple[list[Person], list[Person]]:
    """Who answers for a department, and everybody else."""
    on = {shift.person for shift in roster.shifts if shift.department == department}
    near = [person for person in roster.people if person.id in on or department in person.departments]
    return near, [person for person in roster.people if person not in near]


def change(bot: Bot, kept: keeping.Kept, how: Callable[[Roster], Roster], why: str, department: str) -> str:
    """Put a change in force: empty, or why it was not, in Chinese. `kept` is what the change is made on; the form says
    which version it was looked at.
    """
    if form("version") != str(kept.version):
        return "排班刚刚被别人改过，请看一看再改"
    try:
        version = keeping.save(bot.record, how(kept.roster), who=g.user.id, why=why, based_on=kept.version)
    except (ChangeImpossible, RosterChanged) as error:
        return error.message
    audit("roster.change", department, f"第 {version} 版：{why}")
    flash(f"已改：{why}。五秒内生效，改错了可以撤回。")
    return ""


def saved_or_told(problem: str, department: str, day: date | None = None) -> Response:
    """Back to the week, telling what went wrong if anything did."""
    if problem:
        flash(f"没有改：{problem}")
    return to_week(department, day)


def to_week(department: str, day: date | None = None) -> Response:
    """To the week of that day."""
    return redirect(url_for("duty.page", department=department, week=day.isoformat() if day else None), 303)


def only_editors_of(department: str) -> None:
    """403 for anybody else."""
    if not may_edit(department):
        abort(403)


def only_whole_office() -> None:
    """403 for who sees one unit only: the table and the way back are about all units."""
    if g.user.unit is not None or g.user.role not in EDITORS:
        abort(403)


def day_of(text: str) -> date | None:
    """A day as a date field gives it."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


def time_of(text: str) -> time | None:
    """A time as a time field gives it; 00:00 and 24:00 as an end are the end of the day."""
    if not re.fullmatch(r"\d{2}:\d{2}(:\d{2})?", text):
        return None
    if text.startswith("24:00"):
        return END_OF_DAY
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None


def moment_of(text: str) -> datetime | None:
    """A moment as a datetime-local field gives it, in the office's zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=ZONE) if moment.tzinfo is None and 2000 <= moment.year <= 2100 else None

"""日历: the coming public holidays and worked weekends, and what the office itself settles about single days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voicebot.bot import Bot
from voicebot.staffing.calendar import ZONE, Calendar
from voicebot.staffing.changing import ChangeImpossible
from voicebot.staffing.office_days import (
    OfficeDay,
    OfficeDays,
    What,
    body_of,
    office_days_of,
    settled,
    unsettled,
)
from voicebot.staffing.week import DayFacts, DayKind, facts_of
from voicebot.store.calendar_days import CalendarChanged
from voicebot.web.desk.duty_changes import EDITORS, day_of, time_of
from voicebot.web.desk.forms import form
from voicebot.web.desk.sessions import audit

AHEAD: Final = 400
"""Days that are looked ahead."""
WHAT: Final = {What.FREE: "放假", What.WORKING: "上班", What.CLOSED: "临时关门"}
_SPECIAL: Final = frozenset({DayKind.HOLIDAY, DayKind.MAKE_UP, DayKind.OPENED, DayKind.SHUT})


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of one kind, one after the other."""

    first: date
    last: date
    kind: DayKind
    holiday: str

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


def calendar_blueprint(bot: Bot) -> Blueprint:
    """`/desk/calendar/…`."""
    blueprint = Blueprint("calendar", __name__, url_prefix="/desk/calendar")

    @blueprint.get("")
    def page() -> str:
        return _page(bot, {})

    @blueprint.post("/settle")
    def settle() -> ResponseReturnValue:
        try:
            one = _day_of_form(bot)
        except ChangeImpossible as error:
            return _page(bot, request.form.to_dict(), error.message), 422
        why = f"{one.day.isoformat()} {WHAT[one.what]}{f'：{one.why}' if one.why else ''}"
        return _save(bot, lambda days: settled(days, one), why)

    @blueprint.post("/unsettle")
    def unsettle() -> ResponseReturnValue:
        _, days = _kept(bot)
        found = [one for one in days.days if (one.day.isoformat(), one.department) == (form("day"), form("department"))]
        if not found:
            abort(404)
        _only_of(found[0].department)
        return _save(bot, lambda days: unsettled(days, found[0]), f"取消 {form('day')} {WHAT[found[0].what]}")

    @blueprint.post("/known")
    def known() -> ResponseReturnValue:
        _only_of("")
        if not form("year").isdecimal() or not 2000 <= int(form("year")) <= 2100:
            abort(400)
        year = frozenset({int(form("year"))})
        return _save(bot, lambda days: OfficeDays(days.days, days.known | year), f"{form('year')} 年的放假安排已写全")

    @blueprint.post("/undo")
    def undo() -> ResponseReturnValue:
        _only_of("")
        versions = bot.record.office_days_versions(2)
        if not versions:
            abort(404)
        before = office_days_of(versions[1].body if len(versions) > 1 else {})
        return _save(bot, lambda days: before, f"撤回“{versions[0].why}”")

    return blueprint


def _kept(bot: Bot) -> tuple[int, OfficeDays]:
    version, body = bot.record.office_days()
    return version, office_days_of(body)


def _page(bot: Bot, given: dict[str, str], problem: str = "") -> str:
    version, days = _kept(bot)
    office, today = bot.office(), bot.now().astimezone(ZONE).date()
    calendar = office.calendar_of(g.user.unit)
    uncovered = [y for y in calendar.uncovered(today, today + timedelta(days=AHEAD)) if y not in days.known]
    return render_template(
        "desk/calendar.html",
        stretches=list(stretches(calendar, today, AHEAD)),
        own=[one for one in days.days if one.day >= today and g.user.unit in (None, "", one.department)],
        version=version,
        latest=next(iter(bot.record.office_days_versions(1)), None),
        uncovered=uncovered,
        what=WHAT,
        hours=calendar.hours.spans,
        units=_units(bot),
        given=given,
        editing=g.user.role in EDITORS,
        problem=problem,
        today=today,
    )


def stretches(calendar: Calendar, start: date, days: int) -> Iterator[Stretch]:
    """The days from `start` on that are not as their weekday is; weekends within a holiday belong to it."""
    current: Stretch | None = None
    for facts in (facts_of(calendar, start + timedelta(days=n)) for n in range(days)):
        if current is not None and not _goes_on(current, facts):
            yield current
            current = None
        if facts.kind in _SPECIAL:
            first = current.first if current else facts.day
            current = Stretch(first, facts.day, facts.kind, facts.holiday)
    if current is not None:
        yield current


def _goes_on(stretch: Stretch, facts: DayFacts) -> bool:
    return (facts.kind, facts.holiday) == (stretch.kind, stretch.holiday)


def _units(bot: Bot) -> dict[str, str]:
    """Departments whose days whoever is logged in may settle."""
    departments = {d.id: d.name for d in bot.knowledge().faq.departments}
    if g.user.unit is None:
        return departments
    return {name: words for name, words in departments.items() if name == g.user.unit}


def _only_of(department: str) -> None:
    """403 for who may not settle days of that department, or of the whole office."""
    if g.user.role not in EDITORS or g.user.unit not in (None, department):
        abort(403)


def _day_of_form(bot: Bot) -> OfficeDay:
    """What the form settles. Raises `ChangeImpossible`."""
    department = form("department")
    _only_of(department)
    if department and department not in _units(bot):
        raise ChangeImpossible("请选一个部门")
    day = day_of(form("day"))
    if day is None:
        raise ChangeImpossible("请写日期")
    if form("what") not in set(What):
        raise ChangeImpossible("请选放假、上班或临时关门")
    what = What(form("what"))
    if what is What.CLOSED and (form("start") or form("end")):
        start, end = time_of(form("start")), time_of(form("end"))
        if start is None or end is None or start >= end:
            raise ChangeImpossible("关门的时间要写开始和结束，结束要晚于开始；全天关门就都不写")
        return OfficeDay(day, what, form("why")[:60], department, ((start, end),))
    return OfficeDay(day, what, form("why")[:60], department)


def _save(bot: Bot, how: Callable[[OfficeDays], OfficeDays], why: str) -> ResponseReturnValue:
    """Put it in force on top of the version that the form was made from."""
    version, days = _kept(bot)
    if form("version") != str(version):
        return _page(bot, request.form.to_dict(), "日历刚刚被别人改过，请看一看再改"), 409
    try:
        bot.record.save_office_days(body_of(how(days)), who=g.user.id, why=why, based_on=version)
    except CalendarChanged as error:
        return _page(bot, request.form.to_dict(), error.message), 409
    audit("calendar.change", form("department"), why)
    flash(f"已改：{why}。五秒内生效。")
    return redirect(url_for("calendar.page"), 303)

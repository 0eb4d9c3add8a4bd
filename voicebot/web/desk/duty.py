"""排班: a department's week, who stands in, shifts one by one, and the way back."""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import pairwise
from typing import Any, Final

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voicebot.bot import Bot
from voicebot.staffing import keeping
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.changing import ChangeImpossible, Fitness, stand_ins, substituted, with_shift, without_shift
from voicebot.staffing.roster import Absence, Role, Roster, Shift
from voicebot.staffing.week import facts_of, monday_of, week_of
from voicebot.staffing.wording import CODES, ROLES, difference
from voicebot.web.desk.duty_changes import (
    change,
    day_of,
    departments_of,
    may_edit,
    only_editors_of,
    people_of,
    saved_or_told,
    time_of,
    to_week,
)
from voicebot.web.desk.duty_people import add_people
from voicebot.web.desk.duty_sheet import add_sheet
from voicebot.web.desk.forms import form

HOURS: Final = (time(8, 30), time(17, 30))
"""Of a new shift on a day on which the office is shut."""
FITNESS: Final = {
    Fitness.FREE: "本部门，这时有空",
    Fitness.ELSEWHERE: "能接本部门，这时还有别的班",
    Fitness.STRANGER: "平时不接本部门",
}


def duty_blueprint(bot: Bot) -> Blueprint:
    """`/desk/duty/…`."""
    blueprint = Blueprint("duty", __name__, url_prefix="/desk/duty")
    _add_week(blueprint, bot)
    _add_shift(blueprint, bot)
    _add_adding(blueprint, bot)
    _add_undo(blueprint, bot)
    add_people(blueprint, bot)
    add_sheet(blueprint, bot)
    return blueprint


def _add_week(blueprint: Blueprint, bot: Bot) -> None:
    @blueprint.get("")
    def page() -> ResponseReturnValue:
        departments = departments_of(bot)
        department = request.args.get("department") or next(iter(departments), "")
        if department not in departments:
            abort(404)
        kept, today = keeping.load(bot.record), bot.now().astimezone(ZONE).date()
        monday = monday_of(day_of(request.args.get("week", "")) or today)
        near, far = people_of(kept.roster, department)
        return render_template(
            "desk/duty.html",
            departments=departments,
            department=department,
            week=week_of(kept.roster, bot.office().calendar_of(department), department, monday),
            weeks={"before": monday - timedelta(days=7), "this": monday_of(today), "after": monday + timedelta(days=7)},
            today=today,
            kept=kept,
            latest=next(iter(bot.record.roster_versions(1)), None),
            people={"near": near, "far": far},
            absences=_coming(bot, kept.roster, {person.id for person in near}),
            codes=CODES,
            roles=ROLES,
            editing=may_edit(department),
        )


def _coming(bot: Bot, roster: Roster, people: set[str]) -> list[Absence]:
    coming = (one for one in roster.absences if one.person in people and one.end > bot.now())
    return sorted(coming, key=lambda one: one.start)


def _add_shift(blueprint: Blueprint, bot: Bot) -> None:
    @blueprint.get("/shift/<int:index>")
    def shift(index: int) -> ResponseReturnValue:
        kept, day = keeping.load(bot.record), day_of(request.args.get("day", ""))
        if request.args.get("version") != str(kept.version) or index >= len(kept.roster.shifts) or day is None:
            flash("排班刚刚被别人改过，请重新选。")
            return redirect(url_for("duty.page"), 303)
        chosen = kept.roster.shifts[index]
        if chosen.department not in departments_of(bot):
            abort(404)
        editing = may_edit(chosen.department)
        return render_template(
            "desk/duty_shift.html",
            shift=chosen,
            index=index,
            day=day,
            kept=kept,
            name=_name(kept.roster, chosen.person),
            stand_ins=stand_ins(kept.roster, chosen, day) if editing else (),
            fitness=FITNESS,
            roles=ROLES,
            editing=editing,
        )

    @blueprint.post("/substitute")
    def substitute() -> ResponseReturnValue:
        kept, chosen, day = _chosen(bot)
        if chosen is None or day is None:
            return saved_or_told("排班刚刚被别人改过，请重新选", form("department"), day)
        who = form("person")
        names = _name(kept.roster, who), _name(kept.roster, chosen.person)
        why = f"{day.month}月{day.day}日{names[0]}替{names[1]}顶班"
        problem = change(bot, kept, lambda r: substituted(r, chosen, day, who), why, chosen.department)
        return saved_or_told(problem, chosen.department, day)

    @blueprint.post("/remove")
    def remove() -> ResponseReturnValue:
        kept, chosen, day = _chosen(bot)
        if chosen is None:
            return saved_or_told("排班刚刚被别人改过，请重新选", form("department"), day)
        why = f"去掉{_name(kept.roster, chosen.person)}的{ROLES[chosen.role]}岗班次"
        problem = change(bot, kept, lambda r: without_shift(r, chosen), why, chosen.department)
        return saved_or_told(problem, chosen.department, day)


def _chosen(bot: Bot) -> tuple[keeping.Kept, Shift | None, date | None]:
    """The roster, the shift that a form is about, and its day; no shift when the roster has changed meanwhile."""
    kept, day = keeping.load(bot.record), day_of(form("day"))
    index = int(form("index")) if form("index").isdecimal() else -1
    if form("version") != str(kept.version) or not 0 <= index < len(kept.roster.shifts):
        only_editors_of(form("department"))
        return kept, None, day
    only_editors_of(kept.roster.shifts[index].department)
    return kept, kept.roster.shifts[index], day


def _name(roster: Roster, person: str) -> str:
    found = roster.person(person)
    return found.name if found else person


def _add_adding(blueprint: Blueprint, bot: Bot) -> None:
    @blueprint.get("/add")
    def adding() -> ResponseReturnValue:
        department = request.args.get("department", "")
        only_editors_of(department)
        day = day_of(request.args.get("day", "")) or bot.now().astimezone(ZONE).date()
        start, end = _hours(bot, department, day)
        given = {"day": day.isoformat(), "start": f"{start:%H:%M}", "end": f"{end:%H:%M}", "when": "once", "role": "A"}
        return _adding(bot, department, given | request.args.to_dict())

    @blueprint.post("/add")
    def add() -> ResponseReturnValue:
        department, kept, day = form("department"), keeping.load(bot.record), day_of(form("day"))
        only_editors_of(department)
        try:
            new = _shift_of_form(department)
        except ChangeImpossible as error:
            return _adding(bot, department, request.form.to_dict(), error.message), 422
        why = f"{_name(kept.roster, new.person)}加{ROLES[new.role]}岗班次"
        problem = change(bot, kept, lambda r: with_shift(r, new), why, department)
        if problem:
            return _adding(bot, department, request.form.to_dict(), problem), 422
        return to_week(department, day)


def _adding(bot: Bot, department: str, given: dict[str, str], problem: str = "") -> str:
    kept = keeping.load(bot.record)
    near, far = people_of(kept.roster, department)
    weekdays = {int(n) for n in request.form.getlist("weekday[]") if n in set("0123456")} or set(range(5))
    return render_template(
        "desk/duty_add.html",
        department=department,
        given=given,
        weekdays=weekdays,
        kept=kept,
        people={person.id: person.name for person in near + far},
        roles={str(role): ROLES[role] for role in Role},
        problem=problem,
    )


def _hours(bot: Bot, department: str, day: date) -> tuple[time, time]:
    spans = facts_of(bot.office().calendar_of(department), day).spans
    return (spans[0][0].time(), spans[-1][1].time()) if spans else HOURS


def _shift_of_form(department: str) -> Shift:
    """What the form asks for. Raises `ChangeImpossible` for what cannot be read."""
    start, end = time_of(form("start")), time_of(form("end"))
    if start is None or end is None:
        raise ChangeImpossible("请写开始和结束的时间")
    if form("role") not in set(Role):
        raise ChangeImpossible("请选主、备或领导")
    made: dict[str, Any] = {"day": day_of(form("day"))}
    if form("when") == "weekly":
        made = {"weekdays": frozenset(int(n) for n in request.form.getlist("weekday[]") if n in set("0123456"))}
    return Shift(form("person"), department, Role(form("role")), start, end, **made)


def _add_undo(blueprint: Blueprint, bot: Bot) -> None:
    @blueprint.post("/undo")
    def undo() -> ResponseReturnValue:
        department, kept = form("department"), keeping.load(bot.record)
        only_editors_of(department)
        versions = bot.record.roster_versions(2)
        if not versions:
            abort(404)
        if g.user.unit is not None and versions[0].who != g.user.id:
            return saved_or_told("最近一次不是您改的，请找改的人或者管理员撤回", department, day_of(form("day")))
        body = bot.record.roster_version(versions[1].id) if len(versions) > 1 else {}
        before = keeping.roster_of(body or {})
        problem = change(bot, kept, lambda r: before, f"撤回“{versions[0].why}”", department)
        return saved_or_told(problem, department, day_of(form("day")))

    @blueprint.get("/history")
    def history() -> ResponseReturnValue:
        versions = bot.record.roster_versions(30)
        bodies = {v.id: keeping.roster_of(bot.record.roster_version(v.id) or {}) for v in versions[:11]}
        changes = {newer.id: difference(bodies[older.id], bodies[newer.id]) for newer, older in pairwise(versions[:11])}
        return render_template("desk/duty_history.html", versions=versions, changes=changes)

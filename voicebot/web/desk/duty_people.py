"""排班: the people who are rung, and their leave. Their numbers are typed in here and never shown again."""

from __future__ import annotations

import re
from dataclasses import replace

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voicebot.bot import Bot
from voicebot.staffing import keeping
from voicebot.staffing.changing import ChangeImpossible, with_absence, with_person, without_absence, without_person
from voicebot.staffing.plan import DESK
from voicebot.staffing.roster import Absence, Person, Roster
from voicebot.store.numbers import e164
from voicebot.web.desk.duty_changes import (
    change,
    departments_of,
    moment_of,
    only_editors_of,
    only_whole_office,
    people_of,
    saved_or_told,
)
from voicebot.web.desk.forms import form, units_of


def add_people(blueprint: Blueprint, bot: Bot) -> None:
    """`/desk/duty/people…`, `/desk/duty/leave…`."""
    _add_listing(blueprint, bot)
    _add_leave(blueprint, bot)


def _add_listing(blueprint: Blueprint, bot: Bot) -> None:
    @blueprint.get("/people")
    def people() -> str:
        return _people(bot)

    @blueprint.get("/person")
    def person() -> ResponseReturnValue:
        only_whole_office()
        found = keeping.load(bot.record).roster.person(request.args.get("id", ""))
        return _person(bot, found, {})

    @blueprint.post("/person")
    def keep_person() -> ResponseReturnValue:
        only_whole_office()
        kept = keeping.load(bot.record)
        before = kept.roster.person(form("old"))
        try:
            new = _person_of_form(kept.roster, before)
        except ChangeImpossible as error:
            return _person(bot, before, request.form.to_dict(), error.message), 422
        why = f"{'改' if before else '加'}{new.name}的资料" if before else f"加入{new.name}"
        problem = change(bot, kept, lambda r: with_person(r, new), why, "")
        if problem:
            return _person(bot, before, request.form.to_dict(), problem), 422
        return redirect(url_for("duty.people"), 303)

    @blueprint.post("/person/remove")
    def remove_person() -> ResponseReturnValue:
        only_whole_office()
        kept = keeping.load(bot.record)
        found = kept.roster.person(form("person"))
        name = found.name if found else form("person")
        problem = change(bot, kept, lambda r: without_person(r, form("person")), f"去掉{name}和全部班次", "")
        if problem:
            flash(f"没有改：{problem}")
        return redirect(url_for("duty.people"), 303)


def _people(bot: Bot) -> str:
    kept = keeping.load(bot.record)
    shown = kept.roster.people
    if g.user.unit is not None:
        shown = tuple(people_of(kept.roster, g.user.unit)[0])
    shifts = {p.id: sorted({s.department for s in kept.roster.shifts if s.person == p.id}) for p in shown}
    return render_template("desk/duty_people.html", people=shown, shifts=shifts, units=units_of(bot), kept=kept)


def _person(bot: Bot, person: Person | None, given: dict[str, str], problem: str = "") -> str:
    return render_template(
        "desk/duty_person.html",
        person=person,
        given=given,
        chosen=set(request.form.getlist("unit[]")) if given else set(person.departments if person else ()),
        units=departments_of(bot),
        kept=keeping.load(bot.record),
        problem=problem,
    )


def _person_of_form(roster: Roster, before: Person | None) -> Person:
    """What the form says. A number that was left empty stays as it was. Raises `ChangeImpossible`."""
    id = before.id if before else form("id")
    if not re.fullmatch(r"[\w.-]{1,40}", id) or id == DESK:
        raise ChangeImpossible("编号要写成字母、数字或汉字")
    if before is None and roster.person(id) is not None:
        raise ChangeImpossible(f"已经有编号是 {id} 的人")
    if not form("name"):
        raise ChangeImpossible("请写姓名或岗位")
    number = before.number if before else ""
    if form("number"):
        number = e164(form("number"), country="86")
        if not re.fullmatch(r"\+[1-9]\d{6,14}", number):
            raise ChangeImpossible("电话号码看不懂：手机写 11 位，座机请带区号")
    if form("no-number"):
        number = ""
    return Person(id, form("name")[:40], number, frozenset(request.form.getlist("unit[]")))


def _add_leave(blueprint: Blueprint, bot: Bot) -> None:
    @blueprint.post("/leave")
    def leave() -> ResponseReturnValue:
        department, kept = form("department"), keeping.load(bot.record)
        only_editors_of(department)
        start, end = moment_of(form("from")), moment_of(form("until"))
        if start is None or end is None:
            return saved_or_told("请写请假从什么时候到什么时候", department)
        if form("person") not in {person.id for person in people_of(kept.roster, department)[0]}:
            return saved_or_told("请选一个人", department)
        absence = Absence(form("person"), start, end, form("why")[:40] or "请假")
        who = kept.roster.person(absence.person)
        why = f"{who.name if who else absence.person}{absence.why}"
        problem = change(bot, kept, lambda r: with_absence(r, absence), why, department)
        return saved_or_told(problem, department, start.date())

    @blueprint.post("/leave/remove")
    def remove_leave() -> ResponseReturnValue:
        department, kept = form("department"), keeping.load(bot.record)
        only_editors_of(department)
        near = {person.id for person in people_of(kept.roster, department)[0]}
        index = int(form("index")) if form("index").isdecimal() else -1
        if form("version") != str(kept.version) or not 0 <= index < len(kept.roster.absences):
            return saved_or_told("排班刚刚被别人改过，请重新选", department)
        absence = kept.roster.absences[index]
        if absence.person not in near:
            return saved_or_told("这个人不是本部门的", department)
        absence = replace(absence)
        problem = change(bot, kept, lambda r: without_absence(r, absence), f"取消{absence.person}的请假", department)
        return saved_or_told(problem, department)

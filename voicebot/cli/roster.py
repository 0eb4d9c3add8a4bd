"""`voicebot roster`: who is rung, when, and whether anybody is."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from voicebot import wiring
from voicebot.errors import VoicebotError
from voicebot.staffing import keeping, sheet
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.check import DAYS, RosterProblem, check_office
from voicebot.staffing.plan import DESK, Office, plan
from voicebot.staffing.roster import Absence, Person, Role, Roster, Shift
from voicebot.staffing.wording import CODES, ROLES, difference, leave_words, problem_words
from voicebot.store.record import Record

_MOMENT = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"])


@click.group()
def roster() -> None:
    """值班表：谁接电话，谁替补，哪里没有人。"""


def _opened() -> tuple[Record, keeping.Kept, Office]:
    """The record, the roster in force and the office. Ends the command with a message when it cannot be had."""
    try:
        config = wiring.settings()
        record = wiring.open_record(config)
        return record, keeping.load(record), wiring.office_now(config, record, wiring.departments(config))
    except VoicebotError as error:
        raise click.ClickException(error.message) from error


def _save(record: Record, roster: Roster, kept: keeping.Kept, why: str) -> int:
    who = "?"
    with suppress(KeyError, OSError):
        who = getpass.getuser()
    try:
        return keeping.save(record, roster, who=who, why=why, based_on=kept.version)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error


@roster.command("template")
@click.argument("file", metavar="文件", type=click.Path(path_type=Path, dir_okay=False))
def template_command(file: Path) -> None:
    """写一份样表，用 Excel 或 WPS 打开填写。电话请换成真的。"""
    week = frozenset(range(5))
    start, end = datetime.min.replace(hour=8, minute=30).time(), datetime.min.replace(hour=17, minute=30).time()
    people = (Person("w1", "窗口一", ""), Person("w2", "窗口二", ""), Person("l1", "科长", ""))
    shifts = (
        Shift("w1", "rsj", Role.A, start, end, week),
        Shift("w2", "rsj", Role.B, start, end, week),
        Shift("l1", "rsj", Role.LEAD, start, end, frozenset({0})),
    )
    _write(file, sheet.write(Roster(people, shifts)))
    click.echo(f"样表写到 {file}。填好后运行 voicebot roster import {file}")


@roster.command("export")
@click.argument("file", metavar="文件", type=click.Path(path_type=Path, dir_okay=False))
def export_command(file: Path) -> None:
    """把现在的值班表写成表格，Excel 和 WPS 都能直接打开。"""
    _, kept, _ = _opened()
    _write(file, sheet.write(kept.roster))
    click.echo(f"{len(kept.roster.people)} 个人、{len(kept.roster.shifts)} 个班写到 {file}。")


def _write(file: Path, data: bytes) -> None:
    try:
        file.write_bytes(data)
    except OSError as error:
        raise click.ClickException(f"写不了 {file}：{error.strerror}") from error


@roster.command("import")
@click.argument("file", metavar="文件", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="只看会改什么，不保存。")
def import_command(file: Path, dry_run: bool) -> None:
    """用表格换掉现在的值班表；请假保留。有错误时一条也不改。"""
    record, kept, office = _opened()
    try:
        new = sheet.read(file.read_bytes(), kept.roster)
    except sheet.SheetError as error:
        for problem in error.problems:
            click.echo(f"{file}:{problem.line}: {problem.message}", err=True)
        raise click.ClickException(f"{len(error.problems)} 个错误，值班表没有改。") from error
    for line in difference(kept.roster, new):
        click.echo(f"  {line}")
    if dry_run:
        click.echo("这是预览，没有保存。")
        return
    version = _save(record, new, kept, f"导入 {file.name}")
    click.echo(f"已保存为第 {version} 版，五秒内生效。改错了可以用 voicebot roster undo 撤回。")
    found = check_office(new, office, datetime.now(ZONE).date())
    if found:
        click.echo(f"今后 {DAYS} 天有 {len(found)} 处要看：voicebot roster check")


@roster.command("check")
@click.option("--days", default=DAYS, show_default=True, type=click.IntRange(1, 366), help="看今后多少天。")
@click.option("--from", "start", type=click.DateTime(["%Y-%m-%d"]), default=None, help="从哪一天起；默认今天。")
@click.option("--json", "as_json", is_flag=True, help="用一行 JSON 报告。")
def check_command(days: int, start: datetime | None, as_json: bool) -> None:
    """查今后两周哪里没有人接、没有备岗、重复。没有人接时退出码为 1。"""
    _, kept, office = _opened()
    day = start.date() if start else datetime.now(ZONE).date()
    problems = check_office(kept.roster, office, day, days=days)
    if as_json:
        rows = [_problem(problem) for problem in problems]
        click.echo(json.dumps({"people": len(kept.roster.people), "problems": rows}, ensure_ascii=False))
    else:
        for problem in problems:
            click.echo(_readable(problem, kept.roster))
        click.echo(f"{len(kept.roster.people)} 个人，今后 {days} 天 {len(problems)} 处要看。")
    if any(problem.is_error for problem in problems):
        sys.exit(1)


def _problem(problem: RosterProblem) -> dict[str, Any]:
    return {
        "code": str(problem.code),
        "level": "error" if problem.is_error else "warning",
        "department": problem.department,
        "start": problem.start.isoformat() if problem.start else None,
        "end": problem.end.isoformat() if problem.end else None,
        "people": list(problem.people),
        "message": CODES[problem.code],
    }


def _readable(problem: RosterProblem, roster: Roster) -> str:
    level = click.style("错误", fg="red", bold=True) if problem.is_error else click.style("提醒", fg="yellow")
    return f"{level} {problem_words(problem, roster)}"


@roster.command("now")
@click.option("--at", type=_MOMENT, default=None, help="哪个时刻（北京时间）；默认现在。")
@click.option("--json", "as_json", is_flag=True, help="用一行 JSON 报告。")
def now_command(at: datetime | None, as_json: bool) -> None:
    """这个时刻各部门先打给谁、再打给谁。"""
    _, kept, office = _opened()
    moment = at.replace(tzinfo=ZONE) if at else datetime.now(ZONE)
    order: dict[str | None, list[tuple[str, str]]] = {
        department: [(rung.role, rung.person.name) for rung in plan(department, office, moment)]
        for department in [*kept.roster.departments(), None]
    }
    if as_json:
        rows = {name or "": [{"role": role, "name": who} for role, who in rungs] for name, rungs in order.items()}
        facts = {"at": moment.isoformat(), "open": office.calendar.is_open(moment), "plan": rows}
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(f"{moment:%Y-%m-%d %H:%M} {'办公时间' if office.calendar.is_open(moment) else '不在办公时间'}")
    for name, rungs in order.items():
        words = " → ".join(f"{who}（{ROLES[role]}）" if role != DESK else "总值班台" for role, who in rungs)
        click.echo(f"  {name or '不知道哪个部门'}：{words or '没有人'}")


@roster.command("undo")
def undo_command() -> None:
    """撤回最近一次改动（再运行一次就恢复）。"""
    record, kept, _ = _opened()
    versions = record.roster_versions(2)
    if not versions:
        raise click.ClickException("还没有值班表，没有可以撤回的。")
    body = record.roster_version(versions[1].id) if len(versions) > 1 else {}
    before = keeping.roster_of(body or {})
    for line in difference(kept.roster, before):
        click.echo(f"  {line}")
    version = _save(record, before, kept, f"撤回第 {kept.version} 版")
    click.echo(f"已撤回，保存为第 {version} 版。")


@roster.command("history")
def history_command() -> None:
    """值班表改过哪些次，谁改的。"""
    record, _, _ = _opened()
    for row in record.roster_versions():
        click.echo(f"第 {row.id} 版  {row.saved_at.astimezone(ZONE):%Y-%m-%d %H:%M}  {row.who}  {row.why}")


# Leave


@roster.group("absence")
def absence() -> None:
    """请假、培训：不在的人会自动跳过，由备岗顶上。"""


def _change(change: Callable[[Roster], Roster], why: str) -> None:
    record, kept, office = _opened()
    new = change(kept.roster)
    _save(record, new, kept, why)
    gaps = [p for p in check_office(new, office, datetime.now(ZONE).date()) if p.is_error]
    known = {_readable(p, kept.roster) for p in check_office(kept.roster, office, datetime.now(ZONE).date())}
    for problem in gaps:
        if _readable(problem, new) not in known:
            click.echo(_readable(problem, new))


@absence.command("add")
@click.argument("person", metavar="编号")
@click.argument("start", metavar="从", type=_MOMENT)
@click.argument("end", metavar="到", type=_MOMENT)
@click.option("--why", default="请假", show_default=True, help="原因。")
def absence_add(person: str, start: datetime, end: datetime, why: str) -> None:
    """登记请假，例如：voicebot roster absence add w1 "2026-12-01 08:30" "2026-12-02 17:30"。"""
    if end <= start:
        raise click.ClickException("结束要晚于开始。")

    def change(roster: Roster) -> Roster:
        if roster.person(person) is None:
            raise click.ClickException(f"值班表里没有编号 {person}。")
        leave = Absence(person, start.replace(tzinfo=ZONE), end.replace(tzinfo=ZONE), why)
        return replace(roster, absences=(*roster.absences, leave))

    _change(change, f"{person} {why}")
    click.echo(f"{person} {start:%m-%d %H:%M} 到 {end:%m-%d %H:%M} {why}，已登记。")


@absence.command("list")
def absence_list() -> None:
    """今后的请假。"""
    _, kept, _ = _opened()
    coming = [a for a in kept.roster.absences if a.end > datetime.now(ZONE)]
    for number, one in enumerate(sorted(coming, key=lambda a: a.start), 1):
        click.echo(f"{number}. {leave_words(one)}")
    if not coming:
        click.echo("没有人请假。")


@absence.command("remove")
@click.argument("person", metavar="编号")
@click.argument("start", metavar="从", type=_MOMENT)
def absence_remove(person: str, start: datetime) -> None:
    """取消请假：编号和开始的时刻。"""
    moment = start.replace(tzinfo=ZONE)

    def change(roster: Roster) -> Roster:
        kept = tuple(a for a in roster.absences if not (a.person == person and a.start == moment))
        if len(kept) == len(roster.absences):
            raise click.ClickException(f"没有 {person} 从 {start:%Y-%m-%d %H:%M} 开始的请假。")
        return replace(roster, absences=kept)

    _change(change, f"取消 {person} 的请假")
    click.echo("已取消。")

"""The roster in words, as its pages and its commands show it to staff. Telephone numbers are never among them. Pure."""

from __future__ import annotations

from typing import Final

from voicebot.staffing import sheet
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.check import Code, RosterProblem
from voicebot.staffing.plan import DESK
from voicebot.staffing.roster import Absence, Roster, Shift

CODES: Final = {
    Code.GAP: "没有人值班",
    Code.NO_BACKUP: "只有一个人，没有备岗",
    Code.OVERLAP: "同时有几个主岗",
    Code.TWO_PLACES: "同一个人同时在两个部门当主岗",
    Code.NO_NUMBER: "没有能打通的电话",
    Code.UNKNOWN_PERSON: "不在人员表里",
    Code.NO_SHIFT: "没有排班，来电会打给总值班台和别的部门的值班人员",
    Code.EMPTY_SHIFT: "这个班永远轮不到",
    Code.UNCOVERED_YEAR: "年的节假日安排还没有：更新 chinesecalendar，或写全 calendar.toml 并写上 known",
}
ROLES: Final = {"A": "主", "B": "备", "lead": "领导", DESK: "总值班台"}


def difference(before: Roster, after: Roster) -> list[str]:
    """What changes between two rosters, a line each; numbers are not shown."""
    old, new = {p.id: p for p in before.people}, {p.id: p for p in after.people}
    lines = [f"加入 {new[i].name}（{i}）" for i in new if i not in old]
    lines += [f"去掉 {old[i].name}（{i}）" for i in old if i not in new]
    lines += [f"改动 {new[i].name}（{i}）" for i in new if i in old and new[i] != old[i]]
    lines += [f"加班次 {shift_words(s)}" for s in after.shifts if s not in before.shifts]
    lines += [f"去班次 {shift_words(s)}" for s in before.shifts if s not in after.shifts]
    lines += [f"加请假 {leave_words(a)}" for a in after.absences if a not in before.absences]
    lines += [f"去请假 {leave_words(a)}" for a in before.absences if a not in after.absences]
    return lines or ["没有变化"]


def leave_words(absence: Absence) -> str:
    """``w1 2026-12-01 08:30 到 2026-12-02 17:30 请假``."""
    start, end = absence.start.astimezone(ZONE), absence.end.astimezone(ZONE)
    return f"{absence.person} {start:%Y-%m-%d %H:%M} 到 {end:%Y-%m-%d %H:%M} {absence.why}"


def shift_words(shift: Shift) -> str:
    """``rsj 主 w1 周一至周五 08:30-17:30``."""
    when = shift.day.isoformat() if shift.day else sheet.weekday_words(shift.weekdays)
    return f"{shift.department} {ROLES[shift.role]} {shift.person} {when} {shift.start:%H:%M}-{shift.end:%H:%M}"


def problem_words(problem: RosterProblem, roster: Roster) -> str:
    """``11-24 08:30到12:00 rsj 没有人值班``, without how bad it is."""
    if problem.code is Code.UNCOVERED_YEAR:
        return f"{problem.detail} {CODES[problem.code]}"
    when = f"{problem.start:%m-%d %H:%M}到{problem.end:%H:%M} " if problem.start and problem.end else ""
    names = "、".join(known.name if (known := roster.person(p)) else p for p in problem.people)
    return f"{when}{problem.department} {CODES[problem.code]}{f'：{names}' if names else ''}"

"""The duty roster as a table that opens right in Excel and WPS, and back. Pure.

One line per shift; who has none yet stands on a line of their own. Written as UTF-8 with a byte order mark and CRLF, so
that both programs show Chinese; read also as GB 18030, which Excel on Chinese Windows saves. Telephone numbers are
written as RFC 3966 URIs (``tel:+86…``): a bare ``+8613…`` would be read as a number and come back as 8.6E+12. An id
such as ``001`` is written with a leading apostrophe, or it would come back as 1.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, time
from itertools import groupby
from typing import Final

from voicebot.errors import ContentError
from voicebot.staffing.roster import Person, Role, Roster, Shift
from voicebot.store.numbers import e164

COLUMNS: Final = ("编号", "姓名或岗位", "电话", "部门", "角色", "星期", "日期", "开始", "结束", "还能接的部门")
_NEEDED: Final = ("编号", "姓名或岗位", "电话")
_ROLES: Final = {Role.A: "主", Role.B: "备", Role.LEAD: "领导"}
_ROLE_WORDS: Final = {
    **{word: role for role, word in _ROLES.items()},
    "A": Role.A,
    "A角": Role.A,
    "主岗": Role.A,
    "B": Role.B,
    "B角": Role.B,
    "备岗": Role.B,
    "LEAD": Role.LEAD,
    "负责人": Role.LEAD,
}
_WEEK: Final = "一二三四五六日"
_END_OF_DAY: Final = time(23, 59, 59)
_RISKY: Final = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula for Excel (OWASP: CSV injection)."""
_NUMBER: Final = re.compile(r"0|[1-9]\d{0,10}")
"""What Excel reads as a number and writes back as it was."""
_REWRITTEN: Final = re.compile(
    r"[\d.].*|true|false|(jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*[-.]?\d+", re.IGNORECASE
)
"""What else it may take for a number, a date or a truth value, and write back as another: 001, 3-1, 1E5, MAR1."""


@dataclass(frozen=True, slots=True)
class SheetProblem:
    """Something wrong in the table."""

    line: int
    """1-based; the heading is line 1."""
    message: str
    """Chinese."""


class SheetError(ContentError):
    """The table cannot be used. `problems` holds all of them."""

    def __init__(self, problems: Iterable[SheetProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("roster-sheet", "；".join(f"第 {p.line} 行：{p.message}" for p in self.problems))


def write(roster: Roster) -> bytes:
    """The table of people and shifts; absences are not in it."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for person in roster.people:
        shifts: list[Shift | None] = [shift for shift in roster.shifts if shift.person == person.id]
        for shift in shifts or [None]:
            rows.writerow([_safe(cell) for cell in _row(person, shift)])
    return out.getvalue().encode("utf-8-sig")


def _row(person: Person, shift: Shift | None) -> list[str]:
    number = f"tel:{person.number}" if person.number else ""
    about = [_text(person.id), _text(person.name), number]
    also = _text("、".join(sorted(person.departments)))
    if shift is None:
        return [*about, "", "", "", "", "", "", also]
    day = shift.day.isoformat() if shift.day else ""
    end = "24:00" if shift.end >= _END_OF_DAY else f"{shift.end:%H:%M}"
    department = _text(shift.department)
    return [*about, department, _ROLES[shift.role], weekday_words(shift.weekdays), day, *_times(shift, end), also]


def _times(shift: Shift, end: str) -> tuple[str, str]:
    return f"{shift.start:%H:%M}", end


def _text(cell: str) -> str:
    """A cell that stays as it is."""
    return f"'{cell}" if _REWRITTEN.fullmatch(cell) and not _NUMBER.fullmatch(cell) else cell


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_RISKY) else cell


def weekday_words(weekdays: frozenset[int]) -> str:
    """``周一至周五``, ``周一、周三``."""
    runs = [[day for _, day in run] for _, run in groupby(enumerate(sorted(weekdays)), lambda pair: pair[1] - pair[0])]
    words = []
    for run in runs:
        names = [f"周{_WEEK[day]}" for day in run]
        words += [f"{names[0]}至{names[-1]}"] if len(run) > 2 else names
    return "、".join(words)


# Reading


@dataclass(slots=True)
class _Reading:
    country: str
    problems: list[SheetProblem] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    shifts: list[Shift] = field(default_factory=list)

    def wrong(self, line: int, message: str) -> None:
        self.problems.append(SheetProblem(line, message))


def read(data: bytes, before: Roster | None = None, *, country: str = "86") -> Roster:
    """The roster in a table. Absences of people who are still in it are kept from `before`.

    Raises `SheetError` with every problem.
    """
    before = before or Roster()
    reading = _Reading(country)
    rows = _rows(data, reading)
    for line, row in rows:
        _read_row(line, row, reading)
    if not reading.people and not reading.problems:
        reading.wrong(1, "表里没有人")
    if reading.problems:
        raise SheetError(sorted(reading.problems, key=lambda p: p.line))
    absences = tuple(a for a in before.absences if a.person in reading.people)
    return Roster(tuple(reading.people.values()), tuple(reading.shifts), absences)


def _rows(data: bytes, reading: _Reading) -> Iterator[tuple[int, dict[str, str]]]:
    text = _decoded(data, reading)
    heading = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=heading.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        reading.wrong(1, "不是 CSV 表格，请在表格软件里另存为 CSV")
        return
    names = [_plain(cell) for cell in rows[0]] if rows else []
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        reading.wrong(1, f"第一行缺少：{'、'.join(missing)}（可以用 voicebot roster template 得到样表）")
        return
    line = 1
    for row in rows[1:]:
        line += 1
        if any(cell.strip() for cell in row):
            yield line, {name: _plain(cell, name) for name, cell in zip(names, row, strict=False)}


def _decoded(data: bytes, reading: _Reading) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    reading.wrong(1, "文字编码不对，请另存为“CSV UTF-8”")
    return ""


def _plain(cell: str, column: str = "") -> str:
    """A cell without what protects it from Excel, in half-width characters; a name keeps its own."""
    text = (cell if column == "姓名或岗位" else unicodedata.normalize("NFKC", cell)).strip()
    text = re.sub(r'^="(.*)"$', r"\1", text)
    return text[1:].strip() if text.startswith("'") else text


def _read_row(line: int, row: dict[str, str], reading: _Reading) -> None:
    person = _person(line, row, reading)
    if person is None:
        return
    known = reading.people.setdefault(person.id, person)
    if known != person:
        reading.wrong(line, f"编号 {person.id} 在前面写的是另一个姓名、电话或部门")
    if row.get("部门"):
        shift = _shift(line, row, person.id, reading)
        if shift is not None:
            reading.shifts.append(shift)


def _person(line: int, row: dict[str, str], reading: _Reading) -> Person | None:
    person_id, name, number = row.get("编号", ""), row.get("姓名或岗位", ""), row.get("电话", "")
    if not re.fullmatch(r"[\w.-]{1,40}", person_id):
        reading.wrong(line, "编号要写成字母、数字或汉字，不能空着")
        return None
    if person_id == "desk":
        reading.wrong(line, "编号 desk 是总值班台专用的")
    full = e164(number, country=reading.country) if number else ""
    if number and not re.fullmatch(r"\+[1-9]\d{6,14}", full):
        scientific = "（表格软件把号码变成了科学计数法，请写成 tel:+86… 再保存）" if "E+" in number.upper() else ""
        reading.wrong(line, f"电话看不懂：{number}{scientific}")
    also = frozenset(part for part in re.split(r"[、,;\s]+", row.get("还能接的部门", "")) if part)
    return Person(person_id, name or person_id, full, also)


def _shift(line: int, row: dict[str, str], person: str, reading: _Reading) -> Shift | None:
    before = len(reading.problems)
    role = _ROLE_WORDS.get(row.get("角色", "").upper())
    if role is None:
        reading.wrong(line, f"角色要写“主”“备”或“领导”，不是“{row.get('角色', '')}”")
    start, end = _time(row.get("开始", "")), _time(row.get("结束", ""))
    if start is None or end is None:
        reading.wrong(line, "开始和结束要写成 8:30、17:30 这样")
    elif start >= end:
        reading.wrong(line, "结束要晚于开始；跨夜的班请分成两行")
    day, weekdays = _day(row.get("日期", "")), weekdays_of(row.get("星期", ""))
    if row.get("日期") and day is None:
        reading.wrong(line, f"日期要写成 2026-12-01 这样，不是“{row['日期']}”")
    elif weekdays is None:
        reading.wrong(line, f"星期要写成“周一至周五”或“周一、周三”，不是“{row['星期']}”")
    elif bool(row.get("日期")) == bool(weekdays):
        reading.wrong(line, "星期和日期要写一个，只写一个")
    if len(reading.problems) > before or role is None or start is None or end is None:
        return None
    return Shift(person, row["部门"], role, start, end, weekdays or frozenset(), day)


def weekdays_of(text: str) -> frozenset[int] | None:
    """Days of the week as a clerk writes them: ``周一至周五``, ``1-5``, ``一三五``, ``周一、周三``, ``工作日``.

    Empty for an empty cell; None for what is none of these.
    """
    text = re.sub(r"周|星期|礼拜|\s", "", unicodedata.normalize("NFKC", text))
    text = text.replace("工作日", "一至五").replace("每天", "一至日").replace("天", "日")
    text = text.translate(str.maketrans("1234567", _WEEK))
    days: set[int] = set()
    for part in filter(None, re.split(r"[、,;/和]", text)):
        span = re.fullmatch(rf"([{_WEEK}])[至到\-—~]([{_WEEK}])", part)
        if span:
            first, last = _WEEK.index(span[1]), _WEEK.index(span[2])
            if first > last:
                return None
            days |= set(range(first, last + 1))
        elif re.fullmatch(rf"[{_WEEK}]+", part):
            days |= {_WEEK.index(day) for day in part}
        else:
            return None
    return frozenset(days)


def _time(text: str) -> time | None:
    found = re.fullmatch(r"(\d{1,2})[:.点时](\d{2})?(?::\d{2})?分?", text)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if (hour, minute) == (24, 0):
        return _END_OF_DAY
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _day(text: str) -> date | None:
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text)
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None

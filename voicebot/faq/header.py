"""Front matter of a FAQ file → department. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from frontmatter.default_handlers import YAMLHandler

from voicebot.faq.entry import Department, Problem
from voicebot.faq.faults import problem
from voicebot.faq.fields import nearest
from voicebot.faq.tidy import half_width

_FIELDS = {
    "department": ("部门", "部门编号", "编号"),
    "name": ("名称", "部门名称"),
    "extension": ("分机", "分机组"),
    "supervisor": ("监督单位", "主管单位"),
    "sample": ("示例",),
}
_FENCE = re.compile(r"\s*(?:[-－–—―]{3,}|[—―－]{2,})\s*")
_FIELD = re.compile(r"^([ \t]*)([^\s:：#]+)[ \t\u3000]*[:：][ \t\u3000]*(.*)$")
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Header:
    """What the top of a file says."""

    department: Department | None
    problems: tuple[Problem, ...]
    lines: int
    """Lines it takes; the body begins after them."""


def read_header(lines: list[str], file: Path) -> Header:
    """The front matter of a tidied file."""
    handler = YAMLHandler()
    fenced = _normal(lines)
    try:
        raw, body = handler.split(fenced)
    except ValueError:
        return _unread(lines, file, 1)
    taken = fenced[: len(fenced) - len(body)].count("\n") + 1
    try:
        # BaseLoader: every value stays the text that was typed, so 001 is not the number 1 and 否 is not False.
        values = handler.load(raw, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        return _unread(lines, file, min(mark.line + 1, taken) if mark else 1)
    if not isinstance(values, dict) or not all(isinstance(x, str) for pair in values.items() for x in pair):
        return _unread(lines, file, 1)
    return _department({k: v.strip() for k, v in values.items()}, lines[:taken], file)


def _unread(lines: list[str], file: Path, line: int) -> Header:
    """A header that is missing or broken; the body begins at the first question."""
    body = next((n for n, text in enumerate(lines) if text.startswith("## ")), len(lines))
    return Header(None, (problem("no-department", file, line),), body)


def _department(values: dict[str, str], lines: list[str], file: Path) -> Header:
    problems: list[Problem] = []
    fields: dict[str, str] = {}
    for key, value in values.items():
        if name := _canonical(key):
            fields[name] = value
        else:
            line = _line_of((key.lower(),), lines)
            problems.append(problem("unknown-field", file, line, key=key, near=nearest(key, _FIELDS)))
    id_line = _line_of(("department", *_FIELDS["department"]), lines)
    id = half_width(fields.get("department", ""))
    if not id:
        problems.append(problem("no-department", file, id_line))
    elif not ID.fullmatch(id):
        problems.append(problem("bad-department", file, id_line, value=id))
    if not fields.get("name"):
        problems.append(problem("no-name", file, id_line))
    department = Department(
        id=id,
        name=fields.get("name", ""),
        extension=half_width(fields.get("extension", "")) or id,
        supervisor=fields.get("supervisor", ""),
        file=file,
        sample=fields.get("sample", "").lower() in ("true", "yes", "1", "是"),
        line=id_line,
    )
    return Header(department if ID.fullmatch(id) else None, tuple(problems), len(lines))


def _normal(lines: list[str]) -> str:
    """The file's text with its two fences as ``---`` and each field as ``key: value``; blank lines before are kept."""
    lines = list(lines)
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    if not lines or not _FENCE.fullmatch(lines[first]):
        return ""
    for n in range(first):
        lines[n] = "#"  # a YAML comment, so that the fence may come first and no line number moves
    lines[0], lines[first] = "---", "---" if first == 0 else "#"
    for n in range(first + 1, len(lines)):
        if lines[n].startswith("## "):
            return ""  # the second fence was forgotten
        if _FENCE.fullmatch(lines[n]):
            lines[n] = "---"
            break
        if found := _FIELD.match(lines[n]):
            lines[n] = f"{found[1]}{found[2]}: {found[3]}"
    return "\n".join(lines)


def _canonical(key: str) -> str | None:
    key = half_width(key).lower()
    return next((name for name, others in _FIELDS.items() if key == name or key in others), None)


def _line_of(keys: tuple[str, ...], lines: list[str]) -> int:
    """1-based line of the first of the fields, or 1."""
    for n, line in enumerate(lines, 1):
        if (found := _FIELD.match(line)) and half_width(found[2]).lower() in keys:
            return n
    return 1

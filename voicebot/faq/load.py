"""A FAQ folder → one `Faq` with every problem. The only file reading of the package."""

from __future__ import annotations

import codecs
import os
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from pathlib import Path

from voicebot.faq.entry import Entry, Faq, Problem
from voicebot.faq.faults import problem
from voicebot.faq.parse import ParsedFile, free_ids, parse

_ALMOST = (".txt", ".doc", ".docx", ".wps", ".rtf", ".markdown")
"""Endings that suggest a clerk thinks the file is read."""


def load_folder(folder: Path, today: date) -> Faq:
    """Every ``*.md`` of the folder (not of its subfolders, not README.md). Never raises for content or file system.

    Entries of files with errors are in the result too, so that all problems can be shown at once; `Faq.errors` then
    says not to serve it (`servable` leaves such files out).
    """
    folder = Path(os.path.abspath(folder.expanduser()))  # not resolve(): a linked folder keeps the name the clerk knows
    shown = Path(folder.name)
    try:
        paths = sorted(p for p in folder.iterdir() if not p.name.startswith((".", "~", "_")) and p.is_file())
    except OSError:
        return Faq(problems=(problem("no-folder", shown, 1),))
    texts = [path for path in paths if path.suffix.lower() == ".md" and path.stem.lower() != "readme"]
    others = [problem("ignored-file", shown / path.name, 1) for path in paths if path.suffix.lower() in _ALMOST]
    if not texts:
        return Faq(problems=(*others, problem("no-files", shown, 1)))
    return combine([read_file(path, shown / path.name) for path in texts], today, others, shown)


def read_file(path: Path, shown: Path) -> ParsedFile:
    """One file, whatever editor wrote it. `shown` is the path for its problems."""
    try:
        data = path.read_bytes()
    except OSError as error:
        fault = problem("unreadable", shown, 1, reason=error.strerror or type(error).__name__)
        return ParsedFile(shown, None, (), (fault,))
    try:
        text, encoding = decode(data)
    except UnicodeDecodeError:
        return ParsedFile(shown, None, (), (problem("bad-encoding", shown, 1),))
    parsed = parse(text, shown)
    if encoding == "UTF-8":
        return parsed
    return replace(parsed, problems=(problem("encoding", shown, 1, encoding=encoding), *parsed.problems))


def decode(data: bytes) -> tuple[str, str]:
    """Text and the encoding's name: UTF-8, UTF-16 with a mark (Notepad's "Unicode"), else GB 18030 (WPS, old Notepad).

    Raises `UnicodeDecodeError`; bytes that no text editor writes count as undecodable.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16"), "UTF-16"
    if b"\0" in data:
        raise UnicodeDecodeError("utf-8", data, data.index(b"\0"), data.index(b"\0") + 1, "not text")
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        return data.decode("gb18030"), "GBK"


def combine(files: Sequence[ParsedFile], today: date, others: Iterable[Problem] = (), shown: Path = Path("faq")) -> Faq:
    """Parsed files as one FAQ, with what only shows across files or on that day. Pure."""
    entries = tuple(entry for file in files for entry in file.entries)
    problems = [*others, *(fault for file in files for fault in file.problems)]
    problems += _duplicate_departments(files)
    problems += _duplicate_ids(entries)
    problems += _out_of_date(entries, today)
    if not entries:
        problems.append(problem("no-entries", files[0].file if len(files) == 1 else shown, 1))
    departments = tuple(file.department for file in files if file.department)
    return Faq(departments, entries, tuple(sorted(problems)))


def servable(faq: Faq) -> Faq:
    """The FAQ without the entries that errors point at, for a start without a last good version.

    An error above a file's first entry (its header) takes the whole file out.
    """
    wrong: dict[str, set[int]] = defaultdict(set)
    for fault in faq.errors:
        wrong[fault.file].add(fault.line)
    kept: list[Entry] = []
    for file, group in groupby(faq.entries, key=lambda entry: entry.file.as_posix()):
        entries = sorted(group, key=lambda entry: entry.line)
        starts = [entry.line for entry in entries]
        hit = {bisect(starts, line) for line in wrong[file]}  # 0: the header; n: the n-th entry
        if 0 not in hit:
            kept += [entry for n, entry in enumerate(entries, 1) if n not in hit]
    return replace(faq, entries=tuple(kept), _by_id={})


def _duplicate_departments(files: Iterable[ParsedFile]) -> list[Problem]:
    seen: dict[str, Path] = {}
    problems = []
    for file in files:
        if file.department is None:
            continue
        other = seen.setdefault(file.department.id, file.file)
        if other is not file.file:
            line, id = file.department.line, file.department.id
            problems.append(problem("duplicate-department", file.file, line, department=id, other=other.as_posix()))
    return problems


def _duplicate_ids(entries: Sequence[Entry]) -> list[Problem]:
    seen: dict[str, Entry] = {}
    taken = {entry.id for entry in entries}
    free = {owner: free_ids(owner, taken) for owner in {entry.department for entry in entries}}
    problems = []
    for entry in entries:
        first = seen.setdefault(entry.id, entry)
        if first is not entry:
            offer = next(free[entry.department])
            problems.append(
                problem("duplicate-id", entry.file, entry.line, id=entry.id, other=first.place(), free=offer)
            )
    return problems


def _out_of_date(entries: Iterable[Entry], today: date) -> list[Problem]:
    problems = []
    for entry in entries:
        line = entry.lines.validity or entry.line
        if entry.valid_to is not None and entry.valid_to < today:
            problems.append(problem("expired", entry.file, line, question=entry.question, day=entry.valid_to))
        elif entry.valid_from is not None and today < entry.valid_from:
            problems.append(problem("not-yet-valid", entry.file, line, question=entry.question, day=entry.valid_from))
    return problems

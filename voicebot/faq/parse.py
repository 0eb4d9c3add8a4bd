"""One FAQ file's text → its department, its entries and every problem in it, with lines. Pure; never raises.

The format is in the design, "FAQ format". The Markdown library finds blocks and their lines; `voicebot.faq.tidy` has
already turned what a clerk meant into what Markdown understands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from voicebot.faq.draft import Draft
from voicebot.faq.entry import Department, Entry, Problem
from voicebot.faq.faults import problem
from voicebot.faq.fields import nearest
from voicebot.faq.header import ID, read_header
from voicebot.faq.prose import render
from voicebot.faq.tidy import KEYS, canonical, half_width, tidy

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEADING_ID = re.compile(r"^(.*?)\s*[{｛]\s*[#＃]?\s*([^{}｛｝]*?)\s*[}｝]$")
_KEPT = 64  # texts; the whole folder of an office, and what is being written
_KEY = re.compile(r"\s*([^:：\n]{1,10}?)\s*[:：]\s*")


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """One file, read. `department` is None when its header is missing or broken; its entries are still here."""

    file: Path
    department: Department | None
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


@lru_cache(_KEPT)
def parse(text: str, file: Path) -> ParsedFile:
    """Read one FAQ file. `file` is how the clerk knows it; nothing is opened. What was read last is kept: a file that
    is published is read by the editor, then by the pages, then by the line.
    """
    lines = tidy(text)
    header = read_header(lines, file)
    owner = header.department.id if header.department else half_width(file.stem)
    spoken, open_at = _without_comments("\n" * header.lines + "\n".join(lines[header.lines :]))
    body = _Body(spoken.split("\n"), owner, file)
    body.read(spoken)
    left_open = [problem("open-comment", file, open_at)] if open_at else []
    problems = sorted({*header.problems, *body.problems, *left_open})
    return ParsedFile(file, header.department, tuple(body.entries), tuple(problems))


def free_ids(department: str, taken: set[str]) -> Iterator[str]:
    """Ids of that department that follow the highest one taken: ``rsj-012``, ``rsj-013``…"""
    pattern = re.compile(re.escape(department) + r"-(\d{1,6})")
    numbers = [int(found[1]) for id in taken if (found := pattern.fullmatch(id))]
    number = max(numbers, default=0)
    while True:
        number += 1
        yield f"{department}-{number:03d}"


def _without_comments(text: str) -> tuple[str, int]:
    """`text` with the same lines but no HTML comments, and the line of one that is never closed, else 0."""
    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    kept, mark, lost = text.partition("<!--")
    return kept + "\n" * lost.count("\n"), kept.count("\n") + 1 if mark else 0


class _Body:
    """Walks the blocks of a file and fills one draft after the other."""

    def __init__(self, lines: list[str], department: str, file: Path) -> None:
        self.lines = lines
        self.department = department
        self.file = file
        self.entries: list[Entry] = []
        self.problems: list[Problem] = []
        self._draft: Draft | None = None
        self._free: Iterator[str] = iter(())

    def read(self, text: str) -> None:
        """Every block of the body; the header's lines are blank, so that lines keep their numbers."""
        # Off: what a clerk gets by accident (four spaces make code, a rule under a line makes a heading).
        markdown = MarkdownIt("commonmark").enable("table").disable(["code", "lheading", "reference"])
        nodes = SyntaxTreeNode(markdown.parse(text)).children
        headings = [_HEADING_ID.match(_inline(node)) for node in nodes if node.type == "heading"]
        self._free = free_ids(self.department, {half_width(found[2]) for found in headings if found})
        for node in nodes:
            self._block(node, _line(node, 1))
        self._finish()

    def _block(self, node: SyntaxTreeNode, line: int) -> None:
        match node.type:
            case "heading":
                self._heading(node, line)
            case "hr":
                pass
            case _ if self._draft is None:
                self._report("stray-text", line)
            case _:
                self._part(node, line, self._draft)

    def _part(self, node: SyntaxTreeNode, line: int, draft: Draft) -> None:
        match node.type:
            case "bullet_list":
                self._list(node, line, draft)
            case "ordered_list":
                for number, item in enumerate(node.children, 1):
                    self._answer_item(item, line, f"第{_ORDINALS[number]}，" if number < len(_ORDINALS) else "")
            case "blockquote":
                self._quote(node, line, draft)
            case "table" | "fence":
                self._report("unspeakable-table" if node.type == "table" else "unspeakable-code", line)
                draft.blocked = True
            case "html_block":
                self._answer(node.content.strip(), line)
            case _:
                self._answer(_inline(node), line)

    # Headings open a question.

    def _heading(self, node: SyntaxTreeNode, line: int) -> None:
        text = _inline(node).strip()
        found = _HEADING_ID.match(text)
        level = int(node.tag[1])
        if found is None and level == 1:
            return self._finish()  # the file's title
        if found is None and level > 2:
            return self._report("sub-heading", line)
        self._finish()
        question = self._plain(found[1] if found else text, line)
        id = half_width(found[2]) if found else ""
        if not ID.fullmatch(id):
            code, value = ("bad-id", id) if id else ("no-id", "")
            id = next(self._free)
            self._report(code, line, value=value, question=question, free=id)
        if not question:
            self._report("no-question", line, id=id)
        self._draft = Draft(id, question, line)
        return None

    def _finish(self) -> None:
        if self._draft is not None:
            entry, problems = self._draft.entry(self.department, self.file)
            self.entries.append(entry)
            self.problems += problems
        self._draft = None

    # The list under a heading holds what is not spoken.

    def _list(self, node: SyntaxTreeNode, line: int, draft: Draft) -> None:
        firsts = [(_inlines(item) or [item])[0] for item in node.children]
        keys = [found[1] if (found := _KEY.match(_inline(first))) else None for first in firsts]
        known = any(key and canonical(key) for key in keys)
        near = any(key and nearest(key, KEYS) for key in keys)
        if known or (not draft.answer and (near or all(keys))):
            for item, first in zip(node.children, firsts, strict=True):
                self._item(item, _inline(first), _line(first, line), draft)
        else:
            for item in node.children:
                self._answer_item(item, line)

    def _item(self, item: SyntaxTreeNode, text: str, line: int, draft: Draft) -> None:
        own, rest = self._split_lazy(text, line)
        found = _KEY.match(own)
        key = canonical(found[1]) if found else None
        if found and key:
            values = [(part, line + n) for n, part in enumerate(own[found.end() :].split("\n"))]
            for inner in (inner for child in item.children[1:] if _is_list(child) for inner in _inlines(child)):
                values += [(part, _line(inner, line) + n) for n, part in enumerate(inner.content.split("\n"))]
            if draft.put(key, [(value.strip(), at) for value, at in values], line):
                self._report("duplicate-key", line, key=key)
        elif found:
            self._report("unknown-key", line, key=found[1], near=nearest(found[1], KEYS), keys="、".join(KEYS))
        elif own.strip():
            self._report("no-colon", line)
        if rest:
            self._answer(rest, line + own.count("\n") + 1)
        for child in item.children[1:]:  # a paragraph that is indented by accident belongs to the answer
            if not _is_list(child):
                self._block(child, _line(child, line))

    def _split_lazy(self, text: str, line: int) -> tuple[str, str]:
        """An item's text, and the answer that was written right under it without a blank line or indent."""
        parts = text.split("\n")
        for n in range(1, len(parts)):
            if not self.lines[line - 1 + n].startswith((" ", "\t", "|", "｜")):
                return "\n".join(parts[:n]), "\n".join(parts[n:])
        return text, ""

    # Everything else is the answer.

    def _answer(self, content: str, line: int) -> None:
        text, problems = render(content, line, self.file)
        self.problems += problems
        if self._draft is not None:
            self._draft.answer.extend(text.paragraphs())
            self._draft.blocked |= bool(problems)

    def _answer_item(self, item: SyntaxTreeNode, line: int, lead: str = "") -> None:
        for n, inline in enumerate(_inlines(item)):
            self._answer((lead if n == 0 else "") + inline.content, _line(inline, line))

    def _quote(self, node: SyntaxTreeNode, line: int, draft: Draft) -> None:
        inlines = _inlines(node)
        text = "\n".join(inline.content for inline in inlines)
        found = _KEY.match(text)
        if found is None or canonical(found[1]) != "短信":
            self._report("quote", line)
        elif draft.put("短信", [(text[found.end() :], line)], line):
            self._report("duplicate-key", line, key="短信")

    def _plain(self, content: str, line: int) -> str:
        text, problems = render(content, line, self.file)
        self.problems += problems
        return text.flat()

    def _report(self, code: str, line: int, **values: object) -> None:
        self.problems.append(problem(code, self.file, line, **values))


_ORDINALS = "零一二三四五六七八九十"


def _inlines(node: SyntaxTreeNode) -> list[SyntaxTreeNode]:
    return [inner for inner in node.walk() if inner.type == "inline"]


def _inline(node: SyntaxTreeNode) -> str:
    return "\n".join(inner.content for inner in _inlines(node))


def _is_list(node: SyntaxTreeNode) -> bool:
    return node.type in ("bullet_list", "ordered_list")


def _line(node: SyntaxTreeNode, default: int) -> int:
    return node.map[0] + 1 if node.map else default

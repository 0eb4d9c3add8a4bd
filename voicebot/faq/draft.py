"""An entry while it is being read. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from voicebot.faq.entry import Entry, Lines, Problem
from voicebot.faq.faults import problem
from voicebot.faq.fields import phrases, validity, words
from voicebot.faq.prose import Piece, join


@dataclass(slots=True)
class Draft:
    """What has been seen of the entry so far."""

    id: str
    question: str
    line: int
    answer: list[list[Piece]] = field(default_factory=list)
    blocked: bool = False
    """Part of the answer was reported as unspeakable: do not also say that there is no answer."""
    _values: dict[str, list[Piece]] = field(default_factory=dict)
    _lines: dict[str, int] = field(default_factory=dict)

    def put(self, key: str, values: list[Piece], line: int) -> bool:
        """Keep the values of a key. True: the key was there already and cannot be given twice."""
        twice = key in self._values and key not in ("问法", "关键词")
        self._values.setdefault(key, []).extend(values)
        self._lines.setdefault(key, line)
        return twice

    def entry(self, department: str, file: Path) -> tuple[Entry, list[Problem]]:
        """The finished entry and what is wrong with it."""
        variants = [(phrase, line) for text, line in self._values.get("问法", []) for phrase in phrases(text)]
        first, last, problems = self._validity(file)
        answer, offsets = self._joined_answer()
        if not answer and not self.blocked:
            problems.append(problem("no-answer", file, self.line, question=self.question))
        if not variants:
            line = self._lines.get("问法", self.line)
            problems.append(problem("no-variants", file, line, question=self.question))
        entry = Entry(
            id=self.id,
            department=department,
            question=self.question,
            variants=tuple(phrase for phrase, _ in variants),
            answer=answer,
            keywords=words(" ".join(text for text, _ in self._values.get("关键词", []))),
            valid_from=first,
            valid_to=last,
            basis=self._text("依据"),
            sms=self._text("短信"),
            file=file,
            line=self.line,
            lines=Lines(tuple(line for _, line in variants), offsets, self._lines.get("有效期", 0)),
        )
        return entry, problems

    def _validity(self, file: Path) -> tuple[date | None, date | None, list[Problem]]:
        value, line = self._text("有效期"), self._lines.get("有效期", self.line)
        if not value:
            return None, None, [problem("undated", file, line, question=self.question)]
        try:
            first, last = validity(value)
        except ValueError:
            return None, None, [problem("bad-date", file, line, value=value)]
        if first and last and last < first:
            return first, last, [problem("date-order", file, line, value=value)]
        return first, last, []

    def _joined_answer(self) -> tuple[str, tuple[tuple[int, int], ...]]:
        text, offsets = "", []
        for paragraph in self.answer:
            text += "\n" if text else ""
            joined, marks = join(paragraph)
            offsets += [(len(text) + offset, line) for offset, line in marks]
            text += joined
        return text, tuple(offsets)

    def _text(self, key: str) -> str:
        return "\n".join(text for text, _ in self._values.get(key, [])).strip()

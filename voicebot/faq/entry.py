"""The FAQ as values: departments, entries, problems. Immutable; no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path


class Level(StrEnum):
    """How bad a problem is: an error keeps the edit from being served, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong in a FAQ file, for the clerk who edits it."""

    file: str
    """Path as the clerk knows it, relative to the FAQ folder's parent where possible."""
    line: int
    """1-based."""
    level: Level
    code: str
    """Stable, for machines: ``duplicate-id``, ``answer-too-long``…"""
    message: str
    """One Chinese sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Department:
    """One office and its file."""

    id: str
    name: str
    extension: str
    """Extension group that is rung for it."""
    supervisor: str
    """The unit that owns complaints about it."""
    file: Path
    sample: bool = False
    """The content is the sample that came with the program, to be replaced by the office."""
    line: int = 1
    """Line of the department's id in its file, 1-based."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the parts of an entry stand in its file, so that a problem can point at them. All 1-based; 0: nowhere."""

    variants: tuple[int, ...] = ()
    """One per variant."""
    answer: tuple[tuple[int, int], ...] = ()
    """(offset in the answer, line) for each line of the source, in order."""
    validity: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One question with its answer."""

    id: str
    department: str
    question: str
    variants: tuple[str, ...]
    """Other ways to ask it (问法)."""
    answer: str
    """What is said, plain text, paragraphs joined by a newline."""
    keywords: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    basis: str = ""
    """Legal basis (依据); never spoken."""
    sms: str = ""
    """Longer text for a message (短信)."""
    file: Path = Path()
    line: int = 0
    """Line of the heading, 1-based."""
    lines: Lines = field(default=Lines(), repr=False, compare=False)

    @property
    def phrasings(self) -> tuple[str, ...]:
        """The question and its variants."""
        return (self.question, *self.variants)

    def place(self, line: int = 0) -> str:
        """``faq/rsj.md:12``: that line of its file, or its heading."""
        return f"{self.file.as_posix()}:{line or self.line}"

    def phrasing_line(self, index: int) -> int:
        """Line of `phrasings[index]`."""
        variant = index - 1
        return self.lines.variants[variant] if 0 <= variant < len(self.lines.variants) else self.line

    def answer_line(self, offset: int = 0) -> int:
        """Line of the file that holds the answer's character at `offset`."""
        before = [line for start, line in self.lines.answer if start <= offset]
        return before[-1] if before else self.line

    def valid_on(self, day: date) -> bool:
        """Whether the answer may be given on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Faq:
    """A whole FAQ folder at one moment."""

    departments: tuple[Department, ...] = ()
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    _by_id: dict[str, Entry] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_id.update({entry.id: entry for entry in self.entries})

    def __contains__(self, entry: str) -> bool:
        return entry in self._by_id

    def __getitem__(self, entry: str) -> Entry:
        """The entry with that id; `KeyError` if there is none."""
        return self._by_id[entry]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Problems that keep this version from being served."""
        return tuple(p for p in self.problems if p.level is Level.ERROR)

"""A draft tried out before it is published: all that `faq check`, `ask --explain` and `faq confusion` would say of it.

Building the matcher for a whole FAQ of thousands takes seconds. So in a FAQ of more than `WHOLE` entries a draft is
tried beside its neighbours: the entries that the served matcher finds for the draft's own phrasings, and for the
question that is tried. How rare a word is, is judged from fewer entries then: of 80 callers' phrasings of the sample 77
had the same best entry and 70 the same outcome as with all of it. Confusion is always judged among neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from voicebot.data_files import load_lexicon
from voicebot.dialogue import Knowledge
from voicebot.events import typed
from voicebot.faq.entry import Entry, Faq, Level, Problem
from voicebot.faq.faults import problem
from voicebot.faq.form import HEAD_LINES, parse_block
from voicebot.faq.hearing import Knows
from voicebot.faq.lint import check
from voicebot.faq.load import combine
from voicebot.faq.parse import free_ids
from voicebot.matching import Bands, Index, Understanding, build_index, understand
from voicebot.matching.leave_one_out import LeaveOneOut
from voicebot.matching.lexicon import Lexicon
from voicebot.questions.confusion import Taken, confusions
from voicebot.questions.explained import in_words

NEIGHBOURS = 16
"""Entries a draft is tried beside in a big FAQ."""
WHOLE = 120
"""Most entries with all of which a draft is tried."""
ASKED = 12
"""Phrasings of a draft that its neighbours are sought with."""
DRAFT = Path("草稿")
"""The file a draft pretends to stand in."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something wrong with a draft."""

    line: int
    """Of the draft, 1-based."""
    level: Level
    code: str
    message: str

    @property
    def is_error(self) -> bool:
        """It keeps the draft from being published."""
        return self.level is Level.ERROR


@dataclass(frozen=True, slots=True)
class Trial:
    """What the line would do with a question if the draft were published."""

    understanding: Understanding
    reasons: tuple[str, ...]
    """Lines in plain Chinese."""
    exact: bool = True
    """With all entries, not only with neighbours."""


class Workbench:
    """Tries drafts. `known` is what the line serves; `knows`, once its word list is read, the speech model's words."""

    def __init__(
        self,
        known: Callable[[], Knowledge],
        bands: Bands,
        today: Callable[[], date],
        *,
        knows: Callable[[], Knows | None] = lambda: None,
        lexicon: Callable[[], Lexicon] = load_lexicon,
    ) -> None:
        self._known = known
        self._bands = bands
        self._today = today
        self._knows = knows
        self._lexicon_of = lexicon
        self._lexicon: Lexicon | None = None

    @property
    def lexicon(self) -> Lexicon:
        """The matcher's word lists, read when first needed."""
        if self._lexicon is None:
            self._lexicon = self._lexicon_of()
        return self._lexicon

    def check(self, text: str, department: str, entry: str, disk: Faq, *, thorough: bool = False) -> tuple[Mark, ...]:
        """What is wrong with a draft of `entry` (empty: a new one), by line. `thorough` also asks the matcher, as if no
        entry listed the phrasing, whose question each is: that takes about a second.
        """
        parsed = parse_block(text, department, DRAFT)
        found = combine([parsed], self._today())
        if len(found.entries) != 1:
            many = [problem("one-entry", DRAFT, found.entries[1].line)] if found.entries else []
            return _marks((*found.problems, *many))
        draft = found.entries[0]
        extra = []
        if draft.id != entry and draft.id in disk:
            free = next(free_ids(department, {one.id for one in disk.entries}))
            extra.append(
                problem("duplicate-id", DRAFT, draft.line, id=draft.id, other=disk[draft.id].place(), free=free)
            )
        near = [one for one in self.neighbours(draft.phrasings) if one.id not in (entry, draft.id)]
        rank = LeaveOneOut([*near, draft], self.lexicon) if thorough else None
        # The draft comes last: of two that are alike the later one is reported.
        faq = Faq(entries=(*near, draft), problems=found.problems)
        return _marks((*check(faq, rank=rank, knows=self._knows()), *extra))

    def neighbours(self, phrasings: Sequence[str], also: str = "") -> list[Entry]:
        """Entries being served that come nearest to these phrasings, nearest first."""
        known = self._known()
        best: dict[str, float] = {}
        for phrasing in (*([also] if also else ()), *phrasings[:ASKED]):
            for candidate in known.understand(typed(phrasing)).ranking.candidates:
                first = 1.0 if phrasing == also else 0.0
                best[candidate.entry] = max(best.get(candidate.entry, 0.0), candidate.probability + first)
        ids = sorted(best, key=lambda one: -best[one])[:NEIGHBOURS]
        return [known.faq[one] for one in ids]

    def ask(self, question: str, text: str, department: str, entry: str) -> Trial:
        """What the line would do with a question if this draft stood in the place of `entry`."""
        draft = self._draft(text, department)
        served = self._known().faq.entries
        exact = len(served) <= WHOLE
        own = {entry, draft.id} if draft else {entry}
        entries = (
            [*(one for one in served if one.id not in own), *([draft] if draft else [])]
            if exact
            else self._beside(draft, entry, question)
        )
        index: Index = build_index(entries, self.lexicon)
        understanding = understand(typed(question), index, self._bands)
        return Trial(understanding, tuple(in_words(question, entries, index)), exact)

    def confusion(self, text: str, department: str, entry: str) -> list[Taken]:
        """Phrasings of the draft that other entries take and phrasings of others that it takes, the surest first, with
        whether that was so before.
        """
        draft = self._draft(text, department)
        if draft is None:
            return []
        now = self._beside(draft, entry, "")
        known = self._known().faq
        old = [known[entry]] if entry in known else []
        before = [*(one for one in now if one is not draft), *old]
        return confusions(now, before, self.lexicon, draft.id)

    def found(self, question: str, most: int = 5) -> list[str]:
        """Ids of the entries the line would think of for a question, best first."""
        return [one.entry for one in self._known().understand(typed(question)).ranking.candidates[:most]]

    def _draft(self, text: str, department: str) -> Entry | None:
        entries = parse_block(text, department, DRAFT).entries
        return replace(entries[0], file=DRAFT) if len(entries) == 1 else None

    def _beside(self, draft: Entry | None, entry: str, also: str) -> list[Entry]:
        own = {entry, draft.id} if draft else {entry}
        near = self.neighbours(draft.phrasings if draft else (), also)
        return [*(one for one in near if one.id not in own), *([draft] if draft else [])]


def _marks(problems: Iterable[Problem]) -> tuple[Mark, ...]:
    found = {
        Mark(max(1, one.line - HEAD_LINES), one.level, one.code, one.message)
        for one in problems
        if one.file == DRAFT.as_posix()
    }
    return tuple(sorted(found, key=lambda one: (one.line, one.level, one.code, one.message)))

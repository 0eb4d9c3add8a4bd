"""A draft tried out before it is published: all that `faq check`, `ask --explain` and `faq confusion` would say of it.

It is tried with the whole FAQ. Building the matcher for thousands of entries takes seconds, so in a FAQ of more than
`WHOLE` entries the one that the line uses is taken with the draft put in (`voicebot.matching.patching`); what entries
are looked up by when a draft is checked for questions that are asked already is kept as long as the files on disk are
the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
from voicebot.faq.lint import check_one
from voicebot.faq.load import combine
from voicebot.faq.lookalike import Neighbours
from voicebot.faq.parse import free_ids
from voicebot.matching import Bands, Index, Understanding, build_index, understand
from voicebot.matching.leave_one_out import LeaveOut
from voicebot.matching.lexicon import Lexicon
from voicebot.matching.patching import patched
from voicebot.questions.confusion import Taken, confusions_of
from voicebot.questions.explained import in_words

WHOLE = 120
"""Most entries for which the matcher is built anew to try a question."""
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
        self._neighbours: tuple[Faq, Neighbours] | None = None

    @property
    def lexicon(self) -> Lexicon:
        """The matcher's word lists, read when first needed."""
        if self._lexicon is None:
            self._lexicon = self._lexicon_of()
        return self._lexicon

    def check(self, text: str, department: str, entry: str, disk: Faq, *, thorough: bool = False) -> tuple[Mark, ...]:
        """What is wrong with a draft of `entry` (empty: a new one), by line. `thorough` also asks the matcher, as if no
        entry listed the phrasing, whose question each is.
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
        rank = self._left_out(draft, entry) if thorough else None
        others = Faq(entries=tuple(one for one in disk.entries if one.id not in (entry, draft.id)))
        own = check_one(draft, self._beside(disk), others, rank=rank, knows=self._knows())
        return _marks((*found.problems, *extra, *own))

    def ask(self, question: str, text: str, department: str, entry: str) -> Trial:
        """What the line would do with a question if this draft stood in the place of `entry`."""
        draft = self._draft(text, department)
        own = {entry, draft.id} if draft else {entry}
        come = [draft] if draft else []
        entries = [*(one for one in self._known().faq.entries if one.id not in own), *come]
        small = len(entries) <= WHOLE
        index = build_index(entries, self.lexicon) if small else patched(self._index(), own, come)
        understanding = understand(typed(question), index, self._bands)
        return Trial(understanding, tuple(in_words(question, entries, index)))

    def confusion(self, text: str, department: str, entry: str) -> list[Taken]:
        """Phrasings of the draft that other entries take and phrasings of others that it takes, the surest first, with
        whether that was so before.
        """
        draft = self._draft(text, department)
        return confusions_of(draft, self._index(), self._known().faq, entry) if draft else []

    def found(self, question: str, most: int = 5) -> list[str]:
        """Ids of the entries the line would think of for a question, best first."""
        return [one.entry for one in self._known().understand(typed(question)).ranking.candidates[:most]]

    def _draft(self, text: str, department: str) -> Entry | None:
        entries = parse_block(text, department, DRAFT).entries
        return replace(entries[0], file=DRAFT) if len(entries) == 1 else None

    def _index(self) -> Index:
        """Of what is served."""
        known = self._known()
        return known.index or build_index(known.faq.entries, self.lexicon)

    def _left_out(self, draft: Entry, entry: str) -> LeaveOut:
        return LeaveOut(patched(self._index(), {entry, draft.id}, [draft]), [draft])

    def _beside(self, disk: Faq) -> Neighbours:
        """The entries on disk to look up collisions in; kept while the disk is the same."""
        kept = self._neighbours
        if kept is None or kept[0] is not disk:
            kept = self._neighbours = (disk, Neighbours(disk.entries))
        return kept[1]


def _marks(problems: Iterable[Problem]) -> tuple[Mark, ...]:
    found = {
        Mark(max(1, one.line - HEAD_LINES), one.level, one.code, one.message)
        for one in problems
        if one.file == DRAFT.as_posix()
    }
    return tuple(sorted(found, key=lambda one: (one.line, one.level, one.code, one.message)))

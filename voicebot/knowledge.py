"""The FAQ being served: its last good version, with the matcher built from it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

from voicebot.dialogue import Knowledge
from voicebot.events import Hypotheses
from voicebot.faq import Entry, Faq, Problem
from voicebot.matching import Bands, Index, build_index, understand
from voicebot.matching.lexicon import Lexicon
from voicebot.matching.types import Understanding

log = logging.getLogger(__name__)


def knowledge_of(faq: Faq, lexicon: Lexicon, bands: Bands, today: date) -> Knowledge:
    """What the line knows today: entries that are out of date are not in it."""
    entries = valid(faq, today)
    index: Index = build_index(entries, lexicon)

    def heard(hypotheses: Hypotheses) -> Understanding:
        return understand(hypotheses, index, bands)

    return Knowledge(replace(faq, entries=entries, _by_id={}), heard, index)


def valid(faq: Faq, today: date) -> tuple[Entry, ...]:
    """The entries that are not out of date."""
    return tuple(entry for entry in faq.entries if entry.valid_on(today))


class KnowledgeKeeper:
    """Keeps the knowledge of the last good FAQ; a call that is on keeps what it started with."""

    def __init__(self, faq: Faq, lexicon: Lexicon, bands: Bands, today: Callable[[], date]) -> None:
        self._lexicon = lexicon
        self._bands = bands
        self._today = today
        self._lock = threading.Lock()
        self._day = today()
        self._faq = faq
        self._knowledge = knowledge_of(faq, lexicon, bands, self._day)
        self.problems: tuple[Problem, ...] = faq.problems
        """What is wrong with the files now, for the staff."""

    def __call__(self) -> Knowledge:
        """The knowledge to begin a call with."""
        with self._lock:
            today = self._today()
            if today != self._day:
                self._day = today
                if valid(self._faq, self._day) != self._knowledge.faq.entries:  # else nobody waits for the same again
                    self._knowledge = knowledge_of(self._faq, self._lexicon, self._bands, self._day)
            return self._knowledge

    def department_of(self, entry: str) -> str | None:
        """The department of an entry that is served now."""
        faq = self().faq
        return faq[entry].department if entry in faq else None

    def changed(self, faq: Faq) -> None:
        """A new good version of the files. Of one that says the same only the time has changed."""
        today = self._today()
        if faq == self._faq and today == self._day:
            self.problems = faq.problems
            return
        knowledge = knowledge_of(faq, self._lexicon, self._bands, today)
        with self._lock:
            self._faq, self._knowledge, self._day = faq, knowledge, today
            self.problems = faq.problems
        log.info("FAQ reloaded: %d entries", len(knowledge.faq.entries))

    def broken(self, problems: Iterable[Problem]) -> None:
        """A version that cannot be served; the last good one stays."""
        self.problems = tuple(problems)
        for problem in self.problems:
            log.error("FAQ not reloaded: %s:%d %s", problem.file, problem.line, problem.message)

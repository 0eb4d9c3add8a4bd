"""Periodic work on the record: count what calls say about the FAQ, gather what was not answered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from voicebot.data_files import load_lexicon
from voicebot.dialogue import Knowledge
from voicebot.faq.entry import Entry
from voicebot.matching import Bands
from voicebot.matching.lexicon import Lexicon
from voicebot.matching.reading import normalise
from voicebot.questions.grouping import MOST_AT_ONCE, MOST_WORDINGS, Grouped, group_aside, told_shares_aside
from voicebot.questions.redact import redacted
from voicebot.questions.tally import Said, tally
from voicebot.store.counting import CallCount, CountOf
from voicebot.store.gaps import GapFilter
from voicebot.store.models import Turn
from voicebot.store.record import Record

USUAL = timedelta(days=3)
"""How far back calls that were not counted are sought, but for the first time after a start."""
TRIED = 200
"""Groups for which it is tried how much of them an entry would answer."""
PERIOD = timedelta(days=90)
LEAST_CALLS = 2

Group = Callable[[Mapping[int, str], Mapping[int, Sequence[str]], Sequence[Entry]], Grouped]
Shares = Callable[[Mapping[int, Sequence[tuple[str, int]]], Sequence[Entry], Bands], dict[int, float]]


def count_with(lexicon: Lexicon) -> CountOf:
    """How turns are counted, callers' words masked."""

    def core(text: str) -> str:
        return normalise(text, lexicon)

    def count(turns: Sequence[Turn]) -> CallCount:
        found = tally([_said(turn) for turn in turns], core)
        masked = [(redacted(one.text), one.why, one.counts) for one in found.unanswered]
        return CallCount(
            [(entry, str(fate)) for entry, fate in found.fates],
            [(text, core(text) or text, why, counts) for text, why, counts in masked],
        )

    return count


def _said(turn: Turn) -> Said:
    heard = str(turn.heard[0]["text"]) if turn.heard else ""
    return Said(turn.state.lower(), heard, turn.key, turn.outcome, turn.decision, turn.entry)


class Mining:
    """The work itself; `count` often, `group` now and then. Both may raise `StoreLost`."""

    def __init__(
        self,
        record: Record,
        known: Callable[[], Knowledge],
        bands: Bands,
        now: Callable[[], datetime],
        *,
        group: Group = group_aside,
        shares: Shares = told_shares_aside,
    ) -> None:
        self._record = record
        self._known = known
        self._bands = bands
        self._now = now
        self._group = group
        self._shares = shares
        self._count_of: CountOf | None = None
        self._since: datetime | None = None

    def count(self, stop: threading.Event | None = None) -> int:
        """Count the calls that have ended: how many. After a start all of the record is looked through once; `stop`
        ends that between two batches.
        """
        if self._count_of is None:
            self._count_of = count_with(load_lexicon())
        began, counted, since = self._now(), 0, self._since
        while True:
            found, last = self._record.count_calls(self._count_of, since=since)
            counted += found
            if last is None:
                break
            since = last
            if stop is not None and stop.is_set():
                return counted
        self._since = began - USUAL
        return counted

    def group(self) -> int:
        """Find a group for every new wording: how many there were. After a start they are counted first."""
        if self._since is None:
            self.count()
        faq = self._known().faq.entries
        done = 0
        while new := self._record.ungrouped(MOST_AT_ONCE):
            there = self._record.wordings_by_group(MOST_WORDINGS)
            grouped = self._group(new, there, faq)
            self._record.keep_grouping(grouped.joined, grouped.fresh)
            done += len(new)
        if done:
            self._try_them(faq)
        return done

    def _try_them(self, faq: Sequence[Entry]) -> None:
        """How much of each of the biggest groups an entry would answer."""
        now = self._now()
        lines, _ = self._record.gap_lines(GapFilter(now - PERIOD, now, least=LEAST_CALLS), limit=TRIED)
        ways = {
            line.group.id: [(one.text, one.calls) for one in self._record.gap_wordings(line.group.id, 40)]
            for line in lines
        }
        tried = {group: words for group, words in ways.items() if words}
        if tried:
            self._record.keep_told(self._shares(tried, faq, self._bands))

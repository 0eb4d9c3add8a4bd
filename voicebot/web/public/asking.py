"""A question in one's own words, understood by the matcher that understands callers."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from voicebot.bot import Bot
from voicebot.cases.requests import keep_unanswered
from voicebot.dialogue import Knowledge
from voicebot.errors import FaultError
from voicebot.events import typed
from voicebot.faq.entry import Department, Entry
from voicebot.matching.types import Outcome, Understanding
from voicebot.web.public.browsing import department_of
from voicebot.web.public.forms import address_of, tidy

log = logging.getLogger(__name__)

MOST_ASKED: Final = 200
"""Characters of a question that are read."""
_WORTH_A_LOOK: Final = 0.05
"""Least probability of an entry that is shown when nothing is certain."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question deserves, ready to be shown."""

    text: str
    outcome: Outcome
    entries: tuple[Entry, ...] = ()
    """Answered, asked about (one), or to choose from (two or three); otherwise what may be worth a look."""
    others: tuple[Entry, ...] = ()
    apart: tuple[str, str] | None = None
    department: Department | None = None
    """Of the answer."""


class Pace:
    """How many questions an address has asked in this minute; each replica counts for itself, and writes nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = 0
        self._asked: Counter[str] = Counter()

    def admits(self, address: str, seconds: float, most: int) -> bool:
        """Count one; `seconds` is any clock's time."""
        with self._lock:
            if int(seconds // 60) != self._minute:
                self._minute = int(seconds // 60)
                self._asked.clear()
            self._asked[address] += 1
            return self._asked[address] <= most


def add_asking(blueprint: Blueprint, bot: Bot) -> None:
    """`/ask`: a GET, so that it can be gone back to and sent to somebody."""
    pace = Pace()

    @blueprint.get("/ask")
    def ask() -> ResponseReturnValue:
        text = tidy(request.args.get("q", ""), MOST_ASKED)
        if not text:
            return render_template("public/ask_nothing.html")
        address, policy = address_of(request), bot.office().public
        if not pace.admits(address, bot.now().timestamp(), policy.questions_per_minute):
            return render_template("public/too_many.html", limited="questions"), 429
        known = bot.knowledge()
        understanding = known.understand(typed(text))
        asked = understood(text, understanding, known, without=request.args.getlist("not"))
        if asked.outcome is Outcome.UNSURE:
            try:
                keep_unanswered(bot.record, policy, text, understanding, address)
            except FaultError as error:  # the answer page needs no record
                log.error("an unanswered question was not kept: %s", error)
        return render_template("public/ask.html", asked=asked)


def understood(text: str, understanding: Understanding, known: Knowledge, without: Sequence[str] = ()) -> Asked:
    """What to show; `without` holds the entries that were not meant."""
    likely = [c for c in understanding.ranking.candidates if c.entry in known.faq and c.entry not in without]
    outcome = understanding.outcome
    about = tuple(known.faq[entry] for entry in understanding.options if entry in known.faq)
    if not about or without or len(about) < len(understanding.options):
        worth = tuple(known.faq[c.entry] for c in likely if c.probability >= _WORTH_A_LOOK)
        return Asked(text, Outcome.UNSURE if understanding.options else outcome, worth)
    others = tuple(known.faq[c.entry] for c in likely if c.entry not in understanding.options)
    department = department_of(known, about[0]) if outcome is Outcome.ANSWER else None
    return Asked(text, outcome, about, others[:3], understanding.apart, department)

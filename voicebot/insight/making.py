"""One report on its way: what its sections are made from."""

from __future__ import annotations

import tomllib
from datetime import datetime
from functools import cache
from typing import Any, Final

from voicebot.content import data_text
from voicebot.faq.entry import Faq
from voicebot.insight.behind import Part, behind
from voicebot.insight.counting import Counting
from voicebot.insight.document import CITED, Basis
from voicebot.insight.figures import load_figures
from voicebot.insight.period import Period
from voicebot.insight.sources import Sources
from voicebot.insight.sums import Tally
from voicebot.questions.redact import Masks, redacted
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.plan import Office
from voicebot.store.database import Reads
from voicebot.store.models import Ticket

TOP: Final = 5
"""Rows of a list on the one page, of a line each."""
LONGEST_CELL: Final = 48
"""Characters."""
FEW: Final = 3
"""Rows that may take two lines, or that only the first of matter."""


@cache
def report_words() -> dict[str, Any]:
    """The packaged words; shared, so nobody changes them."""
    return tomllib.loads(data_text("report.toml"))


def basis_words(basis: Basis) -> str:
    """The calls and tickets a mark stands for."""
    words = report_words()
    parts = [f"{words['call']} {'、'.join(basis.calls)}"] if basis.calls else []
    parts += [f"{words['ticket']} {'、'.join(basis.tickets)}"] if basis.tickets else []
    parts += [words["more"].format(n=basis.total)] if basis.more else []
    return "，".join(parts)


def mark_words(n: int) -> str:
    """The mark of a basis; nothing for 0."""
    return f"[{n}]" if n else ""


def percent(tally: Tally) -> str:
    """``93.1%``; a dash of nothing."""
    return "—" if tally.rate is None else f"{tally.rate * 100:.1f}%"


class Making:
    """A period's report, of one department when given. Every method may raise `StoreLost`."""

    def __init__(
        self, database: Reads, office: Office, faq: Faq, now: datetime, department: str | None, period: Period
    ) -> None:
        self.database, self.office, self.faq = database, office, faq
        self.now, self.department, self.period = now, department, period
        self.words: dict[str, Any] = report_words()
        self.say: dict[str, str] = self.words["say"]
        counting = Counting(database, lambda: now)
        self.numbers = counting.numbers(period, department)
        self.total = self.numbers.total
        self.before = counting.total(compared(period, now), department)
        self.sources = Sources(database, department)

    def name_of(self, unit: str) -> str:
        """A department or unit in Chinese."""
        names = {department.id: department.name for department in self.faq.departments}
        return names.get(unit, unit) or str(self.words["nobody"])

    def brief(self, text: str) -> str:
        """Somebody's words for a cell of the one page: nobody in them, and not too many."""
        masks = Masks(*(self.words[f"redacted_{what}"] for what in ("number", "name", "place")))
        clean = redacted(text, masks)
        return clean if len(clean) <= LONGEST_CELL else f"{clean[: LONGEST_CELL - 1]}…"

    def behind(self, figure: str, part: Part) -> Basis:
        """The calls or tickets behind a figure, the latest named."""
        tally = self.total[figure]
        found = behind(
            self.database,
            load_figures()[figure],
            self.period,
            self.now,
            part=part,
            department=self.department,
            own_unit=self.department,
            limit=CITED,
            whole=False,
            known={Part.HIT: tally.hit, Part.MISS: tally.miss, Part.ALL: tally.of}[part],
        )
        ids = tuple(row.number if isinstance(row, Ticket) else row.id for row in found.rows)
        tickets = bool(found.rows) and isinstance(found.rows[0], Ticket)
        return Basis(() if tickets else ids, ids if tickets else (), found.total)


def compared(period: Period, now: datetime) -> Period:
    """What a period is compared with: of one that is not over yet, as many days of the one before."""
    today, before = now.astimezone(ZONE).date(), period.before
    if not period.first <= today < period.last:
        return before
    return Period(before.first, min(before.last, before.first + (today - period.first)))

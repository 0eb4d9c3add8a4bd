"""The special report (运行专报) of a week or a month: what happened, what to do, on which calls each claim stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from voicebot.faq.entry import Faq
from voicebot.insight.document import Claim, Report, Section
from voicebot.insight.making import Making
from voicebot.insight.period import Period
from voicebot.insight.sections_calls import asked, gaps, missed, overview, staffing
from voicebot.insight.sections_cases import hard, overdue
from voicebot.insight.sections_figures import departments, figures
from voicebot.insight.sums import Row
from voicebot.insight.weighing import Weighing
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.plan import Office
from voicebot.store.database import Database

MAIN: Final[tuple[Callable[[Making], Section], ...]] = (overview, asked, gaps, hard, overdue, missed, staffing)
ANNEX: Final[tuple[Callable[[Making], Section], ...]] = (figures, departments)


@dataclass
class Reporter:
    """Makes reports. `department`: of one department alone."""

    database: Database
    office: Office
    faq: Faq
    now: datetime
    department: str | None = None

    def make(self, period: Period) -> Report:
        """The report of a period. Raises `StoreLost`."""
        Weighing(self.database, lambda: self.office, lambda: self.now).run()
        with self.database.state() as state:
            return _made(Making(state, self.office, self.faq, self.now, self.department, period))


def _made(making: Making) -> Report:
    title = making.words["title"].format(period=making.period.name)
    made = making.words["made"].format(made=making.now.astimezone(ZONE).strftime("%Y-%m-%d %H:%M"))
    if not making.total.volume("calls") and not any(t.of for t in making.total.tallies.values()):
        nothing = Section(making.words["section"]["overview"], (Claim(making.words["empty"]),))
        return Report(title, made, (nothing,), (), _facts(making))
    main, annex = (tuple(section(making) for section in sections) for sections in (MAIN, ANNEX))
    return Report(title, made, main, annex, _facts(making))


def _facts(making: Making) -> dict[str, Any]:
    def row(of: Row) -> dict[str, Any]:
        rates = {id_: {"hit": t.hit, "of": t.of, "rate": t.rate} for id_, t in of.tallies.items()}
        return {**of.volumes, "figures": rates}

    first, last = making.period.first.isoformat(), making.period.last.isoformat()
    return {"first": first, "last": last, "total": row(making.total), "before": row(making.before)}

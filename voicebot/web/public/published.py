"""The figures that the office publishes: those of the last whole month, as `voicebot.insight` counts them."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from typing import Final

from voicebot.bot import Bot
from voicebot.insight.counting import Counting
from voicebot.insight.figures import load_figures
from voicebot.insight.period import Period, month_of
from voicebot.insight.sums import Row
from voicebot.staffing.calendar import ZONE
from voicebot.web.public.figures import Figure, Figures, Published

SHOWN: Final = ("reach", "in-15s", "same-day", "direct", "wrong", "again", "on-time", "responded", "satisfied")
"""What makes a line look good stands beside what keeps it honest."""


def last_month() -> Figures:
    """The figures, counted once a day by each replica: whoever looks at the page costs the record nothing."""
    lock = threading.Lock()
    kept: dict[date, Published] = {}

    def published(bot: Bot, now: datetime) -> Published:
        today = now.astimezone(ZONE).date()
        with lock:
            if today not in kept:
                period = month_of(today.replace(day=1) - timedelta(days=1))
                row = Counting(bot.record.database, bot.now).total(period)
                kept.clear()
                kept[today] = _published(period, row)
            return kept[today]

    return published


def _published(period: Period, row: Row) -> Published:
    known = load_figures()
    figures = [Figure(known[id].name, _words(row, id), known[id].formula) for id in SHOWN]
    return Published(period.name, figures if any(figure.value for figure in figures) else ())


def _words(row: Row, id: str) -> str:
    """``96.3%``; empty of nothing."""
    rate = row[id].rate
    return "" if rate is None else f"{rate:.1%}"

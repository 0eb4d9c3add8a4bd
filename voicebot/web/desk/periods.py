"""Which stretch of time and which department a page of figures is about: asked for in its address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import g, request

from voicebot.bot import Bot
from voicebot.insight.period import LONGEST, Period, month_of, week_of
from voicebot.insight.weighing import Weighing
from voicebot.staffing.calendar import ZONE


@dataclass(frozen=True, slots=True)
class View:
    """What a page shows."""

    period: Period
    department: str | None
    problem: str = ""
    """What could not be read, in Chinese."""

    @property
    def query(self) -> dict[str, str]:
        """As the address says it."""
        found = {"first": self.period.first.isoformat(), "last": self.period.last.isoformat()}
        return found | ({"department": self.department} if self.department is not None else {})


def view_of(bot: Bot) -> View:
    """The view asked for; the last 30 days without one. Whoever belongs to a unit sees that unit alone.

    Weighs calls that have ended meanwhile, so that every page counts the same.
    """
    Weighing(bot.record.database, bot.office, bot.now).run()
    today = bot.now().astimezone(ZONE).date()
    department = g.user.unit if g.user.unit is not None else request.args.get("department") or None
    usual = presets(bot.now())["近 30 天"]
    first, last = request.args.get("first", ""), request.args.get("last", "")
    if not first and not last:
        return View(usual, department)
    try:
        period = Period(date.fromisoformat(first), min(date.fromisoformat(last), today + timedelta(days=1)))
        return View(period, department)
    except (ValueError, OverflowError):
        return View(usual, department, f"日期不对：开始不能晚于结束，最多 {LONGEST} 天。下面是近 30 天。")


def presets(now: datetime) -> dict[str, Period]:
    """Periods one click away, by their names."""
    today = now.astimezone(ZONE).date()
    month = month_of(today)
    return {
        "今天": Period(today, today),
        "本周": Period(week_of(today).first, today),
        "上周": week_of(today).before,
        "近 30 天": Period(today - timedelta(days=29), today),
        "本月": Period(month.first, today),
        "上月": month.before,
    }

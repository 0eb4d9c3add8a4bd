"""Units as citizens know them."""

from __future__ import annotations

from voicebot.bot import Bot
from voicebot.staffing.plan import SUPERVISOR


def unit_name(bot: Bot, unit: str) -> str:
    """A department's name; a supervising unit is called by its name already; empty for the office as a whole."""
    departments = bot.knowledge().faq.departments
    return next((d.name for d in departments if d.id == unit), "" if unit == SUPERVISOR else unit)

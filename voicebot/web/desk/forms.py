"""What forms of the desk have in common."""

from __future__ import annotations

from flask import request

from voicebot.bot import Bot


def form(name: str) -> str:
    """A field of the form that was sent, trimmed; empty when there is none."""
    return request.form.get(name, "").replace("\0", "").strip()


def units_of(bot: Bot) -> dict[str, str]:
    """Every unit that can own a case, by what the record calls it: departments, and the units over them."""
    departments = {department.id: department.name for department in bot.knowledge().faq.departments}
    over = {unit: unit for unit in bot.office().units.values() if unit}
    return departments | {unit: name for unit, name in over.items() if unit not in departments}

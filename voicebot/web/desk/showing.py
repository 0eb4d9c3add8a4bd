"""What templates need to show things: office time, stretches of time, static files by their content."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from flask import Flask, g, url_for

from voicebot.bot import Bot
from voicebot.cases.dialling import CALLBACK_STATES, OUTCOMES
from voicebot.cases.ticket import CHANGES, MATTERS, STATES
from voicebot.staffing.accounts import ROLES
from voicebot.staffing.calendar import ZONE
from voicebot.store.numbers import ticket_number

WORDS: Final = {
    "STATES": STATES,
    "MATTERS": MATTERS,
    "CHANGES": CHANGES,
    "CALLBACKS": CALLBACK_STATES,
    "TRIES": OUTCOMES,
    "ROLES": ROLES,
}
"""Words of the record that pages and commands say alike."""
STATIC = Path(__file__).parent.parent / "static"


def add_showing(app: Flask, bot: Bot) -> None:
    """Filters and globals of all templates."""

    @app.template_filter("office_time")
    def office_time(at: datetime) -> datetime:
        return at.astimezone(ZONE)

    @app.template_filter("minutes")
    def minutes(stretch: timedelta) -> int:
        """Whole minutes, without a sign."""
        return round(abs(stretch).total_seconds() / 60)

    app.add_template_filter(ticket_number)

    @app.template_global("asset")
    def asset(name: str) -> str:
        return url_for("static", filename=name, v=_version(name))

    @app.context_processor
    def given() -> dict[str, Any]:
        return {"user": g.get("user"), "now": bot.now().astimezone(ZONE)}

    app.jinja_env.globals["department_name"] = _names(bot)
    app.jinja_env.globals["RECORD_WORDS"] = WORDS


def _names(bot: Bot) -> Any:
    def department_name(unit: str | None) -> str:
        """How a department is called; a supervising unit is called by its name already."""
        departments = bot.knowledge().faq.departments
        return next((department.name for department in departments if department.id == unit), unit or "")

    return department_name


@cache
def _version(name: str) -> str:
    """Changes with the file, so browsers may keep it."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]

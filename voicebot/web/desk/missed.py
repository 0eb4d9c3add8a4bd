"""漏接分析: when callers wanted a person and nobody talked with them, and why."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request

from voicebot.bot import Bot
from voicebot.insight.behind import PAGE, Slice, behind_missed
from voicebot.insight.missed import missed_map
from voicebot.store.words import Missed
from voicebot.web.desk.figures import shared
from voicebot.web.desk.periods import view_of
from voicebot.web.desk.sessions import audit

SHADES = 5
"""Steps of the map's colour, beside which the number always stands."""


def missed_blueprint(bot: Bot) -> Blueprint:
    """`/desk/missed`."""
    blueprint = Blueprint("missed", __name__, url_prefix="/desk/missed")

    @blueprint.get("")
    def page() -> str:
        view = view_of(bot)
        found = missed_map(bot.record.database, view.period, view.department)
        return render_template(
            "desk/missed.html",
            found=found,
            shades=SHADES,
            worst=sorted(((n, w, h) for (w, h), n in found.totals.items()), key=lambda one: (-one[0], one[1:]))[:3],
            **shared(bot, view),
        )

    @blueprint.get("/behind")
    def list_behind() -> str:
        view = view_of(bot)
        weekday, hour = _asked("weekday", 7), _asked("hour", 24)
        word = request.args.get("reason", "")
        reason = Missed(word) if word in set(Missed) else None
        page = max(1, request.args.get("page", 1, type=int))
        found = behind_missed(
            bot.record.database,
            view.period,
            reason=reason,
            department=view.department,
            when=Slice(hour, weekday),
            own_unit=g.user.unit,
            offset=(page - 1) * PAGE,
        )
        audit("figures.behind", "missed", request.query_string.decode("latin-1")[:300])
        return render_template(
            "desk/missed_behind.html",
            found=found,
            reason=reason,
            weekday=weekday,
            hour=hour,
            page=page,
            pages=-(-found.total // PAGE),
            **shared(bot, view),
        )

    return blueprint


def _asked(name: str, below: int) -> int | None:
    value = request.args.get(name, type=int)
    return value if value is not None and 0 <= value < below else None

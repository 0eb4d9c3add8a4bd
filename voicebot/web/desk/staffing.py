"""人手建议: how many people each half hour needs, who is on the roster, what moving one shift would bring."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request

from voicebot.bot import Bot
from voicebot.insight.advice import GOALS
from voicebot.insight.demand import last_weeks
from voicebot.insight.making import report_words
from voicebot.insight.moves import advice_of, move_words
from voicebot.insight.weighing import Weighing


def staffing_blueprint(bot: Bot) -> Blueprint:
    """`/desk/staffing`."""
    blueprint = Blueprint("staffing", __name__, url_prefix="/desk/staffing")

    @blueprint.get("")
    def page() -> str:
        Weighing(bot.record.database, bot.office, bot.now).run()
        office, weeks = bot.office(), last_weeks(bot.now())
        goal = request.args.get("goal", "") if request.args.get("goal", "") in GOALS else "80"
        advice = advice_of(bot.record.database, office, weeks, g.user.unit, GOALS[goal])
        advice.sort(key=lambda one: (-one.short_hours, -one.callers))
        asked = request.args.get("department", "")
        chosen = next((one for one in advice if one.department == asked), advice[0] if advice else None)
        weekday = request.args.get("weekday", type=int)
        days = sorted(chosen.days) if chosen else []
        return render_template(
            "desk/staffing.html",
            advice=advice,
            chosen=chosen,
            weeks=weeks,
            goal=goal,
            goals=GOALS,
            weekday=weekday if weekday in days else (days[0] if days else None),
            words=lambda move: move_words(move, office, report_words()["move"]),
        )

    return blueprint

"""运行专报: the special report of a week or a month, to look at and to take along."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, g, render_template, request

from voicebot.bot import Bot
from voicebot.insight.document import Report, rows_with_marks
from voicebot.insight.making import basis_words
from voicebot.insight.rendering import RENDERERS
from voicebot.insight.report import Reporter
from voicebot.web.desk.figures import shared
from voicebot.web.desk.periods import presets, view_of
from voicebot.web.desk.sessions import audit


def report_blueprint(bot: Bot) -> Blueprint:
    """`/desk/report`."""
    blueprint = Blueprint("report", __name__, url_prefix="/desk/report")

    def made() -> tuple[Report, dict[str, Any]]:
        view = view_of(bot)
        if "first" not in request.args:
            view = type(view)(presets(bot.now())["上周"], view.department, view.problem)
        reporter = Reporter(bot.record.database, bot.office(), bot.knowledge().faq, bot.now(), view.department)
        return reporter.make(view.period), shared(bot, view)

    @blueprint.get("")
    def page() -> str:
        found, more = made()
        audit("report.view", "", request.query_string.decode("latin-1")[:300])
        return render_template("desk/report.html", report=found, rows=rows_with_marks, basis_words=basis_words, **more)

    @blueprint.get("/download.<ending>")
    def download(ending: str) -> Response:
        if ending not in RENDERERS:
            abort(404)
        found, more = made()
        render, media = RENDERERS[ending]
        period = more["view"].period
        audit("export.report", ending, f"{period.first}/{period.last} {g.user.unit or ''}".strip())
        name = f"report-{period.first}-{period.last}.{ending}"
        headers = {"Content-Disposition": f"attachment; filename={name}"}
        return Response(render(found), mimetype=media, headers=headers)

    return blueprint

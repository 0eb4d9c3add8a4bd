"""The public page: the path without hearing or speech. It needs no account, no cookie and no script."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from voicebot.bot import Bot
from voicebot.cases.texts import written_time
from voicebot.errors import StoreLost
from voicebot.web.public.asking import add_asking
from voicebot.web.public.browsing import add_browsing
from voicebot.web.public.checking import add_checking
from voicebot.web.public.figures import Figures, add_figures, no_figures
from voicebot.web.public.leaving import add_leaving

CONTENT: Final = "; ".join(
    [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
"""Content Security Policy: not even a script of ours."""
ROBOTS: Final = "User-agent: *\nDisallow: /ask\nDisallow: /leave\nDisallow: /check\n"


def public_blueprint(bot: Bot, figures: Figures = no_figures) -> Blueprint:
    """`/` and what belongs to it; `figures` gives what the office publishes about itself."""
    blueprint = Blueprint("public", __name__, template_folder="../templates")
    add_browsing(blueprint, bot)
    add_asking(blueprint, bot)
    add_leaving(blueprint, bot)
    add_checking(blueprint, bot)
    add_figures(blueprint, bot, figures)

    @blueprint.get("/robots.txt")
    def robots() -> Response:
        return current_app.response_class(ROBOTS, mimetype="text/plain")

    @blueprint.errorhandler(StoreLost)
    def lost(error: StoreLost) -> ResponseReturnValue:
        current_app.logger.error("%s %s: %s", request.method, request.endpoint, error)
        return render_template("public/unavailable.html"), 503

    @blueprint.after_request
    def headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CONTENT
        if request.endpoint in ("public.leave", "public.left", "public.check", "public.ask"):
            response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.context_processor
    def given() -> dict[str, object]:
        return {"number": bot.settings.line_number, "written_time": written_time}

    return blueprint

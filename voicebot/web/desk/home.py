"""/desk/: to the page somebody of that role begins with; and which keys there are."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, current_app, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from voicebot.bot import Bot
from voicebot.web.desk.access import may

START: Final = ("today.page", "figures.page", "accounts.listing", "accounts.me")
"""The first that exists and may be seen."""


def home_blueprint(bot: Bot) -> Blueprint:
    """`/desk/`, `/desk/keys`."""
    blueprint = Blueprint("desk", __name__, url_prefix="/desk")

    @blueprint.get("/")
    def home() -> ResponseReturnValue:
        pages = (page for page in START if page in current_app.view_functions and may(g.user, page))
        return redirect(url_for(next(pages)), 303)

    @blueprint.get("/keys")
    def keys() -> str:
        return render_template("desk/keys.html")

    return blueprint

"""The public page: what the line is and what it can answer, readable without hearing, speech or JavaScript."""

from __future__ import annotations

from flask import Blueprint, render_template

from voicebot.bot import Bot


def public_blueprint(bot: Bot) -> Blueprint:
    """`/`."""
    blueprint = Blueprint("public", __name__, template_folder="templates")

    @blueprint.get("/")
    def home() -> str:
        faq = bot.knowledge().faq
        groups = [(d, [e for e in faq.entries if e.department == d.id]) for d in faq.departments]
        return render_template("public/home.html", groups=groups, number=bot.settings.line_number)

    return blueprint

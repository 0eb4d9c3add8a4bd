"""通话: one call of the record, whether or not a case came of it."""

from __future__ import annotations

from flask import Blueprint, abort, g, render_template

from voicebot.bot import Bot
from voicebot.insight.figures import load_missed
from voicebot.web.desk.call_shown import call_shown, may_see
from voicebot.web.desk.seeing import Names, sight_of
from voicebot.web.desk.sessions import audit


def calls_blueprint(bot: Bot) -> Blueprint:
    """`/desk/calls`."""
    blueprint = Blueprint("calls", __name__, url_prefix="/desk/calls")

    @blueprint.get("/<call_id>")
    def one(call_id: str) -> str:
        """404 for a call of others, as for one that is not there."""
        sight, call = sight_of(g.user, bot.office()), bot.record.call(call_id)
        shown = call_shown(bot.record, call, sight) if call is not None else None
        if shown is None or not may_see(shown, sight):
            abort(404)
        audit("call.view", shown.call.id)
        return render_template("desk/call.html", one=shown, call=shown.call, names=Names(bot), reasons=load_missed())

    return blueprint

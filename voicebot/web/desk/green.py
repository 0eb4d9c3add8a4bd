"""绿色通道: whom the line brings to a person first, with who agreed to it and until when. No number is ever shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voicebot.bot import Bot
from voicebot.store.green import KEPT
from voicebot.web.desk.forms import form
from voicebot.web.desk.sessions import audit

SHOWN: Final = 100
"""Rows of a page."""
HOW: Final = {
    "call": "本人来电口头同意",
    "window": "本人到窗口同意",
    "family": "家属代办，已向本人核实",
    "written": "本人书面同意",
}
"""How somebody has agreed."""
YEARS: Final = {"1": "一年", "2": "两年"}


def green_blueprint(bot: Bot) -> Blueprint:
    """`/desk/green/…`."""
    blueprint = Blueprint("green", __name__, url_prefix="/desk/green")

    @blueprint.get("")
    def page() -> str:
        audit("green.view")
        return _page(bot, {})

    @blueprint.post("/add")
    def add() -> ResponseReturnValue:
        key, problem = _key(bot)
        if not problem and form("how") not in HOW:
            problem = "请选本人是怎么同意的：没有本人同意不能登记"
        if problem:
            return _page(bot, _given(), problem), 422
        expires = bot.now() + KEPT * (0.5 if form("years") == "1" else 1)
        note = f"，{form('note')[:60]}" if form("note") else ""
        consent = f"{HOW[form('how')]}{note}（{g.user.name} 登记）"
        bot.record.register_green(key, consent=consent, expires_at=expires)
        audit("green.add", key[:8], HOW[form("how")])
        flash(f"已登记（{key[:8]}），以后来电先接人工。本人随时可以要求取消。")
        return redirect(url_for("green.page"), 303)

    @blueprint.post("/remove")
    def remove() -> ResponseReturnValue:
        key, problem = (form("key"), "") if form("key") else _key(bot)
        if not problem and not bot.record.remove_green(key):
            problem = "这个号码没有登记过，或者已经取消"
        if problem:
            return _page(bot, _given(), problem), 422
        audit("green.remove", key[:8])
        flash(f"已取消（{key[:8]}），立即生效。")
        return redirect(url_for("green.page"), 303)

    @blueprint.get("/remove/<key>")
    def removing(key: str) -> ResponseReturnValue:
        row = bot.record.green_number(key)
        if row is None:
            flash("这个号码没有登记过，或者已经取消。")
            return redirect(url_for("green.page"), 303)
        return render_template("desk/green_remove.html", row=row)

    return blueprint


def _page(bot: Bot, given: dict[str, str], problem: str = "") -> str:
    number = min(max(1, request.args.get("page", 1, type=int)), 1_000_000)
    total, rows = bot.record.green_page((number - 1) * SHOWN, SHOWN)
    return render_template(
        "desk/green.html",
        rows=rows,
        total=total,
        number=number,
        last=max(1, -(-total // SHOWN)),
        soon=bot.now() + timedelta(days=30),
        how=HOW,
        years=YEARS,
        given=given,
        problem=problem,
    )


def _given() -> dict[str, str]:
    """What was typed, to be shown again; the number has to be typed again."""
    return {name: value for name, value in request.form.items() if name != "whom"}


def _key(bot: Bot) -> tuple[str, str]:
    """The keyed hash of the number that was typed, or of the caller of a ticket; else what is wrong, in Chinese."""
    whom = form("whom")
    ticket = bot.record.ticket(whom)
    if ticket is not None and g.user.unit is not None and ticket.unit != g.user.unit:
        return "", "这个工单不归本单位"
    key = ticket.caller_key if ticket else bot.record.number_key(whom)
    return key, "" if key else "电话号码或者工单号看不懂；没有来电号码的工单不能登记"

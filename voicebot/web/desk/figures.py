"""运行指标: every rate with its formula, its course, and the calls or tickets it is counted from."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, g, render_template, request

from voicebot.bot import Bot
from voicebot.insight.behind import EVERYTHING, PAGE, Part, Slice, behind
from voicebot.insight.counting import Counting, Numbers
from voicebot.insight.figures import About, Figure, load_figures, load_missed
from voicebot.insight.making import compared
from voicebot.insight.period import Period
from voicebot.web.desk.periods import View, presets, view_of
from voicebot.web.desk.sessions import audit

GROUPS = (
    ("找不找得到人", ("reach", "reach-net", "in-15s", "in-30s", "first", "same-day", "left")),
    ("解决没有", ("direct", "again", "wrong", "satisfied", "complaints")),
    ("答应的事", ("on-time", "responded")),
)
"""How the page is ordered. Whoever looks at the first group has the second one before their eyes."""


def figures_blueprint(bot: Bot) -> Blueprint:
    """`/desk/figures`."""
    blueprint = Blueprint("figures", __name__, url_prefix="/desk/figures")
    counting = Counting(bot.record.database, bot.now)

    @blueprint.get("")
    def page() -> str:
        view = view_of(bot)
        numbers = counting.numbers(view.period, view.department)
        before = counting.total(compared(view.period, bot.now()), view.department)
        return render_template("desk/figures.html", numbers=numbers, before=before, groups=GROUPS, **shared(bot, view))

    @blueprint.get("/<id_>")
    def one(id_: str) -> str:
        figure, view = _figure(id_), view_of(bot)
        numbers = counting.numbers(view.period, view.department)
        before = counting.total(compared(view.period, bot.now()), view.department)
        return render_template("desk/figure.html", figure=figure, numbers=numbers, before=before, **shared(bot, view))

    @blueprint.get("/<id_>/behind")
    def list_behind(id_: str) -> str:
        return _behind(bot, _figure(id_), view_of(bot))

    @blueprint.get("/export.csv")
    def export() -> Response:
        view = view_of(bot)
        audit("export.figures", "", request.query_string.decode("latin-1")[:300])
        headers = {"Content-Disposition": "attachment; filename=figures.csv"}
        return Response(_by_day(counting.numbers(view.period, view.department)), mimetype="text/csv", headers=headers)

    return blueprint


def _behind(bot: Bot, figure: Figure, view: View) -> str:
    """The page of calls or tickets behind a figure."""
    part = Part(request.args.get("part", "")) if request.args.get("part", "") in set(Part) else Part.MISS
    period, when = _narrowed(view.period)
    page = max(1, request.args.get("page", 1, type=int))
    found = behind(
        bot.record.database,
        figure,
        period,
        bot.now(),
        part=part,
        department=view.department,
        when=when,
        own_unit=g.user.unit,
        offset=(page - 1) * PAGE,
    )
    audit("figures.behind", figure.id, request.query_string.decode("latin-1")[:300])
    return render_template(
        "desk/behind.html",
        figure=figure,
        found=found,
        part=part,
        narrowed=period,
        when=when,
        page=page,
        pages=-(-found.total // PAGE),
        **shared(bot, view),
    )


def _by_day(numbers: Numbers) -> str:
    """CSV of every figure's two numbers, a day a line."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(["日期", *(f"{f.name}{part}" for f in load_figures().values() for part in ("（分子）", "（分母）"))])
    for day, row in numbers.by_day.items():
        rows.writerow([day, *(n for id_ in load_figures() for n in (row[id_].hit, row[id_].of))])
    return "\ufeff" + out.getvalue()


def _figure(id_: str) -> Figure:
    figure = load_figures().get(id_)
    if figure is None:
        abort(404)
    return figure


def _narrowed(period: Period) -> tuple[Period, Slice]:
    """One day or hour of the period, if asked for."""
    hour = request.args.get("hour", type=int)
    when = Slice(hour=hour) if hour is not None and 0 <= hour < 24 else EVERYTHING
    try:
        day = date.fromisoformat(request.args.get("day", ""))
        return Period(day, day), when
    except ValueError:
        return period, when


def shared(bot: Bot, view: View) -> dict[str, Any]:
    """What every page of figures needs."""
    departments = {department.id: department.name for department in bot.knowledge().faq.departments}
    return {
        "view": view,
        "figures_by_id": load_figures(),
        "reasons": load_missed(),
        "About": About,
        "presets": presets(bot.now()),
        "departments": departments if g.user.unit is None else {},
    }

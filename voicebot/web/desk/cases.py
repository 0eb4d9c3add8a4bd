"""工单: the list, and one case."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from voicebot.bot import Bot
from voicebot.store.case_list import CaseFilter
from voicebot.store.words import Matter
from voicebot.web.desk.case_deeds import add_deeds
from voicebot.web.desk.case_shown import Cases
from voicebot.web.desk.case_sound import add_sound
from voicebot.web.desk.forms import units_of
from voicebot.web.desk.seeing import sight_of
from voicebot.web.desk.sessions import audit

PAGE = 30


def cases_blueprint(bot: Bot) -> Blueprint:
    """`/desk/cases`."""
    blueprint = Blueprint("cases", __name__, url_prefix="/desk/cases")
    cases = Cases(bot)

    @blueprint.get("")
    def listing() -> str:
        sight, which = sight_of(g.user, bot.office()), _asked(bot)
        page = max(1, request.args.get("page", 1, type=int))
        count = bot.record.count_cases(sight, which)
        tickets = bot.record.cases(sight, which, offset=(page - 1) * PAGE, limit=PAGE)
        # What was searched for may be a caller's number or words: that it was is enough.
        asked = [f"{name}={value}" for name, value in request.args.items() if value and name != "text"]
        audit("case.list", "", " ".join([*asked, "text"] if which.text else asked)[:200])
        return render_template(
            "desk/cases.html",
            standings=[cases.book.standing(ticket) for ticket in tickets],
            names=cases.names,
            asked=request.args,
            units=units_of(bot),
            count=count,
            page=page,
            pages=max(1, -(-count // PAGE)),
        )

    @blueprint.get("/<number>")
    def one(number: str) -> ResponseReturnValue:
        cases.found(number)
        audit("case.view", number)
        return cases.page(number)

    add_deeds(blueprint, cases)
    add_sound(blueprint, cases)
    return blueprint


def _asked(bot: Bot) -> CaseFilter:
    """What the address asks for; what cannot be read is not asked."""
    args = request.args
    show = args.get("show", "open")
    matter = args.get("matter", "")
    return CaseFilter(
        settled={"open": False, "late": False, "settled": True}.get(show),
        owner=g.user.id if args.get("whose") == "mine" else "",
        unowned=args.get("whose") == "free",
        matter=Matter(matter) if matter in set(Matter) else None,
        department=args.get("department", ""),
        text=args.get("text", "").strip()[:80],
        overdue_at=bot.now() if show == "late" else None,
    )

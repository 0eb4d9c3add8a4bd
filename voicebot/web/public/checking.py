"""Looking up a ticket by its number and the last four digits of the telephone."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from voicebot.bot import Bot
from voicebot.cases.requests import Standing, TooMany, check_ticket
from voicebot.dialogue.commands import TicketKind
from voicebot.store.numbers import ticket_id
from voicebot.web.public.forms import address_of, from_our_page, last_digits, tidy
from voicebot.web.public.units import unit_name


def add_checking(blueprint: Blueprint, bot: Bot) -> None:
    """`/check`: what is typed goes in the body, so that no address bar and no log keeps it."""

    @blueprint.get("/check")
    def check() -> ResponseReturnValue:
        return render_template("public/check.html", number_typed="", errors={}, limited="")

    @blueprint.post("/check")
    def check_it() -> ResponseReturnValue:
        number, last4 = tidy(request.form.get("number", ""), 20), last_digits(request.form.get("phone", "")[:40])
        errors = _wrong(number, last4)
        if not from_our_page(request):
            errors = {"form": "stale"}
        if errors:
            return render_template("public/check.html", number_typed=number, errors=errors, limited=""), 422
        try:
            standing = check_ticket(bot.record, bot.office().public, number, last4, address_of(request), bot.now())
        except TooMany as refused:
            return render_template(
                "public/check.html", number_typed=number, errors={}, limited=str(refused.limited)
            ), 429
        if standing is None:
            return render_template(
                "public/check.html", number_typed=number, errors={"form": "unknown"}, limited=""
            ), 404
        return _shown(bot, standing)


def _wrong(number: str, last4: str) -> dict[str, str]:
    errors = {}
    if not number:
        errors["number"] = "empty"
    elif ticket_id(number) is None:
        errors["number"] = "wrong"
    if not last4:
        errors["phone"] = "short"
    return errors


def _shown(bot: Bot, standing: Standing) -> str:
    ticket = standing.ticket
    return render_template(
        "public/checked.html",
        ticket=ticket,
        late=standing.late,
        complaint=ticket.kind is TicketKind.COMPLAINT,
        unit=unit_name(bot, ticket.unit),
    )

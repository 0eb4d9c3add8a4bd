"""Leaving a request or a complaint: a ticket is durable before its number is shown."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voicebot.bot import Bot
from voicebot.cases.requests import MOST_WRITTEN, Request, TooMany, leave_request
from voicebot.dialogue import Knowledge
from voicebot.dialogue.commands import TicketKind
from voicebot.errors import StoreLost
from voicebot.events import typed
from voicebot.matching.types import Outcome
from voicebot.web.public.forms import Tokens, address_of, from_our_page, takes_texts, telephone, tidy
from voicebot.web.public.units import unit_name

log = logging.getLogger(__name__)

MOST_NAME: Final = 20
TRAP: Final = "website"
"""A field that nobody sees; what fills in everything fills it in too."""


@dataclass(slots=True)
class Form:
    """What was typed, and what is wrong with it: field → the name of a text of the template."""

    text: str = ""
    phone: str = ""
    name: str = ""
    contact: str = "call"
    department: str = ""
    topic: str = ""
    complaint: bool = False
    errors: dict[str, str] = field(default_factory=dict)


def form_of(values: Mapping[str, str], known: Knowledge) -> Form:
    """A form as it was sent, or as a link fills it in. Nothing is checked but what a link could not rightly say."""
    departments = {department.id for department in known.faq.departments}
    topic = values.get("topic", "")
    return Form(
        text=tidy(values.get("text", ""), MOST_WRITTEN + 1),
        phone=tidy(values.get("phone", ""), 40),
        name=tidy(values.get("name", ""), MOST_NAME).replace("\n", " "),
        contact="text" if values.get("contact") == "text" else "call",
        department=values.get("department", "") if values.get("department") in departments else "",
        topic=topic if topic in known.faq else "",
        complaint=values.get("kind") == "complaint",
    )


def check(form: Form, values: Mapping[str, str]) -> None:
    """Fill in what is wrong, in the order of the fields."""
    if not form.text:
        form.errors["text"] = "empty"
    elif len(form.text) > MOST_WRITTEN:
        form.errors["text"] = "long"
    number = telephone(form.phone)
    if not form.phone:
        form.errors["phone"] = "empty"
    elif not number:
        form.errors["phone"] = "wrong"
    elif form.contact == "text" and not takes_texts(number):
        form.errors["phone"] = "no-texts"
    if values.get(TRAP):
        form.errors["form"] = "trap"


def add_leaving(blueprint: Blueprint, bot: Bot) -> None:
    """`/leave` and, once stored, `/left`."""

    def shown(form: Form, tokens: Tokens, token: str = "", code: int = 200, limited: str = "") -> ResponseReturnValue:
        known = bot.knowledge()
        page = render_template(
            "public/leave.html",
            form=form,
            token=token or tokens.form(),
            most=MOST_WRITTEN,
            departments=known.faq.departments,
            topic=known.faq[form.topic] if form.topic else None,
            limited=limited,
            danger=bool(form.text) and known.understand(typed(form.text)).outcome is Outcome.EMERGENCY,
            keep_days=bot.settings.keep_days,
        )
        return page, code

    @blueprint.get("/leave")
    def leave() -> ResponseReturnValue:
        values = request.args.to_dict()
        values["text"] = values.get("text") or values.get("q", "")
        return shown(form_of(values, bot.knowledge()), tokens_of(bot))

    @blueprint.post("/leave")
    def leave_it() -> ResponseReturnValue:
        tokens, known, values = tokens_of(bot), bot.knowledge(), request.form.to_dict()
        form, token = form_of(values, known), values.get("token", "")
        form_id = tokens.form_id(token)
        check(form, values)
        if form_id is None or not from_our_page(request):
            form.errors["form"] = "stale"
            token = ""
        if form_id is None or form.errors:
            return shown(form, tokens, token, 422)
        try:
            ticket = leave_request(bot.record, known, bot.office().public, _request(form, form_id), address_of(request))
        except TooMany as refused:
            return shown(form, tokens, token, 429, str(refused.limited))
        except StoreLost as error:
            log.error("a request of the public page was not stored: %s", error)
            return shown(form, tokens, token, 503, "lost")
        return redirect(url_for("public.left", receipt=tokens.receipt(ticket.number)), 303)

    @blueprint.get("/left")
    def left() -> ResponseReturnValue:
        number = tokens_of(bot).ticket_number(request.args.get("receipt", ""))
        ticket = bot.record.ticket(number) if number else None
        if ticket is None:
            return redirect(url_for("public.check"), 303)
        office = bot.office()
        return render_template(
            "public/left.html",
            ticket=ticket,
            complaint=ticket.kind is TicketKind.COMPLAINT,
            danger=ticket.kind is TicketKind.EMERGENCY,
            open_now=office.calendar_of(ticket.department).is_open(ticket.created_at),
            unit=unit_name(bot, ticket.unit),
        )


def tokens_of(bot: Bot) -> Tokens:
    """Signed with a key that comes from the installation's secret."""
    return Tokens(bot.record.blind("public forms"))


def _request(form: Form, form_id: str) -> Request:
    return Request(
        id=f"web-{form_id}",
        text=form.text,
        number=telephone(form.phone),
        name=form.name,
        department=form.department or None,
        topic=form.topic or None,
        complaint=form.complaint,
        in_writing=form.contact == "text",
    )

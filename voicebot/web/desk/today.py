"""值班台: the line as it is just now, and what somebody has to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voicebot.bot import Bot
from voicebot.cases.book import Book, Standing
from voicebot.cases.ticket import ChangeRefused
from voicebot.staffing import queue
from voicebot.staffing.present import Present, present
from voicebot.store.case_list import CaseFilter
from voicebot.store.case_models import Notice
from voicebot.store.live import LiveCall
from voicebot.store.rings import Waiter
from voicebot.web.desk.pulse import Pulse, Streams, stream
from voicebot.web.desk.seeing import Names, sight_of
from voicebot.web.desk.sessions import PASSIVE, audit

MOST_MINE = 30
MOST_FREE = 10


@dataclass(frozen=True, slots=True)
class Today:
    """All that is on the page."""

    calls: list[LiveCall]
    """Who talks with the line, or with a person."""
    waiting: list[LiveCall]
    """Who waits for a person, in the order they will be served."""
    people: list[Present]
    mine: list[Standing]
    mine_count: int
    free: list[Standing]
    """Cases nobody answers for yet."""
    free_count: int
    notices: list[Notice]
    at: datetime


def today_blueprint(bot: Bot) -> Blueprint:
    """`/desk/today`."""
    blueprint = Blueprint("today", __name__, url_prefix="/desk/today")
    book, names = Book(bot.record, bot.office, bot.now), Names(bot)
    pulse, streams = Pulse(lambda: bot.record.pulse()), Streams()
    PASSIVE.update({"today.live", "today.events"})

    def shown(template: str) -> str:
        word = pulse()  # first: what changes while the page is made is told by the stream
        return render_template(template, today=_today(bot, book), names=names, word=word)

    @blueprint.get("")
    def page() -> str:
        audit("today.view")
        return shown("desk/today.html")

    @blueprint.get("/live")
    def live() -> str:
        return shown("desk/_today_part.html")

    @blueprint.get("/events")
    def events() -> Response:
        account = g.user.id
        if not streams.enter(account):
            return Response(status=204)  # tells the browser not to try again; the page asks every few seconds anyway
        last = request.headers.get("Last-Event-ID") or request.args.get("since", "")
        serving = current_app.config.get("SERVING", lambda: True)
        lines = stream(pulse, last, serving=serving)
        response = Response(lines, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
        response.call_on_close(lambda: streams.leave(account))
        return response

    @blueprint.post("/seen/<int:notice>")
    def seen(notice: int) -> ResponseReturnValue:
        try:
            book.seen(notice, g.user.id, g.user.unit)
        except ChangeRefused as error:
            flash(error.message)
        else:
            audit("case.seen", str(notice))
        return redirect(url_for("today.page") + "#notices", 303)

    return blueprint


def _today(bot: Bot, book: Book) -> Today:
    office, now = bot.office(), bot.now()
    sight = sight_of(g.user, office)
    on = [call for call in bot.record.live_calls() if call.in_sight(sight)]
    order = {call: n for n, call in enumerate(_in_line(on))}
    mine = CaseFilter(owner=sight.person)
    free = CaseFilter(unowned=True)
    return Today(
        calls=[call for call in on if call.call.id not in order],
        waiting=sorted((call for call in on if call.call.id in order), key=lambda call: order[call.call.id]),
        people=present(office, bot.record.engagements(), now, sight.unit),
        mine=[book.standing(ticket) for ticket in bot.record.cases(sight, mine, limit=MOST_MINE)],
        mine_count=bot.record.count_cases(sight, mine),
        free=[book.standing(ticket) for ticket in bot.record.cases(sight, free, limit=MOST_FREE)],
        free_count=bot.record.count_cases(sight, free),
        notices=bot.record.notices_for(sight),
        at=now,
    )


def _in_line(calls: list[LiveCall]) -> list[str]:
    """Who waits and talks with nobody, in the order they are served."""
    waiters = [
        Waiter(one.call.id, tuple(one.waiting.wants), one.waiting.green, one.waiting.urgent, one.waiting.arrived_at)
        for one in calls
        if one.waiting is not None and not one.talking
    ]
    return [waiter.call for waiter in queue.in_order(waiters)]

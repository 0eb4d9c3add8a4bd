"""What somebody does to a case: read the form, do it, say so. What cannot be done is said on the page of the case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint, abort, flash, g, redirect, url_for
from flask.typing import ResponseReturnValue

from voicebot.cases.ticket import ChangeRefused
from voicebot.store.dial_list import BY_HAND
from voicebot.store.words import CallbackOutcome, DeskRole
from voicebot.web.desk.case_shown import Cases
from voicebot.web.desk.forms import form
from voicebot.web.desk.sessions import audit

Deed = Callable[[Cases, str, str], object]
"""Does one thing to a ticket: cases, its number, who does it."""


def _assign(cases: Cases, number: str, who: str) -> object:
    """Hand it on. A clerk hands on what is theirs or nobody's; a supervisor anything."""
    ticket = cases.found(number)
    if g.user.role is DeskRole.CLERK and ticket.owner not in (None, who):
        raise ChangeRefused("not-yours", f"这件由{cases.book.name_of(ticket.owner)}负责，只有本人或者主管能转交")
    return cases.book.assign(number, who, form("to"), form("why"))


DEEDS: Final[dict[str, Deed]] = {
    "take": lambda cases, number, who: cases.book.take(number, who),
    "contact": lambda cases, number, who: cases.book.contact(number, who, form("why")),
    "tried": lambda cases, number, who: cases.book.tried(number, who, form("why")),
    "note": lambda cases, number, who: cases.book.note(number, who, form("why")),
    "resolve": lambda cases, number, who: cases.book.resolve(number, who, form("why")),
    "reopen": lambda cases, number, who: cases.book.reopen(number, who, form("why")),
    "assign": _assign,
}
DONE: Final = {
    "take": "已认领，这件由您负责",
    "contact": "已记下：联系上了",
    "tried": "已记下：没有联系上",
    "note": "已备注",
    "resolve": "已办结。办错了可以“重新办理”",
    "reopen": "已重新办理，时限重新计算",
    "assign": "已转交",
}


def add_deeds(blueprint: Blueprint, cases: Cases) -> None:
    """Everything that changes a case."""

    @blueprint.post("/<number>/<any(take, contact, tried, note, resolve, reopen, assign):deed>")
    def do(number: str, deed: str) -> ResponseReturnValue:
        return _do(cases, number, f"case.{deed}", lambda: DEEDS[deed](cases, number, g.user.id), DONE[deed])

    @blueprint.post("/<number>/number")
    def number_of(number: str) -> ResponseReturnValue:
        cases.found(number)
        return _shown(cases, number, lambda: cases.book.number_of(number, g.user.id))

    _add_callbacks(blueprint, cases)


def _add_callbacks(blueprint: Blueprint, cases: Cases) -> None:
    @blueprint.post("/<number>/callbacks/<int:callback>/number")
    def dial(number: str, callback: int) -> ResponseReturnValue:
        _about(cases, number, callback)
        anyway = form("anyway") == "yes"
        return _shown(cases, number, lambda: cases.dialling.number(callback, g.user.id, anyway=anyway))

    @blueprint.post("/<number>/callbacks/<int:callback>/done")
    def dialled(number: str, callback: int) -> ResponseReturnValue:
        _about(cases, number, callback)
        if form("outcome") not in set(BY_HAND):
            abort(400)
        outcome, why = CallbackOutcome(form("outcome")), form("why")
        act = lambda: cases.dialling.done(callback, outcome, g.user.id, why)  # noqa: E731
        return _do(cases, number, "case.callback", act, "已记下")

    @blueprint.post("/<number>/callbacks/<int:callback>/retry")
    def retry(number: str, callback: int) -> ResponseReturnValue:
        _about(cases, number, callback)
        act = lambda: cases.dialling.retry(callback, g.user.id)  # noqa: E731
        return _do(cases, number, "case.callback", act, "线路会再打一次，先打给您，按 1 接通来电人")


def _about(cases: Cases, number: str, callback: int) -> None:
    """404 for a call back that is not about this case."""
    ticket = cases.found(number)
    if callback not in {one.id for one in cases.bot.record.callbacks_about(ticket.id)}:
        abort(404)


def _do(cases: Cases, number: str, action: str, act: Callable[[], object], done: str) -> ResponseReturnValue:
    cases.found(number)
    try:
        act()
    except ChangeRefused as error:
        return cases.page(number, problem=error.message, code=409)
    audit(action, number)
    flash(done)
    return redirect(url_for("cases.one", number=number), 303)


def _shown(cases: Cases, number: str, look: Callable[[], str]) -> ResponseReturnValue:
    """Show the caller's number, once it is written down who looked."""
    try:
        found = look()
    except ChangeRefused as error:
        return cases.page(number, problem=error.message, code=409)
    audit("case.number", number)
    if not found:
        return cases.page(number, problem="号码没有显示，或者已经按期限删除了", code=409)
    return cases.page(number, shown=found)

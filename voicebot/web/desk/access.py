"""Who may do what: one table, and nothing is allowed that is not in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Flask, abort, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from voicebot.staffing.accounts import User
from voicebot.store.words import DeskRole

CLERK, SUPERVISOR, LEADER = DeskRole.CLERK, DeskRole.SUPERVISOR, DeskRole.LEADER
AUDITOR, ADMIN = DeskRole.AUDITOR, DeskRole.ADMIN

Roles = frozenset[DeskRole | None]
"""None among them: who is not logged in."""
STAFF: Final[Roles] = frozenset({CLERK, SUPERVISOR, LEADER, AUDITOR, ADMIN})
ANYONE: Final[Roles] = STAFF | {None}
WORKERS: Final[Roles] = frozenset({CLERK, SUPERVISOR})
"""Who works on cases."""
READERS: Final[Roles] = frozenset({CLERK, SUPERVISOR, LEADER})
"""Who may read what callers said."""
FIGURES: Final[Roles] = frozenset({CLERK, SUPERVISOR, LEADER, AUDITOR})
"""Who may read figures that name no caller."""
ADMINS: Final[Roles] = frozenset({ADMIN})
ROSTER: Final[Roles] = frozenset({CLERK, SUPERVISOR, LEADER, ADMIN})
"""Who may see who is on duty; clerks their own unit's."""
PLANNERS: Final[Roles] = frozenset({SUPERVISOR, ADMIN})
"""Who may change it."""
GREETERS: Final[Roles] = frozenset({CLERK, SUPERVISOR, ADMIN})
"""Who registers callers for the green channel: whoever talks with them."""

THEIR_OWN: Final = frozenset({"twilio"})
"""Blueprints that verify every request by themselves: the telephone never depends on the desk."""

ACCESS: Final[Mapping[str, Mapping[str, Roles]]] = {
    # For everybody
    "static": {"GET": ANYONE},
    "health.healthz": {"GET": ANYONE},
    "health.readyz": {"GET": ANYONE},
    "metrics.metrics": {"GET": ANYONE},  # on this machine only: it sees to that itself
    "public.home": {"GET": ANYONE},
    "public.department": {"GET": ANYONE},
    "public.entry": {"GET": ANYONE},
    "public.ask": {"GET": ANYONE},
    "public.leave": {"GET": ANYONE},
    "public.leave_it": {"POST": ANYONE},
    "public.left": {"GET": ANYONE},
    "public.check": {"GET": ANYONE},
    "public.check_it": {"POST": ANYONE},
    "public.figures": {"GET": ANYONE},
    "public.robots": {"GET": ANYONE},
    # Getting in and out
    "desk.home": {"GET": STAFF},
    "desk.keys": {"GET": STAFF},
    "accounts.login": {"GET": ANYONE, "POST": ANYONE},
    "accounts.logout": {"POST": STAFF},
    "accounts.welcome": {"GET": ANYONE, "POST": ANYONE},
    "accounts.me": {"GET": STAFF, "POST": STAFF},
    # The line as it is now, and cases
    "today.page": {"GET": READERS},
    "today.live": {"GET": READERS},
    "today.events": {"GET": READERS},
    "today.seen": {"POST": WORKERS},
    "calls.one": {"GET": READERS},
    "cases.listing": {"GET": READERS},
    "cases.one": {"GET": READERS},
    "cases.sound": {"GET": READERS},
    "cases.do": {"POST": WORKERS},
    "cases.number_of": {"POST": WORKERS},
    "cases.dial": {"POST": WORKERS},
    "cases.dialled": {"POST": WORKERS},
    "cases.retry": {"POST": WORKERS},
    # What the line does for its callers
    "figures.page": {"GET": FIGURES},
    "figures.one": {"GET": FIGURES},
    "figures.list_behind": {"GET": FIGURES},
    "figures.export": {"GET": FIGURES},
    "missed.page": {"GET": FIGURES},
    "missed.list_behind": {"GET": FIGURES},
    "staffing.page": {"GET": FIGURES},
    "report.page": {"GET": READERS},
    "report.download": {"GET": READERS},
    # Administration
    "accounts.listing": {"GET": ADMINS},
    "accounts.new": {"GET": ADMINS, "POST": ADMINS},
    "accounts.one": {"GET": ADMINS, "POST": ADMINS},
    "accounts.invite": {"POST": ADMINS},
    "accounts.end": {"POST": ADMINS},
    "audit.listing": {"GET": frozenset({ADMIN, LEADER})},
    "audit.export": {"GET": frozenset({ADMIN, LEADER})},
    # The roster, the calendar, the green channel
    "duty.page": {"GET": ROSTER},
    "duty.shift": {"GET": ROSTER},
    "duty.people": {"GET": ROSTER},
    "duty.adding": {"GET": PLANNERS},
    "duty.add": {"POST": PLANNERS},
    "duty.substitute": {"POST": PLANNERS},
    "duty.remove": {"POST": PLANNERS},
    "duty.undo": {"POST": PLANNERS},
    "duty.history": {"GET": frozenset({SUPERVISOR, LEADER, ADMIN})},
    "duty.person": {"GET": PLANNERS},
    "duty.keep_person": {"POST": PLANNERS},
    "duty.remove_person": {"POST": PLANNERS},
    "duty.leave": {"POST": PLANNERS},
    "duty.remove_leave": {"POST": PLANNERS},
    "duty.export": {"GET": PLANNERS},
    "duty.importing": {"GET": PLANNERS},
    "duty.import_it": {"POST": PLANNERS},
    "calendar.page": {"GET": ROSTER},
    "calendar.settle": {"POST": PLANNERS},
    "calendar.unsettle": {"POST": PLANNERS},
    "calendar.known": {"POST": PLANNERS},
    "calendar.undo": {"POST": PLANNERS},
    "green.page": {"GET": GREETERS},
    "green.add": {"POST": GREETERS},
    "green.removing": {"GET": GREETERS},
    "green.remove": {"POST": GREETERS},
    # Questions: clerks write, supervisors publish (voicebot.questions.rights, which also knows whose department it is)
    "questions.page": {"GET": STAFF},
    "questions.one": {"GET": STAFF},
    "questions.sound": {"GET": STAFF},
    "questions.versions": {"GET": STAFF},
    "questions.undo": {"POST": frozenset({SUPERVISOR})},
    "questions.drafts": {"GET": WORKERS},
    "questions.edit": {"POST": WORKERS},
    "questions.new": {"POST": WORKERS},
    "questions.edit_file": {"POST": WORKERS},
    "questions.draft": {"GET": WORKERS},
    "questions.change": {"POST": WORKERS},
    "questions.settle": {"POST": WORKERS},
    "questions.restore": {"POST": WORKERS},
    # What the line could not answer: callers' words, masked
    "gaps.page": {"GET": READERS},
    "gaps.one": {"GET": READERS},
    "gaps.draft": {"POST": WORKERS},
    "gaps.split": {"POST": WORKERS},
    "gaps.join": {"POST": WORKERS},
    "gaps.decide": {"POST": WORKERS},
}
"""Endpoint → method → who may. HEAD goes with GET."""


def may(user: User | None, endpoint: str, method: str = "GET") -> bool:
    """Whether somebody may call an endpoint."""
    roles = ACCESS.get(endpoint, {}).get("GET" if method == "HEAD" else method, frozenset())
    return (user.role if user else None) in roles


def add_access(app: Flask) -> None:
    """Let nobody past who is not in the table; who is not logged in is asked to."""

    @app.before_request
    def guard() -> ResponseReturnValue | None:
        endpoint = request.endpoint
        if endpoint is None or request.blueprint in THEIR_OWN or may(g.user, endpoint, request.method):
            return None
        if g.user is not None or endpoint not in ACCESS:
            abort(403)
        return _to_login()

    @app.template_global("may")
    def may_now(endpoint: str, method: str = "GET") -> bool:
        return endpoint in app.view_functions and may(g.user, endpoint, method)


def _to_login() -> ResponseReturnValue:
    """Back to where they were after logging in; a part of a page (htmx) makes the whole page go there."""
    part = "HX-Request" in request.headers
    back = request.full_path.rstrip("?") if request.method == "GET" and not part else None
    login = url_for("accounts.login", next=back)
    if part:
        response = make_response("", 401)
        response.headers["HX-Redirect"] = login
        return response
    return redirect(login, 303)

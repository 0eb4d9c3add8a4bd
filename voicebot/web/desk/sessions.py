"""Who is asking: `g.user`, from a cookie that means nothing outside of the record."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, current_app, g, request

from voicebot.bot import Bot
from voicebot.staffing.accounts import LONGEST, Accounts, User

__all__ = ["User", "accounts_of", "audit", "end_session", "session_token", "start_session"]

COOKIE: Final = "desk"
PATH: Final = "/desk/"
PASSIVE: set[str] = set()
"""Endpoints that pages call by themselves: they keep nobody logged in."""


def add_sessions(app: Flask, bot: Bot) -> None:
    """Set `g.user` for every request to the desk. Elsewhere nobody is logged in and the record is not asked."""
    accounts = Accounts(bot.record)
    app.extensions["desk"] = accounts

    @app.before_request
    def who() -> None:
        g.user = None
        if request.path.startswith(PATH) and session_token():
            g.user = accounts.user(session_token(), active=request.endpoint not in PASSIVE)


def accounts_of(app: Flask) -> Accounts:
    """The accounts of the desk."""
    found: Accounts = app.extensions["desk"]
    return found


def session_token() -> str:
    """What the browser shows for its session; empty for none."""
    return request.cookies.get(COOKIE, "")


def start_session(response: Response, token: str) -> Response:
    """Let the browser keep a session."""
    response.set_cookie(
        COOKIE,
        token,
        path=PATH,
        max_age=int(LONGEST.total_seconds()),
        httponly=True,
        secure=request.is_secure,
        samesite="Lax",
    )
    return response


def end_session(response: Response) -> Response:
    """Let the browser forget its session."""
    response.delete_cookie(COOKIE, path=PATH, httponly=True, secure=request.is_secure, samesite="Lax")
    return response


def audit(action: str, about: str = "", detail: str = "") -> None:
    """Write down that whoever is logged in looked at, changed or took out something. Durable on return; raises
    `StoreLost`: what cannot be written down is not shown.

    `action`: a stable word such as ``case.view``, with its Chinese in `templates/desk/_audit.html`. `about`: a ticket
    number, a call, an account, an entry. Never a telephone number or what a caller said.
    """
    user: User | None = g.user
    accounts_of(current_app).record.audit(user.id if user else "", user.role if user else "", action, about, detail)

"""Error pages in Chinese, which say what to do. The telephone's own answers stay as they are."""

from __future__ import annotations

import logging

from flask import Flask, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from voicebot.errors import FaultError
from voicebot.web.desk.access import THEIR_OWN

log = logging.getLogger(__name__)


def add_error_pages(app: Flask) -> None:
    """For every page people look at."""

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> ResponseReturnValue:
        if _is_ours() or error.code is None or error.code < 400:
            return error
        return _page(error.code)

    @app.errorhandler(CSRFError)
    def stale(error: CSRFError) -> ResponseReturnValue:
        return _page(400, "form")

    @app.errorhandler(FaultError)
    def broken(error: FaultError) -> ResponseReturnValue:
        if _is_ours():
            raise error
        log.error("%s %s: %s", request.method, request.endpoint, error)
        return _page(503)

    @app.errorhandler(InternalServerError)
    def fault(error: InternalServerError) -> ResponseReturnValue:
        return error if _is_ours() else _page(500)


def _is_ours() -> bool:
    """A request of the telephone's."""
    return request.path.startswith("/twilio/") or request.blueprint in THEIR_OWN


def _page(code: int, kind: str = "") -> ResponseReturnValue:
    template = "desk/error.html" if request.path.startswith("/desk/") else "public/error.html"
    return make_response(render_template(template, code=code, kind=kind), code)

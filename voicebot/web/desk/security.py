"""What browsers may do with our pages, and forms that only we can have given out (CSRF)."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect

from voicebot.bot import Bot

CONTENT: Final = "; ".join(
    [
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
"""Content Security Policy: nothing inline, nothing from elsewhere."""
HEADERS: Final = {
    "Content-Security-Policy": CONTENT,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
PHONE: Final = "twilio"
"""The telephone's blueprint: signed by the provider, so it needs neither."""
OWN_FORMS: Final = (PHONE, "public")
"""Blueprints that see to their forms by themselves: the public page works without a cookie."""


class _Cookies(SecureCookieSessionInterface):
    """Flask's signed cookie holds the CSRF token and lines to show once; secure wherever the page is."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """A proxy on this machine tells by X-Forwarded-Proto (gunicorn's `forwarded_allow_ips`)."""
        return request.is_secure


def add_security(app: Flask, bot: Bot) -> None:
    """Headers on every page but the telephone's; a CSRF token with every form."""
    app.secret_key = bot.cookie_key
    app.session_interface = _Cookies()
    app.config |= {
        "SESSION_COOKIE_NAME": "form",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SEND_FILE_MAX_AGE_DEFAULT": 86400,  # their addresses change with them (`asset`)
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the browser's session: a form may stay open over lunch
    }
    csrf = CSRFProtect(app)
    for name in OWN_FORMS:
        if name in app.blueprints:
            csrf.exempt(app.blueprints[name])

    @app.after_request
    def headers(response: Response) -> Response:
        if request.blueprint == PHONE:
            return response
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.path.startswith("/desk/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

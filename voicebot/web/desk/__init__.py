"""The staff desk under /desk/: `add_desk(app, bot)`.

A page group is a module with a function that takes the bot and gives a blueprint. To add one: its line in `PAGES`, its
endpoints in `access.ACCESS`, its entry in the menu (`templates/desk/_menu.html`).
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask

from voicebot.bot import Bot
from voicebot.web.desk.access import add_access
from voicebot.web.desk.accounts import accounts_blueprint
from voicebot.web.desk.audit import audit_blueprint
from voicebot.web.desk.calendar import calendar_blueprint
from voicebot.web.desk.calls import calls_blueprint
from voicebot.web.desk.cases import cases_blueprint
from voicebot.web.desk.duty import duty_blueprint
from voicebot.web.desk.errors import add_error_pages
from voicebot.web.desk.figures import figures_blueprint
from voicebot.web.desk.gaps import gaps_blueprint
from voicebot.web.desk.green import green_blueprint
from voicebot.web.desk.home import home_blueprint
from voicebot.web.desk.missed import missed_blueprint
from voicebot.web.desk.questions import questions_blueprint
from voicebot.web.desk.report import report_blueprint
from voicebot.web.desk.security import add_security
from voicebot.web.desk.sessions import add_sessions
from voicebot.web.desk.showing import add_showing
from voicebot.web.desk.staffing import staffing_blueprint
from voicebot.web.desk.today import today_blueprint

PAGES: tuple[Callable[[Bot], Blueprint], ...] = (
    home_blueprint,
    accounts_blueprint,
    audit_blueprint,
    today_blueprint,
    cases_blueprint,
    calls_blueprint,
    duty_blueprint,
    calendar_blueprint,
    green_blueprint,
    questions_blueprint,
    gaps_blueprint,
    figures_blueprint,
    missed_blueprint,
    staffing_blueprint,
    report_blueprint,
)


def add_desk(app: Flask, bot: Bot) -> None:
    """Add the desk, and what guards every page of the app but the telephone's, which guards itself."""
    add_sessions(app, bot)
    add_access(app)  # before CSRF: who may not do it at all is told so
    add_security(app, bot)
    add_showing(app, bot)
    add_error_pages(app)
    for page in PAGES:
        app.register_blueprint(page(bot))

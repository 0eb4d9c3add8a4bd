"""The audit log: who looked at what, changed what, took out what."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time, timedelta

from flask import Blueprint, Response, render_template, request

from voicebot.bot import Bot
from voicebot.staffing.calendar import ZONE
from voicebot.store.audit import AuditFilter
from voicebot.web.desk.sessions import audit

PAGE = 50
MOST_EXPORTED = 10_000


def audit_blueprint(bot: Bot) -> Blueprint:
    """`/desk/audit`."""
    blueprint = Blueprint("audit", __name__, url_prefix="/desk/audit")
    record = bot.record

    @blueprint.get("")
    def listing() -> str:
        which, before = _asked(), request.args.get("before", type=int)
        lines = record.audit_lines(which, before=before, limit=PAGE + 1)
        more = lines[PAGE - 1].id if len(lines) > PAGE else None
        names = {account.id: account.name for account in record.accounts()}
        return render_template(
            "desk/audit.html", lines=lines[:PAGE], more=more, names=names, asked=request.args, first=before is None
        )

    @blueprint.get("/export.csv")
    def export() -> Response:
        audit("export.audit", "", request.query_string.decode("latin-1")[:500])
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["时间", "工号", "角色", "操作", "对象", "说明"])
        for line in record.audit_lines(_asked(), limit=MOST_EXPORTED):
            at = line.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
            writer.writerow([at, *map(plain_cell, (line.who, line.role, line.action, line.about, line.detail))])
        headers = {"Content-Disposition": "attachment; filename=audit.csv"}
        return Response("\ufeff" + out.getvalue(), mimetype="text/csv", headers=headers)

    return blueprint


def plain_cell(text: str) -> str:
    """Text that a spreadsheet will not run as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _asked() -> AuditFilter:
    """What the address asks for; what cannot be read is not asked."""
    until = _day("until")
    return AuditFilter(
        who=request.args.get("who", "").strip(),
        action=request.args.get("action", "").strip(),
        about=request.args.get("about", "").strip(),
        since=_day("since"),
        until=until + timedelta(days=1) if until else None,
    )


def _day(name: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(request.args.get(name, "")), time(), ZONE)
    except (ValueError, OverflowError):
        return None

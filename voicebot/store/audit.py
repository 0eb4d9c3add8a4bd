"""The audit log of the desk: every look at a caller's data, every change, every export. Only ever added to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from voicebot.store.desk_models import AuditLine
from voicebot.store.shelf import Shelf


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines; empty or None: any."""

    who: str = ""
    action: str = ""
    """An action, or a group of them with a dot at its end: ``case.``."""
    about: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """Before then."""


class AuditLog(Shelf):
    """Every method may raise `StoreLost`."""

    def audit(self, who: str, role: str, action: str, about: str = "", detail: str = "") -> None:
        """Add a line; durable on return."""
        with self._database.writing() as session:
            session.add(AuditLine(at=self._now(), who=who, role=role, action=action, about=about[:255], detail=detail))

    def audit_lines(
        self, which: AuditFilter = AuditFilter(), *, before: int | None = None, limit: int = 50
    ) -> list[AuditLine]:
        """Lines, newest first; `before`: older than the line with that id."""
        lines = select(AuditLine).where(*_conditions(which)).order_by(AuditLine.id.desc()).limit(limit)
        if before is not None:
            lines = lines.where(AuditLine.id < before)
        with self._database.reading() as session:
            return list(session.scalars(lines))


def _conditions(which: AuditFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if which.who:
        found.append(AuditLine.who == which.who)
    if which.action.endswith("."):
        found.append(AuditLine.action.startswith(which.action, autoescape=True))
    elif which.action:
        found.append(AuditLine.action == which.action)
    if which.about:
        found.append(AuditLine.about == which.about)
    if which.since:
        found.append(AuditLine.at >= which.since)
    if which.until:
        found.append(AuditLine.at < which.until)
    return found

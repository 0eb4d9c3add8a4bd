"""What the office itself has said about its calendar, version after version: nothing of it is ever overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voicebot.errors import OperatorError
from voicebot.store.columns import Base, Json, UtcTime
from voicebot.store.models import Id
from voicebot.store.shelf import Shelf, alone

LOCK: Final = 0x63616C65  # "cale"


class CalendarVersion(Base):
    """The office's own days as they were saved once. Rows are only ever added; the latest one is in force."""

    __tablename__ = "calendars"

    id: Mapped[int] = mapped_column(primary_key=True)
    saved_at: Mapped[datetime] = mapped_column(UtcTime)
    who: Mapped[str] = mapped_column(Id)
    why: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    """A document in the form of ``calendar.toml``, days as ISO texts."""


class CalendarChanged(OperatorError):
    """Somebody else has saved the calendar meanwhile."""


class OfficeDays(Shelf):
    """The calendar's versions. Every method may raise `StoreLost`."""

    def office_days(self) -> tuple[int, dict[str, Any]]:
        """The version in force and its body; 0 and nothing when there is none."""
        with self._database.reading() as session:
            row = _latest(session)
            return (row.id, dict(row.body)) if row else (0, {})

    def save_office_days(self, body: Mapping[str, Any], *, who: str, why: str, based_on: int) -> int:
        """Put it in force: its version. Raises `CalendarChanged` when `based_on` is not in force any more."""
        with self._database.writing() as session:
            alone(session, LOCK)
            before = _latest(session)
            if (before.id if before else 0) != based_on:
                raise CalendarChanged("calendar-changed", "日历刚刚被别人改过，请重新查看后再改")
            row = CalendarVersion(saved_at=self._now(), who=who, why=why, body=dict(body))
            session.add(row)
            session.flush()
            return row.id

    def office_days_versions(self, limit: int = 20) -> list[CalendarVersion]:
        """The latest versions, newest first."""
        with self._database.reading() as session:
            return list(session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc()).limit(limit)))


def _latest(session: Session) -> CalendarVersion | None:
    return session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc()).limit(1)).first()

"""The duty roster as it was saved, version after version: nothing of it is ever overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from voicebot.errors import OperatorError
from voicebot.store.duty_models import RosterVersion
from voicebot.store.seal import Seal
from voicebot.store.shelf import Shelf, alone

LOCK: Final = 0x726F7374  # "rost"
"""Key of the PostgreSQL advisory lock; SQLite has one writer anyway."""


class RosterChanged(OperatorError):
    """Somebody else has saved the roster meanwhile."""


class Duties(Shelf):
    """The roster's versions. What is in a body is `voicebot.staffing.keeping`'s to say; `number`s in it are sealed
    here. Every method may raise `StoreLost`.
    """

    _seal: Seal

    def roster(self) -> tuple[int, dict[str, Any]]:
        """The version in force and its body; 0 and nothing when there is none."""
        with self._database.reading() as session:
            row = _latest(session)
            return (row.id, self._opened(row.body)) if row else (0, {})

    def save_roster(self, body: Mapping[str, Any], *, who: str, why: str, based_on: int) -> int:
        """Put a roster in force: its version. Raises `RosterChanged` when `based_on` is not in force any more."""
        sealed = {**body, "people": [{**p, "number": self._seal.close(p["number"])} for p in body.get("people", ())]}
        with self._database.writing() as session:
            alone(session, LOCK)
            before = _latest(session)
            if (before.id if before else 0) != based_on:
                raise RosterChanged("roster-changed", "排班刚刚被别人改过，请重新查看后再改")
            row = RosterVersion(saved_at=self._now(), who=who, why=why, body=sealed)
            session.add(row)
            session.flush()
            return row.id

    def roster_versions(self, limit: int = 20) -> list[RosterVersion]:
        """The latest versions, newest first; numbers in them stay sealed."""
        with self._database.reading() as session:
            return list(session.scalars(select(RosterVersion).order_by(RosterVersion.id.desc()).limit(limit)))

    def roster_version(self, version: int) -> dict[str, Any] | None:
        """The body of one version; None when there is no such version."""
        with self._database.reading() as session:
            row = session.get(RosterVersion, version)
            return self._opened(row.body) if row else None

    def _opened(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return {**body, "people": [{**p, "number": self._seal.open(p["number"])} for p in body.get("people", ())]}


def _latest(session: Session) -> RosterVersion | None:
    return session.scalars(select(RosterVersion).order_by(RosterVersion.id.desc()).limit(1)).first()

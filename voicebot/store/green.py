"""The green channel: whom the line brings to a person first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update

from voicebot.store.models import Call, GreenNumber
from voicebot.store.numbers import NumberKey
from voicebot.store.shelf import Shelf, changed, insert_once
from voicebot.store.words import UNRESOLVED

SOON: Final = timedelta(minutes=30)
"""A second call within this, about something unresolved, goes to a person first."""


KEPT: Final = timedelta(days=730)
"""How long consent to the green channel stands before it is asked for again."""


class GreenChannel(Shelf):
    """Remembered callers, by the keyed hash of their number."""

    _numbers: NumberKey

    def register_green(self, caller_key: str, *, consent: str, expires_at: datetime) -> None:
        """Remember a caller, or renew: `consent` says who agreed to it, when and how. Raises `StoreLost`.

        Raises `ValueError` for a withheld number: there is nothing to remember.
        """
        if not caller_key:
            raise ValueError("a withheld number cannot be remembered")
        values = {"consent": consent, "registered_at": self._now(), "expires_at": expires_at}
        with self._database.writing() as session:
            if not insert_once(session, GreenNumber, caller_key=caller_key, **values):
                changed(session, update(GreenNumber).where(GreenNumber.caller_key == caller_key).values(**values))

    def remove_green(self, caller_key: str) -> bool:
        """Forget a caller on request: whether they were remembered. Raises `StoreLost`."""
        with self._database.writing() as session:
            return changed(session, delete(GreenNumber).where(GreenNumber.caller_key == caller_key)) == 1

    def number_key(self, number: str) -> str:
        """The keyed hash of a number however it was written; empty when it is none."""
        return self._numbers.key(number)

    def green_numbers(self) -> list[GreenNumber]:
        """Who is remembered and whose consent still stands, oldest first. Raises `StoreLost`."""
        standing = select(GreenNumber).where(GreenNumber.expires_at > self._now())
        with self._database.reading() as session:
            return list(session.scalars(standing.order_by(GreenNumber.registered_at)))

    def green_page(self, offset: int, limit: int) -> tuple[int, list[GreenNumber]]:
        """How many are remembered whose consent still stands, and some, the newest first. Raises `StoreLost`."""
        standing = GreenNumber.expires_at > self._now()
        newest = select(GreenNumber).where(standing).order_by(GreenNumber.registered_at.desc(), GreenNumber.caller_key)
        with self._database.reading() as session:
            total = session.scalar(select(func.count()).select_from(GreenNumber).where(standing)) or 0
            return total, list(session.scalars(newest.offset(offset).limit(limit)))

    def green_number(self, caller_key: str) -> GreenNumber | None:
        """One that is remembered and whose consent still stands. Raises `StoreLost`."""
        with self._database.reading() as session:
            row = session.get(GreenNumber, caller_key)
        return row if row is not None and row.expires_at > self._now() else None

    def is_green(self, caller_key: str) -> bool:
        """Whether the caller is remembered and the consent still stands. Raises `StoreLost`."""
        return bool(caller_key) and self.green_number(caller_key) is not None

    def recent_unresolved(self, caller_key: str, within: timedelta = SOON, *, before: str = "") -> Call | None:
        """The caller's latest call, if it was on within that time and did not help; `before` is the call they are on.

        A call whose end never reached us counts by how it stood. Raises `StoreLost`.
        """
        if not caller_key:
            return None
        latest = (
            select(Call)
            .where(Call.caller_key == caller_key, Call.id != before)
            .order_by(Call.started_at.desc())
            .limit(1)
        )
        with self._database.reading() as session:
            call = session.scalars(latest).first()
        if call is None or (call.ended_at or call.started_at) < self._now() - within:
            return None
        return call if call.outcome in UNRESOLVED else None

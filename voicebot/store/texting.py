"""What is remembered between two text messages of one person, and who wants none from us."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, update

from voicebot.store.case_models import SmsThread
from voicebot.store.models import Call
from voicebot.store.numbers import NumberKey
from voicebot.store.shelf import Shelf, changed, insert_once

THREAD_LIFE: Final = timedelta(days=1)
"""What we asked longer ago than this is forgotten: “1” is no answer to it any more."""
_STOPPED = "stopped"


class Texting(Shelf):
    """Threads by the keyed hash of a number. That somebody wants no messages does not expire."""

    _numbers: NumberKey

    def sms_thread(self, caller_key: str) -> dict[str, Any]:
        """What was saved last; empty when there is nothing, or it is too old. Raises `StoreLost`."""
        with self._database.reading() as session:
            row = session.get(SmsThread, caller_key)
        if row is None:
            return {}
        if row.saved_at > self._now() - THREAD_LIFE:
            return dict(row.state)
        return {_STOPPED: True} if row.state.get(_STOPPED) else {}

    def save_sms_thread(self, caller_key: str, state: Mapping[str, Any]) -> None:
        """Remember this instead of what was saved before. Raises `StoreLost`."""
        values = {"state": dict(state), "saved_at": self._now()}
        with self._database.writing() as session:
            if not insert_once(session, SmsThread, caller_key=caller_key, **values):
                changed(session, update(SmsThread).where(SmsThread.caller_key == caller_key).values(**values))

    def sms_stopped(self, number: str) -> bool:
        """Whether whoever has this number wants no text messages. Raises `StoreLost`."""
        return bool(self.sms_thread(self._numbers.key(number)).get(_STOPPED))

    def texter(self, message: str) -> str:
        """The keyed hash of the number a text message came from; empty when it was withheld. Raises `StoreLost`."""
        with self._database.reading() as session:
            row = session.get(Call, message)
        return row.caller_key if row else ""

    def tidy_texting(self, before: datetime) -> int:
        """Remove what was saved before then, but for who wants no messages: how many rows. Raises `StoreLost`."""
        with self._database.writing() as session:
            old = SmsThread.saved_at < before
            keys = [row.caller_key for row in session.query(SmsThread).where(old) if not row.state.get(_STOPPED)]
            return changed(session, delete(SmsThread).where(SmsThread.caller_key.in_(keys), old))

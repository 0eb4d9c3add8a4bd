"""What every part of the record stands on: the database, the clock, and rows that are made once however often asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Executable, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from voicebot.store.columns import Base
from voicebot.store.database import Database
from voicebot.store.models import Call
from voicebot.store.words import CallOutcome, Channel


class Shelf:
    """A part of the record. `now` gives aware datetimes."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def _locked_call(self, session: Session, call: str, channel: Channel = Channel.TWILIO) -> Call:
        """The call's row, held until the transaction ends.

        Made here when there is none yet: webhooks come late, twice and in any order, and none of them is lost.
        """
        lock = {"key_share": True}
        row = session.get(Call, call, with_for_update=lock)
        if row is None:
            insert_once(
                session,
                Call,
                id=call,
                channel=channel,
                started_at=self._now(),
                caller_key="",
                caller_last4="",
                line_number="",
                green=False,
                outcome=CallOutcome.LEFT_EARLY,
                faq_version="",
                events={},
                answers=0,
                left_waiting=False,
                again=False,
                first_today=False,
                got_through=False,
            )
            row = session.get_one(Call, call, with_for_update=lock)
        if row.forgotten_at is None:
            row.weighed_at = None  # there is news of it, also after its end
        return row


def insert_once(session: Session, model: type[Base], **values: Any) -> bool:
    """Insert a row unless one with the same key stands there: whether it was inserted. Atomic on both databases."""
    postgres = session.get_bind().dialect.name == "postgresql"
    statement = postgresql.insert(model) if postgres else sqlite.insert(model)
    return changed(session, statement.values(**values).on_conflict_do_nothing()) == 1


def alone(session: Session, key: int) -> None:
    """One writes at a time, across all replicas, until the transaction ends; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def changed(session: Session, statement: Executable) -> int:
    """Execute an insert, update or delete: how many rows it touched."""
    # An INSERT's count is thrown away unless asked for.
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    return cast("CursorResult[Any]", result).rowcount

"""The way of a caller's message from the provider to the ticket: each step is kept, and so done once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from voicebot.store.models import Message
from voicebot.store.outbox import Outboxes, enqueue
from voicebot.store.shelf import changed, insert_once
from voicebot.store.words import Kind

CALLBACK_LIFE: Final = timedelta(minutes=1)
"""The provider says when the recording can be fetched. When it has not by then, we ask."""


def fetch_key(call: str, url: str) -> str:
    """Key of the outbox row that fetches a message."""
    return f"fetch:{hashlib.sha256(f'{call} {url}'.encode()).hexdigest()}"


def fetch_later(session: Session, call: str, url: str, due_at: datetime) -> None:
    """In the transaction that keeps the message: it will be fetched, transcribed and deleted at the provider."""
    enqueue(session, Kind.FETCH, fetch_key(call, url), {"call": call, "url": url}, due_at)


def delete_at_provider(session: Session, calls: Collection[str], now: datetime) -> None:
    """In the transaction that forgets these calls: messages of theirs that the provider may still have are deleted
    there, also those that nobody could fetch.
    """
    left = select(Message).where(Message.call_id.in_(calls), Message.deleted_at.is_(None), Message.url.like("http%"))
    for message in session.scalars(left):
        key = fetch_key(message.call_id, message.url).replace("fetch:", "delete:", 1)
        enqueue(session, Kind.FETCH, key, {"call": message.call_id, "url": message.url}, now)


class Messages(Outboxes):
    """What became of callers' messages."""

    def recording_ready(self, call: str, url: str) -> None:
        """The provider has the recording. May come before `message_taken`, and twice. Raises `StoreLost`."""
        with self._database.writing() as session:
            self._locked_call(session, call)
            insert_once(session, Message, call_id=call, url=url, created_at=self._now())
            fetch_later(session, call, url, self._now())
            self.bring_forward(session, fetch_key(call, url), self._now())

    def message(self, call: str, url: str) -> Message | None:
        """That message; None when it was forgotten. Raises `StoreLost`."""
        with self._database.reading() as session:
            return session.scalars(select(Message).where(Message.call_id == call, Message.url == url)).first()

    def message_heard(self, message_id: int, text: str) -> None:
        """What our recogniser heard in it. Raises `StoreLost`."""
        with self._database.writing() as session:
            changed(session, update(Message).where(Message.id == message_id).values(text=text))

    def message_deleted(self, message_id: int) -> None:
        """The provider has no copy any more. Raises `StoreLost`."""
        still_there = (Message.id == message_id) & Message.deleted_at.is_(None)
        with self._database.writing() as session:
            changed(session, update(Message).where(still_there).values(deleted_at=self._now()))

"""Tickets and messages: what the office owes its callers. Deadlines and owners are `voicebot.cases`' to add."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voicebot.dialogue.commands import OpenTicket
from voicebot.store.messages import CALLBACK_LIFE, fetch_later
from voicebot.store.models import Call, Message, Ticket
from voicebot.store.numbers import ticket_id
from voicebot.store.shelf import Shelf, insert_once
from voicebot.store.standing import after_message, after_ticket
from voicebot.store.words import SETTLED, TicketState


class Tickets(Shelf):
    """Tickets, and the messages that go with them."""

    def open_ticket(self, call: str, command: OpenTicket) -> Ticket:
        """Open the ticket, or find the one of this call and kind; durable on return. Raises `StoreLost`."""
        with self._database.writing() as session:
            return ensure_ticket(session, self._locked_call(session, call), self._now(), command)

    def tickets_of(self, call: str) -> list[Ticket]:
        """The tickets of a call. Raises `StoreLost`."""
        with self._database.reading() as session:
            return list(session.scalars(select(Ticket).where(Ticket.call_id == call).order_by(Ticket.id)))

    def ticket(self, number: str) -> Ticket | None:
        """The ticket with that spoken or typed number; None for a number that is wrong. Raises `StoreLost`."""
        known = ticket_id(number)
        with self._database.reading() as session:
            return session.get(Ticket, known) if known is not None else None

    def open_tickets(self) -> list[Ticket]:
        """Everything that is still owed, oldest first. Raises `StoreLost`."""
        owed = select(Ticket).where(Ticket.state.not_in(SETTLED)).order_by(Ticket.created_at, Ticket.id)
        with self._database.reading() as session:
            return list(session.scalars(owed))

    # Messages

    def message_taken(self, call: str, url: str, seconds: float) -> None:
        """The caller left a message, which the provider keeps at `url`. Raises `StoreLost`."""
        with self._database.writing() as session:
            row = self._locked_call(session, call)
            row.outcome = after_message(row.outcome, seconds)
            self._message(session, call, url).seconds = seconds
            fetch_later(session, call, url, self._now() + CALLBACK_LIFE)

    def message_fetched(self, call: str, url: str, file: str) -> None:
        """The message is in our own `file` now. May come before `message_taken`. Raises `StoreLost`."""
        with self._database.writing() as session:
            self._locked_call(session, call)
            message = self._message(session, call, url)
            message.file, message.fetched_at = file, self._now()

    def _message(self, session: Session, call: str, url: str) -> Message:
        """The message's row, on the call's latest ticket."""
        message = session.scalars(select(Message).where(Message.call_id == call, Message.url == url)).first()
        if message is None:
            message = Message(call_id=call, url=url, created_at=self._now())
            session.add(message)
        if message.ticket_id is None:
            latest = select(Ticket.id).where(Ticket.call_id == call).order_by(Ticket.id.desc()).limit(1)
            message.ticket_id = session.scalars(latest).first()
        return message

    def messages_of(self, call: str) -> list[Message]:
        """What the caller left, in order. Raises `StoreLost`."""
        with self._database.reading() as session:
            return list(session.scalars(select(Message).where(Message.call_id == call).order_by(Message.id)))

    def messages_to_fetch(self) -> list[Message]:
        """Messages that only the provider has so far, oldest first. Raises `StoreLost`."""
        waiting = select(Message).where(Message.fetched_at.is_(None)).order_by(Message.id)
        with self._database.reading() as session:
            return list(session.scalars(waiting))


def ensure_ticket(session: Session, row: Call, now: datetime, command: OpenTicket) -> Ticket:
    """The ticket of this call and kind, made in a transaction that holds the call's row unless it stands there."""
    row.outcome = after_ticket(row.outcome)
    row.department = command.department or row.department
    row.topic = command.topic or row.topic
    insert_once(
        session,
        Ticket,
        call_id=row.id,
        kind=command.kind,
        reason=command.reason,
        department=command.department,
        topic=command.topic,
        caller_key=row.caller_key,
        summary=command.summary,
        state=TicketState.OPEN,
        created_at=now,
    )
    return session.scalars(select(Ticket).where(Ticket.call_id == row.id, Ticket.kind == command.kind)).one()

"""Tickets and messages: what the office owes its callers. Deadlines and owners are `voicebot.cases`' to add."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voicebot.dialogue.commands import OpenTicket
from voicebot.store.case_models import TicketCall, TicketHistory
from voicebot.store.messages import CALLBACK_LIFE, fetch_later
from voicebot.store.models import Call, Message, Ticket
from voicebot.store.numbers import ticket_id
from voicebot.store.owed import ensure_ticket
from voicebot.store.shelf import Shelf
from voicebot.store.standing import after_message
from voicebot.store.terms import TermsOf


class Tickets(Shelf):
    """Tickets, and the messages that go with them."""

    _terms: TermsOf

    def open_ticket(self, call: str, command: OpenTicket) -> Ticket:
        """Open the ticket, or find the one of this call and kind; durable on return. Raises `StoreLost`."""
        now = self._now()
        terms = self._terms(command, now)
        with self._database.writing() as session:
            return ensure_ticket(session, self._locked_call(session, call), now, command, terms)

    def history_of(self, ticket: int) -> list[TicketHistory]:
        """Everything that happened to a ticket, in order. Raises `StoreLost`."""
        with self._database.reading() as session:
            lines = select(TicketHistory).where(TicketHistory.ticket_id == ticket).order_by(TicketHistory.id)
            return list(session.scalars(lines))

    @contextmanager
    def ticket_changing(self, ticket: int) -> Iterator[tuple[Session, Ticket]]:
        """A ticket, held until the block ends; what changes in it is durable then. Raises `StoreLost`, or `KeyError`
        for a ticket that is not there.
        """
        with self._database.writing() as session:
            row = session.get(Ticket, ticket, with_for_update=True)
            if row is None:
                raise KeyError(ticket)
            yield session, row

    def tickets_of(self, call: str) -> list[Ticket]:
        """The tickets a call opened or joined. Raises `StoreLost`."""
        linked = select(TicketCall.ticket_id).where(TicketCall.call_id == call)
        either = select(Ticket).where(or_(Ticket.call_id == call, Ticket.id.in_(linked))).order_by(Ticket.id)
        with self._database.reading() as session:
            return list(session.scalars(either))

    def ticket(self, number: str) -> Ticket | None:
        """The ticket with that spoken or typed number; None for a number that is wrong. Raises `StoreLost`."""
        known = ticket_id(number)
        with self._database.reading() as session:
            return session.get(Ticket, known) if known is not None else None

    def ticket_of_number_ending(self, number: str, last4: str) -> Ticket | None:
        """The ticket with that number when one of its calls came from a number that ends so; None for any other pair,
        without telling which half is wrong. Raises `StoreLost`.
        """
        known = ticket_id(number)
        if known is None or len(last4) != 4:
            return None
        calls = select(TicketCall.call_id).where(TicketCall.ticket_id == known)
        mine = select(Call.id).where(Call.id.in_(calls), Call.caller_last4 == last4)
        with self._database.reading() as session:
            return session.get(Ticket, known) if session.scalars(mine).first() else None

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
            latest = select(TicketCall.ticket_id).where(TicketCall.call_id == call)
            message.ticket_id = session.scalars(latest.order_by(TicketCall.ticket_id.desc()).limit(1)).first()
        return message

    def messages_of(self, call: str) -> list[Message]:
        """What the caller left, in order. Raises `StoreLost`."""
        with self._database.reading() as session:
            return list(session.scalars(select(Message).where(Message.call_id == call).order_by(Message.id)))

    def messages_about(self, ticket: int) -> list[Message]:
        """What was left about a ticket, on whichever of its calls, in order; what the same calls left about another
        ticket is not among it. Raises `StoreLost`.
        """
        with self._database.reading() as session:
            return list(session.scalars(select(Message).where(Message.ticket_id == ticket).order_by(Message.id)))

    def messages_to_fetch(self) -> list[Message]:
        """Messages that only the provider has so far, oldest first. Raises `StoreLost`."""
        waiting = select(Message).where(Message.fetched_at.is_(None)).order_by(Message.id)
        with self._database.reading() as session:
            return list(session.scalars(waiting))

"""Tickets as staff look for them: what they may see, most urgent first, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from voicebot.store.case_models import Callback, Notice, TicketCall
from voicebot.store.models import Call, Message, Ticket
from voicebot.store.numbers import ticket_id
from voicebot.store.shelf import Shelf
from voicebot.store.sight import Sight, in_sight
from voicebot.store.words import SETTLED, Matter, TicketState


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which tickets; empty or None: any."""

    settled: bool | None = False
    """None: both."""
    owner: str = ""
    unowned: bool = False
    matter: Matter | None = None
    department: str = ""
    text: str = ""
    """A ticket number, the last four digits of a caller's number, or words of the summary."""
    overdue_at: datetime | None = None
    """Only what is late then."""


class CaseList(Shelf):
    """Every method may raise `StoreLost`."""

    def cases(
        self, sight: Sight, which: CaseFilter = CaseFilter(), *, offset: int = 0, limit: int = 30
    ) -> list[Ticket]:
        """Tickets in sight: what is due first before what is due later, settled ones by when they were settled."""
        due = due_at()
        order: tuple[Any, ...] = (due.is_(None), due, Ticket.id)
        if which.settled is not False:
            order = (Ticket.created_at.desc(), Ticket.id.desc())
        found = _matching(select(Ticket), sight, which).order_by(*order).offset(offset).limit(limit)
        with self._database.reading() as session:
            return list(session.scalars(found))

    def count_cases(self, sight: Sight, which: CaseFilter = CaseFilter()) -> int:
        """How many there are."""
        with self._database.reading() as session:
            return session.scalar(_matching(select(func.count(Ticket.id)), sight, which)) or 0

    def notices_for(self, sight: Sight, limit: int = 20) -> list[Notice]:
        """What they have to be told and nobody has seen yet, oldest first; nothing about a ticket they may not see."""
        told = (
            select(Notice)
            .outerjoin(Ticket, Ticket.id == Notice.ticket_id)
            .where(Notice.seen_at.is_(None), or_(Notice.ticket_id.is_(None), in_sight(sight)))
        )
        if sight.unit is not None:
            told = told.where(Notice.unit == sight.unit)
        with self._database.reading() as session:
            return list(session.scalars(told.order_by(Notice.id).limit(limit)))

    def calls_about(self, ticket: int) -> list[Call]:
        """The calls that opened or joined a ticket, in order."""
        about = select(Call).join(TicketCall, TicketCall.call_id == Call.id).where(TicketCall.ticket_id == ticket)
        with self._database.reading() as session:
            return list(session.scalars(about.order_by(Call.started_at, Call.id)))

    def callbacks_about(self, ticket: int) -> list[Callback]:
        """The calls back that were promised about a ticket, in order."""
        about = select(Callback).where(Callback.ticket_id == ticket).order_by(Callback.id)
        with self._database.reading() as session:
            return list(session.scalars(about))

    def message_of(self, ticket: int, message: int) -> Message | None:
        """A message that was left about a ticket."""
        with self._database.reading() as session:
            row = session.get(Message, message)
            return row if row is not None and row.ticket_id == ticket else None


def due_at() -> ColumnElement[datetime]:
    """The deadline that comes next, as `voicebot.cases.book.Book.standing` says it; NULL for none."""
    later = case(
        (Ticket.promised_by.is_(None), Ticket.resolve_by),
        (Ticket.resolve_by.is_(None), Ticket.promised_by),
        (Ticket.promised_by < Ticket.resolve_by, Ticket.promised_by),
        else_=Ticket.resolve_by,
    )
    return case((Ticket.first_response_at.is_(None), Ticket.respond_by), else_=later)


def _matching(found: Select[Any], sight: Sight, which: CaseFilter) -> Select[Any]:
    found = found.where(in_sight(sight))
    if which.settled is not None:
        found = found.where(Ticket.state.in_(SETTLED) if which.settled else Ticket.state.not_in(SETTLED))
    if which.unowned:
        found = found.where(Ticket.owner.is_(None), Ticket.state == TicketState.OPEN)
    elif which.owner:
        found = found.where(Ticket.owner == which.owner)
    if which.matter is not None:
        found = found.where(Ticket.matter == which.matter)
    if which.department:
        found = found.where(Ticket.department == which.department)
    if which.overdue_at is not None:
        found = found.where(due_at() < which.overdue_at)
    return found.where(_about(which.text)) if which.text else found


def _about(text: str) -> ColumnElement[bool]:
    number = ticket_id(text)
    if number is not None:
        return Ticket.id == number
    if len(text) == 4 and text.isdecimal():
        ending = select(TicketCall.ticket_id).join(Call, Call.id == TicketCall.call_id).where(Call.caller_last4 == text)
        return Ticket.id.in_(ending)
    return Ticket.summary.contains(text, autoescape=True)

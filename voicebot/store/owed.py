"""Steps of a transaction that change what the office owes: opening a ticket, joining one, settling by a talk.

Each change stands in the history in the same transaction. History rows are only ever added.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from voicebot.dialogue.commands import OpenTicket, TicketKind
from voicebot.store.case_models import Callback, TicketCall, TicketHistory
from voicebot.store.models import Call, Message, Ticket
from voicebot.store.shelf import insert_once
from voicebot.store.standing import after_ticket
from voicebot.store.terms import Terms
from voicebot.store.waits import note_ticket
from voicebot.store.words import SETTLED, CallbackState, Change, Channel, TicketState

LINE = "line"
"""Who did it, in the history: the telephone line itself."""


def note(
    session: Session,
    ticket: Ticket,
    change: Change,
    before: TicketState | None,
    now: datetime,
    *,
    who: str = LINE,
    why: str = "",
) -> None:
    """Add a line to the ticket's history; `ticket` is as it is after the change."""
    session.add(
        TicketHistory(
            ticket_id=ticket.id,
            at=now,
            who=who,
            change=change,
            before=before,
            after=ticket.state,
            owner=ticket.owner,
            why=why,
        )
    )


def ensure_ticket(session: Session, row: Call, now: datetime, command: OpenTicket, terms: Terms) -> Ticket:
    """The ticket of this call and kind, in a transaction that holds the call's row.

    One that the caller is owed already about the same thing is joined; otherwise a new one is made.
    """
    row.outcome = after_ticket(row.outcome)
    note_ticket(session, row, now, command)
    row.department = command.department or row.department
    row.topic = command.topic or row.topic
    link = session.get(TicketCall, (row.id, command.kind))
    if link is not None:
        return session.get_one(Ticket, link.ticket_id)
    # Who writes on the public page may type anybody's number: they must not be told of what somebody else is owed.
    ticket = None if row.channel is Channel.WEB else _same_matter(session, row, command)
    if ticket is None:
        ticket = _new(session, row, now, command, terms)
        _bring_messages(session, row.id, ticket)
        return ticket
    session.add(TicketCall(call_id=row.id, kind=command.kind, ticket_id=ticket.id))
    _bring_messages(session, row.id, ticket)
    ticket.calls += 1
    _promise_again(ticket, now, terms)
    note(session, ticket, Change.JOIN, ticket.state, now, why=command.summary)
    return ticket


def _bring_messages(session: Session, call: str, ticket: Ticket) -> None:
    """What the caller said before the ticket was there belongs to it: webhooks come in any order."""
    homeless = update(Message).where(Message.call_id == call, Message.ticket_id.is_(None))
    session.execute(homeless.values(ticket_id=ticket.id))


def _promise_again(ticket: Ticket, now: datetime, terms: Terms) -> None:
    """Nobody is told a moment that has passed, or that a talk has used up: then this call is promised one of its own.
    The first deadline stays, and so do its escalations.
    """
    stands = ticket.respond_by is not None and ticket.respond_by > now and ticket.first_response_at is None
    if not stands and (ticket.promised_by is None or ticket.promised_by <= now):
        ticket.promised_at, ticket.promised_by, ticket.told_promise = now, terms.respond_by, 0


def responded(ticket: Ticket, now: datetime) -> None:
    """A person has spoken with the caller: what was promised is kept."""
    ticket.first_response_at = ticket.first_response_at or now
    ticket.promised_at = ticket.promised_by = None


def _same_matter(session: Session, row: Call, command: OpenTicket) -> Ticket | None:
    """What this caller is owed about this topic; without a topic, about anything of that department. Who only wants a
    person, and says nothing else, wants the one they are owed already.
    """
    if not row.caller_key:
        return None
    same = _owed_to(row.caller_key).where(Ticket.kind == command.kind)
    if command.topic:
        about = Ticket.topic == command.topic
    elif command.department or command.kind is not TicketKind.CALL:
        about = Ticket.topic.is_(None) & Ticket.department.is_not_distinct_from(command.department)
    else:
        about = Ticket.first_response_at.is_(None) | (Ticket.topic.is_(None) & Ticket.department.is_(None))
    return session.scalars(same.where(about).order_by(Ticket.id.desc()).limit(1).with_for_update()).first()


def _owed_to(caller_key: str) -> Select[Any]:
    return select(Ticket).where(Ticket.caller_key == caller_key, Ticket.state.not_in(SETTLED))


def _new(session: Session, row: Call, now: datetime, command: OpenTicket, terms: Terms) -> Ticket:
    inserted = insert_once(
        session,
        Ticket,
        call_id=row.id,
        kind=command.kind,
        matter=terms.matter,
        reason=command.reason,
        department=command.department,
        topic=command.topic,
        caller_key=row.caller_key,
        summary=command.summary,
        unit=terms.unit,
        owner=terms.owner,
        state=TicketState.OPEN,
        created_at=now,
        respond_by=terms.respond_by,
        resolve_by=terms.resolve_by,
        calls=1,
        tries=0,
        reopened=0,
        told=0,
        told_resolve=0,
    )
    own = select(Ticket).where(Ticket.call_id == row.id, Ticket.kind == command.kind)
    ticket = session.scalars(own).one()
    if inserted:
        session.add(TicketCall(call_id=row.id, kind=command.kind, ticket_id=ticket.id))
        note(session, ticket, Change.OPEN, None, now, why=command.summary)
        if ticket.owner is not None:
            ticket.state = TicketState.ASSIGNED
            note(session, ticket, Change.ASSIGN, TicketState.OPEN, now, why="首接负责")
    return ticket


def tickets_about(session: Session, call: str) -> list[Ticket]:
    """Tickets this call opened or joined."""
    linked = select(TicketCall.ticket_id).where(TicketCall.call_id == call)
    either = select(Ticket).where(or_(Ticket.call_id == call, Ticket.id.in_(linked))).order_by(Ticket.id)
    return list(session.scalars(either.with_for_update()))


def talked(session: Session, call: str, now: datetime, why: str) -> None:
    """The caller and a person have talked: what was owed is that talk. A complaint stays, an emergency was heard.

    Who only wanted a person, about nothing in particular, has had one now, whichever call asked for it.
    """
    for ticket in tickets_about(session, call) + _only_a_person(session, call):
        before = ticket.state
        if before in SETTLED or ticket.kind is TicketKind.COMPLAINT:
            continue
        responded(ticket, now)
        if ticket.kind is TicketKind.CALL:
            ticket.state, ticket.closed_at = TicketState.RESOLVED, now
            drop_callbacks(session, ticket.id, now)
        else:
            ticket.state = TicketState.CONTACTED
        note(session, ticket, Change.CONNECT if ticket.state in SETTLED else Change.CONTACT, before, now, why=why)


def _only_a_person(session: Session, call: str) -> list[Ticket]:
    """Other tickets of this caller that name no topic and no department, and that nobody has spoken about yet."""
    row = session.get_one(Call, call)
    if not row.caller_key:
        return []
    mine = _owed_to(row.caller_key).where(Ticket.kind == TicketKind.CALL, Ticket.first_response_at.is_(None))
    mine = mine.where(Ticket.topic.is_(None), Ticket.department.is_(None), Ticket.call_id != call)
    return list(session.scalars(mine.order_by(Ticket.id).with_for_update(skip_locked=True)))


def drop_callbacks(session: Session, ticket: int, now: datetime) -> None:
    """Nobody has to be called back about it any more."""
    waiting = select(Callback).where(Callback.ticket_id == ticket, Callback.ended_at.is_(None))
    for one in session.scalars(waiting):
        if one.state is not CallbackState.CALLING:
            one.state, one.ended_at = CallbackState.DROPPED, now


def still_owed(session: Session, call: str) -> bool:
    """Somebody still has to deal with what this call was about."""
    return any(ticket.state not in SETTLED for ticket in tickets_about(session, call))

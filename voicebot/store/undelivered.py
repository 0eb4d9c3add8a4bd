"""What could not be done outside of the database is told to somebody, with the ticket it is about."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from voicebot.store.case_models import Outbox
from voicebot.store.casebook import add_notice
from voicebot.store.models import Message, Ticket
from voicebot.store.owed import note
from voicebot.store.words import SETTLED, Change, Kind

UNDELIVERED: Final = "undelivered"
"""Level of the notice about what was given up."""
_WORDS: Final = "有一条留言没有取回或者没有听写出来"


def give_up(session: Session, row: Outbox, now: datetime) -> None:
    """In an open transaction: nobody tries a row again by itself. A caller's message that stays unheard is a notice to
    whoever owns the ticket, and a line in its history.
    """
    row.gave_up_at, row.claimed_until = now, None
    found = about(session, row)
    ticket = session.get(Ticket, found.id, with_for_update=True) if found else None
    if ticket is None or ticket.state in SETTLED:
        return
    words, key = f"工单 {ticket.number} {_WORDS}", f"undelivered:{row.id}:{now:%Y%m%d%H%M%S}"
    add_notice(
        session, now, key, unit=ticket.unit, level=UNDELIVERED, words=words, person=ticket.owner, ticket=ticket.id
    )
    note(session, ticket, Change.NOTE, ticket.state, now, why=_WORDS)


def about(session: Session, row: Outbox) -> Ticket | None:
    """The ticket a caller's message in the outbox belongs to; None when there is none, or the message was forgotten."""
    if row.kind is not Kind.FETCH:
        return None
    call, url = row.body.get("call"), row.body.get("url")
    mine = (
        select(Ticket).join(Message, Message.ticket_id == Ticket.id).where(Message.call_id == call, Message.url == url)
    )
    return session.scalars(mine).first()

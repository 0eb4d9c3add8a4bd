"""Text messages that callers agreed to, as the outbox keeps them: what they are about, not yet their words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from voicebot.store.case_models import TicketCall
from voicebot.store.models import Call, Ticket
from voicebot.store.outbox import enqueue
from voicebot.store.words import Kind


def want_text(session: Session, row: Call, entry: str | None, now: datetime) -> bool:
    """Order, in an open transaction, the long answer of `entry`, or for None what the call's latest ticket promises:
    whether it will be sent. Each once in a call; a number that is not kept, or a call without a ticket, gets nothing.
    """
    about: dict[str, Any] | None = {"entry": entry} if entry else _promise(session, row)
    if about is None or not row.caller_sealed:
        return False
    body = {"to": row.caller_sealed, "sms_ok": True, **about}
    return enqueue(session, Kind.SMS, f"sms:{row.id}:{entry or 'promise'}", body, now)


def _promise(session: Session, row: Call) -> dict[str, Any] | None:
    latest = select(Ticket).join(TicketCall, TicketCall.ticket_id == Ticket.id).where(TicketCall.call_id == row.id)
    ticket = session.scalars(latest.order_by(Ticket.id.desc()).limit(1)).first()
    if ticket is None:
        return None
    by = ticket.promise.isoformat() if ticket.promise else None
    return {"ticket": ticket.number, "kind": str(ticket.kind), "by": by}

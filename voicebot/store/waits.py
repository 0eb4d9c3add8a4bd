"""When a caller first wanted a person and how long it took: kept with the call, since what was said is forgotten one
day and the figures stay. Steps of a transaction that holds the call's row.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voicebot.dialogue.commands import Decision, OpenTicket, Reason, TicketKind
from voicebot.store.models import Attempt, Call, Turn


def note_wanted(row: Call, at: datetime, reason: Reason | None = None) -> None:
    """A person is wanted; the first time counts."""
    if row.wanted_at is None:
        row.wanted_at, row.reason = min(at, row.ended_at or at), reason


def note_ticket(session: Session, row: Call, at: datetime, command: OpenTicket) -> None:
    """A ticket means that a person is wanted now; but for a complaint by key at the very end, which only wants to be
    written down.
    """
    if command.kind is TicketKind.COMPLAINT:
        latest = select(Turn.decision).where(Turn.call_id == row.id).order_by(Turn.n.desc()).limit(1)
        if session.scalar(latest) is Decision.COMPLAINED:
            return
    note_wanted(row, at, command.reason)


def note_met(row: Call, attempt: Attempt) -> None:
    """The caller and whoever took the attempt have talked. A plain <Dial> may never tell when that began."""
    note_wanted(row, attempt.started_at)
    met = attempt.bridged_at or attempt.accepted_at
    row.waited_s = max(0.0, (met - row.wanted_at).total_seconds()) if met and row.wanted_at else None


def note_gone(row: Call) -> None:
    """The call is over."""
    if row.waited_s is None and row.wanted_at is not None and row.ended_at is not None:
        row.waited_s = max(0.0, (row.ended_at - row.wanted_at).total_seconds())

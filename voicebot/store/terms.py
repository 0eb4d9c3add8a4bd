"""What is settled about a ticket in the moment it is opened, and what the caller may be told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from voicebot.dialogue.commands import OpenTicket, TicketKind
from voicebot.store.words import Matter


@dataclass(frozen=True, slots=True)
class Terms:
    """Who answers for a ticket, and by when."""

    unit: str
    """A department's id, or the name of the supervising unit for a complaint; empty: the office as a whole."""
    owner: str | None
    """Id of the first person responsible; None: the unit's lead answers for it."""
    matter: Matter
    respond_by: datetime
    resolve_by: datetime
    open_now: bool = True
    """The office is open at this moment."""


TermsOf = Callable[[OpenTicket, datetime], Terms]
"""The terms of a ticket opened at that moment. Never raises: a ticket is opened whatever is missing."""

MATTERS = {TicketKind.COMPLAINT: Matter.COMPLAINT, TicketKind.EMERGENCY: Matter.EMERGENCY}


def plain_terms(command: OpenTicket, now: datetime) -> Terms:
    """Terms without calendar or roster: two hours, five days, nobody in particular."""
    matter = MATTERS.get(command.kind, Matter.CONSULTATION)
    return Terms(command.department or "", None, matter, now + timedelta(hours=2), now + timedelta(days=5))

"""What happens to a ticket: the calls that joined it, its history, calls back, notices, what is to be sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voicebot.dialogue.commands import TicketKind
from voicebot.store.columns import Base, Json, UtcTime, word
from voicebot.store.models import Id
from voicebot.store.words import CallbackOutcome, CallbackState, Change, Kind, TicketState


class TicketCall(Base):
    """Which ticket a call is about; once per call and kind."""

    __tablename__ = "ticket_calls"
    __table_args__ = (Index(None, "ticket_id"), Index(None, "kind", "call_id"))

    call_id: Mapped[str] = mapped_column(Id, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[TicketKind] = mapped_column(word(TicketKind), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))


class TicketHistory(Base):
    """One change of a ticket. Rows are only ever added: triggers refuse anything else, but that `why` is emptied when
    the ticket is forgotten.
    """

    __tablename__ = "ticket_history"
    __table_args__ = (Index(None, "ticket_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    at: Mapped[datetime] = mapped_column(UtcTime)
    who: Mapped[str] = mapped_column(Id)
    """Person id, ``line`` for the telephone line itself, ``caller``."""
    change: Mapped[Change] = mapped_column(word(Change))
    before: Mapped[TicketState | None] = mapped_column(word(TicketState))
    after: Mapped[TicketState] = mapped_column(word(TicketState))
    owner: Mapped[str | None] = mapped_column(Id)
    """Who answers for it from then on."""
    why: Mapped[str] = mapped_column(Text, default="")


class Callback(Base):
    """A call back that was promised. At most one that is not over per ticket."""

    __tablename__ = "callbacks"
    __table_args__ = (Index(None, "state", "due_at"), Index(None, "ticket_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    call_id: Mapped[str] = mapped_column(Id, ForeignKey("calls.id"))
    """The call whose number is called."""
    state: Mapped[CallbackState] = mapped_column(word(CallbackState), default=CallbackState.DUE)
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    """Not before then."""
    tries: Mapped[int] = mapped_column(default=0)
    """Rounds that were in vain: nobody of the staff could, or the caller could not be reached."""
    person: Mapped[str] = mapped_column(Id, default="")
    """Who is being rung for it, or was last."""
    claimed_until: Mapped[datetime | None] = mapped_column(UtcTime)
    """Without news by then a try is over."""
    outcome: Mapped[CallbackOutcome | None] = mapped_column(word(CallbackOutcome))
    """How the last try ended."""
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


class CallbackTry(Base):
    """One person rung, or dialling by hand, to bring a caller and the office together. Stands before a phone rings."""

    __tablename__ = "callback_tries"
    __table_args__ = (Index(None, "callback_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    callback_id: Mapped[int] = mapped_column(ForeignKey("callbacks.id"))
    round: Mapped[int]
    """From 0: `Callback.tries` when it began. In one round each person is rung once at most."""
    person: Mapped[str] = mapped_column(Id)
    """Id of who was rung; of who dialled themselves."""
    role: Mapped[str] = mapped_column(Id)
    """``A``, ``B``, ``lead`` or ``desk``; ``hand`` of who dialled themselves."""
    leg: Mapped[str] = mapped_column(Id, default="")
    """The provider's id of the leg to staff, once known."""
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    picked_up_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When someone or something answered at staff's phone."""
    accepted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When staff pressed 1; from then on the caller's phone may ring."""
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When the caller picked up."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    outcome: Mapped[CallbackOutcome | None] = mapped_column(word(CallbackOutcome))


class Notice(Base):
    """Something staff have to be told: a deadline, an escalation, an accountability notice."""

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("key"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Id)
    """Makes it once however often it is noticed: ``respond:17:2``."""
    at: Mapped[datetime] = mapped_column(UtcTime)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    unit: Mapped[str] = mapped_column(Id, default="")
    """Who is told: a department's id or a supervising unit."""
    person: Mapped[str | None] = mapped_column(Id)
    level: Mapped[str] = mapped_column(String(32))
    """``owner``, ``backup``, ``lead``, ``supervisor``, ``accountability`` or ``undelivered``."""
    text: Mapped[str] = mapped_column(Text)
    seen_at: Mapped[datetime | None] = mapped_column(UtcTime)
    seen_by: Mapped[str | None] = mapped_column(Id)


class Outbox(Base):
    """Something to be done outside of the database, committed together with what it announces."""

    __tablename__ = "outbox"
    __table_args__ = (UniqueConstraint("key"), Index(None, "done_at", "due_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Kind] = mapped_column(word(Kind))
    key: Mapped[str] = mapped_column(Id)
    """Makes it once: ``sms:ticket:17``."""
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    """What it is about; numbers in it are sealed."""
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    claimed_until: Mapped[datetime | None] = mapped_column(UtcTime)
    """A worker is at it until then."""
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    """Why the last try failed."""
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)
    gave_up_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SmsThread(Base):
    """What we last asked somebody who writes to us."""

    __tablename__ = "sms_threads"

    caller_key: Mapped[str] = mapped_column(Id, primary_key=True)
    state: Mapped[dict[str, Any]] = mapped_column(Json)
    saved_at: Mapped[datetime] = mapped_column(UtcTime)

"""The tables. Times are aware and in UTC; ids of calls are the provider's.

A row never holds a telephone number that can be read: where a call back needs one it is sealed (`Seal`), and of a
caller only for as long as somebody owes them a call. Indexes stand where a query of ours needs one. What staff keep
is in `duty_models`, what happens to a ticket in `case_models`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from voicebot.dialogue.commands import Decision, Reason, TicketKind
from voicebot.events import EndReason, TransferOutcome
from voicebot.matching.types import Outcome
from voicebot.store.columns import Base, Json, UtcTime, word
from voicebot.store.numbers import ticket_number
from voicebot.store.words import CallOutcome, Channel, Matter, Missed, TicketState

Id = String(255)
"""A provider's id, an FAQ entry, a department, a hash in hexadecimal."""


def _call() -> Mapped[str]:
    return mapped_column(Id, ForeignKey("calls.id", ondelete="CASCADE"))


class Call(Base):
    """One call, from its first ring."""

    __tablename__ = "calls"
    __table_args__ = (
        Index(None, "started_at"),
        Index(None, "caller_key", "started_at"),
        Index(None, "department", "started_at"),
        Index(None, "weighed_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    channel: Mapped[Channel] = mapped_column(word(Channel))
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    caller_key: Mapped[str] = mapped_column(Id, default="")
    """Keyed hash of the caller's number; empty when it was withheld or has been forgotten."""
    caller_last4: Mapped[str] = mapped_column(String(4), default="")
    caller_sealed: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """The caller's number, sealed, for a call back; empty when it was withheld or is not needed any more."""
    line_number: Mapped[str] = mapped_column(Text, default="")
    """The published number that was called."""
    green: Mapped[bool] = mapped_column(default=False)
    end_reason: Mapped[EndReason | None] = mapped_column(word(EndReason))
    outcome: Mapped[CallOutcome] = mapped_column(word(CallOutcome), default=CallOutcome.LEFT_EARLY)
    department: Mapped[str | None] = mapped_column(Id)
    topic: Mapped[str | None] = mapped_column(Id)
    """The FAQ entry the call was about, as far as we know."""
    first_audio_s: Mapped[float | None]
    """Seconds from the start of the stream until the caller heard us."""
    seconds: Mapped[float | None]
    """Length of the call."""
    faq_version: Mapped[str] = mapped_column(Id, default="")
    """Hash of the FAQ it was served from."""
    rating: Mapped[int | None]
    """The caller's satisfaction, 1 to 5; None when it was not given."""
    handed_on: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often a person handed the caller on to another unit."""
    events: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    """How many events of each kind there were."""
    forgotten_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When everything personal was removed; the figures stay."""
    answers: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often the line itself gave an answer."""
    wanted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When a person was first wanted; None when none was."""
    reason: Mapped[Reason | None] = mapped_column(word(Reason))
    """Why a person was first wanted, where a ticket says so."""
    waited_s: Mapped[float | None]
    """Seconds from then until a person talked with them, or until they were gone; None when that is not known."""
    weighed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When `voicebot.insight` last set the five below, which also hang on the caller's other calls."""
    missed: Mapped[Missed | None] = mapped_column(word(Missed))
    """Why nobody talked with a caller who wanted a person."""
    left_waiting: Mapped[bool] = mapped_column(default=False, server_default=false())
    """They hung up while they waited for a person, and left no message."""
    again: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The same caller called again within a day about the same thing."""
    first_today: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The first call of the day in which this caller wanted a person."""
    got_through: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Of a `first_today`: in one of the caller's calls of that day a person talked with them."""


class Turn(Base):
    """Something the caller said, pressed or left unsaid, and what we made of it."""

    __tablename__ = "turns"

    call_id: Mapped[str] = mapped_column(Id, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """From 1, in order."""
    at_s: Mapped[float]
    """Seconds from the start of the call."""
    state: Mapped[str] = mapped_column(Id)
    """The dialogue state the turn began in."""
    heard: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    """Hypotheses, best first, as `voicebot.store.codec` writes them."""
    key: Mapped[str | None] = mapped_column(String(1))
    outcome: Mapped[Outcome | None] = mapped_column(word(Outcome))
    ranking: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    """Candidates, best first; None when nothing was matched."""
    decision: Mapped[Decision] = mapped_column(word(Decision))
    entry: Mapped[str | None] = mapped_column(Id)
    audio_s: Mapped[float]
    """Seconds of voice in it."""
    decode_s: Mapped[float]
    """Seconds from the end of speech being decided to the result."""
    said: Mapped[str | None] = mapped_column(Text)
    """The answer as it was given: the FAQ may say something else by now."""
    answer_latency_s: Mapped[float | None]
    """Seconds from the end of speech to the first audio the caller heard; None when it was not measured."""


class Attempt(Base):
    """One attempt to reach a person."""

    __tablename__ = "attempts"
    __table_args__ = (Index(None, "call_id"), Index(None, "leg"))

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = _call()
    whom: Mapped[str] = mapped_column(Id, default="")
    """Who was rung, by post or role; never a number."""
    person: Mapped[str] = mapped_column(Id, default="", server_default=text("''"))
    """Id of who was rung; ``desk`` for the general desk, empty for a plain <Dial>."""
    role: Mapped[str] = mapped_column(Id, default="", server_default=text("''"))
    """``A``, ``B``, ``lead`` or ``desk``."""
    leg: Mapped[str] = mapped_column(Id, default="")
    """The provider's id of the leg to them, once known."""
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    rang_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When the provider told us that it rings."""
    picked_up_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When someone or something answered; not yet with the key 1."""
    accepted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When the person pressed 1."""
    bridged_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When the caller was sent to them; None of a plain <Dial>."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    outcome: Mapped[TransferOutcome | None] = mapped_column(word(TransferOutcome))


class Ticket(Base):
    """Something the office owes a caller. A second call of the caller about the same thing joins it (`TicketCall`)."""

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("call_id", "kind"),
        Index(None, "state", "created_at"),
        Index(None, "caller_key", "topic"),
        Index(None, "owner", "state"),
        Index(None, "unit", "state"),
        Index(None, "resolve_by"),
        Index(None, "respond_by"),
        Index(None, "reopened"),
        # An id is spoken to a caller, so it is never given to another.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(Id, ForeignKey("calls.id"))
    """The call that opened it."""
    kind: Mapped[TicketKind] = mapped_column(word(TicketKind))
    matter: Mapped[Matter] = mapped_column(
        word(Matter), default=Matter.CONSULTATION, server_default=str(Matter.CONSULTATION)
    )
    reason: Mapped[Reason] = mapped_column(word(Reason))
    department: Mapped[str | None] = mapped_column(Id)
    """Department of the question; for a complaint the unit complained of."""
    topic: Mapped[str | None] = mapped_column(Id)
    caller_key: Mapped[str] = mapped_column(Id, default="")
    summary: Mapped[str] = mapped_column(Text)
    """One Chinese line for the person who works on it."""
    unit: Mapped[str] = mapped_column(Id, default="", server_default=text("''"))
    """Who owns it: a department's id, or the name of the supervising unit for a complaint."""
    owner: Mapped[str | None] = mapped_column(Id)
    """Id of the first person responsible (首接负责); None: the unit's lead answers for it."""
    state: Mapped[TicketState] = mapped_column(word(TicketState), default=TicketState.OPEN)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    respond_by: Mapped[datetime | None] = mapped_column(UtcTime)
    """By when a person must have spoken with the caller; stays, whatever is promised later."""
    promised_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When `promised_by` was promised."""
    promised_by: Mapped[datetime | None] = mapped_column(UtcTime)
    """By when the caller, who called again, was promised a person once more; None when no more than `respond_by` is."""
    resolve_by: Mapped[datetime | None] = mapped_column(UtcTime)
    first_response_at: Mapped[datetime | None] = mapped_column(UtcTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When it was resolved."""
    calls: Mapped[int] = mapped_column(default=1, server_default="1")
    """How often the caller called about it."""
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often we tried to reach the caller."""
    reopened: Mapped[int] = mapped_column(default=0, server_default="0")
    reopened_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When it was reopened last: its present deadlines count from then."""
    told: Mapped[int] = mapped_column(default=0, server_default="0")
    """Notices sent about `respond_by`."""
    told_resolve: Mapped[int] = mapped_column(default=0, server_default="0")
    """Notices sent about `resolve_by`."""
    told_promise: Mapped[int] = mapped_column(default=0, server_default="0")
    """Notices sent about `promised_by`."""
    justified: Mapped[bool | None]
    """Whether a complaint was found justified; None while nobody has said."""
    missed: Mapped[bool | None]
    """Whether it was about calls that nobody answered."""
    justified_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When that was found."""
    forgotten_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When everything personal was removed, from its history too."""

    @property
    def terms_from(self) -> datetime:
        """Since when its present deadlines run."""
        return self.reopened_at or self.created_at

    @property
    def promise(self) -> datetime | None:
        """By when the caller was told last that a person will speak with them."""
        return self.promised_by or self.respond_by

    @property
    def number(self) -> str:
        """What the caller is told: six digits or more, the last one a check digit."""
        return ticket_number(self.id)


class Message(Base):
    """What a caller left after the beep."""

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("call_id", "url"), Index(None, "ticket_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = _call()
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    url: Mapped[str] = mapped_column(Text)
    """Where the provider keeps the recording; ends with its id."""
    seconds: Mapped[float | None]
    file: Mapped[str | None] = mapped_column(Text)
    """Where we keep it; None until it was fetched."""
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    fetched_at: Mapped[datetime | None] = mapped_column(UtcTime)
    text: Mapped[str | None] = mapped_column(Text)
    """What our own recogniser heard in it; None until it was listened to."""
    deleted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When the provider had no copy any more."""


class StreamToken(Base):
    """Lets one media stream join one call, once. The token itself is not kept."""

    __tablename__ = "stream_tokens"
    __table_args__ = (Index(None, "expires_at"),)

    hash: Mapped[str] = mapped_column(Id, primary_key=True)
    call_id: Mapped[str] = _call()
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class WebhookReceipt(Base):
    """The answer a webhook got, for when it is asked again."""

    __tablename__ = "webhook_receipts"
    __table_args__ = (Index(None, "claimed_at"),)

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    body: Mapped[str | None] = mapped_column(Text)
    """None while the first request is still being answered."""
    claimed_at: Mapped[datetime] = mapped_column(UtcTime)


class CallState(Base):
    """Where a call is between two webhooks, so that any replica can answer the next one."""

    __tablename__ = "call_states"
    __table_args__ = (Index(None, "saved_at"),)

    call_id: Mapped[str] = mapped_column(Id, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[dict[str, Any]] = mapped_column(Json)
    version: Mapped[int]
    """From 1; grows with every save."""
    saved_at: Mapped[datetime] = mapped_column(UtcTime)


class GreenNumber(Base):
    """A remembered caller of the green channel."""

    __tablename__ = "green_numbers"

    caller_key: Mapped[str] = mapped_column(Id, primary_key=True)
    consent: Mapped[str] = mapped_column(Text)
    """Who agreed to it, when and how."""
    registered_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)

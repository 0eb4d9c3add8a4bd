"""Tables of the duty roster and of who is being rung just now. Numbers of staff are sealed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from voicebot.store.columns import Base, Json, UtcTime, word
from voicebot.store.models import Id
from voicebot.store.words import HandingState


class RosterVersion(Base):
    """The duty roster as it was saved once. Rows are only ever added; the latest one is in force."""

    __tablename__ = "rosters"

    id: Mapped[int] = mapped_column(primary_key=True)
    saved_at: Mapped[datetime] = mapped_column(UtcTime)
    who: Mapped[str] = mapped_column(Id)
    """Who saved it, as they said."""
    why: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    """People, shifts and absences as `voicebot.staffing.keeping` writes them; numbers are sealed."""


class Waiting(Base):
    """A caller who waits for a person just now."""

    __tablename__ = "waiting"

    call_id: Mapped[str] = mapped_column(Id, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    wants: Mapped[list[str]] = mapped_column(Json, default=list)
    """Ids of the people who may still be rung for this caller, in order."""
    green: Mapped[bool]
    urgent: Mapped[bool]
    arrived_at: Mapped[datetime] = mapped_column(UtcTime)
    """Kept when the caller's stream breaks and comes back."""
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    """When whoever serves this caller last said so; much older: its process died."""


class HandOverRow(Base):
    """A person handed the caller they talked with on to another unit, or began to."""

    __tablename__ = "hand_overs"
    __table_args__ = (Index(None, "call_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(Id, ForeignKey("calls.id", ondelete="CASCADE"))
    attempt_id: Mapped[int]
    """The attempt in which they talked with the caller."""
    state: Mapped[HandingState] = mapped_column(word(HandingState))
    department: Mapped[str] = mapped_column(Id, default="")
    """Where to; empty while they are choosing."""
    stays: Mapped[bool] = mapped_column(default=False)
    """They stay on the line until somebody else has the caller."""
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Engagement(Base):
    """A person who is being rung or talks. One row a person, so nobody is rung twice at once."""

    __tablename__ = "engagements"
    __table_args__ = (Index(None, "call_id"), Index(None, "attempt_id"))

    person: Mapped[str] = mapped_column(Id, primary_key=True)
    """With a ``#2`` and so on for further lines of the general desk."""
    call_id: Mapped[str] = mapped_column(Id)
    attempt_id: Mapped[int | None]
    """The attempt of a caller's transfer; None for a call back."""
    callback_id: Mapped[int | None]
    talking: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime] = mapped_column(UtcTime)
    until: Mapped[datetime] = mapped_column(UtcTime)
    """When it is void if nobody has said anything about it: a lost callback must not keep a person busy for ever."""

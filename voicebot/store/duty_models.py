"""Tables of the duty roster and of who is being rung just now. Numbers of staff are sealed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from voicebot.store.columns import Base, Json, UtcTime
from voicebot.store.models import Id


class DutyPerson(Base):
    """Someone who can be rung."""

    __tablename__ = "duty_people"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    """Display name or post, as colleagues see it."""
    number_sealed: Mapped[str] = mapped_column(Text, default="")
    """E.164, sealed; empty when there is none."""
    departments: Mapped[list[str]] = mapped_column(Json, default=list)
    """Departments this person can answer for, beyond their shifts."""


class DutyShift(Base):
    """A stretch of duty, every week or on one day."""

    __tablename__ = "duty_shifts"
    __table_args__ = (Index(None, "person"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(Id)
    department: Mapped[str] = mapped_column(Id)
    role: Mapped[str] = mapped_column(String(8))
    """``A``, ``B`` or ``lead``."""
    start: Mapped[str] = mapped_column(String(5))
    """``08:30``, office time."""
    end: Mapped[str] = mapped_column(String(5))
    weekdays: Mapped[str] = mapped_column(String(16), default="")
    """Digits of weekdays, 0 = Monday; empty when `day` is given."""
    day: Mapped[date | None] = mapped_column(Date)


class DutyAbsence(Base):
    """Leave, training, illness."""

    __tablename__ = "duty_absences"
    __table_args__ = (Index(None, "person"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(Id)
    start_at: Mapped[datetime] = mapped_column(UtcTime)
    end_at: Mapped[datetime] = mapped_column(UtcTime)
    why: Mapped[str] = mapped_column(Text, default="")


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

"""Tables of the staff desk: who may log in, who is logged in, and what was looked at or changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from voicebot.store.columns import Base, UtcTime, word
from voicebot.store.models import Id
from voicebot.store.words import DeskRole


class Account(Base):
    """Somebody who may log in to the desk. Never deleted: the audit log names them."""

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    """What they log in with; the id of the same person in the duty roster, if they are in it."""
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[DeskRole] = mapped_column(word(DeskRole))
    unit: Mapped[str | None] = mapped_column(Id)
    """A department's id or the name of a supervising unit: only its cases are seen; None: the whole office's."""
    password: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """Argon2 hash; empty until they have chosen one."""
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """May not log in any more since then."""


class DeskSession(Base):
    """Somebody is logged in. The token in their cookie is not kept, only its hash."""

    __tablename__ = "desk_sessions"
    __table_args__ = (Index(None, "account_id"), Index(None, "expires_at"))

    hash: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    """When they last did something, to the minute."""
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    """Over then, whatever they do."""


class Invite(Base):
    """A link that lets somebody choose a password, once."""

    __tablename__ = "invites"
    __table_args__ = (Index(None, "account_id"),)

    hash: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str | None] = mapped_column(Id, ForeignKey("accounts.id"))
    """Whose; None: whoever opens it becomes the first admin."""
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class LoginTry(Base):
    """An attempt to log in that did not succeed, or has not yet."""

    __tablename__ = "login_tries"
    __table_args__ = (Index(None, "key", "at"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Id)
    """``name:`` and what was typed, hashed; ``address:`` and where it came from, hashed."""
    at: Mapped[datetime] = mapped_column(UtcTime)


class AuditLine(Base):
    """Somebody of the staff looked at something of a caller's, changed something or took something out. Rows are only
    ever added: triggers refuse anything else.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index(None, "at"),
        Index(None, "who", "at"),
        Index(None, "action", "at"),
        Index(None, "about", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    who: Mapped[str] = mapped_column(Id)
    """Account id; empty when nobody was logged in."""
    role: Mapped[str] = mapped_column(Id)
    action: Mapped[str] = mapped_column(Id)
    """A stable word such as ``case.view``; `desk/_audit.html` has its Chinese."""
    about: Mapped[str] = mapped_column(Id)
    """What it was about: a ticket number, a call, an account. Never a telephone number."""
    detail: Mapped[str] = mapped_column(Text)

"""What staff do with the questions: drafts, versions, how each entry fared, and what the line could not answer."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voicebot.store.columns import Base, UtcTime, word
from voicebot.store.models import Id


class DraftState(StrEnum):
    """Where a draft is."""

    OPEN = "open"
    SUBMITTED = "submitted"
    """Its author asks for it to be published."""
    PUBLISHED = "published"
    DISCARDED = "discarded"


class GapState(StrEnum):
    """What is done about a group of unanswered questions."""

    OPEN = "open"
    DRAFTED = "drafted"
    """An entry is being written."""
    DISMISSED = "dismissed"
    """Not for the FAQ."""


class GapWhy(StrEnum):
    """Why a question counts as not answered."""

    UNSURE = "unsure"
    """Nothing fitted well enough."""
    REFUSED = "refused"
    """The caller said no to what we took it for."""
    HUMAN = "human"
    """The caller wanted a person instead of our question back."""
    LEFT = "left"
    """The caller hung up at our question back."""
    WRONG = "wrong"
    """An answer was given and did not help: a person was wanted right after it."""


class FaqDraft(Base):
    """One person's change of one entry, or of a whole file, that is not published yet."""

    __tablename__ = "faq_drafts"
    __table_args__ = (Index(None, "state", "department"), Index(None, "author", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(Id)
    file: Mapped[str] = mapped_column(Id)
    """Name of the file in the FAQ folder."""
    entry: Mapped[str] = mapped_column(Id, default="")
    """Empty: the whole file."""
    base: Mapped[str] = mapped_column(Text, default="")
    """What stood on disk when the work began, ``\\n`` as line end; empty for a new entry."""
    text: Mapped[str] = mapped_column(Text)
    """The entry's Markdown; empty: the entry is to be taken out."""
    state: Mapped[DraftState] = mapped_column(word(DraftState), default=DraftState.OPEN)
    author: Mapped[str] = mapped_column(Id)
    author_name: Mapped[str] = mapped_column(Id, default="")
    why: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    """Grows with every save: two windows of one person do not overwrite each other."""
    gap: Mapped[int | None]
    """The group of unanswered questions it was written for."""
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    saved_at: Mapped[datetime] = mapped_column(UtcTime)


class FaqVersion(Base):
    """Something published from the desk."""

    __tablename__ = "faq_versions"
    __table_args__ = (Index(None, "file", "entry"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    department: Mapped[str] = mapped_column(Id)
    file: Mapped[str] = mapped_column(Id)
    entry: Mapped[str] = mapped_column(Id, default="")
    who: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(Id, default="")
    why: Mapped[str] = mapped_column(Text, default="")
    before: Mapped[str] = mapped_column(Text, default="")
    after: Mapped[str] = mapped_column(Text, default="")
    commit: Mapped[str] = mapped_column("commit_id", Id, default="")
    """In git; empty when the folder is no repository or the commit failed."""


class CountedCall(Base):
    """A call whose turns have been counted: each once, however many workers count."""

    __tablename__ = "counted_calls"

    call_id: Mapped[str] = mapped_column(Id, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    counted_at: Mapped[datetime] = mapped_column(UtcTime)


class EntryWeek(Base):
    """How an entry fared in one week. The figures stay when the calls are forgotten."""

    __tablename__ = "entry_weeks"
    __table_args__ = (Index(None, "week"),)

    entry: Mapped[str] = mapped_column(Id, primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)
    """Its Monday, where the office is."""
    calls: Mapped[int] = mapped_column(default=0)
    """Calls it was told in, or asked about."""
    right: Mapped[int] = mapped_column("right_", default=0)
    """Told at once, and the caller did not ask for a person after it."""
    confirmed: Mapped[int] = mapped_column(default=0)
    """Told after a question of ours, and the same."""
    wrong: Mapped[int] = mapped_column(default=0)
    """Told, and the caller wanted a person, said no or called again about it within a day."""
    refused: Mapped[int] = mapped_column(default=0)
    """Asked about (“您是想问…吗”) and the caller said no."""


class GapGroup(Base):
    """Unanswered questions that mean the same."""

    __tablename__ = "gap_groups"
    __table_args__ = (Index(None, "state", "department"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    """One of its wordings that speaks for all."""
    department: Mapped[str | None] = mapped_column(Id)
    """Where most of its calls belong, as far as known."""
    by_hand: Mapped[bool] = mapped_column(default=False)
    """Staff have split or joined it: only new questions may still come to it, nothing else changes it."""
    state: Mapped[GapState] = mapped_column(word(GapState), default=GapState.OPEN)
    draft: Mapped[int | None]
    told: Mapped[float | None]
    """Share of its calls that an entry with half of its wordings would answer; None until it was tried."""
    decided_by: Mapped[str] = mapped_column(Id, default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class GapQuestion(Base):
    """One wording, whoever said it: numbers and names are masked before it is stored."""

    __tablename__ = "gap_questions"
    __table_args__ = (UniqueConstraint("key"), Index(None, "group_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    """Hash of what it says without fillers: wordings that differ only in those are one."""
    text: Mapped[str] = mapped_column(Text)
    """Empty when all its calls are forgotten."""
    group_id: Mapped[int | None] = mapped_column(ForeignKey("gap_groups.id"))


class GapAsk(Base):
    """Somebody asked it, and was not answered."""

    __tablename__ = "gap_asks"
    __table_args__ = (Index(None, "question_id"), Index(None, "call_id"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("gap_questions.id", ondelete="CASCADE"))
    call_id: Mapped[str | None] = mapped_column(Id, ForeignKey("calls.id", ondelete="CASCADE"))
    """None when the call is forgotten; the figure stays."""
    at: Mapped[datetime] = mapped_column(UtcTime)
    why: Mapped[GapWhy] = mapped_column(word(GapWhy))
    department: Mapped[str | None] = mapped_column(Id)
    counts: Mapped[bool] = mapped_column(default=True)
    """False: the caller's other words for what was counted already."""

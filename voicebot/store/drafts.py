"""Drafts of FAQ entries and what was published from the desk."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select, update

from voicebot.store.question_models import DraftState, FaqDraft, FaqVersion
from voicebot.store.shelf import Shelf, changed

LIVE = (DraftState.OPEN, DraftState.SUBMITTED)
"""Drafts somebody may still publish."""


@dataclass(frozen=True, slots=True)
class DraftOf:
    """Which text a draft changes: of which file the entry; the whole file without one."""

    department: str
    file: str
    entry: str = ""


class Drafts(Shelf):
    """Every method may raise `StoreLost`."""

    def begin_draft(
        self, of: DraftOf, base: str, text: str, *, author: str, name: str, gap: int | None = None
    ) -> FaqDraft:
        """The author's draft of this text: the one begun before, else a new one."""
        with self._database.writing() as session:
            mine = select(FaqDraft).where(
                FaqDraft.author == author,
                FaqDraft.state.in_(LIVE),
                FaqDraft.file == of.file,
                FaqDraft.entry == of.entry,
            )
            row = session.scalars(mine.order_by(FaqDraft.id)).first()
            if row is None:
                now = self._now()
                row = FaqDraft(
                    department=of.department,
                    file=of.file,
                    entry=of.entry,
                    base=base,
                    text=text,
                    state=DraftState.OPEN,
                    author=author,
                    author_name=name,
                    why="",
                    version=1,
                    gap=gap,
                    created_at=now,
                    saved_at=now,
                )
                session.add(row)
                session.flush()
            return row

    def draft(self, draft: int) -> FaqDraft | None:
        """That draft."""
        with self._database.reading() as session:
            return session.get(FaqDraft, draft)

    def save_draft(
        self, draft: int, version: int, *, text: str, why: str, state: DraftState, base: str | None = None
    ) -> FaqDraft | None:
        """Keep the text; with `base` it is from now on a change of that. None: somebody has saved or closed it since
        `version`, and nothing was changed.
        """
        values = {"text": text, "why": why, "state": state, "version": version + 1, "saved_at": self._now()}
        if base is not None:
            values["base"] = base
        same = (FaqDraft.id == draft) & (FaqDraft.version == version) & FaqDraft.state.in_(LIVE)
        with self._database.writing() as session:
            if not changed(session, update(FaqDraft).where(same).values(**values)):
                return None
            return session.get_one(FaqDraft, draft)

    def close_draft(self, draft: int, state: DraftState, version: FaqVersion | None = None) -> bool:
        """It is published (as `version`) or discarded: whether it was live until now."""
        live = (FaqDraft.id == draft) & FaqDraft.state.in_(LIVE)
        values = {"state": state, "version": FaqDraft.version + 1, "saved_at": self._now()}
        with self._database.writing() as session:
            if version is not None:
                session.add(version)
            return changed(session, update(FaqDraft).where(live).values(**values)) == 1

    def reopen_draft(self, draft: int) -> bool:
        """A discarded draft is worked on again: whether it was one."""
        gone = (FaqDraft.id == draft) & (FaqDraft.state == DraftState.DISCARDED)
        values = {"state": DraftState.OPEN, "version": FaqDraft.version + 1, "saved_at": self._now()}
        with self._database.writing() as session:
            return changed(session, update(FaqDraft).where(gone).values(**values)) == 1

    def live_drafts(self, departments: Collection[str] | None = None, *, entry: str | None = None) -> list[FaqDraft]:
        """Drafts that may still be published, last saved first; of these departments, of this entry."""
        live = select(FaqDraft).where(FaqDraft.state.in_(LIVE)).order_by(FaqDraft.saved_at.desc(), FaqDraft.id)
        if departments is not None:
            live = live.where(FaqDraft.department.in_(list(departments)))
        if entry is not None:
            live = live.where(FaqDraft.entry == entry)
        with self._database.reading() as session:
            return list(session.scalars(live))

    def keep_version(self, version: FaqVersion) -> None:
        """Something was published."""
        with self._database.writing() as session:
            session.add(version)

    def versions(self, file: str, entry: str, most: int = 100) -> list[FaqVersion]:
        """What was published of an entry (or, with an empty one, of the whole file), newest first."""
        ours = select(FaqVersion).where(FaqVersion.file == file, FaqVersion.entry.in_([entry, ""]))
        with self._database.reading() as session:
            return list(session.scalars(ours.order_by(FaqVersion.id.desc()).limit(most)))

"""Unanswered questions in groups: found by the machine, split and joined by staff, counted from what was asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from voicebot.store.case_models import TicketCall, TicketHistory
from voicebot.store.models import Ticket
from voicebot.store.question_models import GapAsk, GapGroup, GapQuestion, GapState
from voicebot.store.shelf import Shelf, changed
from voicebot.store.words import Change


@dataclass(frozen=True, slots=True)
class GapLine:
    """A group in a list."""

    group: GapGroup
    calls: int
    """Since the beginning of the period."""
    before: int
    """In as long a time before that."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One way it was asked."""

    id: int
    text: str
    calls: int


@dataclass(frozen=True, slots=True)
class GapFilter:
    """Which groups are asked for."""

    since: datetime
    """Begin of the period; trends compare it with as long a time before."""
    until: datetime
    department: str | None = None
    """Only theirs, and those that belong to nobody yet."""
    state: GapState = GapState.OPEN
    least: int = 1
    """Fewest calls in the period."""


class Gaps(Shelf):
    """Every method may raise `StoreLost`."""

    # Grouping

    def ungrouped(self, most: int) -> dict[int, str]:
        """Wordings that are in no group yet, oldest first."""
        new = select(GapQuestion.id, GapQuestion.text).where(GapQuestion.group_id.is_(None), GapQuestion.text != "")
        with self._database.reading() as session:
            return {row.id: row.text for row in session.execute(new.order_by(GapQuestion.id).limit(most))}

    def wordings_by_group(self, most: int) -> dict[int, list[str]]:
        """For each group its wordings, most asked first, at most so many; its title when all are forgotten."""
        asks = func.count(GapAsk.id)
        ranked = (
            select(
                GapQuestion.group_id,
                GapQuestion.text,
                func.row_number()
                .over(partition_by=GapQuestion.group_id, order_by=(asks.desc(), GapQuestion.id))
                .label("place"),
            )
            .join(GapAsk, GapAsk.question_id == GapQuestion.id)
            .where(GapQuestion.group_id.is_not(None), GapQuestion.text != "")
            .group_by(GapQuestion.id)
            .subquery()
        )
        found: dict[int, list[str]] = {}
        with self._database.reading() as session:
            for row in session.execute(select(ranked).where(ranked.c.place <= most).order_by(ranked.c.place)):
                found.setdefault(row.group_id, []).append(row.text)
            for id_, title in session.execute(select(GapGroup.id, GapGroup.title)):
                found.setdefault(id_, [title])
        return found

    def keep_grouping(self, joined: Mapping[int, int], fresh: Sequence[Sequence[int]]) -> None:
        """Keep where new wordings belong. What staff have put into a group meanwhile stays there."""
        with self._database.writing() as session:
            for question, group in joined.items():
                if session.get(GapGroup, group) is not None:  # staff may have joined it to another meanwhile
                    _move(session, [question], group, only_new=True)
            for questions in fresh:
                rows = select(GapQuestion).where(GapQuestion.id.in_(list(questions)), GapQuestion.group_id.is_(None))
                texts = {row.id: row.text for row in session.scalars(rows)}
                left = [question for question in questions if question in texts]
                if left:
                    made = self._new_group(session, texts[left[0]], "")
                    _move(session, left, made.id, only_new=True)
            touched = {*joined.values()}
            self._settle_departments(session, touched)

    def _new_group(self, session: Session, title: str, who: str, *, by_hand: bool = False) -> GapGroup:
        group = GapGroup(
            title=title, by_hand=by_hand, state=GapState.OPEN, decided_by=who, created_at=self._now(), department=None
        )
        session.add(group)
        session.flush()
        return group

    def _settle_departments(self, session: Session, groups: Collection[int]) -> None:
        """The department most of a group's calls belong to; for groups that have none yet, and for `groups`."""
        counted = (
            select(GapQuestion.group_id, GapAsk.department, func.count(GapAsk.id))
            .join(GapQuestion, GapQuestion.id == GapAsk.question_id)
            .join(GapGroup, GapGroup.id == GapQuestion.group_id)
            .where(or_(GapGroup.department.is_(None), GapGroup.id.in_(list(groups))), GapAsk.department.is_not(None))
            .group_by(GapQuestion.group_id, GapAsk.department)
            .order_by(func.count(GapAsk.id), GapAsk.department)
        )
        best = {group: department for group, department, _ in session.execute(counted)}
        for group, department in best.items():
            changed(session, update(GapGroup).where(GapGroup.id == group).values(department=department))

    def keep_told(self, shares: Mapping[int, float]) -> None:
        """Keep which share of a group an entry would answer."""
        with self._database.writing() as session:
            for group, share in shares.items():
                changed(session, update(GapGroup).where(GapGroup.id == group).values(told=share))

    # Looking

    def gap_lines(self, which: GapFilter, *, limit: int, offset: int = 0) -> tuple[list[GapLine], int]:
        """Groups by calls, most first, and how many there are."""
        lines = _lines(which)
        with self._database.reading() as session:
            page = lines.add_columns(func.count().over().label("total"))
            page = page.order_by(lines.selected_columns.calls.desc(), "gap").limit(limit).offset(offset)
            rows = session.execute(page).all()
            total = int(rows[0].total) if rows else 0
            counts = [(line.gap, int(line.calls), int(line.before)) for line in rows]
            these = session.scalars(select(GapGroup).where(GapGroup.id.in_([n for n, *_ in counts])))
            groups = {row.id: row for row in these}
        return [GapLine(groups[id_], calls, before) for id_, calls, before in counts], total

    def gap_weeks(self, groups: Collection[int], since: datetime) -> dict[int, list[datetime]]:
        """For each group when its calls came, since then."""
        asked = (
            select(GapQuestion.group_id, GapAsk.at)
            .join(GapQuestion, GapQuestion.id == GapAsk.question_id)
            .where(GapQuestion.group_id.in_(list(groups)), GapAsk.at >= since, GapAsk.counts.is_(True))
            .order_by(GapAsk.at)
        )
        found: dict[int, list[datetime]] = {}
        with self._database.reading() as session:
            for group, at in session.execute(asked):
                found.setdefault(group or 0, []).append(at)
        return found

    def gap(self, group: int) -> GapGroup | None:
        """That group."""
        with self._database.reading() as session:
            return session.get(GapGroup, group)

    def gap_wordings(self, group: int, most: int = 200) -> list[Wording]:
        """How it was asked, most often first; what is forgotten is not told."""
        asks = func.count(GapAsk.id)
        rows = (
            select(GapQuestion.id, GapQuestion.text, asks)
            .join(GapAsk, GapAsk.question_id == GapQuestion.id)
            .where(GapQuestion.group_id == group, GapQuestion.text != "")
            .group_by(GapQuestion.id, GapQuestion.text)
            .order_by(asks.desc(), GapQuestion.id)
            .limit(most)
        )
        with self._database.reading() as session:
            return [Wording(*row) for row in session.execute(rows)]

    def gap_reasons(self, group: int, since: datetime) -> dict[str, int]:
        """Why it was not answered: how many calls for each reason."""
        rows = (
            select(GapAsk.why, func.count(GapAsk.id))
            .join(GapQuestion, GapQuestion.id == GapAsk.question_id)
            .where(GapQuestion.group_id == group, GapAsk.at >= since, GapAsk.counts.is_(True))
            .group_by(GapAsk.why)
        )
        with self._database.reading() as session:
            return {str(why): count for why, count in session.execute(rows)}

    def gap_outcomes(self, group: int, unit: str | None, most: int = 20) -> list[tuple[Ticket, str]]:
        """What staff wrote when they settled the tickets of these calls, newest first; of one unit's when given."""
        rows = (
            select(Ticket, TicketHistory.why)
            .join(TicketHistory, TicketHistory.ticket_id == Ticket.id)
            .join(TicketCall, TicketCall.ticket_id == Ticket.id)
            .join(GapAsk, GapAsk.call_id == TicketCall.call_id)
            .join(GapQuestion, GapQuestion.id == GapAsk.question_id)
            .where(GapQuestion.group_id == group, TicketHistory.change == Change.RESOLVE, TicketHistory.why != "")
            .order_by(TicketHistory.id.desc())
        )
        if unit is not None:
            rows = rows.where(Ticket.unit == unit)
        found: dict[tuple[int, str], tuple[Ticket, str]] = {}
        with self._database.reading() as session:
            for ticket, why in session.execute(rows.limit(5 * most)):
                found.setdefault((ticket.id, why), (ticket, why))
        return list(found.values())[:most]

    # Deciding

    def split_gap(self, group: int, questions: Collection[int], who: str) -> GapGroup | None:
        """Take these wordings out into a group of their own; None when none of them, or all, are in it."""
        with self._database.writing() as session:
            row = session.get(GapGroup, group, with_for_update=True)
            own = session.scalars(
                select(GapQuestion).where(GapQuestion.group_id == group).order_by(GapQuestion.id)
            ).all()
            out = [question for question in own if question.id in questions]
            if row is None or not out or len(out) == len(own):
                return None
            titled = max(out, key=lambda question: bool(question.text))
            new = self._new_group(session, titled.text or row.title, who, by_hand=True)
            new.department = row.department
            _move(session, [question.id for question in out], new.id)
            row.by_hand, row.decided_by, row.told = True, who, None
            if row.title in {question.text for question in out}:
                row.title = next(question for question in own if question not in out).text or row.title
            return new

    def join_gaps(self, into: int, other: int, who: str) -> list[int] | None:
        """Put all wordings of `other` into `into`: their ids, for who wants to undo it. None when either is gone."""
        with self._database.writing() as session:
            rows = [session.get(GapGroup, group, with_for_update=True) for group in sorted((into, other))]
            if into == other or None in rows:
                return None
            moved = list(session.scalars(select(GapQuestion.id).where(GapQuestion.group_id == other)))
            _move(session, moved, into)
            values: dict[str, Any] = {"by_hand": True, "decided_by": who, "told": None}
            changed(session, update(GapGroup).where(GapGroup.id == into).values(**values))
            changed(session, delete(GapGroup).where(GapGroup.id == other))
            return moved

    def decide_gap(self, group: int, state: GapState, who: str, draft: int | None = None) -> bool:
        """What is done about a group: whether it is there."""
        values: dict[str, Any] = {"state": state, "decided_by": who, "draft": draft}
        with self._database.writing() as session:
            return changed(session, update(GapGroup).where(GapGroup.id == group).values(**values)) == 1


def _move(session: Session, questions: Collection[int], group: int, *, only_new: bool = False) -> None:
    moved = update(GapQuestion).where(GapQuestion.id.in_(list(questions)))
    if only_new:
        moved = moved.where(GapQuestion.group_id.is_(None))
    changed(session, moved.values(group_id=group))


def _lines(which: GapFilter) -> Select[int, int, int]:
    begin = which.since - (which.until - which.since)
    recent = func.sum(case((GapAsk.at >= which.since, 1), else_=0)).label("calls")
    before = func.sum(case((GapAsk.at < which.since, 1), else_=0)).label("before")
    ours: list[ColumnElement[bool]] = [GapGroup.state == which.state, GapAsk.counts.is_(True)]
    if which.department is not None:
        ours.append(or_(GapGroup.department == which.department, GapGroup.department.is_(None)))
    lines = (
        select(GapGroup.id.label("gap"), recent, before)
        .join(GapQuestion, GapQuestion.group_id == GapGroup.id)
        .join(GapAsk, GapAsk.question_id == GapQuestion.id)
        .where(GapAsk.at >= begin, GapAsk.at < which.until, *ours)
        .group_by(GapGroup.id)
        .having(recent >= which.least)
    )
    return lines

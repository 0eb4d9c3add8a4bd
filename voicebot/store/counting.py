"""Calls counted once each: how entries fared, and what was not answered. The figures stay when calls are forgotten."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Date, func, select, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from voicebot.store.models import Call, Turn
from voicebot.store.question_models import CountedCall, EntryWeek, GapAsk, GapQuestion, GapWhy
from voicebot.store.shelf import Shelf, insert_once

ZONE: Final = ZoneInfo("Asia/Shanghai")
AGAIN: Final = timedelta(hours=24)
"""Who calls again about the same within this was not helped."""
SETTLED_AFTER: Final = timedelta(minutes=2)
"""A call that ended longer ago is written down to its last turn."""
BATCH: Final = 50
"""Calls in one transaction, so that a live call never waits long for it."""
MOST_WORDS: Final = 120
"""Characters kept of a wording."""


@dataclass(frozen=True, slots=True)
class CallCount:
    """What one call adds."""

    fates: Sequence[tuple[str, str]]
    """(entry, name of a column of `EntryWeek`)."""
    unanswered: Sequence[tuple[str, str, GapWhy, bool]]
    """(masked wording, the same without fillers, why, whether it counts)."""


CountOf = Callable[[Sequence[Turn]], CallCount]


@dataclass(frozen=True, slots=True)
class Fared:
    """How an entry fared over some weeks."""

    calls: int = 0
    right: int = 0
    confirmed: int = 0
    wrong: int = 0
    refused: int = 0

    @property
    def answers(self) -> int:
        """How often it was told."""
        return self.right + self.confirmed + self.wrong


class Counting(Shelf):
    """Every method may raise `StoreLost`."""

    _department_of: Callable[[str], str | None]

    def count_calls(
        self, count_of: CountOf, *, since: datetime | None = None, most: int = BATCH
    ) -> tuple[int, datetime | None]:
        """Count up to `most` calls that began `since`, have ended and were not counted: how many were found, and when
        the last of them began, to go on from; None when there was none. Any number of workers may do it at once; each
        call is counted once.
        """
        with self._database.reading() as session:
            counted = select(CountedCall.call_id).where(CountedCall.call_id == Call.id)
            due = select(Call.id, Call.started_at).where(
                Call.ended_at < self._now() - SETTLED_AFTER, Call.forgotten_at.is_(None), ~counted.exists()
            )
            if since is not None:
                due = due.where(Call.started_at >= since)
            rows = session.execute(due.order_by(Call.started_at, Call.id).limit(most)).all()
        ids = [row.id for row in rows]
        if ids:
            with self._database.writing() as session:
                ours = [id_ for id_ in ids if insert_once(session, CountedCall, call_id=id_, counted_at=self._now())]
                self._count(session, ours, count_of)
        return len(ids), rows[-1].started_at if rows else None

    def _count(self, session: Session, ids: Sequence[str], count_of: CountOf) -> None:
        calls = session.scalars(select(Call).where(Call.id.in_(ids)).order_by(Call.started_at, Call.id)).all()
        turns = turns_of(session, ids)
        weeks: Counter[tuple[str, date, str]] = Counter()
        for call in calls:
            own = turns.get(call.id, [])
            count = count_of(own)
            week = week_of(call.started_at)
            weeks.update((entry, week, fate) for entry, fate in count.fates)
            weeks.update((entry, week, "calls") for entry in {entry for entry, _ in count.fates})
            self._keep_asks(session, call, own, count)
            self._called_again(session, call, count_of, weeks)
        _add(session, weeks)

    def _keep_asks(self, session: Session, call: Call, turns: Sequence[Turn], count: CallCount) -> None:
        department = call.department or self._guessed(turns)
        for text, core, why, counts in count.unanswered:
            key = hashlib.sha256(core.encode()).hexdigest()
            insert_once(session, GapQuestion, key=key, text=text[:MOST_WORDS], group_id=None)
            question = session.scalars(select(GapQuestion.id).where(GapQuestion.key == key)).one()
            session.add(
                GapAsk(
                    question_id=question,
                    call_id=call.id,
                    at=call.started_at,
                    why=why,
                    department=department,
                    counts=counts,
                )
            )

    def _guessed(self, turns: Sequence[Turn]) -> str | None:
        """The department of whatever fitted best."""
        ranked = [turn.ranking[0] for turn in turns if turn.ranking]
        best = max(ranked, key=lambda one: float(one["probability"]), default=None)
        return self._department_of(str(best["entry"])) if best else None

    def _called_again(
        self, session: Session, call: Call, count_of: CountOf, weeks: Counter[tuple[str, date, str]]
    ) -> None:
        """An answer did not help when its caller is back about the same within a day."""
        if not call.caller_key or not call.topic:
            return
        before = session.scalars(
            select(Call)
            .where(Call.caller_key == call.caller_key, Call.started_at < call.started_at)
            .where(Call.started_at >= call.started_at - AGAIN, Call.topic == call.topic)
            .order_by(Call.started_at.desc())
            .limit(1)
        ).first()
        if before is None or session.get(CountedCall, before.id) is None:
            return
        week = week_of(before.started_at)
        for entry, fate in count_of(turns_of(session, [before.id]).get(before.id, [])).fates:
            if entry == call.topic and fate in ("right", "confirmed"):
                weeks.update({(entry, week, fate): -1, (entry, week, "wrong"): 1})

    # How entries fared

    def fared(self, since: date, until: date, entries: Collection[str] | None = None) -> dict[str, Fared]:
        """How entries fared in the weeks that begin from `since` and before `until`."""
        sums = [func.sum(getattr(EntryWeek, name)) for name in ("calls", "right", "confirmed", "wrong", "refused")]
        asked = select(EntryWeek.entry, *sums).where(EntryWeek.week >= since, EntryWeek.week < until)
        if entries is not None:
            asked = asked.where(EntryWeek.entry.in_(list(entries)))
        with self._database.reading() as session:
            return {row[0]: Fared(*map(int, row[1:])) for row in session.execute(asked.group_by(EntryWeek.entry))}

    def weekly(self, entries: Collection[str], since: date) -> dict[str, dict[date, Fared]]:
        """The same, week by week (its Monday)."""
        asked = select(EntryWeek).where(EntryWeek.entry.in_(list(entries)), EntryWeek.week >= since)
        found: dict[str, dict[date, Fared]] = {}
        with self._database.reading() as session:
            for row in session.scalars(asked):
                fared = Fared(row.calls, row.right, row.confirmed, row.wrong, row.refused)
                found.setdefault(row.entry, {})[row.week] = fared
        return found


def week_of(at: datetime) -> date:
    """The Monday of a moment's week, where the office is."""
    day = at.astimezone(ZONE).date()
    return day - timedelta(days=day.weekday())


def turns_of(session: Session, calls: Sequence[str]) -> Mapping[str, list[Turn]]:
    """The turns of these calls, in order."""
    found: dict[str, list[Turn]] = {}
    for turn in session.scalars(select(Turn).where(Turn.call_id.in_(calls)).order_by(Turn.call_id, Turn.n)):
        found.setdefault(turn.call_id, []).append(turn)
    return found


def _add(session: Session, weeks: Counter[tuple[str, date, str]]) -> None:
    """Add to the figures, row by row in one order, so that two workers never wait for each other in a circle."""
    rows: dict[tuple[str, date], dict[str, int]] = {}
    for (entry, week, column), count in weeks.items():
        rows.setdefault((entry, week), {})[column] = count
    postgres = session.get_bind().dialect.name == "postgresql"
    for (entry, week), counts in sorted(rows.items()):
        values: dict[str, Any] = {"calls": 0, "right": 0, "confirmed": 0, "wrong": 0, "refused": 0, **counts}
        table = cast(Any, EntryWeek.__table__)
        columns = {EntryWeek.__mapper__.attrs[name].columns[0].name: value for name, value in values.items()}
        key = {"entry": entry, "week": type_coerce(week, Date)}
        insert = (postgresql.insert if postgres else sqlite.insert)(table).values(**key, **columns)
        more = {name: table.c[name] + insert.excluded[name] for name in columns}
        session.execute(insert.on_conflict_do_update(index_elements=["entry", "week"], set_=more))

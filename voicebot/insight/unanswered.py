"""What the line could not answer in a period, in the groups that 高频缺口 shows where it has any."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from voicebot.dialogue.commands import Decision
from voicebot.insight.counting import telephone
from voicebot.insight.period import Period
from voicebot.matching.types import Outcome
from voicebot.store.database import Reads
from voicebot.store.models import Call, Turn
from voicebot.store.question_models import CountedCall, GapAsk, GapGroup, GapQuestion, GapState


@dataclass(slots=True)
class Gap:
    """Something that was asked and not answered."""

    text: str
    """The wording that speaks for all of its group."""
    last: datetime
    count: int = 0
    """Calls; said twice in one call is asked once."""
    calls: list[str] = field(default_factory=list)
    """Latest first."""


def gaps_of(database: Reads, period: Period, department: str | None = None) -> list[Gap]:
    """The most frequent first. What staff have put aside as not for the FAQ is left out. Raises `StoreLost`.

    A question that is in no group yet, and of a call that was not looked through yet, stands by its own wording.
    """
    ours = telephone(period, department)
    with database.reading() as session:
        asked = [*_grouped(session, period, ours), *_as_heard(session, ours)]
    gaps: dict[Hashable, Gap] = {}
    seen: set[tuple[Hashable, str]] = set()
    for key, text, call, at in sorted(asked, key=lambda one: one[3], reverse=True):
        if (key, call) in seen:
            continue
        seen.add((key, call))
        gap = gaps.setdefault(key, Gap(text, at))
        gap.count += 1
        gap.calls.append(call)
    return sorted(gaps.values(), key=lambda gap: (-gap.count, gap.text))


Asked = tuple[Hashable, str, str, datetime]
"""Group or wording, its text, call, when."""


def _grouped(session: Session, period: Period, ours: ColumnElement[bool]) -> Iterable[Asked]:
    """Of calls that 高频缺口 has looked through."""
    text = func.coalesce(GapGroup.title, GapQuestion.text)
    found = (
        select(GapGroup.id, text, Call.id, Call.started_at)
        .select_from(GapAsk)
        .join(GapQuestion, GapQuestion.id == GapAsk.question_id)
        .join(Call, Call.id == GapAsk.call_id)
        .outerjoin(GapGroup, GapGroup.id == GapQuestion.group_id)
        .where(GapAsk.at >= period.start, GapAsk.at < period.end, GapAsk.counts.is_(True), ours)
        .where(or_(GapGroup.id.is_(None), GapGroup.state != GapState.DISMISSED), text != "")
    )
    for group, words, call, at in session.execute(found):
        yield (group or words, words, call, at)


def _as_heard(session: Session, ours: ColumnElement[bool]) -> Iterable[Asked]:
    """Of calls that it has not: as a rule today's, which PostgreSQL does not know and is told to look for first."""
    counted = select(CountedCall.call_id).where(CountedCall.call_id == Call.id).correlate(Call)
    fresh = select(Call.id, Call.started_at).where(ours, Call.id.not_in(counted)).cte("fresh")
    fresh = fresh.prefix_with("MATERIALIZED", dialect="postgresql")
    unsure = and_(Turn.outcome == Outcome.UNSURE, Turn.decision.in_((Decision.ASKED_REPHRASE, Decision.HANDED_OVER)))
    found = select(Turn.call_id, Turn.heard, fresh.c.started_at).join(fresh, fresh.c.id == Turn.call_id).where(unsure)
    for call, heard, at in session.execute(found):
        words = unicodedata.normalize("NFKC", str(heard[0]["text"])).strip() if heard else ""
        if words:
            yield (words, words, call, at)

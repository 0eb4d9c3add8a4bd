"""What becomes of unanswered questions when their calls are forgotten."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from voicebot.store.question_models import GapAsk, GapGroup, GapQuestion
from voicebot.store.shelf import changed

FEWEST_KEPT: Final = 3
"""A group of fewer calls goes when they are all forgotten: its wording may tell of one person."""


def forget_asks(session: Session, calls: Collection[str]) -> None:
    """In the transaction that forgets these calls: wordings go with the last call they were said in, and small groups
    with them; how often and when it was asked stays.
    """
    said = select(GapAsk.question_id).where(GapAsk.call_id.in_(calls))
    questions = set(session.scalars(said))
    if not questions:
        return
    changed(session, update(GapAsk).where(GapAsk.call_id.in_(calls)).values(call_id=None))
    kept = select(GapAsk.question_id).where(GapAsk.question_id.in_(questions), GapAsk.call_id.is_not(None))
    gone = questions - set(session.scalars(kept))
    for question in session.scalars(select(GapQuestion).where(GapQuestion.id.in_(gone))):
        question.key, question.text = f"forgotten:{question.id}", ""
    session.flush()
    groups = set(session.scalars(select(GapQuestion.group_id).where(GapQuestion.id.in_(gone))))
    counts = (
        select(GapQuestion.group_id)
        .join(GapAsk, GapAsk.question_id == GapQuestion.id)
        .where(GapQuestion.group_id.in_([group for group in groups if group is not None]))
        .group_by(GapQuestion.group_id)
        .having(func.count(GapAsk.call_id) == 0, func.count(GapAsk.id) < FEWEST_KEPT)
    )
    small = list(session.scalars(counts))
    changed(
        session,
        delete(GapAsk).where(GapAsk.question_id.in_(select(GapQuestion.id).where(GapQuestion.group_id.in_(small)))),
    )
    changed(session, delete(GapQuestion).where(GapQuestion.group_id.in_(small)))
    changed(session, delete(GapGroup).where(GapGroup.id.in_(small)))

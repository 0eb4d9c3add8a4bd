"""What callers said before they got the answer they were after: the ways of asking that are still missed."""

from __future__ import annotations

from sqlalchemy import select

from voicebot.dialogue.commands import Decision
from voicebot.matching.types import Outcome
from voicebot.store.models import Turn
from voicebot.store.shelf import Shelf


class Asked(Shelf):
    """The questions of past calls."""

    def said_before(self, entry: str) -> list[str]:
        """What was said, once for each time, in calls that came to this entry, before it was answered and without
        getting an answer; oldest call first. What retention has removed is gone. Raises `StoreLost`.
        """
        with self._database.reading() as session:
            calls = select(Turn.call_id).where(Turn.entry == entry, Turn.decision == Decision.ANSWERED)
            turns = session.scalars(select(Turn).where(Turn.call_id.in_(calls)).order_by(Turn.call_id, Turn.n)).all()
        said: list[str] = []
        waiting: list[str] = []
        call = None
        for turn in turns:
            if turn.call_id != call:
                call, waiting = turn.call_id, []
            if turn.decision is Decision.ANSWERED:
                said += waiting if turn.entry == entry else []
                waiting = []
            elif turn.heard and turn.outcome not in (None, Outcome.ANSWER):
                waiting.append(str(turn.heard[0]["text"]))
        return said

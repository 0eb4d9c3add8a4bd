"""What becomes of a phone that rings for a waiting caller: news that may come twice, late and in any order.

Everything is taken in under the lock of the caller's call. An attempt is over once; only that both have talked after
all may be learned later.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from voicebot.events import TransferOutcome
from voicebot.store.calls import end_attempt, has_talked
from voicebot.store.duty_models import Engagement, Waiting
from voicebot.store.models import Attempt, Call
from voicebot.store.rings import GONE, HANGING_UP, LONGEST_TALK, alone, engage, engaged_people
from voicebot.store.shelf import Shelf, changed

WHISPER_S: Final = 60.0
"""From picking up to pressing 1, where nobody says how long it may take."""
COMING: Final = timedelta(seconds=15)
"""Who has pressed 1 is in the conference within this, also if their page had to be asked for twice."""
_ENDED: Final = {
    "busy": TransferOutcome.BUSY,
    "no-answer": TransferOutcome.NO_ANSWER,
    "canceled": TransferOutcome.NO_ANSWER,
    "failed": TransferOutcome.FAILED,
}
"""What the provider says of a leg that was never picked up."""


class Acceptance(StrEnum):
    """What comes of somebody pressing 1."""

    ACCEPTED = "accepted"
    CALLER_GONE = "caller-gone"
    LATE = "late"
    """The caller is still there, but somebody else's phone rings for them by now, or somebody else has them."""


class RingNews(Shelf):
    """Attempts to reach a person, once they stand. Every method may raise `StoreLost`."""

    def attempt(self, attempt: int) -> Attempt | None:
        """The attempt's row."""
        with self._database.reading() as session:
            return session.get(Attempt, attempt)

    def rang(self, attempt: int, leg: str) -> None:
        """The provider has placed the leg."""
        with self._database.writing() as session:
            changed(session, update(Attempt).where(Attempt.id == attempt).values(leg=leg))

    def leg_news(self, attempt: int, status: str, leg: str = "", whisper_s: float = WHISPER_S) -> None:
        """What the provider says of the leg: a CallStatus. Who picked up has `whisper_s` to press 1."""
        now = self._now()
        with self._database.writing() as session:
            row = self._locked_attempt(session, attempt)
            if row is None:
                return
            row.leg = row.leg or leg
            if status == "ringing":
                row.rang_at = row.rang_at or now
            elif status == "in-progress":
                row.picked_up_at = row.picked_up_at or now
                if row.accepted_at is None and row.outcome is None:
                    listens = row.picked_up_at + timedelta(seconds=whisper_s) + GONE
                    changed(session, update(Engagement).where(_of(row)).values(until=listens))
            elif status == "completed" or status in _ENDED:
                for one in (row, *_later_talks(session, row)):
                    self._leg_over(session, one, status, now)

    def _leg_over(self, session: Session, row: Attempt, status: str, now: datetime) -> None:
        """Free again. A talk that took place ends with it; who accepted and met nobody has not been reached."""
        changed(session, delete(Engagement).where(_of(row)))
        if row.outcome is not None:
            return
        if row.accepted_at is not None:
            outcome = TransferOutcome.ACCEPTED if row.bridged_at is not None else TransferOutcome.FAILED
        else:
            outcome = _ENDED.get(status, TransferOutcome.DECLINED)
        end_attempt(session, session.get_one(Call, row.call_id), now, row, outcome)

    def accept(self, attempt: int) -> Acceptance:
        """They pressed 1: whether the caller still waits, for them. The same answer when asked twice."""
        now = self._now()
        with self._database.writing() as session:
            alone(session)
            row = self._locked_attempt(session, attempt)
            if row is None or row.outcome not in (None, TransferOutcome.ACCEPTED):
                return Acceptance.LATE if row is not None and _waits(session, row, now) else Acceptance.CALLER_GONE
            if row.accepted_at is not None:
                return Acceptance.ACCEPTED
            if _accepted_already(session, row):
                return Acceptance.LATE
            if not _waits(session, row, now):
                return Acceptance.CALLER_GONE
            row.accepted_at = now
            row.picked_up_at = row.picked_up_at or now
            _talk(session, row, now)
            return Acceptance.ACCEPTED

    def refuse(self, attempt: int, outcome: TransferOutcome) -> None:
        """They did not take it, or did not answer in time; their leg is being ended. An accepted one stays accepted."""
        now = self._now()
        with self._database.writing() as session:
            row = self._locked_attempt(session, attempt)
            if row is None or row.outcome is not None or row.accepted_at is not None:
                return
            end_attempt(session, session.get_one(Call, row.call_id), now, row, outcome)
            changed(session, update(Engagement).where(_of(row)).values(until=now + HANGING_UP))

    def joined(self, call: str) -> None:
        """The caller is on the way into the room of whoever accepted."""
        with self._database.writing() as session:
            changed(session, delete(Waiting).where(Waiting.call_id == call))

    def met(self, call: str) -> None:
        """The caller and whoever accepted hear each other. May be told twice, and after the end."""
        now = self._now()
        with self._database.writing() as session:
            held = self._locked_call(session, call)
            row = _latest(session, call)
            if row is None or row.accepted_at is None:
                return
            row.bridged_at = row.bridged_at or now
            if row.outcome in (TransferOutcome.CALLER_LEFT, TransferOutcome.FAILED):  # presumed, before this was known
                end_attempt(session, held, now, row, TransferOutcome.ACCEPTED)

    def has_met(self, call: str) -> bool:
        """Whether the caller and whoever accepted last have heard each other."""
        with self._database.reading() as session:
            row = _latest(session, call)
            return row is not None and has_talked(row)

    def person_gone(self, call: str) -> bool:
        """Whoever accepted has hung up, or ought to have been with the caller long ago."""
        with self._database.reading() as session:
            row = _latest(session, call)
            return row is None or row.outcome is not None or _missing(row, self._now())

    def not_coming(self, call: str) -> list[str]:
        """Whoever accepted does not come: they have not been reached. Ids of the legs that must be ended; none when
        they have met the caller after all.
        """
        now = self._now()
        with self._database.writing() as session:
            held = self._locked_call(session, call)
            row = _latest(session, call)
            if row is None or row.outcome is not None or not _missing(row, now):
                return []
            end_attempt(session, held, now, row, TransferOutcome.FAILED)
            changed(session, update(Engagement).where(_of(row)).values(until=now + HANGING_UP))
            return [row.leg] if row.leg else []

    def release(self, call: str) -> list[str]:
        """The call is over: nobody is rung for it any more. Ids of the legs that must be ended."""
        now = self._now()
        with self._database.writing() as session:
            session.get(
                Call, call, with_for_update={"key_share": True}
            )  # first, as everywhere: news of its legs come just now
            changed(session, delete(Waiting).where(Waiting.call_id == call))
            engaged = list(session.scalars(select(Engagement).where(Engagement.call_id == call)))
            legs = []
            for one in engaged:
                one.until = min(one.until, now + HANGING_UP)
                row = session.get(Attempt, one.attempt_id) if one.attempt_id else None
                if row is not None and row.outcome is None:
                    outcome = TransferOutcome.ACCEPTED if has_talked(row) else TransferOutcome.CALLER_LEFT
                    end_attempt(session, session.get_one(Call, call), now, row, outcome)
                if row is not None and row.leg:
                    legs.append(row.leg)
            return legs

    def _locked_attempt(self, session: Session, attempt: int) -> Attempt | None:
        """The attempt, with its call's row held: news of one call are taken in one after the other."""
        row = session.get(Attempt, attempt)
        if row is None:
            return None
        self._locked_call(session, row.call_id)
        session.refresh(row)
        return row


def _of(row: Attempt) -> ColumnElement[bool]:
    return Engagement.attempt_id == row.id


def _later_talks(session: Session, row: Attempt) -> Iterable[Attempt]:
    """Attempts in which whoever stayed on that leg took the caller again."""
    if not row.leg:
        return ()
    later = select(Attempt).where(Attempt.leg == row.leg, Attempt.id > row.id, Attempt.call_id == row.call_id)
    return session.scalars(later).all()


def _missing(row: Attempt, now: datetime) -> bool:
    return row.accepted_at is None or (row.bridged_at is None and row.accepted_at < now - COMING)


def _waits(session: Session, row: Attempt, now: datetime) -> bool:
    waiting = session.get(Waiting, row.call_id)
    return waiting is not None and waiting.seen_at >= now - GONE


def _talk(session: Session, row: Attempt, now: datetime) -> None:
    """Engaged until the end of the talk, also when the engagement had lapsed and their phone was rung for another
    caller: they talk now. Of the general desk another line is taken then.
    """
    values = {"talking": True, "until": now + LONGEST_TALK}
    if changed(session, update(Engagement).where(_of(row)).values(**values)):
        return
    person, line = row.person, 1
    while row.role == "desk" and person in engaged_people(session, now):
        line += 1
        person = f"{row.person}#{line}"
    engage(session, person, row.call_id, now + LONGEST_TALK, now, attempt_id=row.id)
    changed(session, update(Engagement).where(_of(row)).values(**values))


def _latest(session: Session, call: str) -> Attempt | None:
    return session.scalars(select(Attempt).where(Attempt.call_id == call).order_by(Attempt.id.desc()).limit(1)).first()


def _accepted_already(session: Session, row: Attempt) -> bool:
    other = select(Attempt.id).where(
        Attempt.call_id == row.call_id,
        Attempt.id != row.id,
        Attempt.accepted_at.is_not(None),
        Attempt.outcome.is_(None),
    )
    return session.scalars(other).first() is not None

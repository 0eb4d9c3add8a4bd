"""Who waits, who is being rung and who talks: shared by all processes, so that nobody is rung twice at once.

A person is engaged by a row with their id. Whoever wants to ring first takes a lock that all replicas share, looks at
who waits and who is engaged, and leaves with one person or none. The attempt's row stands before the phone rings; what
the provider tells of it afterwards may come twice, late and in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from voicebot.events import TransferOutcome
from voicebot.store.calls import end_attempt, has_talked
from voicebot.store.duty_models import Engagement, Waiting
from voicebot.store.models import Attempt, Call
from voicebot.store.shelf import Shelf, changed, insert_once

LOCK: Final = 0x72696E67  # "ring"
"""Key of the PostgreSQL advisory lock; SQLite has one writer anyway."""
GONE: Final = timedelta(seconds=15)
"""Who serves a waiting caller says so every few seconds; later than this, that process has died."""
HANGING_UP: Final = timedelta(seconds=8)
"""A phone whose leg is being ended is not rung again before that."""
LONGEST_TALK: Final = timedelta(hours=4)
_ENDED: Final = {
    "busy": TransferOutcome.BUSY,
    "no-answer": TransferOutcome.NO_ANSWER,
    "canceled": TransferOutcome.NO_ANSWER,
    "failed": TransferOutcome.FAILED,
}
"""What the provider says of a leg that was never picked up."""


@dataclass(frozen=True, slots=True)
class Waiter:
    """A caller who waits and for whom no phone rings."""

    call: str
    wants: tuple[str, ...]
    """Ids of the people who may be rung for them, in order."""
    green: bool
    urgent: bool
    arrived: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """What a caller got."""

    attempt: Attempt | None
    """Somebody may be rung now."""
    person: str
    """Who, as named in `wants`; empty when nobody is free."""
    waiters: tuple[Waiter, ...]
    """Everybody who waits, this caller among them."""
    arrived: datetime
    """When this caller began to wait, also if that was on a stream that broke."""


@dataclass(frozen=True, slots=True)
class Whom:
    """Someone who may be rung, as the record names them."""

    person: str
    """Id in the roster, or ``desk``."""
    role: str
    name: str


Assign = Callable[[Sequence[Waiter], Collection[str]], Mapping[str, str]]


class Rings(Shelf):
    """Callers who wait and people who are rung for them. Every method may raise `StoreLost`."""

    def claim_person(
        self, call: str, wants: Mapping[str, Whom], assign: Assign, *, green: bool, urgent: bool, ring_s: float
    ) -> Claim:
        """Wait for one of `wants` (in order), or get one of them: then their attempt stands, and they are engaged."""
        now = self._now()
        with self._database.writing() as session:
            alone(session)
            row = self._enter(session, call, tuple(wants), green, urgent, now)
            waiters = live_waiters(session, now)
            busy = engaged_people(session, now)
            person = assign(waiters, busy).get(call, "")
            attempt = None
            if person:
                attempt = _begin(session, call, wants[person], now)
                until = now + timedelta(seconds=ring_s) + GONE
                engage(session, person, call, until, now, attempt_id=attempt.id)
            return Claim(attempt, person, waiters, row.arrived_at)

    def _enter(
        self, session: Session, call: str, wants: tuple[str, ...], green: bool, urgent: bool, now: datetime
    ) -> Waiting:
        row = session.get(Waiting, call)
        if row is None:
            self._locked_call(session, call)
            row = Waiting(call_id=call, green=green, urgent=urgent, arrived_at=now)
            session.add(row)
        row.wants, row.green, row.urgent, row.seen_at = list(wants), green, urgent, now
        session.flush()
        return row

    def seen(self, call: str) -> None:
        """The caller is still on the line."""
        with self._database.writing() as session:
            changed(session, update(Waiting).where(Waiting.call_id == call).values(seen_at=self._now()))

    def waiting_since(self, call: str) -> datetime | None:
        """When the caller began to wait; None when they do not."""
        with self._database.reading() as session:
            row = session.get(Waiting, call)
            return row.arrived_at if row else None

    def leave(self, call: str) -> None:
        """The caller does not wait any more."""
        with self._database.writing() as session:
            changed(session, delete(Waiting).where(Waiting.call_id == call))

    def busy(self) -> frozenset[str]:
        """Who is engaged now."""
        with self._database.reading() as session:
            return engaged_people(session, self._now())

    # One attempt

    def attempt(self, attempt: int) -> Attempt | None:
        """The attempt's row."""
        with self._database.reading() as session:
            return session.get(Attempt, attempt)

    def rang(self, attempt: int, leg: str) -> None:
        """The provider has placed the leg."""
        with self._database.writing() as session:
            changed(session, update(Attempt).where(Attempt.id == attempt).values(leg=leg))

    def leg_news(self, attempt: int, status: str, leg: str = "") -> None:
        """What the provider says of the leg: a CallStatus."""
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
            elif status == "completed" or status in _ENDED:
                self._leg_over(session, row, status, now)

    def _leg_over(self, session: Session, row: Attempt, status: str, now: datetime) -> None:
        """Free again. A talk that took place ends with it; who accepted and met nobody has not been reached."""
        changed(session, delete(Engagement).where(Engagement.attempt_id == row.id))
        if row.outcome is not None:
            return
        if row.accepted_at is not None:
            outcome = TransferOutcome.ACCEPTED if row.bridged_at is not None else TransferOutcome.FAILED
        else:
            outcome = _ENDED.get(status, TransferOutcome.DECLINED)
        end_attempt(session, session.get_one(Call, row.call_id), now, row, outcome)

    def accept(self, attempt: int) -> bool:
        """They pressed 1: whether the caller still waits, for them. The same answer when asked twice."""
        now = self._now()
        with self._database.writing() as session:
            alone(session)
            row = self._locked_attempt(session, attempt)
            if row is None or row.outcome not in (None, TransferOutcome.ACCEPTED):
                return False
            if row.accepted_at is not None:
                return True
            waiting = session.get(Waiting, row.call_id)
            if waiting is None or waiting.seen_at < now - GONE or _accepted_already(session, row):
                return False
            row.accepted_at = now
            row.picked_up_at = row.picked_up_at or now
            mine = Engagement.attempt_id == row.id
            changed(session, update(Engagement).where(mine).values(talking=True, until=now + LONGEST_TALK))
            return True

    def refuse(self, attempt: int, outcome: TransferOutcome) -> None:
        """They did not take it, or did not answer in time; their leg is being ended. An accepted one stays accepted."""
        now = self._now()
        with self._database.writing() as session:
            row = self._locked_attempt(session, attempt)
            if row is None or row.outcome is not None or row.accepted_at is not None:
                return
            end_attempt(session, session.get_one(Call, row.call_id), now, row, outcome)
            changed(session, update(Engagement).where(Engagement.attempt_id == row.id).values(until=now + HANGING_UP))

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
        """Whoever accepted has hung up."""
        with self._database.reading() as session:
            row = _latest(session, call)
            return row is None or row.accepted_at is None or row.outcome is not None

    def release(self, call: str) -> list[str]:
        """The call is over: nobody is rung for it any more. Ids of the legs that must be ended."""
        now = self._now()
        with self._database.writing() as session:
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


def alone(session: Session) -> None:
    """One at a time, across all replicas, until the transaction ends: whoever decides whose phone rings."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def live_waiters(session: Session, now: datetime) -> tuple[Waiter, ...]:
    """Callers on the line for whom no phone rings. One who is being rung for has enough."""
    ringing = select(Engagement.call_id).where(Engagement.until > now)
    rows = session.scalars(select(Waiting).where(Waiting.seen_at >= now - GONE, Waiting.call_id.not_in(ringing)))
    return tuple(Waiter(r.call_id, tuple(r.wants), r.green, r.urgent, r.arrived_at) for r in rows)


def engaged_people(session: Session, now: datetime) -> frozenset[str]:
    """Who is being rung or talks."""
    return frozenset(session.scalars(select(Engagement.person).where(Engagement.until > now)))


def _begin(session: Session, call: str, whom: Whom, now: datetime) -> Attempt:
    attempt = Attempt(call_id=call, whom=whom.name, person=whom.person, role=whom.role, started_at=now)
    session.add(attempt)
    session.flush()
    return attempt


def engage(
    session: Session,
    person: str,
    call: str,
    until: datetime,
    now: datetime,
    *,
    attempt_id: int | None = None,
    callback_id: int | None = None,
) -> None:
    """Engage somebody who is free: a row that is void is taken over."""
    values = {
        "call_id": call,
        "attempt_id": attempt_id,
        "callback_id": callback_id,
        "talking": False,
        "since": now,
        "until": until,
    }
    if not insert_once(session, Engagement, person=person, **values):
        changed(session, update(Engagement).where(Engagement.person == person).values(**values))


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

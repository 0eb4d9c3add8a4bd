"""Who waits, who is being rung and who talks: shared by all processes, so that nobody is rung twice at once.

A person is engaged by a row with their id. Whoever wants to ring first takes a lock that all replicas share, looks at
who waits and who is engaged, and leaves with one person or none. The attempt's row stands before the phone rings; what
becomes of it is in `ring_news`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from voicebot.store.duty_models import Engagement, Waiting
from voicebot.store.models import Attempt
from voicebot.store.shelf import Shelf, changed, insert_once

LOCK: Final = 0x72696E67  # "ring"
"""Key of the PostgreSQL advisory lock; SQLite has one writer anyway."""
GONE: Final = timedelta(seconds=15)
"""Who serves a waiting caller says so every few seconds; later than this, that process has died."""
HANGING_UP: Final = timedelta(seconds=8)
"""A phone whose leg is being ended is not rung again before that."""
LONGEST_TALK: Final = timedelta(hours=4)


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
            self._locked_call(session, call)
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


def alone(session: Session) -> None:
    """One at a time, across all replicas, until the transaction ends: whoever decides whose phone rings."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def live_waiters(session: Session, now: datetime) -> tuple[Waiter, ...]:
    """Callers on the line for whom no phone rings. One who is being rung for has enough; a phone that is only being
    hung up does not count.
    """
    rung = select(Engagement.call_id).outerjoin(Attempt, Attempt.id == Engagement.attempt_id)
    ringing = rung.where(Engagement.until > now, Attempt.outcome.is_(None))
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

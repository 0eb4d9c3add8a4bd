"""What is to be done outside of the database: committed with what it announces, claimed, tried again, given up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from voicebot.store.case_models import Outbox
from voicebot.store.models import Ticket
from voicebot.store.shelf import Shelf, changed, insert_once
from voicebot.store.undelivered import about, give_up
from voicebot.store.words import Kind

MOST_TOLD: Final = 2000
"""Characters kept of an error."""
LEASE: Final = timedelta(minutes=5)
"""A worker that has not said how it went by then has died."""
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=1)
MOST_TRIES: Final[Mapping[Kind, int]] = {Kind.SMS: 10, Kind.FETCH: 40, Kind.END_LEG: 20}
"""A text message is worth something for three hours; a caller's message is fetched for a day and a half."""


def enqueue(session: Session, kind: Kind, key: str, body: Mapping[str, Any], due_at: datetime) -> bool:
    """Add a row in an open transaction, unless one with that key was ever added: whether it was added."""
    return insert_once(session, Outbox, kind=kind, key=key, body=dict(body), due_at=due_at, tries=0, error="")


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many tries (from 1): doubled each time, an hour at most."""
    doubled: int = 2 ** min(tries - 1, 16)
    return min(LONGEST_PAUSE, FIRST_PAUSE * doubled)


class Outboxes(Shelf):
    """The outbox. Any number of workers, threads and replicas may work on it; each row is with one at a time."""

    def enqueue(self, session: Session, kind: Kind, key: str, body: Mapping[str, Any], due_at: datetime) -> bool:
        """As the function `enqueue`."""
        return enqueue(session, kind, key, body, due_at)

    def post(self, kind: Kind, key: str, body: Mapping[str, Any], due_at: datetime | None = None) -> bool:
        """Add a row in a transaction of its own, due at once unless said: whether it was added. Raises `StoreLost`."""
        with self._database.writing() as session:
            return enqueue(session, kind, key, body, due_at or self._now())

    def claim(self, kinds: Collection[Kind], limit: int = 10) -> list[Outbox]:
        """Up to `limit` rows that are due, oldest first, now ours for `LEASE`; each claim is a try.

        A row whose worker has died comes again after its lease. Say `done` or `failed` of each. Raises `StoreLost`.
        """
        now = self._now()
        with self._database.reading() as session:  # most often there is nothing: then nobody has to wait for us
            any_due = select(Outbox.id).where(_waiting(now), Outbox.kind.in_(list(kinds))).limit(1)
            if session.scalars(any_due).first() is None:
                return []
        with self._database.writing() as session:
            _give_up_on_killers(session, now)
            due = (
                select(Outbox)
                .where(_waiting(now), Outbox.kind.in_(list(kinds)))
                .order_by(Outbox.due_at, Outbox.id)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            rows = list(session.scalars(due))
            for row in rows:
                row.claimed_until, row.tries = now + LEASE, row.tries + 1
            return rows

    def done(self, row_id: int) -> None:
        """It is done, whoever did it; what it was about is not kept. Raises `StoreLost`."""
        finished: dict[str, Any] = {
            "done_at": self._now(),
            "claimed_until": None,
            "error": "",
            "body": {},
            "gave_up_at": None,
        }
        with self._database.writing() as session:
            changed(session, update(Outbox).where(Outbox.id == row_id, Outbox.done_at.is_(None)).values(**finished))

    def failed(self, row: Outbox, error: str, *, final: bool = False) -> bool:
        """The try that `claim` gave us failed: again later, or given up when `final` or tried often enough.

        Whether it was given up. News of a try whose lease ran out and that another worker has taken over changes
        nothing. Raises `StoreLost`.
        """
        now = self._now()
        gave_up = final or row.tries >= MOST_TRIES[row.kind]
        with self._database.writing() as session:
            held = session.get(Outbox, row.id, with_for_update=True)
            if held is None or held.tries != row.tries or held.done_at is not None or held.gave_up_at is not None:
                return False
            held.error, held.claimed_until, held.due_at = error[:MOST_TOLD], None, now + pause_after(row.tries)
            if gave_up:
                give_up(session, held, now)
            return gave_up

    def put_off(self, row: Outbox, until: datetime) -> None:
        """Not now, and not its fault: the try that `claim` gave us does not count. Raises `StoreLost`."""
        ours = (Outbox.id == row.id) & (Outbox.tries == row.tries) & Outbox.done_at.is_(None)
        with self._database.writing() as session:
            later = {"claimed_until": None, "tries": row.tries - 1, "due_at": until}
            changed(session, update(Outbox).where(ours).values(**later))

    def bring_forward(self, session: Session, key: str, due_at: datetime) -> None:
        """In an open transaction: a row that nobody has tried yet is due by then at the latest."""
        untried = (Outbox.key == key) & (Outbox.tries == 0) & (Outbox.due_at > due_at)
        changed(session, update(Outbox).where(untried).values(due_at=due_at))

    def given_up(self) -> list[Outbox]:
        """What nobody could do, oldest first: somebody has to look at it. Raises `StoreLost`."""
        with self._database.reading() as session:
            lost = select(Outbox).where(Outbox.gave_up_at.is_not(None), Outbox.done_at.is_(None)).order_by(Outbox.id)
            return list(session.scalars(lost))

    def tickets_of_outbox(self, rows: Collection[Outbox]) -> dict[int, Ticket]:
        """The tickets that callers' messages in these rows are about, by the row's id. Raises `StoreLost`."""
        with self._database.reading() as session:
            found = {row.id: about(session, row) for row in rows}
        return {row: ticket for row, ticket in found.items() if ticket is not None}

    def try_again(self, row_id: int) -> bool:
        """Start over with a row that was given up: whether it was. Raises `StoreLost`."""
        fresh = {"gave_up_at": None, "claimed_until": None, "tries": 0, "due_at": self._now()}
        lost = (Outbox.id == row_id) & Outbox.gave_up_at.is_not(None) & Outbox.done_at.is_(None)
        with self._database.writing() as session:
            return changed(session, update(Outbox).where(lost).values(**fresh)) == 1

    def outbox_waiting(self) -> int:
        """How many rows are still to be done, due or not. Raises `StoreLost`."""
        with self._database.reading() as session:
            ours = select(func.count(Outbox.id)).where(Outbox.done_at.is_(None), Outbox.gave_up_at.is_(None))
            return session.scalar(ours) or 0

    def clear_outbox(self, before: datetime) -> int:
        """Remove what was done or given up before then: how many rows. Raises `StoreLost`."""
        over = (Outbox.done_at < before) | (Outbox.gave_up_at < before)
        with self._database.writing() as session:
            return changed(session, delete(Outbox).where(over))


def _waiting(now: datetime) -> ColumnElement[bool]:
    """Rows to be done by now that nobody is at."""
    free = Outbox.claimed_until.is_(None) | (Outbox.claimed_until <= now)
    return Outbox.done_at.is_(None) & Outbox.gave_up_at.is_(None) & (Outbox.due_at <= now) & free


def _give_up_on_killers(session: Session, now: datetime) -> None:
    """Rows whose last try took its worker with it: nobody else will say that it failed."""
    for kind, most in MOST_TRIES.items():
        killer = select(Outbox).where(_waiting(now), Outbox.kind == kind, Outbox.tries >= most)
        for row in session.scalars(killer.order_by(Outbox.id).with_for_update(skip_locked=True)):
            row.error = "its worker died at the last try"
            give_up(session, row, now)

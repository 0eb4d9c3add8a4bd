"""Questions asked of all tickets, and what staff have to be told about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from voicebot.store.case_models import Notice
from voicebot.store.models import Ticket
from voicebot.store.shelf import Shelf, changed, insert_once
from voicebot.store.words import SETTLED, Matter, TicketState


class Casebook(Shelf):
    """Tickets in numbers, and notices. Every method may raise `StoreLost`."""

    def open_tickets(self, *, owner: str | None = None) -> list[Ticket]:
        """What is owed, oldest first; of one owner when given."""
        owed = select(Ticket).where(Ticket.state.not_in(SETTLED)).order_by(Ticket.id)
        if owner is not None:
            owed = owed.where(Ticket.owner == owner)
        with self._database.reading() as session:
            return list(session.scalars(owed))

    def settled_tickets(self, before: datetime) -> list[Ticket]:
        """Resolved before then and not confirmed yet, oldest first."""
        done = select(Ticket).where(Ticket.state == TicketState.RESOLVED, Ticket.closed_at < before)
        with self._database.reading() as session:
            return list(session.scalars(done.order_by(Ticket.id)))

    def each_held(self, tickets: list[int], change: Callable[[Session, Ticket], int]) -> int:
        """Change tickets one by one, each in a transaction of its own; one that another worker holds is left to it:
        the sum of what `change` returned.
        """
        count = 0
        for ticket in tickets:
            with self._database.writing() as session:
                held = select(Ticket).where(Ticket.id == ticket).with_for_update(skip_locked=True)
                row = session.scalars(held).first()
                if row is not None:
                    count += change(session, row)
        return count

    def missed_call_complaints(self, since: datetime | None = None) -> dict[str, int]:
        """Complaints that nobody answered, found justified, by department; those found so since then when given."""
        found = (
            select(Ticket.department, func.count(Ticket.id))
            .where(Ticket.matter == Matter.COMPLAINT, Ticket.justified.is_(True), Ticket.missed.is_(True))
            .group_by(Ticket.department)
        )
        if since is not None:
            # While replicas are replaced, an old one judges without saying when.
            found = found.where(func.coalesce(Ticket.justified_at, Ticket.created_at) >= since)
        with self._database.reading() as session:
            return {department: count for department, count in session.execute(found).all() if department}

    def notices(self, *, unseen: bool = True, unit: str | None = None) -> list[Notice]:
        """What staff have to be told, oldest first; of one unit when given."""
        told = select(Notice).order_by(Notice.id)
        if unseen:
            told = told.where(Notice.seen_at.is_(None))
        if unit is not None:
            told = told.where(Notice.unit == unit)
        with self._database.reading() as session:
            return list(session.scalars(told))

    def notice_seen(self, notice: int, who: str) -> bool:
        """Whoever it is for has seen it: whether that is news."""
        unseen = (Notice.id == notice) & Notice.seen_at.is_(None)
        with self._database.writing() as session:
            return changed(session, update(Notice).where(unseen).values(seen_at=self._now(), seen_by=who)) == 1

    def tell(self, key: str, *, unit: str, level: str, words: str, person: str | None = None) -> bool:
        """A notice that is about no ticket, once per key: whether it is new."""
        with self._database.writing() as session:
            return add_notice(session, self._now(), key, unit=unit, level=level, words=words, person=person)


def add_notice(
    session: Session,
    now: datetime,
    key: str,
    *,
    unit: str,
    level: str,
    words: str,
    person: str | None = None,
    ticket: int | None = None,
) -> bool:
    """Add a notice in an open transaction, unless one with that key was ever added: whether it was added."""
    return insert_once(
        session, Notice, key=key, at=now, ticket_id=ticket, unit=unit, person=person, level=level, text=words
    )

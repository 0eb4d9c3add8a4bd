"""How often something was done in a stretch of time, counted for all replicas together: limits for strangers.

Who did it is a keyed hash (`NumberKey.blind`), never an address or a number. A limit that is used up costs no write, so
a flood never stands in the way of a call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Index, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from voicebot.store.columns import Base, UtcTime
from voicebot.store.models import Id
from voicebot.store.numbers import NumberKey
from voicebot.store.shelf import Shelf, changed


class Tally(Base):
    """One count of one stretch of time."""

    __tablename__ = "tallies"
    __table_args__ = (Index(None, "until"),)

    key: Mapped[str] = mapped_column(Id, primary_key=True)
    """What is counted, of whom, and which stretch."""
    count: Mapped[int]
    until: Mapped[datetime] = mapped_column(UtcTime)
    """The end of the stretch; the row means nothing afterwards."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so often in each stretch of that length."""

    name: str
    """What is limited, of whom: ``request:`` and a keyed hash."""
    most: int
    window: timedelta

    def stretch(self, now: datetime) -> tuple[str, datetime]:
        """Key and end of the stretch that `now` is in."""
        length = self.window.total_seconds()
        number = int(now.timestamp() // length)
        return f"{self.name}:{number}", datetime.fromtimestamp((number + 1) * length, UTC)


class _UsedUp(Exception):
    """Undoes what was counted before a limit turned out to be used up."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit.name)
        self.limit = limit


class Tallies(Shelf):
    """Limits over all replicas. Every method that counts may raise `StoreLost`."""

    _numbers: NumberKey

    def blind(self, purpose: str, text: str = "") -> str:
        """A keyed hash of something that must not be readable, or a key derived for a purpose."""
        return self._numbers.blind(purpose, text)

    def take(self, limits: Sequence[Limit]) -> Limit | None:
        """Count once for every limit, or for none: then the limit that is used up."""
        now = self._now()
        spent = self._used_up(limits, now)
        if spent is not None:
            return spent
        try:
            with self._database.writing() as session:
                for limit in sorted(limits, key=lambda limit: limit.name):  # one order: replicas never wait in a circle
                    if _count(session, limit, now) > limit.most:
                        raise _UsedUp(limit)
        except _UsedUp as used_up:
            return used_up.limit
        return None

    def give_back(self, limits: Sequence[Limit]) -> None:
        """What was counted a moment ago does not count after all."""
        now = self._now()
        with self._database.writing() as session:
            for limit in sorted(limits, key=lambda limit: limit.name):
                mine = (Tally.key == limit.stretch(now)[0]) & (Tally.count > 0)
                changed(session, update(Tally).where(mine).values(count=Tally.count - 1))

    def tidy_tallies(self) -> int:
        """Remove the counts of stretches that are over: how many."""
        with self._database.writing() as session:
            return changed(session, delete(Tally).where(Tally.until < self._now()))

    def _used_up(self, limits: Sequence[Limit], now: datetime) -> Limit | None:
        keys = {limit.stretch(now)[0]: limit for limit in limits}
        with self._database.reading() as session:
            counts = session.execute(select(Tally.key, Tally.count).where(Tally.key.in_(keys))).all()
        return next((keys[key] for key, count in counts if count >= keys[key].most), None)


def _count(session: Session, limit: Limit, now: datetime) -> int:
    """Add one: the count then. Atomic on both databases."""
    key, until = limit.stretch(now)
    postgres = session.get_bind().dialect.name == "postgresql"
    statement = postgresql.insert(Tally) if postgres else sqlite.insert(Tally)
    upsert = statement.values(key=key, count=1, until=until).on_conflict_do_update(
        index_elements=[Tally.key], set_={"count": Tally.count + 1}
    )
    return session.scalars(upsert.returning(Tally.count)).one()

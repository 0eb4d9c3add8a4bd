"""Which cases somebody may see: their unit's, and never a complaint about where they work."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, not_, or_, true

from voicebot.store.models import Ticket
from voicebot.store.words import Matter


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may see."""

    person: str
    unit: str | None = None
    """The unit whose cases they see; None: all units'."""
    works_for: frozenset[str] = frozenset()
    """Departments they work for: to them complaints about these are not there."""

    def sees(self, ticket: Ticket) -> bool:
        """Whether they see a ticket; whoever answers for one does."""
        if ticket.matter is Matter.COMPLAINT and ticket.department in self.works_for:
            return False
        return self.unit is None or ticket.unit == self.unit or ticket.owner == self.person


def in_sight(sight: Sight) -> ColumnElement[bool]:
    """The same, as a condition on tickets."""
    complained_of = and_(Ticket.matter == Matter.COMPLAINT, Ticket.department.in_(sorted(sight.works_for)))
    # A department that is not known is none of theirs; NOT (… AND NULL) would say neither.
    open_to_them = or_(Ticket.department.is_(None), not_(complained_of)) if sight.works_for else true()
    if sight.unit is None:
        return open_to_them
    return and_(open_to_them, or_(Ticket.unit == sight.unit, Ticket.owner == sight.person))

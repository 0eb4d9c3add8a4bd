"""The figures: each is data. Which calls or tickets it is counted over and which of them count stands here; what it is
called and means, in the words shown beside it, in ``figures.toml``. Definitions follow
GB/T 33358 and what Chinese lines publish.

Rates stand beside what keeps them honest: whoever shortens calls to answer more of them sees repeat calls and wrong
answers grow.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, false, func, not_, or_, select, true

from voicebot.content import data_text
from voicebot.dialogue.commands import Reason, TicketKind
from voicebot.insight.sql import local_day
from voicebot.store.case_models import TicketCall
from voicebot.store.models import Call, Ticket
from voicebot.store.words import SETTLED, CallOutcome, Missed

Condition = ColumnElement[bool]
_NEVER: Final = 1e9
"""Seconds, of a wait nobody measured."""


class About(StrEnum):
    """What a figure counts."""

    CALLS = "calls"
    TICKETS = "tickets"


class Better(StrEnum):
    """Which way is good."""

    HIGH = "high"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Figure:
    """One rate: `hit` of `of`."""

    id: str
    name: str
    about: About
    better: Better
    formula: str
    """How it is counted, in Chinese."""
    notes: str
    """What is and is not in it, in Chinese."""
    hit_name: str
    """What the numerator's calls are."""
    miss_name: str
    """What the rest of the denominator's are."""
    of: Condition
    hit: Condition
    target: float | None = None
    """To be reached (or not exceeded)."""
    source: str = ""
    """Where the target comes from, or what others reach."""

    def meets(self, rate: float) -> bool | None:
        """Whether a rate is good enough; None without a target."""
        if self.target is None:
            return None
        return rate >= self.target if self.better is Better.HIGH else rate <= self.target


asked: Final[Condition] = Call.outcome != CallOutcome.LEFT_EARLY
wanted: Final[Condition] = Call.wanted_at.is_not(None)
talked: Final[Condition] = Call.outcome == CallOutcome.CONNECTED
served: Final[Condition] = Call.outcome.in_((CallOutcome.ANSWERED, CallOutcome.CONFIRMED))
complained: Final[Condition] = Call.id.in_(select(TicketCall.call_id).where(TicketCall.kind == TicketKind.COMPLAINT))
_reopened: Final[Condition] = Call.id.in_(
    select(TicketCall.call_id).join(Ticket, Ticket.id == TicketCall.ticket_id).where(Ticket.reopened > 0)
)
_poor: Final[Condition] = func.coalesce(Call.rating, 5) <= 2
_excused: Final[Condition] = and_(
    Call.missed.is_not(None), Call.missed.in_((Missed.FAULT, Missed.OVER_CAPACITY)), not_(talked)
)
_spoke_that_day: Final[Condition] = local_day(Call.started_at).in_(
    select(local_day(Ticket.first_response_at))
    .join(TicketCall, TicketCall.ticket_id == Ticket.id)
    .where(TicketCall.call_id == Call.id)
    .correlate(Call)
)
"""Not `exists`: PostgreSQL would look through every ticket there ever was, to know it of a week's calls."""
_got_through: Final[Condition] = case(
    (not_(Call.first_today), false()), (Call.got_through, true()), else_=_spoke_that_day
)
_resolved: Final[Condition] = and_(
    or_(served, and_(talked, Call.handed_on == 0)), not_(Call.again), not_(_poor), not_(complained), not_(_reopened)
)
_unsolved: Final[Condition] = or_(
    and_(wanted, or_(Call.reason.is_(None), Call.reason != Reason.COMPLAINT)), and_(served, _poor)
)
_got_through_at_once: Final[Condition] = (
    select(Call.outcome).where(Call.id == Ticket.call_id).correlate(Ticket).scalar_subquery() == CallOutcome.CONNECTED
)
"""Not `exists`: PostgreSQL would look through every call there ever was, to know it of a month's tickets."""
_worked: Final[Condition] = or_(Ticket.kind != TicketKind.CALL, Ticket.reopened > 0, not_(_got_through_at_once))
"""Tickets of callers who got through in the same call were never work."""

_CALLS: Final[dict[str, tuple[Condition, Condition]]] = {
    "reach": (wanted, talked),
    "reach-net": (and_(wanted, not_(_excused)), talked),
    "in-15s": (wanted, and_(talked, func.coalesce(Call.waited_s, _NEVER) <= 15.0)),
    "in-30s": (wanted, and_(talked, func.coalesce(Call.waited_s, _NEVER) <= 30.0)),
    "first": (Call.first_today.is_(True), talked),
    "same-day": (Call.first_today.is_(True), _got_through),
    "direct": (asked, _resolved),
    "again": (asked, Call.again.is_(True)),
    "wrong": (Call.answers > 0, _unsolved),
    "left": (wanted, Call.left_waiting.is_(True)),
    "satisfied": (Call.rating.is_not(None), func.coalesce(Call.rating, 0) >= 4),
    "complaints": (asked, complained),
}
_TICKETS: Final[dict[str, tuple[Condition, Condition]]] = {
    "on-time": (
        _worked,
        and_(Ticket.state.in_(SETTLED), Ticket.closed_at.is_not(None), Ticket.closed_at <= Ticket.resolve_by),
    ),
    "responded": (_worked, func.coalesce(Ticket.first_response_at, Ticket.closed_at) <= Ticket.respond_by),
}
"""Denominator, and what of it counts, by the id of the figure in ``figures.toml``."""


def figures_from(document: Mapping[str, Any]) -> dict[str, Figure]:
    """All figures, with their words from the parsed ``figures.toml``, in its order."""
    found: dict[str, Figure] = {}
    for id_, words in document["figure"].items():
        about = About.CALLS if id_ in _CALLS else About.TICKETS
        of, hit = _CALLS[id_] if id_ in _CALLS else _TICKETS[id_]
        found[id_] = Figure(
            id=id_,
            about=about,
            of=of,
            hit=hit,
            name=words["name"],
            better=Better(words["better"]),
            formula=words["formula"],
            notes=words["notes"],
            hit_name=words["hit"],
            miss_name=words["miss"],
            target=words["target"],
            source=words["source"],
        )
    return found


@cache
def load_figures() -> dict[str, Figure]:
    """The packaged figures."""
    return figures_from(tomllib.loads(data_text("figures.toml")))


@dataclass(frozen=True, slots=True)
class MissedWords:
    """A reason in words."""

    name: str
    rule: str
    order: int
    """When it is asked whether this is the reason, from 1."""


@cache
def load_missed() -> dict[Missed, MissedWords]:
    """The reasons for missed calls in the order of the tables."""
    document = tomllib.loads(data_text("figures.toml"))["missed"]
    return {Missed(word): MissedWords(**words) for word, words in document.items()}

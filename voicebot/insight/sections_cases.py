"""Sections of a report that stand on tickets. Each may raise `StoreLost`."""

from __future__ import annotations

from datetime import timedelta

from voicebot.insight.behind import Part
from voicebot.insight.document import Basis, Claim, Section, Table
from voicebot.insight.making import FEW, Making, percent
from voicebot.insight.sources import OFTEN
from voicebot.store.models import Ticket
from voicebot.store.words import SETTLED


def hard(making: Making) -> Section:
    """The tickets that went worst."""
    tickets = making.sources.hard(making.period, making.now, FEW)
    title = making.words["section"]["hard"]
    if not tickets:
        return Section(title, (Claim(making.say["hard_none"]),))
    rows = tuple((t.number, making.name_of(t.unit), making.brief(t.summary), _why_hard(making, t)) for t in tickets)
    bases = tuple(Basis((), (t.number,), 1) for t in tickets)
    return Section(title, (), Table(tuple(making.words["head"]["hard"]), rows, bases))


def _why_hard(making: Making, ticket: Ticket) -> str:
    words, found = making.words["hard"], []
    settled = ticket.state in SETTLED
    end = ticket.closed_at if settled and ticket.closed_at else making.now
    if ticket.reopened:
        found.append(words["reopened"].format(n=ticket.reopened))
    if ticket.justified:
        found.append(words["justified"])
    if ticket.calls >= OFTEN:
        found.append(words["calls"].format(n=ticket.calls))
    if ticket.resolve_by is not None and end > ticket.resolve_by:
        days = max(1, -((ticket.resolve_by - end) // timedelta(days=1)))
        found.append(words["late" if settled else "overdue"].format(days=days))
    if not settled and ticket.first_response_at is None:
        found.append(words["unanswered"])
    if ticket.tries > 1:
        found.append(words["tries"].format(n=ticket.tries))
    if not settled and ticket.owner is None:
        found.append(words["owner"])
    return "".join(found)


def overdue(making: Making) -> Section:
    """Units by the deadlines they missed."""
    overdue, left = making.sources.overdue(making.period, making.now), making.sources.open_tickets()
    tallies = {u: row["on-time"] for u, row in making.numbers.by_department.items() if row["on-time"].of}
    order = sorted(tallies, key=lambda u: (-tallies[u].miss, u))
    title, late = making.words["section"]["overdue"], making.total["on-time"]
    if not late.miss:
        return Section(title, (Claim(making.say["overdue_none"], making.behind("on-time", Part.ALL)),))
    name = making.name_of
    text = making.say["overdue"].format(of=late.of, n=late.miss, unit=name(order[0]), count=tallies[order[0]].miss)
    rows = tuple(
        (name(u), str(t.of), str(t.hit), str(t.miss), percent(t), str(left.get(u, 0)))
        for u, t in ((u, tallies[u]) for u in order[:FEW])
    )
    bases = tuple(overdue.get(u, Basis()) for u in order[:FEW])
    table = Table(tuple(making.words["head"]["overdue"]), rows, bases)
    return Section(title, (Claim(text, making.behind("on-time", Part.MISS)),), table)

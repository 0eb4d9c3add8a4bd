"""One case with all that belongs to it, for whoever is logged in."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, g, render_template, request
from flask.typing import ResponseReturnValue

from voicebot.bot import Bot
from voicebot.cases.book import Book, Standing
from voicebot.cases.dialling import Dialling
from voicebot.cases.ticket import NEXT
from voicebot.staffing.plan import people_of
from voicebot.staffing.roster import Person
from voicebot.store.case_list import CaseFilter
from voicebot.store.case_models import Callback, TicketHistory
from voicebot.store.models import Message, Ticket
from voicebot.store.words import Change
from voicebot.web.desk.call_shown import CallShown, call_shown, is_complaint
from voicebot.web.desk.seeing import Names, sight_of


@dataclass(frozen=True, slots=True)
class Case:
    """A case with all that belongs to it."""

    standing: Standing
    may: frozenset[Change]
    """What can be done to it now."""
    calls: list[CallShown]
    messages: list[Message]
    callbacks: list[Callback]
    history: list[TicketHistory]
    colleagues: list[Person]
    """Who it can be handed to."""
    last4: str
    number: str = ""
    """The caller's number, when it was asked for just now."""

    @property
    def ticket(self) -> Ticket:
        """The case itself."""
        return self.standing.ticket


class Cases:
    """What the pages about cases share."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.book = Book(bot.record, bot.office, bot.now)
        self.dialling = Dialling(bot.record, bot.office, bot.now)
        self.names = Names(bot)

    def found(self, number: str) -> Ticket:
        """The ticket with that number, if whoever is logged in may see it; 404 otherwise, as for one that is not."""
        ticket = self.bot.record.ticket(number)
        if ticket is None or not sight_of(g.user, self.bot.office()).sees(ticket):
            abort(404)
        return ticket

    def page(self, number: str, *, shown: str = "", problem: str = "", code: int = 200) -> ResponseReturnValue:
        """The page of a case; `shown`: the caller's number, asked for just now."""
        case = self._case(self.found(number), shown)
        mine = CaseFilter(owner=g.user.id)
        sight = sight_of(g.user, self.bot.office())
        next_one = next((t for t in self.bot.record.cases(sight, mine, limit=2) if t.id != case.ticket.id), None)
        page = render_template(
            "desk/case.html", case=case, names=self.names, problem=problem, next_one=next_one, form=request.form
        )
        return page, code

    def _case(self, ticket: Ticket, number: str) -> Case:
        record, sight = self.bot.record, sight_of(g.user, self.bot.office())
        calls = record.calls_about(ticket.id)
        shown = [call_shown(record, call, sight) for call in calls]
        return Case(
            self.book.standing(ticket),
            frozenset(NEXT[ticket.state]),
            shown,
            record.messages_about(ticket.id),
            record.callbacks_about(ticket.id),
            record.history_of(ticket.id),
            self._colleagues(ticket),
            next((call.caller_last4 for call in reversed(calls) if call.caller_last4), ""),
            number,
        )

    def _colleagues(self, ticket: Ticket) -> list[Person]:
        """Whom it may be handed to: not back to who has it, a complaint to nobody of the unit complained of."""
        office = self.bot.office()
        theirs = people_of(office, ticket.department)
        people = [person for person in office.roster.people if person.id != ticket.owner]
        if is_complaint(ticket):
            return [person for person in people if person.id not in theirs]
        return sorted(people, key=lambda person: person.id not in theirs)

"""What staff do to tickets. Each deed is one transaction with its line in the history, and is refused in Chinese when
it cannot be.

Who may see a ticket is decided here as well: one belongs to the unit that owns it, so a complaint is invisible to the
unit complained of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from voicebot.cases.calling_back import next_permitted
from voicebot.cases.ticket import ChangeRefused, after
from voicebot.staffing.plan import Office, people_of
from voicebot.store.case_models import Notice
from voicebot.store.models import Ticket
from voicebot.store.numbers import ticket_number
from voicebot.store.owed import drop_callbacks, note, responded
from voicebot.store.promised import promise_again
from voicebot.store.record import Record
from voicebot.store.words import SETTLED, Change, Matter, TicketState


@dataclass(frozen=True, slots=True)
class Standing:
    """A ticket and how long is left."""

    ticket: Ticket
    due: datetime | None
    """The deadline that comes next: of the first response until there was one, then of the resolution, or what a caller
    who called again was promised; None when nothing is owed."""
    left: timedelta
    """Working time until then; negative when it has passed."""

    @property
    def is_overdue(self) -> bool:
        """The deadline has passed."""
        return self.due is not None and self.left < timedelta()


class Book:
    """The tickets, for staff. `who` is the person id of whoever does it. Every method may raise `StoreLost`, and
    `ChangeRefused` when it cannot be done.
    """

    def __init__(self, record: Record, office: Callable[[], Office], now: Callable[[], datetime]) -> None:
        self._record = record
        self._office = office
        self._now = now

    # Looking

    def find(self, number: str, unit: str | None = None, who: str = "") -> Ticket:
        """The ticket with that number, if `unit` may see it and so may `who`; None as unit: whoever sees all."""
        ticket = self._record.ticket(number)
        if ticket is None or not visible(ticket, unit) or complained_of(self._office(), ticket, who):
            raise ChangeRefused("no-such-ticket", f"没有工单 {number}")
        return ticket

    def standing(self, ticket: Ticket) -> Standing:
        """How long is left for it."""
        if ticket.state in SETTLED:
            return Standing(ticket, None, timedelta())
        due = ticket.respond_by
        if ticket.first_response_at:
            due = min((at for at in (ticket.promised_by, ticket.resolve_by) if at), default=None)
        if due is None:
            return Standing(ticket, None, timedelta())
        calendar = self._office().calendar_of(ticket.department)
        now = self._now()
        left = calendar.between(now, due)
        if not left and now > due:  # late since the office closed
            left = due - now
        return Standing(ticket, due, left)

    def open_tickets(self, unit: str | None = None, owner: str | None = None) -> list[Standing]:
        """What is owed, most urgent first; of one unit or one owner when given."""
        tickets = self._record.open_tickets(owner=owner)
        return by_urgency(self.standing(ticket) for ticket in tickets if visible(ticket, unit))

    def overdue(self, unit: str | None = None) -> list[Standing]:
        """What is late, latest first."""
        return [one for one in self.open_tickets(unit) if one.is_overdue]

    def notices(self, unit: str | None = None) -> list[Notice]:
        """What staff have to be told and nobody has seen yet, oldest first; of one unit when given."""
        return self._record.notices(unit=unit)

    # Doing

    def seen(self, notice: int, who: str, unit: str | None = None) -> None:
        """Somebody it is for has seen a notice."""
        found = next((one for one in self._record.notices(unit=unit) if one.id == notice), None)
        about = self._record.ticket(ticket_number(found.ticket_id)) if found and found.ticket_id else None
        hidden = about is not None and complained_of(self._office(), about, who)
        if found is None or hidden or not self._record.notice_seen(notice, who):
            raise ChangeRefused("no-such-notice", f"没有编号 {notice} 的新提醒")

    def take(self, number: str, who: str) -> Ticket:
        """Answer for it from now on. One that somebody else has already can only be handed on by `assign`."""
        with self._changing(number, who) as (session, ticket):
            if ticket.owner not in (None, who) and ticket.state is not TicketState.OPEN:
                name = self.name_of(ticket.owner)
                raise ChangeRefused("taken", f"工单 {number} 已经由{name}负责")
            self._apply(session, ticket, Change.ASSIGN, who, owner=who)
            return ticket

    def assign(self, number: str, who: str, to: str, why: str = "") -> Ticket:
        """Hand it on to somebody who takes it. A complaint never goes to anybody of the unit complained of."""
        with self._changing(number, who) as (session, ticket):
            person = self._office().roster.person(to)
            if person is None:
                raise ChangeRefused("no-such-person", f"排班里没有“{to}”")
            if complained_of(self._office(), ticket, to):
                raise ChangeRefused("own-complaint", f"{person.name}是被投诉单位的人，不能办这件投诉")
            self._apply(session, ticket, Change.ASSIGN, who, why=why, owner=to)
            return ticket

    def contact(self, number: str, who: str, why: str = "") -> Ticket:
        """The caller was reached."""
        return self._do(number, Change.CONTACT, who, why)

    def tried(self, number: str, who: str, why: str) -> Ticket:
        """The caller could not be reached."""
        return self._do(number, Change.TRY, who, why)

    def resolve(self, number: str, who: str, why: str) -> Ticket:
        """It is done; `why` is what the caller was told."""
        return self._do(number, Change.RESOLVE, who, why)

    def confirm(self, number: str, who: str, why: str = "") -> Ticket:
        """The caller agrees that it is done."""
        return self._do(number, Change.CONFIRM, who, why)

    def reopen(self, number: str, who: str, why: str) -> Ticket:
        """It was not done after all: the same person answers for it, with new deadlines, and the caller is called back
        if their number is still there.
        """
        with self._changing(number, who) as (session, ticket):
            self._apply(session, ticket, Change.REOPEN, who, why=why)
            now = self._now()
            if not promise_again(session, ticket, now, next_permitted(self._office().callback, now)):
                words = "来电号码已经删除，不能自动回电"
                note(session, ticket, Change.NOTE, ticket.state, now, why=words)
            return ticket

    def note(self, number: str, who: str, why: str) -> Ticket:
        """Write something down."""
        return self._do(number, Change.NOTE, who, why)

    def justify(
        self, number: str, who: str, justified: bool, why: str, *, missed: bool = True, department: str | None = None
    ) -> Ticket:
        """Whether a complaint was found justified, and whether it was about calls that nobody answered. `department`:
        the unit it is about, where the caller named none or another; the complaint is its supervising unit's then.
        """
        with self._changing(number, who) as (session, ticket):
            if ticket.matter is not Matter.COMPLAINT:
                raise ChangeRefused("no-complaint", f"工单 {number} 不是投诉")
            if department is not None and department != ticket.department:
                why = f"{why.strip()}（被投诉单位：{department}）" if why.strip() else why
                self._about(ticket, department, who)
            self._apply(session, ticket, Change.NOTE, who, why=why)
            ticket.justified, ticket.missed, ticket.justified_at = justified, missed, self._now()
            return ticket

    def _about(self, ticket: Ticket, department: str, who: str) -> None:
        """A complaint turns out to be about that unit, of which nobody may have it."""
        office = self._office()
        if department not in {*office.units, *office.roster.departments()}:
            raise ChangeRefused("no-such-department", f"没有部门 {department}")
        theirs = people_of(office, department)
        if who in theirs:
            raise ChangeRefused("own-complaint", "被投诉单位的人不能办这件投诉")
        if ticket.owner in theirs:
            name = self.name_of(ticket.owner)
            raise ChangeRefused("own-complaint", f"负责人{name}是被投诉单位的人，请先转交")
        ticket.department, ticket.unit = department, office.unit_over(department)

    def number_of(self, number: str, who: str) -> str:
        """The caller's number, for whoever answers for the ticket; that it was looked at is kept."""
        with self._changing(number, who) as (session, ticket):
            if ticket.owner != who:
                raise ChangeRefused("not-yours", f"只有负责工单 {number} 的人可以看号码")
            note(session, ticket, Change.NOTE, ticket.state, self._now(), who=who, why="查看来电号码")
        return self._record.number_of(ticket.call_id)

    def name_of(self, person: str | None) -> str:
        """How colleagues know a person."""
        known = self._office().roster.person(person or "")
        return known.name if known else {"desk": "总值班台", None: "无人"}.get(person, person or "无人")

    # Helpers

    def _do(self, number: str, change: Change, who: str, why: str) -> Ticket:
        with self._changing(number, who) as (session, ticket):
            self._apply(session, ticket, change, who, why=why)
            return ticket

    @contextmanager
    def _changing(self, number: str, who: str) -> Iterator[tuple[Session, Ticket]]:
        """A ticket, held, if `who` may touch it: nobody of the unit complained of has a hand in a complaint."""
        found = self.find(number, who=who)
        with self._record.ticket_changing(found.id) as held:
            if held[1].forgotten_at is not None:
                raise ChangeRefused("forgotten", f"工单 {number} 的内容已按保存期限删除，不能再改")
            yield held

    def _apply(
        self, session: Session, ticket: Ticket, change: Change, who: str, *, why: str = "", owner: str | None = None
    ) -> None:
        """Make a change of a ticket that is held, and write its line."""
        now, before = self._now(), ticket.state
        if change is Change.CONTACT and before is TicketState.OPEN:  # who speaks with the caller answers for it
            self._apply(session, ticket, Change.ASSIGN, who, owner=who)
            before = ticket.state
        elif change is Change.RESOLVE and before is TicketState.OPEN:
            self._apply(session, ticket, Change.ASSIGN, who, owner=who)
            before = ticket.state
        ticket.state = after(ticket.number, before, change, why)
        if owner is not None:
            ticket.owner = owner
        if change in (Change.CONTACT, Change.TRY):
            ticket.tries += 1
        if change is Change.CONTACT:
            responded(ticket, now)
        if change is Change.RESOLVE:
            ticket.closed_at, ticket.promised_at, ticket.promised_by = now, None, None
            drop_callbacks(session, ticket.id, now)
        if change is Change.REOPEN:
            self._begin_again(ticket, now)
        note(session, ticket, change, before, now, who=who, why=why.strip())

    def _begin_again(self, ticket: Ticket, now: datetime) -> None:
        office = self._office()
        calendar = office.calendar_of(ticket.department)
        ticket.reopened, ticket.reopened_at = ticket.reopened + 1, now
        ticket.closed_at = ticket.first_response_at = None
        ticket.told = ticket.told_resolve = ticket.told_promise = 0
        ticket.promised_at = ticket.promised_by = None
        ticket.respond_by = calendar.add(now, office.tickets.first_response)
        ticket.resolve_by = calendar.add_days(calendar.next_open(now), office.tickets.days(ticket.matter))


def visible(ticket: Ticket, unit: str | None) -> bool:
    """Whether a unit may see a ticket: its own. None sees all."""
    return unit is None or ticket.unit == unit


def complained_of(office: Office, ticket: Ticket, person: str) -> bool:
    """Whether the ticket is a complaint about a unit that person works for: to them it is not there."""
    return ticket.matter is Matter.COMPLAINT and person in people_of(office, ticket.department)


def by_urgency(standings: Iterable[Standing]) -> list[Standing]:
    """Least time left first; what has no deadline last."""
    return sorted(standings, key=lambda s: (s.due is None, s.left, s.ticket.id))

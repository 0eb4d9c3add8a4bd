"""Staff are told before a deadline passes, and others when it has: reminder, escalation, accountability.

Every replica may run this at any time; a notice is written once whoever notices it first, in one transaction with its
line in the ticket's history.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from voicebot.cases.book import complained_of
from voicebot.cases.deadlines import Level, Notice, due_notices
from voicebot.cases.paging import Page, no_page
from voicebot.staffing.plan import Office, plan
from voicebot.staffing.roster import Role
from voicebot.store.casebook import add_notice
from voicebot.store.models import Ticket
from voicebot.store.owed import note
from voicebot.store.record import Record
from voicebot.store.words import SETTLED, Change, Matter, TicketState

ACCOUNTABILITY: Final = "accountability"
"""Level of the notice to a unit that has left its callers unanswered too often."""
_WORDS: Final = {
    Level.OWNER: "时限过半",
    Level.BACKUP: "已超时，请备岗协助",
    Level.LEAD: "仍未处理，请部门负责人督办",
    Level.SUPERVISOR: "仍未处理，报主管单位",
}


@dataclass(frozen=True, slots=True)
class _Term:
    """A deadline of a ticket. Its notices are counted in the ticket's column `told`."""

    name: str
    words: str
    told: str
    of: Callable[[Ticket], tuple[datetime | None, datetime | None]]
    """Since when it runs and until when."""
    which: Callable[[Ticket], int] = lambda ticket: ticket.reopened
    """Another number every time it begins anew."""


def _first_response(ticket: Ticket) -> tuple[datetime | None, datetime | None]:
    return ticket.terms_from, ticket.respond_by if ticket.first_response_at is None else None


_TERMS: Final = (
    _Term("respond", "首次回应", "told", _first_response),
    _Term(
        "promise", "再次来电后答应的回电", "told_promise", lambda t: (t.promised_at, t.promised_by), lambda t: t.calls
    ),
    _Term("resolve", "办结", "told_resolve", lambda t: (t.terms_from, t.resolve_by)),
)


class Deadlines:
    """The job. `run` may raise `StoreLost`."""

    def __init__(
        self, record: Record, office: Callable[[], Office], now: Callable[[], datetime], page: Page = no_page
    ) -> None:
        self._record = record
        self._office = office
        self._now = now
        self._page = page

    def run(self) -> int:
        """Confirm what nobody objects to, and tell whoever has to be told now: how many notices were written."""
        self._confirm()
        return self._tell_about_tickets() + self._accountability()

    # Tickets that are late

    def _tell_about_tickets(self) -> int:
        due = [t.id for t in self._record.open_tickets() if self._due(t)]
        return self._record.each_held(due, self._tell)

    def _due(self, ticket: Ticket) -> list[tuple[_Term, Notice]]:
        """What has to be told about a ticket now, and about which deadline."""
        if ticket.state in SETTLED:
            return []
        calendar, now = self._office().calendar_of(ticket.department), self._now()
        found: list[tuple[_Term, Notice]] = []
        for term in _TERMS:
            begun, due = term.of(ticket)
            if begun is not None and due is not None:
                told = getattr(ticket, term.told)
                found += [(term, notice) for notice in due_notices(begun, due, calendar, told=told, now=now)]
        return found

    def _tell(self, session: Session, ticket: Ticket) -> int:
        """Write what is due, the ticket being held: how many notices."""
        due, now = self._due(ticket), self._now()
        for term, notice in due:
            told = getattr(ticket, term.told)
            unit, person = self._whom(ticket, notice.level)
            words = f"工单 {ticket.number} {term.words}{_WORDS[notice.level]}"
            key = f"{term.name}:{ticket.id}:{term.which(ticket)}:{told}"
            level = str(notice.level)
            add_notice(session, now, key, unit=unit, level=level, words=words, person=person, ticket=ticket.id)
            if person is not None and not complained_of(self._office(), ticket, person):
                self._page(session, person, key, words, now)
            change = Change.REMIND if notice.level is Level.OWNER else Change.ESCALATE
            note(session, ticket, change, ticket.state, now, why=words)
            setattr(ticket, term.told, told + 1)
        return len(due)

    def _whom(self, ticket: Ticket, level: Level) -> tuple[str, str | None]:
        """Unit and person that are told; a person only when the roster names one. A complaint stays with its unit."""
        office = self._office()
        over, complaint = office.unit_over(ticket.department), ticket.matter is Matter.COMPLAINT
        if level is Level.SUPERVISOR:
            return ticket.unit if complaint else over, None
        if level is Level.OWNER or complaint or ticket.unit == over:
            return ticket.unit, ticket.owner
        return ticket.unit, _there(office, ticket, level, self._now())

    # Tickets that are done

    def _confirm(self) -> int:
        """What was resolved long enough ago and nobody objected to is confirmed."""
        office, now = self._office(), self._now()
        days = office.tickets.confirm_days

        def silent(ticket: Ticket) -> bool:
            calendar = office.calendar_of(ticket.department)
            return ticket.closed_at is not None and calendar.add_days(ticket.closed_at, days) <= now

        def confirm(session: Session, ticket: Ticket) -> int:
            if ticket.state is not TicketState.RESOLVED or not silent(ticket):
                return 0
            ticket.state = TicketState.CONFIRMED
            note(session, ticket, Change.CONFIRM, TicketState.RESOLVED, now, why=f"{days} 个工作日没有异议")
            return 1

        due = [t.id for t in self._record.settled_tickets(now - timedelta(days=days)) if silent(t)]
        return self._record.each_held(due, confirm)

    # Units that do not answer

    def _accountability(self) -> int:
        """The third justified complaint about missed calls in thirty days; the next notice comes after three more."""
        office, now = self._office(), self._now()
        policy = office.tickets
        ever = self._record.missed_call_complaints()
        told = 0
        for department, count in self._record.missed_call_complaints(now - timedelta(days=policy.notice_days)).items():
            if count < policy.notice_complaints:
                continue
            words = f"{department} 在 {policy.notice_days} 天内有 {count} 件属实的“没人接”投诉，请问责"
            key = f"accountability:{department}:{ever[department] // policy.notice_complaints}"
            told += self._record.tell(key, unit=office.unit_over(department), level=ACCOUNTABILITY, words=words)
        return told


def _there(office: Office, ticket: Ticket, level: Level, now: datetime) -> str | None:
    """Who of the department stands behind the owner, or leads it: on duty now, else when the office opens next; a lead
    also out of the hours they published, unless away.
    """
    department = ticket.department or ""
    if department not in office.roster.departments():
        return None
    wanted = (Role.B, Role.A) if level is Level.BACKUP else (Role.LEAD,)
    for moment in (now, office.calendar_of(department).next_open(now)):
        for role in wanted:
            for rung in plan(department, office, moment):
                if rung.role == role and rung.person.id != ticket.owner:
                    return rung.person.id
    leads = [s.person for s in office.roster.shifts if s.department == department and s.role in wanted[:1]]
    return next((p for p in leads if p != ticket.owner and not office.roster.is_away(p, now)), None)

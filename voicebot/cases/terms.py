"""Who answers for a new ticket, and by when."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from voicebot.cases.deadlines import deadlines
from voicebot.dialogue.commands import OpenTicket, TicketKind
from voicebot.errors import SettingsError
from voicebot.staffing.plan import DESK, Office, plan
from voicebot.store.terms import Terms, TermsOf, plain_terms
from voicebot.store.words import Matter

log = logging.getLogger(__name__)

_MATTERS = {
    TicketKind.CALL: Matter.CONSULTATION,
    TicketKind.COMPLAINT: Matter.COMPLAINT,
    TicketKind.EMERGENCY: Matter.EMERGENCY,
}


def terms_maker(office: Callable[[], Office]) -> TermsOf:
    """Terms by the roster, the calendar and the policy of the moment.

    The owner is whoever is first on duty now, else first when the office next opens (首接负责). A complaint belongs to
    the unit over the department complained of, and to nobody in it.
    """

    def terms(command: OpenTicket, now: datetime) -> Terms:
        try:
            return by_office(command, now)
        except SettingsError as error:
            log.error("a ticket gets plain terms: %s", error)
            return plain_terms(command, now)

    def by_office(command: OpenTicket, now: datetime) -> Terms:
        here = office()
        calendar = here.calendar_of(command.department)
        matter = _MATTERS.get(command.kind, Matter.REQUEST)
        due = deadlines(matter, now, calendar, here.tickets)
        complaint = command.kind is TicketKind.COMPLAINT
        return Terms(
            unit=here.unit_over(command.department) if complaint else command.department or "",
            owner=None if complaint else first_on_duty(here, command.department, now),
            matter=matter,
            respond_by=due.respond_by,
            resolve_by=due.resolve_by,
            open_now=calendar.is_open(now),
        )

    return terms


def first_on_duty(office: Office, department: str | None, at: datetime) -> str | None:
    """Id of who would be rung first, now or when the office next opens: a person before the general desk; None when
    there is neither. Raises `SettingsError` when the office never opens.
    """
    found: str | None = None
    for moment in (at, office.calendar_of(department).next_open(at)):
        for rung in plan(department, office, moment):
            if rung.person.id != DESK:
                return rung.person.id
            found = DESK
    return found

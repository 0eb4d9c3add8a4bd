"""Who answers for a new ticket, and by when."""

import pytest

from tests.cases.office import OFFICE, at
from voicebot.cases.terms import terms_maker
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.staffing.calendar import Calendar, Hours
from voicebot.staffing.plan import Office
from voicebot.store.words import Matter

FRIDAY, NIGHT, HOLIDAY = at("2026-11-20 17:20"), at("2026-11-19 22:00"), at("2026-09-30 17:40")

CASES = {
    "a caller for a department": ("call", "rsj", FRIDAY, ("rsj", "w1", "consultation", "2026-11-23 10:20", True)),
    "at night: who is on first in the morning": (
        "call",
        "gjj",
        NIGHT,
        ("gjj", "w3", "consultation", "2026-11-20 10:30", False),
    ),
    "before a long holiday": ("call", "rsj", HOLIDAY, ("rsj", "w1", "consultation", "2026-10-08 10:30", False)),
    "about nothing known: anyone on duty": (
        "call",
        None,
        FRIDAY,
        ("", "w3", "consultation", "2026-11-23 10:20", True),
    ),
    "a complaint belongs to the unit above": (
        "complaint",
        "rsj",
        FRIDAY,
        ("zfb", None, "complaint", "2026-11-23 10:20", True),
    ),
    "or to the office's own": (
        "complaint",
        "gjj",
        FRIDAY,
        ("supervisor", None, "complaint", "2026-11-23 10:20", True),
    ),
    "danger": ("emergency", "rsj", FRIDAY, ("rsj", "w1", "emergency", "2026-11-23 10:20", True)),
}


@pytest.mark.parametrize(("kind", "department", "now", "expected"), CASES.values(), ids=CASES.keys())
def test_terms(kind, department, now, expected):
    terms = terms_maker(lambda: OFFICE)(OpenTicket(TicketKind(kind), Reason.KEY, department, None, ""), now)
    unit, owner, matter, respond_by, open_now = expected

    assert (terms.unit, terms.owner, terms.matter, terms.open_now) == (unit, owner, Matter(matter), open_now)
    assert terms.respond_by == at(respond_by)
    assert terms.resolve_by > terms.respond_by


def test_with_nothing_but_a_desk_the_desk_answers_for_it():
    office = Office(desk_number="+15005550006")
    terms = terms_maker(lambda: office)(OpenTicket(TicketKind.CALL, Reason.KEY, None, None, ""), FRIDAY)

    assert terms.owner == "desk"


def test_hours_that_never_open_still_give_terms(caplog):
    office = Office(calendar=Calendar(Hours(())))
    terms = terms_maker(lambda: office)(OpenTicket(TicketKind.CALL, Reason.KEY, "rsj", None, ""), FRIDAY)

    assert terms.respond_by > FRIDAY
    assert "plain terms" in caplog.text

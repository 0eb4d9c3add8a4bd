"""Tickets as staff look for them: what SQL finds is what the rules say."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cases.office import OFFICE
from voicebot.cases.book import Book
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.store.case_list import CaseFilter
from voicebot.store.sight import Sight
from voicebot.store.words import SETTLED, Matter, TicketState

BEGAN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
UNITS = ["rsj", "gjj", "zfb"]
_calls = itertools.count()

MOMENTS = st.none() | st.integers(1, 500).map(lambda hours: BEGAN + timedelta(hours=hours))
TICKETS = st.fixed_dictionaries(
    {
        "matter": st.sampled_from(Matter),
        "department": st.sampled_from(["rsj", "gjj", None]),
        "unit": st.sampled_from(UNITS),
        "owner": st.sampled_from(["w1", "w3", None]),
        "state": st.sampled_from(TicketState),
        "respond_by": MOMENTS,
        "promised_by": MOMENTS,
        "resolve_by": MOMENTS,
        "first_response_at": MOMENTS,
    }
)
SIGHTS = st.builds(
    Sight,
    st.sampled_from(["w1", "w3", "z1"]),
    st.sampled_from([None, *UNITS]),
    st.frozensets(st.sampled_from(["rsj", "gjj"])),
)


def add(record, **values):
    ticket = record.open_ticket(f"CA{next(_calls)}", OpenTicket(TicketKind.CALL, Reason.KEY, "rsj", None, "来电人问事"))
    with record.ticket_changing(ticket.id) as (_, row):
        for name, value in values.items():
            setattr(row, name, value)
    return record.ticket(ticket.number)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(several=st.lists(TICKETS, max_size=8), sight=SIGHTS)
def test_what_is_found_is_what_may_be_seen_in_the_order_it_is_due(record, several, sight):
    before = {ticket.id for ticket in record.cases(Sight(""), CaseFilter(settled=None), limit=100_000)}
    book = Book(record, lambda: OFFICE, lambda: BEGAN)
    mine = [ticket for values in several if sight.sees(ticket := add(record, **values))]
    owed = [ticket for ticket in mine if ticket.state not in SETTLED]

    def found(which):
        return [one for one in record.cases(sight, which, limit=100_000) if one.id not in before]

    due = {ticket.id: book.standing(ticket).due for ticket in owed}
    far = datetime.max.replace(tzinfo=UTC)
    assert [one.id for one in found(CaseFilter())] == sorted(due, key=lambda i: (due[i] or far, i))
    assert {one.id for one in found(CaseFilter(settled=None))} == {ticket.id for ticket in mine}
    late = CaseFilter(overdue_at=BEGAN + timedelta(hours=250))
    assert {one.id for one in found(late)} == {i for i, at in due.items() if at and at < late.overdue_at}
    assert {one.id for one in found(CaseFilter(owner="w1"))} == {ticket.id for ticket in owed if ticket.owner == "w1"}


def test_a_page_at_a_time(record):
    made = [add(record, respond_by=BEGAN + timedelta(hours=n)).id for n in range(7)]
    sight = Sight("z1")
    pages = [[one.id for one in record.cases(sight, offset=offset, limit=3)] for offset in (0, 3, 6, 9)]
    assert pages == [made[:3], made[3:6], made[6:], []]
    assert record.count_cases(sight) == 7


SEARCHES = {
    "its number": lambda ticket: ticket.number,
    "the end of the caller's number": lambda ticket: "0077",
    "words": lambda ticket: "100%_确定",
}


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES.keys())
def test_a_ticket_is_found_by(record, search):
    record.call_started("CA-77", "+8613100000077")
    wanted = record.open_ticket("CA-77", OpenTicket(TicketKind.CALL, Reason.KEY, "rsj", None, "来电人100%_确定"))
    add(record, summary="来电人100个确定")
    assert [one.id for one in record.cases(Sight("z1"), CaseFilter(text=search(wanted)))] == [wanted.id]
    assert record.cases(Sight("w3", "gjj"), CaseFilter(text=search(wanted))) == []


def test_notices_are_for_whom_they_are_about_nothing_they_may_not_see(record):
    from voicebot.store.casebook import add_notice

    complaint = add(record, matter=Matter.COMPLAINT, department="rsj", unit="zfb")
    with record.ticket_changing(complaint.id) as (session, _):
        add_notice(session, BEGAN, "a", unit="zfb", level="owner", words="投诉超时", ticket=complaint.id)
        add_notice(session, BEGAN, "b", unit="rsj", level="owner", words="本单位的事")
    told = {
        sight: [notice.text for notice in record.notices_for(sight)]
        for sight in (Sight("x", "zfb"), Sight("w1", "rsj"), Sight("l1", None, frozenset({"rsj"})), Sight("z1"))
    }
    assert list(told.values()) == [["投诉超时"], ["本单位的事"], ["本单位的事"], ["投诉超时", "本单位的事"]]

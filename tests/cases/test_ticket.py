"""What may happen to a ticket, in which state, and what its history says then."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.cases.deadlines import Matter
from voicebot.cases.ticket import Change, ChangeRefused, Ticket, TicketState, apply
from voicebot.staffing.calendar import ZONE

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZONE)
TICKET = Ticket("20261123001", Matter.CONSULTATION, "rsj", NOW)


def through(*changes):
    ticket, lines = TICKET, []
    for minute, change in enumerate(changes):
        owner = "p1" if change is Change.ASSIGN else None
        ticket, line = apply(ticket, change, now=NOW + timedelta(minutes=minute), who="p1", why="因为", owner=owner)
        lines.append(line)
    return ticket, lines


PATHS = {
    "the usual way": (["assign", "contact", "resolve", "confirm"], "confirmed"),
    "reached at the third attempt": (["assign", "try", "try", "contact"], "contacted"),
    "solved without a call": (["assign", "resolve"], "resolved"),
    "the caller got through": (["connect"], "resolved"),
    "not solved after all": (["assign", "resolve", "reopen"], "open"),
    "handed on": (["assign", "assign"], "assigned"),
    "a note changes nothing": (["assign", "note", "join"], "assigned"),
}


@pytest.mark.parametrize(("changes", "state"), PATHS.values(), ids=PATHS.keys())
def test_path(changes, state):
    assert through(*map(Change, changes))[0].state == state


REFUSED = {
    "resolve what nobody has": ["resolve"],
    "confirm what is not resolved": ["assign", "confirm"],
    "contact after the end": ["assign", "resolve", "confirm", "contact"],
    "reopen what is open": ["reopen"],
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED.keys())
def test_refused(changes):
    with pytest.raises(ChangeRefused, match="不能"):
        through(*map(Change, changes))


@pytest.mark.parametrize("change", [Change.NOTE, Change.TRY])
def test_reason_is_needed(change):
    with pytest.raises(ChangeRefused, match="原因"):
        apply(TICKET, change, now=NOW, who="p1")


def test_assigning_names_the_owner():
    with pytest.raises(ChangeRefused, match="交给谁"):
        apply(TICKET, Change.ASSIGN, now=NOW, who="p1")


def test_first_response_is_kept():
    ticket, _ = through(Change.ASSIGN, Change.TRY, Change.CONTACT, Change.CONTACT)

    assert ticket.first_response == NOW + timedelta(minutes=2)
    assert ticket.attempts == 3


def test_reopened_ticket_stays_with_its_owner():
    ticket, _ = through(Change.ASSIGN, Change.RESOLVE, Change.REOPEN)

    assert (ticket.owner, ticket.resolved, ticket.reopened) == ("p1", None, 1)


@given(st.lists(st.sampled_from(Change), max_size=12))
def test_history_joins_up(changes):
    """Whatever is tried, the lines of the history lead from one state to the next, and refusals leave no trace."""
    ticket, lines = TICKET, []
    for change in changes:
        try:
            ticket, line = apply(
                ticket, change, now=NOW, who="p1", why="因为", owner="p2" if change is Change.ASSIGN else None
            )
        except ChangeRefused:
            continue
        lines.append(line)

    states = [TicketState.OPEN, *(line.after for line in lines)]
    assert [line.before for line in lines] == states[:-1]
    assert ticket.state is states[-1]
    assert ticket.state is TicketState.OPEN or ticket.owner or any(line.change is Change.CONNECT for line in lines)

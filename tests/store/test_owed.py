"""What a caller is owed is one thing, however often they call about it, and one talk settles it."""

from __future__ import annotations

import pytest

from tests.store.test_calls import MOBILE
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind, WantCallback
from voicebot.events import EndReason, TransferOutcome
from voicebot.store.numbers import NumberKey
from voicebot.store.record import Record
from voicebot.store.seal import Seal
from voicebot.store.words import TicketState

SECRET = "a secret of more than sixteen characters"


@pytest.fixture
def record(database, clock):
    return Record(database, NumberKey(SECRET), clock, seal=Seal(SECRET))


def about(topic=None, department="rsj", kind=TicketKind.CALL):
    return OpenTicket(kind, Reason.KEY, department, topic, "来电人按零")


CARD, ANYBODY, RSJ, GJJ = about("rsj-001"), about(None, None), about(), about(None, "gjj")
SPOKEN = "spoken with"
CASES = {
    # the first call, what was done about it, the second: whether it is one ticket, whether a talk settles both
    "a question, then key 0 at once": (CARD, None, ANYBODY, True, True),
    "key 0 twice": (ANYBODY, None, ANYBODY, True, True),
    "key 0, then a question": (ANYBODY, None, CARD, False, True),
    "the same question": (CARD, None, CARD, True, True),
    "another question": (CARD, None, about("rsj-002"), False, False),
    "a department, then key 0": (RSJ, None, ANYBODY, True, True),
    "two departments": (RSJ, None, GJJ, False, False),
    "a question that is being seen to": (CARD, SPOKEN, ANYBODY, False, False),
    "key 0 that is being seen to": (ANYBODY, SPOKEN, ANYBODY, True, True),
    "key 0 that is being seen to, then a question": (ANYBODY, SPOKEN, CARD, False, False),
    "a complaint": (about(kind=TicketKind.COMPLAINT), None, ANYBODY, False, False),
    "danger": (about(None, None, TicketKind.EMERGENCY), None, ANYBODY, False, False),
}


@pytest.mark.parametrize(("first", "done", "second", "joined", "settled"), CASES.values(), ids=CASES)
def test_a_second_call(record, clock, first, done, second, joined, settled):
    record.call_started("CA1", MOBILE)
    ticket = record.for_call("CA1").commit(first)
    record.for_call("CA1").commit(WantCallback())
    record.call_ended("CA1", EndReason.CALLER_HUNG_UP)
    if done:
        with record.ticket_changing(record.ticket(ticket.number).id) as (_, row):
            row.state, row.first_response_at = TicketState.CONTACTED, clock()
    clock.pass_(minutes=10)
    record.call_started("CA2", MOBILE)
    assert (record.for_call("CA2").commit(second).number == ticket.number) is joined
    assert record.ticket(ticket.number).state is not TicketState.RESOLVED, "nobody has talked yet"
    record.attempt_started("CA2", "desk")
    record.attempt_ended("CA2", TransferOutcome.ACCEPTED)
    record.call_ended("CA2", EndReason.CONNECTED_AND_OVER)

    assert (record.ticket(ticket.number).state is TicketState.RESOLVED) is settled
    assert (record.owed_callbacks() == []) is settled
    assert all(t.state is TicketState.RESOLVED for t in record.tickets_of("CA2"))


@pytest.mark.parametrize("number", ["+8613000000001", "anonymous"])
def test_nobody_is_settled_by_somebody_elses_talk(record, number):
    for call in ("CA1", "CA2"):
        record.call_started(call, "anonymous" if number == "anonymous" else MOBILE)
        number_of_ticket = record.open_ticket(call, ANYBODY).number
    record.call_started("CA3", number)
    assert record.open_ticket("CA3", ANYBODY).number != number_of_ticket
    record.attempt_ended("CA3", TransferOutcome.ACCEPTED)
    assert record.ticket(number_of_ticket).state is TicketState.OPEN

"""What staff do to tickets, on both databases."""

import itertools
import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cases.office import OFFICE, at
from tests.store.conftest import all_at_once
from voicebot.cases.book import Book
from voicebot.cases.terms import terms_maker
from voicebot.cases.ticket import NEXT, ChangeRefused
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.events import EndReason
from voicebot.store.numbers import NumberKey
from voicebot.store.record import Record
from voicebot.store.seal import Seal
from voicebot.store.words import Change, TicketState

CALL = OpenTicket(TicketKind.CALL, Reason.KEY, "rsj", "rsj-001", "来电人按零")
COMPLAINT = OpenTicket(TicketKind.COMPLAINT, Reason.COMPLAINT, "rsj", None, "没人接电话")
CALLER = "+15005550009"
_calls = itertools.count(100)


@pytest.fixture
def record(database, clock):
    clock.time = at("2026-11-20 16:00")
    return Record(
        database,
        NumberKey("a secret of more than sixteen characters"),
        clock,
        terms=terms_maker(lambda: OFFICE),
        seal=Seal("a secret"),
    )


@pytest.fixture
def book(record, clock):
    return Book(record, lambda: OFFICE, clock)


def history(record, ticket):
    return [(line.who, str(line.change), str(line.after), line.owner) for line in record.history_of(ticket.id)]


def test_the_usual_way(record, book):
    number = record.open_ticket("CA1", CALL).number
    book.tried(number, "w1", "没人接")
    book.contact(number, "w1")
    book.resolve(number, "w1", "已告知材料")
    ticket = book.confirm(number, "caller")

    assert history(record, ticket) == [
        ("line", "open", "open", "w1"),
        ("line", "assign", "assigned", "w1"),
        ("w1", "try", "assigned", "w1"),
        ("w1", "contact", "contacted", "w1"),
        ("w1", "resolve", "resolved", "w1"),
        ("caller", "confirm", "confirmed", "w1"),
    ]
    assert (ticket.tries, ticket.first_response_at is None) == (2, False)


def test_what_somebody_has_is_not_taken(record, book):
    number = record.open_ticket("CA1", CALL).number

    with pytest.raises(ChangeRefused, match="已经由王一负责"):
        book.take(number, "w2")
    assert book.assign(number, "w1", "w2", "我去开会").owner == "w2"


def test_two_take_one_ticket_at_once(record, another, clock):
    number = record.open_ticket("CA1", OpenTicket(TicketKind.COMPLAINT, Reason.COMPLAINT, "rsj", None, "")).number
    results, ready = [], threading.Barrier(2)

    def take(record, who):
        ready.wait(5)
        try:
            results.append(Book(record, lambda: OFFICE, clock).take(number, who).owner)
        except ChangeRefused as refused:
            results.append(refused.code)

    threads = [threading.Thread(target=take, args=pair) for pair in ((record, "x1"), (another, "x2"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(results)[0] == "taken"
    assert sorted(results)[1] in ("x1", "x2")


def test_a_complaint_is_invisible_to_the_unit_complained_of(record, book):
    call = record.open_ticket("CA1", CALL)
    complaint = record.open_ticket("CA1", COMPLAINT)

    assert [s.ticket.id for s in book.open_tickets("rsj")] == [call.id]
    assert [s.ticket.id for s in book.open_tickets("zfb")] == [complaint.id]
    with pytest.raises(ChangeRefused, match="没有工单"):
        book.find(complaint.number, "rsj")
    with pytest.raises(ChangeRefused, match="被投诉单位"):
        book.assign(complaint.number, "x1", "w3")


DEEDS = {
    "take": lambda book, number, who: book.take(number, who),
    "assign": lambda book, number, who: book.assign(number, who, "x1"),
    "assign to a friend": lambda book, number, who: book.assign(number, who, "l2"),
    "contact": lambda book, number, who: book.contact(number, who),
    "tried": lambda book, number, who: book.tried(number, who, "没人接"),
    "resolve": lambda book, number, who: book.resolve(number, who, "没有这回事"),
    "confirm": lambda book, number, who: book.confirm(number, who),
    "note": lambda book, number, who: book.note(number, who, "没有这回事"),
    "justify": lambda book, number, who: book.justify(number, who, False, "没有这回事"),
    "the number": lambda book, number, who: book.number_of(number, who),
    "look": lambda book, number, who: book.find(number, who=who),
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
@pytest.mark.parametrize("who", ["w1", "w2", "w3", "l1"], ids=["A", "B", "who stands in", "lead"])
def test_the_unit_complained_of_has_no_hand_in_a_complaint(record, book, deed, who):
    record.call_started("CA1", CALLER)
    number = record.open_ticket("CA1", COMPLAINT).number

    with pytest.raises(ChangeRefused, match="没有工单"):
        deed(book, number, who)
    ticket = book.find(number)
    assert (ticket.state, ticket.owner, ticket.justified) == (TicketState.OPEN, None, None)
    assert [line.who for line in record.history_of(ticket.id)] == ["line"]


def test_others_work_on_a_complaint(record, book):
    number = record.open_ticket("CA1", OpenTicket(TicketKind.COMPLAINT, Reason.COMPLAINT, "gjj", None, "")).number

    assert book.contact(number, "w1").owner == "w1"
    assert book.confirm(book.resolve(number, "w1", "已道歉").number, "caller").state is TicketState.CONFIRMED


def test_what_was_forgotten_is_not_taken_up_again(record, book, clock):
    number = record.open_ticket("CA1", CALL).number
    book.resolve(number, "w1", "已办")
    clock.pass_(days=400)
    record.forget(clock(), lambda file: None)

    with pytest.raises(ChangeRefused, match="已按保存期限删除"):
        book.reopen(number, "w1", "没有办好")


def test_reopened_begins_again(record, book, clock):
    number = record.open_ticket("CA1", CALL).number
    book.contact(number, "w1")
    book.resolve(number, "w1", "已办")
    clock.time = at("2026-11-25 09:00")
    ticket = book.reopen(number, "caller", "没有办好")

    assert (ticket.state, ticket.owner, ticket.reopened) == (TicketState.REOPENED, "w1", 1)
    assert (ticket.respond_by, ticket.resolve_by) == (at("2026-11-25 11:00"), at("2026-11-27 17:30"))
    assert book.open_tickets("rsj")[0].due == at("2026-11-25 11:00")


REOPENED = {
    "at once": ("2026-11-20 16:30", True, "2026-11-20 16:30"),
    "in the evening": ("2026-11-20 20:30", True, "2026-11-21 08:30"),
    "when the number is gone": ("2026-11-24 09:00", False, None),
}


@pytest.mark.parametrize(("when", "called", "due"), REOPENED.values(), ids=REOPENED)
def test_who_is_not_content_is_called_back_again(record, book, clock, when, called, due):
    record.call_started("CA1", CALLER)
    number = record.open_ticket("CA1", CALL).number
    record.call_ended("CA1", EndReason.CALLER_HUNG_UP)
    book.resolve(number, "w1", "已办")
    assert record.owed_callbacks() == []
    clock.time = at(when)
    record.tidy(clock() - timedelta(days=1))
    ticket = book.reopen(number, "caller", "没有办好")

    assert [one.callback.due_at for one in record.owed_callbacks()] == ([at(due)] if called else [])
    if called:
        clock.time = at(due)
        assert [one.ticket.id for one in record.callbacks_due()] == [ticket.id]
        assert record.number_of("CA1") == CALLER
    else:
        assert "号码已经删除" in record.history_of(ticket.id)[-1].why
    book.resolve(number, "w1", "办好了")
    book.reopen(number, "caller", "还是没有")
    assert len(record.owed_callbacks()) == called


def test_what_is_left_is_working_time(record, book, clock):
    number = record.open_ticket("CA1", CALL).number
    ticket = book.find(number)
    assert book.standing(ticket).left.total_seconds() == 2 * 3600

    clock.time = at("2026-11-22 12:00")  # a Sunday
    assert book.standing(ticket).left.total_seconds() == 30 * 60
    assert book.overdue() == []
    clock.time = at("2026-11-23 10:00")
    assert [s.left.total_seconds() for s in book.overdue()] == [-3600]


def test_the_number_is_for_whoever_answers_for_it(record, book):
    record.call_started("CA1", CALLER)
    ticket = record.open_ticket("CA1", CALL)

    with pytest.raises(ChangeRefused, match="只有负责"):
        book.number_of(ticket.number, "w2")
    assert book.number_of(ticket.number, "w1") == CALLER
    assert record.history_of(ticket.id)[-1].why == "查看来电号码"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["take", "contact", "tried", "resolve", "confirm", "reopen", "note"]), max_size=8))
def test_history_replays_to_the_present(record, book, deeds):
    call = f"CA{next(_calls)}"
    number = record.open_ticket(call, OpenTicket(TicketKind.CALL, Reason.KEY, "rsj", call, "")).number
    for deed in deeds:
        try:
            getattr(book, deed)(number, "w1", *([] if deed == "take" else ["因为"]))
        except ChangeRefused:
            continue
    ticket = book.find(number)
    state, owner = TicketState.OPEN, None
    for line in record.history_of(ticket.id)[1:]:
        assert line.before is state
        if line.change is Change.ASSIGN:
            owner = line.owner
        assert line.owner == owner, "only an assignment changes who answers for it"
        assert line.after in (state, *NEXT[state].values())
        state = line.after
    assert (state, owner) == (ticket.state, ticket.owner)


def test_of_two_clerks_at_the_same_moment_one_gets_it_and_the_other_is_told(replicas):
    """Two replicas, twenty tickets nobody has yet; each is taken by both at once."""
    for record in replicas:
        record._terms = terms_maker(lambda: OFFICE)
    books = [Book(record, lambda: OFFICE, record._now) for record in replicas]
    for n in range(20):
        ticket = replicas[0].open_ticket(f"CA{n}", CALL)
        with replicas[0].ticket_changing(ticket.id) as (_, row):
            row.owner, row.state = None, TicketState.OPEN

        def take(n, number=ticket.number):
            try:
                return books[n].take(number, f"w{n + 1}").owner
            except ChangeRefused as error:
                return error.code

        found = all_at_once([0, 1], take)
        assert sorted(found) in (["taken", "w1"], ["taken", "w2"])
        assert replicas[0].ticket(ticket.number).owner == next(who for who in found if who != "taken")

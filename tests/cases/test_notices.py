"""Staff are told in time, and others when it is too late; on both databases."""

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from tests.cases.office import OFFICE, at, shift
from tests.cases.test_book import CALL, COMPLAINT, book, record
from voicebot.cases.delivery import SmsDelivery, SmsPolicy
from voicebot.cases.notices import ACCOUNTABILITY, Deadlines
from voicebot.cases.paging import sms_page
from voicebot.cases.ticket import ChangeRefused
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.staffing.roster import Absence, Person, Role, Roster
from voicebot.store.seal import Seal
from voicebot.store.words import TicketState

__all__ = ["book", "record"]


@pytest.fixture
def job(record, clock):
    return Deadlines(record, lambda: OFFICE, clock)


def told(record):
    return [(n.level, n.unit, n.person) for n in record.notices()]


def test_reminder_then_backup_lead_and_the_unit_above(record, job, clock):
    record.open_ticket("CA1", CALL)  # Friday 16:00: due on Monday 9:00
    assert job.run() == 0

    for moment, expected in (
        ("2026-11-20 17:00", ("owner", "rsj", "w1")),
        ("2026-11-23 09:00", ("backup", "rsj", "w2")),
        ("2026-11-23 10:00", ("lead", "rsj", "l1")),
        ("2026-11-23 11:00", ("supervisor", "zfb", None)),
    ):
        clock.time = at(moment)
        assert job.run() == 1
        assert job.run() == 0, "once"
        assert told(record)[-1] == expected
    lines = [str(line.change) for line in record.history_of(1)]
    assert lines == ["open", "assign", "remind", "escalate", "escalate", "escalate"]


def test_after_the_first_response_the_resolution_counts(record, book, job, clock):
    number = record.open_ticket("CA1", CALL).number
    book.contact(number, "w1")
    clock.time = at("2026-11-23 11:00")

    assert job.run() == 0
    clock.time = at("2026-11-24 17:30")
    assert job.run() == 2, "half and whole time of the resolution"
    assert "办结" in record.notices()[-1].text


def test_a_late_complaint_stays_with_the_unit_above(record, job, clock):
    record.open_ticket("CA1", COMPLAINT)
    clock.time = at("2026-11-23 12:00")
    job.run()

    assert {unit for _, unit, _ in told(record)} == {"zfb"}


def test_a_reopened_ticket_is_reminded_of_in_its_new_terms(record, book, job, clock):
    """Opened on Friday at 16:00, reopened on Tuesday at 9:00: half of two hours is 10:00."""
    number = record.open_ticket("CA1", CALL).number
    book.resolve(number, "w1", "已办")
    clock.time = at("2026-11-24 09:00")
    book.reopen(number, "caller", "没有办好")
    told_at = []
    for moment in ("09:00", "09:59", "10:00", "10:59", "11:00"):
        clock.time = at(f"2026-11-24 {moment}")
        told_at += [moment] * job.run()

    assert told_at == ["10:00", "11:00"]
    assert told(record) == [("owner", "rsj", "w1"), ("backup", "rsj", "w2")]


MONDAY_B = (shift("w1", "rsj", Role.A), shift("w2", "rsj", Role.B, weekdays=frozenset({0})))
OTHER_DAYS_B = shift("w3", "rsj", Role.B, weekdays=frozenset({1, 2, 3, 4}))
LEADS = (shift("l1", "rsj", Role.LEAD, "09:00", "11:00"), shift("l2", "rsj", Role.LEAD, "14:00", "17:30"))
TOLD = {
    "B of the day": ((*MONDAY_B, OTHER_DAYS_B), (), 1, "w2"),
    "whichever way they are listed": ((OTHER_DAYS_B, *MONDAY_B), (), 1, "w2"),
    "B is on leave: a colleague who stands in": ((*MONDAY_B, shift("w3", "gjj", Role.A)), ("w2",), 1, "w3"),
    "nobody stands behind": (MONDAY_B[:1], (), 1, None),
    "the lead who is there": (LEADS[::-1] + MONDAY_B, (), 2, "l1"),
    "is on leave: another": (LEADS + MONDAY_B, ("l1",), 2, "l2"),
}


@pytest.mark.parametrize(("shifts", "away", "nth", "person"), TOLD.values(), ids=TOLD)
def test_who_stands_behind_that_day_is_told(record, clock, shifts, away, nth, person):
    """Of a ticket that is late on Monday at 9:00, and at 10:00 still."""
    people = (*OFFICE.roster.people, Person("l2", "孙副", "+15005550015"))
    absences = tuple(Absence(who, at("2026-11-23 00:00"), at("2026-11-24 00:00")) for who in away)
    office = replace(OFFICE, roster=Roster(people, shifts, absences))
    record.open_ticket("CA1", CALL)
    clock.time = at("2026-11-23 10:00")
    Deadlines(record, lambda: office, clock).run()

    assert record.notices()[nth].person == person


OTHER_COMPLAINT = OpenTicket(TicketKind.COMPLAINT, Reason.KEY, "gjj", None, "")
PAGED = {
    "a call": (CALL, None, {}, ["0011", "0012", "0014"]),
    "nothing is sent here": (CALL, None, {"sender": None}, []),
    "a complaint, to nobody of the unit": (COMPLAINT, "w1", {}, []),
    "a complaint, to whoever has it": (
        OpenTicket(TicketKind.COMPLAINT, Reason.KEY, "gjj", None, ""),
        "w1",
        {},
        ["0011"] * 3,
    ),
}


@pytest.mark.parametrize(("command", "owner", "differs", "numbers"), PAGED.values(), ids=PAGED)
def test_a_notice_is_sent_to_who_has_to_know(record, clock, sql, command, owner, differs, numbers):
    sent, seal = [], Seal("a secret")
    sender = SimpleNamespace(send=lambda to, text, key: sent.append(to[-4:]))
    policy = SmsPolicy(**{"sender": sender, "cn": False} | differs)
    ticket = record.open_ticket("CA1", command)
    if owner:
        with record.ticket_changing(ticket.id) as (_, row):
            row.owner = owner
    clock.time = at("2026-11-23 10:00")
    job = Deadlines(record, lambda: OFFICE, clock, sms_page(lambda: OFFICE, seal, policy))
    job.run()
    job.run()
    assert "1500555" not in str(sql("SELECT body FROM outbox")), "sealed while it waits"
    SmsDelivery(record, seal, policy, lambda body: body["text"]).run()

    assert sent == numbers


def test_a_notice_that_was_seen_is_gone(record, book, job, clock):
    record.open_ticket("CA1", CALL)
    record.open_ticket("CA2", COMPLAINT)
    clock.time = at("2026-11-20 17:00")
    job.run()
    call, complaint = sorted(book.notices(), key=lambda one: one.ticket_id)
    assert [[one.id for one in book.notices(unit)] for unit in ("rsj", "zfb", "gjj")] == [[call.id], [complaint.id], []]

    for notice, who, unit in ((complaint.id, "w1", None), (complaint.id, "x1", "rsj"), (99, "w1", None)):
        with pytest.raises(ChangeRefused, match="没有编号"):
            book.seen(notice, who, unit)
    book.seen(call.id, "w1", "rsj")
    with pytest.raises(ChangeRefused, match="没有编号"):
        book.seen(call.id, "w2")
    assert [one.id for one in book.notices()] == [complaint.id]
    (kept, _) = record.notices(unseen=False)
    assert (kept.seen_at, kept.seen_by) == (clock.time, "w1")


def test_workers_tell_once_together(record, another, clock):
    record.open_ticket("CA1", CALL)
    clock.time = at("2026-11-23 09:00")
    threads = [
        threading.Thread(target=Deadlines(one, lambda: OFFICE, clock).run) for one in (record, another, record, another)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    Deadlines(record, lambda: OFFICE, clock).run()

    assert told(record) == [("owner", "rsj", "w1"), ("backup", "rsj", "w2")]


def test_silence_confirms(record, book, job, clock):
    number = record.open_ticket("CA1", CALL).number
    book.resolve(number, "w1", "已告知")
    clock.time = at("2026-11-27 17:29")
    job.run()
    assert book.find(number).state is TicketState.RESOLVED

    clock.time = at("2026-11-27 17:30")
    job.run()
    assert book.find(number).state is TicketState.CONFIRMED


def test_the_third_justified_complaint_about_missed_calls(record, book, job, clock):
    def complain(n, *, justified=True, missed=True):
        command = OpenTicket(TicketKind.COMPLAINT, Reason.COMPLAINT, "rsj", f"t{n}", "没人接")
        number = record.open_ticket(f"CA{n}", command).number
        book.justify(number, "x1", justified, "查实", missed=missed)
        job.run()
        return [n.level for n in record.notices() if n.level == ACCOUNTABILITY]

    assert [complain(1), complain(2), complain(3, justified=False), complain(4, missed=False)] == [[]] * 4
    assert complain(5) == [ACCOUNTABILITY]
    assert complain(6) == [ACCOUNTABILITY], "one notice for three complaints"
    clock.time = at("2027-02-01 09:00")
    assert complain(7) == [ACCOUNTABILITY], "the others are long ago"


def test_complaints_count_by_the_day_they_were_found_justified(record, book, job, clock):
    """They were made in summer, of no department, by key 9; who looked into them knows which it was."""
    clock.time = at("2026-07-01 09:00")
    numbers = [
        record.open_ticket(f"CA{n}", OpenTicket(TicketKind.COMPLAINT, Reason.COMPLAINT, None, None, "")).number
        for n in range(3)
    ]
    clock.time = at("2026-11-20 16:00")
    for number in numbers:
        book.justify(number, "x1", True, "查实", department="rsj")
    job.run()

    assert [(n.unit, n.text[:3]) for n in record.notices() if n.level == ACCOUNTABILITY] == [("zfb", "rsj")]


JUDGED = {
    "by the unit above": ("x1", None, "rsj", None),
    "somebody else's owner": ("x1", "w3x", "rsj", None),
    "by the unit itself": ("w1", None, "rsj", "被投诉单位的人"),
    "while one of theirs has it": ("x1", "w1", "rsj", "负责人王一是"),
    "of no department there is": ("x1", None, "nobody", "没有部门"),
}


@pytest.mark.parametrize(("who", "owner", "department", "refused"), JUDGED.values(), ids=JUDGED)
def test_whom_a_complaint_is_about(record, book, who, owner, department, refused):
    ticket = record.open_ticket("CA1", OpenTicket(TicketKind.COMPLAINT, Reason.COMPLAINT, None, None, "没人接"))
    with record.ticket_changing(ticket.id) as (_, row):
        row.owner = owner
    if refused:
        with pytest.raises(ChangeRefused, match=refused):
            book.justify(ticket.number, who, True, "查实", department=department)
        kept = book.find(ticket.number)
        assert (kept.department, kept.justified, len(record.history_of(ticket.id))) == (None, None, 1)
        return
    kept = book.justify(ticket.number, who, True, "查实", department=department)
    assert (kept.department, kept.unit, kept.justified) == ("rsj", "zfb", True)
    assert record.history_of(ticket.id)[-1].why == "查实（被投诉单位：rsj）"
    with pytest.raises(ChangeRefused, match="没有工单"):
        book.find(ticket.number, who="w1")

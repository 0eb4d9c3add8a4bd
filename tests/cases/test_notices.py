"""Staff are told in time, and others when it is too late; on both databases."""

import threading

import pytest

from tests.cases.office import OFFICE, at
from tests.cases.test_book import CALL, COMPLAINT, book, record
from voicebot.cases.notices import ACCOUNTABILITY, Deadlines
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
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

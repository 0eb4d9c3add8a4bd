"""The outbox: with what it announces or not at all, each row with one worker, again after a death, never for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.store.conftest import all_at_once
from voicebot.store.outbox import LEASE, LONGEST_PAUSE, MOST_TRIES, pause_after
from voicebot.store.words import Kind

SMS = frozenset({Kind.SMS})


def test_a_row_is_committed_with_what_it_announces(record, database, clock):
    def fail():
        with database.writing() as session:
            assert record.enqueue(session, Kind.SMS, "sms:ticket:1", {"text": "工单"}, clock())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert record.claim(SMS) == []
    with database.writing() as session:
        told = [record.enqueue(session, Kind.SMS, "sms:ticket:1", {"text": text}, clock()) for text in "一二"]
    assert told == [True, False]
    (row,) = record.claim(SMS)
    assert (row.key, row.body, row.tries) == ("sms:ticket:1", {"text": "一"}, 1)


def test_nothing_is_done_twice(record):
    assert record.post(Kind.SMS, "sms:1", {})
    (row,) = record.claim(SMS)
    record.done(row.id)
    assert not record.post(Kind.SMS, "sms:1", {})
    assert record.claim(SMS) == []


def test_only_what_is_due_and_of_that_kind(record, clock):
    record.post(Kind.SMS, "later", {}, clock() + timedelta(seconds=1))
    record.post(Kind.FETCH, "other", {})
    record.post(Kind.SMS, "first", {}, clock() - timedelta(hours=1))
    record.post(Kind.SMS, "second", {})
    assert [row.key for row in record.claim(SMS, limit=1)] == ["first"]
    assert [row.key for row in record.claim(SMS)] == ["second"]
    clock.pass_(1)
    assert [row.key for row in record.claim(SMS)] == ["later"]
    assert [row.key for row in record.claim({Kind.FETCH, Kind.SMS})] == ["other"]


def test_a_row_whose_worker_died_comes_again(record, another, clock):
    record.post(Kind.SMS, "sms:1", {})
    record.claim(SMS)
    clock.pass_(LEASE.total_seconds() - 1)
    assert another.claim(SMS) == []
    clock.pass_(1)
    (row,) = another.claim(SMS)
    assert (row.key, row.tries) == ("sms:1", 2)


def test_who_was_thought_dead_does_not_disturb_who_took_over(record, another, clock):
    record.post(Kind.SMS, "sms:1", {})
    (slow,) = record.claim(SMS)
    clock.pass_(LEASE.total_seconds())
    (fast,) = another.claim(SMS)
    assert not record.failed(slow, "too late")
    clock.pass_(LEASE.total_seconds() - 1)
    assert record.claim(SMS) == []  # still with the other
    another.done(fast.id)
    assert not record.failed(slow, "later still")
    assert record.outbox_waiting() == 0


def test_a_failure_waits_longer_each_time_and_ends(record, clock):
    record.post(Kind.SMS, "sms:1", {"text": "一"})
    for tries in range(1, MOST_TRIES[Kind.SMS] + 1):
        (row,) = record.claim(SMS)
        assert row.tries == tries
        assert record.failed(row, "no provider") is (tries == MOST_TRIES[Kind.SMS])
        clock.pass_((pause_after(tries) - timedelta(seconds=1)).total_seconds())
        assert record.claim(SMS) == []
        clock.pass_(1)
    assert record.claim(SMS) == []
    (lost,) = record.given_up()
    assert (lost.error, lost.body, lost.done_at) == ("no provider", {"text": "一"}, None)
    assert record.try_again(lost.id)
    assert not record.try_again(lost.id)
    assert [row.tries for row in record.claim(SMS)] == [1]


def test_pauses_double_up_to_an_hour():
    assert [pause_after(tries).total_seconds() for tries in (1, 2, 3, 7, 8)] == [30, 60, 120, 1920, 3600]
    assert pause_after(10_000) == LONGEST_PAUSE


def test_what_is_put_off_has_not_been_tried(record, clock):
    record.post(Kind.SMS, "sms:1", {})
    (row,) = record.claim(SMS)
    record.put_off(row, clock() + timedelta(seconds=9))
    assert record.claim(SMS) == []
    clock.pass_(9)
    assert [row.tries for row in record.claim(SMS)] == [1]


def test_only_what_nobody_has_tried_is_brought_forward(record, database, clock):
    record.post(Kind.SMS, "sms:1", {}, clock() + timedelta(hours=1))

    def forward():
        with database.writing() as session:
            record.bring_forward(session, "sms:1", clock())

    forward()
    (row,) = record.claim(SMS)
    record.failed(row, "no provider")
    forward()
    assert record.claim(SMS) == []


def test_what_cannot_be_done_is_given_up_at_once(record):
    record.post(Kind.SMS, "sms:1", {})
    (row,) = record.claim(SMS)
    assert record.failed(row, "not a number", final=True)
    assert [row.error for row in record.given_up()] == ["not a number"]


def test_a_row_that_kills_its_workers_is_given_up(record, clock):
    record.post(Kind.SMS, "sms:1", {})
    for _ in range(MOST_TRIES[Kind.SMS]):
        assert len(record.claim(SMS)) == 1
        clock.pass_(LEASE.total_seconds())
    assert record.claim(SMS) == []
    assert [row.key for row in record.given_up()] == ["sms:1"]


def test_nothing_personal_stays_of_what_is_done(record, sql, clock):
    record.post(Kind.SMS, "sms:1", {"to": "sealed", "text": "社保卡"})
    (row,) = record.claim(SMS)
    record.done(row.id)
    assert "sealed" not in str(sql("SELECT * FROM outbox"))
    clock.pass_(days=1)
    assert record.clear_outbox(clock() - timedelta(days=2)) == 0
    assert record.clear_outbox(clock()) == 1


def test_replicas_claiming_at_once_never_get_the_same_row(replicas):
    for n in range(60):
        replicas[0].post(Kind.SMS, f"sms:{n}", {})

    def work(record):
        mine = []
        while rows := record.claim(SMS, limit=3):
            mine += [row.key for row in rows]
        return mine

    shares = all_at_once(replicas * 2, work)
    assert sorted(key for share in shares for key in share) == sorted(f"sms:{n}" for n in range(60))


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_a_row_held_by_another_is_passed_over(record, another, database):
    """Nobody waits for a row that somebody else is just claiming."""
    for n in range(2):
        record.post(Kind.SMS, f"sms:{n}", {})
    with database.writing() as session:
        session.connection().exec_driver_sql("SELECT * FROM outbox WHERE key = 'sms:0' FOR UPDATE")
        assert [row.key for row in another.claim(SMS)] == ["sms:1"]

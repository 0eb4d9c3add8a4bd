"""Webhooks repeated, at once, or interrupted; tokens used once."""

from __future__ import annotations

import pytest

from tests.store.conftest import all_at_once
from voicebot.errors import StoreLost
from voicebot.store.models import WebhookReceipt
from voicebot.store.shelf import insert_once
from voicebot.store.webhooks import CLAIM_LIFE, TOKEN_LIFE


class Maker:
    """Makes a new answer each time, and counts."""

    def __init__(self):
        self.made = 0

    def __call__(self):
        self.made += 1
        return f"<Response>{self.made} 您好</Response>"


def test_a_repeated_webhook_gets_the_same_answer(record, another):
    record._pause = another._pause = pytest.fail  # nobody has to wait for anybody
    make = Maker()
    first = record.once("voice:1", make)
    assert [record.once("voice:1", make), another.once("voice:1", make)] == [first, first]
    assert make.made == 1
    assert record.once("voice:2", make) != first


def test_webhooks_at_once_get_one_answer(replicas):
    make = Maker()
    answers = all_at_once(replicas * 4, lambda record: record.once("voice:1", make))
    assert make.made == 1
    assert set(answers) == {"<Response>1 您好</Response>"}


def test_a_repeat_waits_for_the_first(record, another, clock):
    """The first is still being answered when the repeat comes in: it waits, and gets what the first then said."""
    waited = []

    def meanwhile(seconds):
        waited.append(seconds)
        if len(waited) == 3:
            record._settle("voice:1", "the first answer")

    another._pause = meanwhile
    record._claim("voice:1", clock(), clock())
    assert another.once("voice:1", Maker()) == "the first answer"
    assert len(waited) == 3


def test_a_dead_process_is_taken_over(record, another, clock):
    began = clock.time
    record._claim("voice:1", clock(), clock())
    make = Maker()
    assert another.once("voice:1", make) == "<Response>1 您好</Response>"
    assert clock.time - began <= CLAIM_LIFE * 1.1
    assert record.once("voice:1", make) == "<Response>1 您好</Response>"


def test_a_clock_that_is_wrong_does_not_make_a_repeat_wait_for_long(record, another, clock):
    clock.pass_(hours=1)
    record._claim("voice:1", clock(), clock())
    clock.pass_(hours=-1)
    began = clock.time
    another.once("voice:1", Maker())
    assert clock.time - began <= CLAIM_LIFE * 1.1


def test_who_was_thought_dead_gives_the_same_answer(record, another, clock):
    """A slow process comes back after another took over: the caller must not hear two stories."""

    def slow():
        clock.pass_(CLAIM_LIFE.total_seconds() + 1)
        assert another.once("voice:1", lambda: "the faster answer") == "the faster answer"
        return "the slower answer"

    assert record.once("voice:1", slow) == "the faster answer"
    assert record.once("voice:1", Maker()) == "the faster answer"


def test_a_row_is_inserted_once(database, clock):
    with database.writing() as session:
        told = [insert_once(session, WebhookReceipt, key=key, claimed_at=clock()) for key in "aab"]
    assert told == [True, False, True]


def test_a_failure_leaves_the_key_free(record):
    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        record.once("voice:1", fail)
    assert record.once("voice:1", Maker()) == "<Response>1 您好</Response>"


def test_an_answer_that_cannot_be_kept_is_still_given(record, alter, caplog):
    def make():
        alter("ALTER TABLE webhook_receipts RENAME TO gone")
        return "the answer"

    assert record.once("voice:1", make) == "the answer"
    assert "given but not kept" in caplog.text


def test_a_key_that_cannot_be_claimed(record, alter):
    alter("ALTER TABLE webhook_receipts RENAME TO gone")
    make = Maker()
    with pytest.raises(StoreLost):
        record.once("voice:1", make)
    assert make.made == 0


def test_an_answer_may_write_to_the_record(record):
    """Nothing is held while the answer is being made."""
    token = record.once("voice:1", lambda: record.issue_token("CA1"))
    assert record.use_token(token, "CA1")


def test_a_token_is_good_once_for_its_call(record, another):
    token = record.issue_token("CA1")
    assert not record.use_token(token, "CA2")
    assert not record.use_token("guessed", "CA1")
    assert not record.use_token("", "CA1")
    assert another.use_token(token, "CA1")
    assert not record.use_token(token, "CA1")


def test_a_token_expires(record, clock):
    token = record.issue_token("CA1")
    clock.pass_(TOKEN_LIFE.total_seconds())
    assert not record.use_token(token, "CA1")


def test_of_all_who_use_a_token_at_once_one_wins(replicas):
    for attempt in range(5):
        token = replicas[0].issue_token(f"CA{attempt}")
        won = all_at_once(replicas * 3, lambda record, t=token, n=attempt: record.use_token(t, f"CA{n}"))
        assert sorted(won) == [False] * 5 + [True]


def test_tokens_are_not_in_the_database(record, sql):
    token = record.issue_token("CA1")
    assert token not in str(sql("SELECT * FROM stream_tokens"))
    assert token != record.issue_token("CA1")


def test_an_answer_that_must_not_be_kept_is_made_again(record, sql):
    made = iter(["<Number>+15005550011</Number>", "once more"])

    assert record.once("dial", lambda: next(made), lambda answer: "<Number" not in answer) == (
        "<Number>+15005550011</Number>"
    )
    assert sql("SELECT body FROM webhook_receipts WHERE key = 'dial'") == []
    assert record.once("dial", lambda: next(made)) == "once more"

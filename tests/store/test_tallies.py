"""Limits for strangers hold over all replicas, and what is over is forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.store.conftest import all_at_once
from voicebot.store.tallies import Limit

HOUR = timedelta(hours=1)
TWO = Limit("one", 2, HOUR)
MANY = Limit("all", 100, HOUR)


def test_a_limit_is_used_up_and_comes_back_with_the_next_stretch(record, another, clock):
    assert [record.take([TWO]), another.take([TWO]), record.take([TWO])] == [None, None, TWO]
    clock.pass_(hours=1)
    assert record.take([TWO]) is None


def test_one_limit_that_is_used_up_counts_for_none(record, sql):
    for _ in range(5):
        record.take([MANY, TWO])

    assert {key.split(":")[0]: count for key, count in sql("SELECT key, count FROM tallies")} == {"one": 2, "all": 2}


def test_what_is_given_back_does_not_count(record):
    for _ in range(9):
        assert record.take([TWO]) is None
        record.give_back([TWO])


def test_replicas_that_count_at_once_let_no_more_through(replicas):
    taken = all_at_once(replicas * 4, lambda replica: replica.take([Limit("one", 3, timedelta(days=365))]))
    assert taken.count(None) == 3


def test_what_is_over_is_forgotten(record, clock, sql):
    record.take([TWO, MANY])
    assert record.tidy_tallies() == 0
    clock.pass_(hours=2)
    assert record.tidy_tallies() == 2
    assert sql("SELECT * FROM tallies") == []


@pytest.mark.parametrize("other", [("address", "192.0.2.2"), ("ticket", "192.0.2.1")])
def test_what_is_blinded_can_be_told_apart_and_not_read(record, other):
    assert record.blind("address", "192.0.2.1") == record.blind("address", "192.0.2.1")
    assert record.blind("address", "192.0.2.1") != record.blind(*other)
    assert "192" not in record.blind("address", "192.0.2.1")[:3]

"""Where a call is between two webhooks."""

from __future__ import annotations

import pytest

from tests.store.conftest import all_at_once
from voicebot.errors import StaleState
from voicebot.store.states import KeptState

STATE = {"memory": {"state": "transferring", "asked": ["rsj-001"], "topic": None, "quiet": 0.5}, "then": {"喂": "您好"}}


def test_a_state_comes_back_in_another_process(record, another):
    assert record.load_state("CA1") is None
    record.save_state("CA1", STATE)
    assert another.load_state("CA1") == STATE
    another.save_state("CA1", {"memory": {}})
    assert record.load_state("CA1") == {"memory": {}}
    assert record.load_state("CA2") is None


def test_of_two_who_decide_on_one_state_the_second_decides_again(record, another):
    assert record.save_state("CA1", STATE, version=0) == 1
    mine, theirs = record.kept_state("CA1"), another.kept_state("CA1")
    assert mine == theirs == KeptState(STATE, 1)
    assert record.save_state("CA1", {"by": "me"}, version=mine.version) == 2
    with pytest.raises(StaleState):
        another.save_state("CA1", {"by": "them"}, version=theirs.version)
    assert record.load_state("CA1") == {"by": "me"}
    with pytest.raises(StaleState):
        record.save_state("CA1", STATE, version=0)


def test_of_all_who_decide_at_once_one_wins(replicas):
    replicas[0].save_state("CA1", {"by": "nobody"})

    def decide(record):
        try:
            return record.save_state("CA1", {"by": "somebody"}, version=1)
        except StaleState:
            return None

    decided = all_at_once(replicas * 4, decide)
    assert [version for version in decided if version is not None] == [2]


def test_no_save_is_lost_in_a_rush(replicas):
    all_at_once(replicas * 4, lambda record: [record.save_state("CA1", STATE) for _ in range(5)])
    assert replicas[0].kept_state("CA1").version == 40

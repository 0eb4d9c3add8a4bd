"""Where calls stand, with other processes about and a record that comes and goes."""

from dataclasses import replace

import pytest

from tests.twilio.asking import CALL
from tests.twilio.world import LostRecord
from voicebot.dialogue.memory import Memory
from voicebot.errors import StoreLost
from voicebot.twilio.keeping import MOST_UNSAVED, Keeping
from voicebot.twilio.leaving import Standing
from voicebot.twilio.line import ConnectionLost

FIRST = Standing(Memory().to_dict(), ConnectionLost(), stream=1)


def next_stream(before):
    return replace(before, stream=before.stream + 1)


class Unsteady:
    """A record that is lost when told."""

    def __init__(self, record):
        self._record = record
        self.lost = False

    def __getattr__(self, name):
        return getattr(LostRecord() if self.lost else self._record, name)


@pytest.fixture
def unsteady(record):
    return Unsteady(record)


def test_what_was_kept_is_found_by_another_process(record):
    Keeping(record).change(CALL, lambda before: FIRST)

    assert Keeping(record).load(CALL) == FIRST


def test_nothing_is_known_of_a_new_call(record):
    assert Keeping(record).load(CALL) is None


def test_a_change_that_decides_nothing_changes_nothing(record):
    keeping = Keeping(record)
    keeping.change(CALL, lambda before: FIRST)

    assert keeping.change(CALL, lambda before: None) == FIRST
    assert keeping.load(CALL) == FIRST


def test_two_processes_at_once_lose_neither_change(record):
    one, other = Keeping(record), Keeping(record)
    one.change(CALL, lambda before: FIRST)
    seen = []

    def change(before):
        if not seen:
            other.change(CALL, next_stream)
        seen.append(before.stream)
        return next_stream(before)

    one.change(CALL, change)

    assert seen == [1, 2]
    assert one.load(CALL).stream == 3


def test_a_state_that_never_stands_still_is_given_up(record):
    one, other = Keeping(record), Keeping(record)
    one.change(CALL, lambda before: FIRST)

    def change(before):
        other.change(CALL, next_stream)
        return FIRST

    with pytest.raises(StoreLost):
        one.change(CALL, change)


def test_what_could_not_be_stored_is_remembered_until_it_can(unsteady):
    keeping = Keeping(unsteady)
    keeping.change(CALL, lambda before: FIRST)
    unsteady.lost = True
    with pytest.raises(StoreLost):
        keeping.change(CALL, next_stream)
    keeping.remember(CALL, next_stream(FIRST))

    assert keeping.load(CALL).stream == 2
    unsteady.lost = False
    assert keeping.load(CALL).stream == 2
    keeping.change(CALL, next_stream)
    assert Keeping(unsteady).load(CALL).stream == 3


def test_without_the_record_nothing_is_known_but_what_is_remembered(unsteady):
    unsteady.lost = True
    with pytest.raises(StoreLost):
        Keeping(unsteady).load(CALL)


def test_what_another_process_decided_later_counts_for_more(record):
    keeping = Keeping(record)
    keeping.remember(CALL, FIRST)
    Keeping(record).change(CALL, lambda before: replace(FIRST, stream=2, lost=1))

    assert keeping.load(CALL).lost == 1


def test_the_end_is_forgotten(unsteady):
    keeping = Keeping(unsteady)
    keeping.remember(CALL, FIRST)
    keeping.forget(CALL)
    keeping.forget(CALL)

    assert keeping.load(CALL) is None


def test_memory_has_an_end(record):
    keeping = Keeping(record)
    for n in range(MOST_UNSAVED + 1):
        keeping.remember(f"CA{n}", FIRST)

    assert keeping.load("CA0") is None
    assert keeping.load(f"CA{MOST_UNSAVED}") == FIRST


def test_what_cannot_be_read_is_nothing_and_can_be_written_over(record):
    record.save_state(CALL, {"another": "version"})
    keeping = Keeping(record)

    assert keeping.load(CALL) is None
    keeping.change(CALL, lambda before: FIRST)
    assert keeping.load(CALL) == FIRST

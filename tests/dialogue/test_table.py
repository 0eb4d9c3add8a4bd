"""Every (state, event) pair is decided, and the table is the only place that decides."""

import pytest

from voicebot.dialogue.commands import Clip
from voicebot.dialogue.memory import Memory, State, memory_from
from voicebot.dialogue.table import TABLE
from voicebot.events import EVENTS


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", EVENTS, ids=lambda e: e.__name__)
def test_pair_is_decided(state, event):
    assert callable(TABLE[state][event])


def test_nothing_else_is_in_the_table():
    assert set(TABLE) == set(State)
    assert all(set(row) == set(EVENTS) for row in TABLE.values())


def test_memory_survives_storage():
    memory = Memory(state=State.CHOOSING, asked=("a", "b"), said=(Clip("prompts/x", "话"),), answers=("a",), playing=3)

    assert memory_from(memory.to_dict()) == memory


def test_memory_of_a_newer_version_is_read():
    assert memory_from({**Memory().to_dict(), "from_the_future": 1}) == Memory()

"""Whose audio a worker hears next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.speech.turns import Turns
from voicebot.speech.wire import Kind, Message

KINDS = {"a": Kind.AUDIO, "c": Kind.CUT, "f": Kind.FINISH, "x": Kind.CLOSE}


def messages(text):
    """``1a 2f``: audio of call 1, the end of what call 2 says; numbered in order by their utterance."""
    return [Message(KINDS[one[-1]], int(one[:-1]), n) for n, one in enumerate(text.split())]


def taken(turns):
    order = []
    while turns:
        order.append(turns.take())
    return order


ORDERS = {
    "as they came": ("1a 2a 1a 3a", "1a 2a 1a 3a"),
    "who has finished goes first": ("1a 2a 3a 2f 1a", "2a 2f 1a 3a 1a"),
    "who has paused goes first": ("1a 2a 3a 3c", "3a 3c 1a 2a"),
    "of two the one who has waited longest": ("1a 2a 2f 1f", "2a 2f 1a 1f"),
    "what follows is in no hurry": ("1a 2a 2c 2a 2a", "2a 2c 1a 2a 2a"),
    "two awaited of one call": ("1a 1c 2a 2f 1a 1f", "1a 1c 2a 2f 1a 1f"),
    "an end is no hurry": ("1a 2x 1a", "1a 2x 1a"),
}


@pytest.mark.parametrize(("came", "go"), ORDERS.values(), ids=ORDERS)
def test_order(came, go):
    turns = Turns()
    for message in messages(came):
        turns.put(message)
    assert [f"{one.call}{next(key for key, kind in KINDS.items() if kind is one.kind)}" for one in taken(turns)] == (
        go.split()
    )


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from("acfx"), st.integers(0, 2))))
def test_all_come_and_those_of_a_call_in_order(steps):
    turns, out, put = Turns(), [], []
    for number, (call, kind, take) in enumerate(steps):
        put.append(Message(KINDS[kind], call, number))
        turns.put(put[-1])
        out += [turns.take() for _ in range(take) if turns]
    out += taken(turns)
    assert sorted(out) == sorted(put)
    for call in (1, 2, 3):
        assert [one for one in out if one.call == call] == [one for one in put if one.call == call]

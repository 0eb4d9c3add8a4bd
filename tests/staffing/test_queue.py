"""Several callers, few people."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.staffing.queue import assign, in_order, place
from voicebot.store.rings import Waiter

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


def waiter(call, wants="ab", second=0, *, green=False, urgent=False):
    return Waiter(call, tuple(wants), green, urgent, START + timedelta(seconds=second))


ORDERS = [
    ([waiter("x", second=5), waiter("y", second=3)], "yx"),
    ([waiter("x"), waiter("y", second=3, green=True)], "yx"),
    ([waiter("x", green=True), waiter("y", second=3, urgent=True)], "yx"),
    ([waiter("y"), waiter("x")], "xy"),
]


@pytest.mark.parametrize(("waiters", "order"), ORDERS)
def test_order(waiters, order):
    assert "".join(w.call for w in in_order(waiters)) == order


ASSIGNMENTS = [
    ([waiter("x")], "", {"x": "a"}),
    ([waiter("x")], "a", {"x": "b"}),
    ([waiter("x")], "ab", {}),
    ([waiter("x"), waiter("y", second=1)], "", {"x": "a", "y": "b"}),
    ([waiter("x"), waiter("y", second=1)], "a", {"x": "b"}),
    ([waiter("x", "a"), waiter("y", "ab", 1)], "", {"x": "a", "y": "b"}),
    ([waiter("x", "a"), waiter("y", "b", 1)], "a", {"y": "b"}),
    ([waiter("x", ""), waiter("y", "a", 1)], "", {"y": "a"}),
]


@pytest.mark.parametrize(("waiters", "busy", "found"), ASSIGNMENTS)
def test_assign(waiters, busy, found):
    assert assign(waiters, set(busy)) == found


waiters = st.lists(
    st.builds(
        waiter,
        st.uuids().map(str),
        st.lists(st.sampled_from("abcd"), unique=True).map("".join),
        st.integers(0, 99),
        green=st.booleans(),
        urgent=st.booleans(),
    ),
    max_size=8,
)


@given(waiters, st.sets(st.sampled_from("abcd")))
def test_nobody_twice_and_nobody_is_passed_over(waiting, busy):
    found = assign(waiting, busy)

    assert len(set(found.values())) == len(found)
    assert not busy & set(found.values())
    for n, first in enumerate(in_order(waiting)):
        for later in in_order(waiting)[n + 1 :]:
            if later.call in found and first.call not in found:
                assert found[later.call] not in first.wants


PLACES = [
    ("x", [waiter("x", "a")], (1, 3)),  # one person, talks of 150 s
    ("y", [waiter("x", "a"), waiter("y", "a", 1)], (2, 5)),
    ("y", [waiter("x", "a"), waiter("y", "b", 1)], (1, 3)),  # they wait for somebody else
    ("y", [waiter("x", "ab"), waiter("y", "ab", 1)], (2, 3)),
    ("z", [waiter("x", "a")], (1, 0)),
]


@pytest.mark.parametrize(("call", "waiting", "stands"), PLACES)
def test_place(call, waiting, stands):
    where = place(call, waiting, 150.0)

    assert (where.position, where.minutes) == stands

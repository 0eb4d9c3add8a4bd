"""Several callers, few people: who gets whom, and what a caller may be told about it. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from voicebot.store.rings import Waiter


@dataclass(frozen=True, slots=True)
class Place:
    """Where a caller stands."""

    position: int
    """From 1, among those who wait for the same people."""
    minutes: int
    """Estimated wait, rounded up."""


def in_order(waiters: Iterable[Waiter]) -> list[Waiter]:
    """Danger first, then the green channel, then whoever came first."""
    return sorted(waiters, key=lambda w: (not w.urgent, not w.green, w.arrived, w.call))


def assign(waiters: Iterable[Waiter], busy: Collection[str]) -> dict[str, str]:
    """Whose phone rings for which call: in their order each caller gets the first person they want who is free.

    Nobody twice, and nobody is passed over in favour of someone behind them who wants the same person.
    """
    taken = set(busy)
    found: dict[str, str] = {}
    for waiter in in_order(waiters):
        person = next((person for person in waiter.wants if person not in taken), None)
        if person is not None:
            found[waiter.call] = person
            taken.add(person)
    return found


def place(call: str, waiters: Iterable[Waiter], handling_s: float) -> Place:
    """Where that caller stands, if every talk takes its mean time and each of the wanted people is in one."""
    queue = in_order(waiters)
    own = next((w for w in queue if w.call == call), None)
    if own is None:
        return Place(1, 0)
    wanted = set(own.wants)
    ahead = sum(1 for other in queue[: queue.index(own)] if wanted & set(other.wants))
    # Of n people in talks of mean length m one becomes free every m/n; the caller needs the (ahead + 1)-th of them.
    seconds = handling_s * (ahead + 1) / max(1, len(wanted))
    return Place(ahead + 1, math.ceil(seconds / 60))

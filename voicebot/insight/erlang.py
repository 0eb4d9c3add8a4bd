"""Queueing: how long callers wait for one of so many people. Pure.

Erlang C: everybody waits until served (Erlang 1917). Erlang A: callers who have waited too long hang up (Palm 1946;
Garnett, Mandelbaum and Reiman 2002), which is what callers do; with infinite patience it is Erlang C. Own code, for the
maintained package (pyworkforce) brings a linear-programming solver and pandas with it; checked against its published
figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

MOST: Final = 500
"""People; more than any office has."""
_ENOUGH: Final = 1e-12
_STEPS: Final = 20_000
_RARE: Final = 1e-9
"""A queue of that length or more hardly ever is."""


class Load(NamedTuple):
    """What comes in."""

    calls_per_hour: float
    handling_s: float
    """Mean seconds a person is taken up by one call."""

    @property
    def erlangs(self) -> float:
        """People busy in the mean if nobody ever waited."""
        return self.calls_per_hour * self.handling_s / 3600.0


@dataclass(frozen=True, slots=True)
class Service:
    """How it is for callers, with so many people."""

    waits: float
    """Share who do not get somebody at once."""
    within: float
    """Share served within the time asked about."""
    mean_wait_s: float
    """Over all callers; infinite when the queue never ends."""
    occupancy: float
    """Share of their time people are busy."""
    abandons: float
    """Share who hang up before."""


def erlang_b(erlangs: float, people: int) -> float:
    """Share of calls that meet only engaged people, when nobody waits."""
    blocked = 1.0
    for n in range(1, people + 1):
        blocked = erlangs * blocked / (n + erlangs * blocked)
    return blocked


def erlang_c(load: Load, people: int, within_s: float) -> Service:
    """Callers who wait as long as it takes. With too few people nobody is ever served in time."""
    a = load.erlangs
    if a <= 0.0:
        return Service(0.0, 1.0, 0.0, 0.0, 0.0)
    if people <= a:
        return Service(1.0, 0.0, math.inf, 1.0, 0.0)
    blocked = erlang_b(a, people)
    waits = blocked / (1.0 - a / people * (1.0 - blocked))
    within = 1.0 - waits * math.exp(-(people - a) * within_s / load.handling_s)
    return Service(waits, within, waits * load.handling_s / (people - a), a / people, 0.0)


def erlang_a(load: Load, people: int, within_s: float, patience_s: float) -> Service:
    """Callers who hang up after `patience_s` in the mean (exponential). Stable with any number of people."""
    a = load.erlangs
    if a <= 0.0:
        return Service(0.0, 1.0, 0.0, 0.0, 0.0)
    if people <= 0:
        return Service(1.0, 0.0, patience_s, 0.0, 1.0)
    if math.isinf(patience_s):
        return erlang_c(load, people, within_s)
    arrive, serve, leave = load.calls_per_hour / 3600.0, 1.0 / load.handling_s, 1.0 / patience_s
    ahead = _states(arrive, serve, leave, people)
    waiting = [share for n, share in enumerate(ahead) if n >= people]
    queue = sum(n * share for n, share in enumerate(waiting))
    served_soon = 1.0 - sum(waiting)
    for n, share in enumerate(waiting):
        if share < _RARE:
            break
        served_soon += share * _served_within(within_s, n, people * serve, leave)
    busy = sum(min(n, people) * share for n, share in enumerate(ahead))
    return Service(sum(waiting), served_soon, queue / arrive, busy / people, min(1.0, leave * queue / arrive))


def _states(arrive: float, serve: float, leave: float, people: int) -> list[float]:
    """Probability that n callers are there, n = 0, 1, …, until the rest is nothing."""
    weights = [1.0]
    while True:
        n = len(weights)
        rate = min(n, people) * serve + max(0, n - people) * leave
        weights.append(weights[-1] * arrive / rate)
        top = max(weights)
        if top > 1e250:
            weights = [weight / top for weight in weights]
            top = 1.0
        if n > people and arrive < rate and weights[-1] < _ENOUGH * top:
            break
    total = sum(weights)
    return [weight / total for weight in weights]


def _served_within(t: float, ahead: int, serve: float, leave: float) -> float:
    """A caller with `ahead` others before them in the queue is served within t seconds, and has not hung up by then.

    Stage by stage the queue before them shrinks, at `serve` + k·`leave` with k others in it; in each stage they may
    leave themselves. Uniformised, so that only positive terms are added and long queues stay exact.
    """
    rates = [serve + k * leave for k in range(ahead, -1, -1)]
    top = rates[0] + leave
    stages = [1.0] + [0.0] * ahead
    term = math.exp(-top * t)
    """Poisson probability of so many steps by then."""
    rest = 1.0 - term
    served = result = 0.0
    steps = 0
    while rest > _ENOUGH and steps < _STEPS:
        moved = [mass * rate / top for mass, rate in zip(stages, rates, strict=True)]
        stages = [
            mass * (1.0 - (rate + leave) / top) + before
            for mass, rate, before in zip(stages, rates, [0.0, *moved[:-1]], strict=True)
        ]
        served += moved[-1]
        steps += 1
        term *= top * t / steps
        rest -= term
        result += term * served
    return result + max(0.0, rest) * served


def people_needed(load: Load, share: float, within_s: float, patience_s: float = math.inf) -> int:
    """Fewest people with whom at least `share` of the callers are served within `within_s` seconds."""
    if load.erlangs <= 0.0:
        return 0
    for people in range(1, MOST + 1):
        if erlang_a(load, people, within_s, patience_s).within >= share:
            return people
    return MOST

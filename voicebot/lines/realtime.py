"""Keeps a simulated call in step with the clock on the wall, for those who listen to it."""

from __future__ import annotations

from collections.abc import Callable

LATE_S = 0.5
"""A call this far behind the wall does not hurry to catch up: someone was typing, or the recogniser was thinking."""


class RealTime:
    """Waits until the wall has reached the call's time. `clock` is in seconds, `sleep` waits seconds."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._began = clock()

    def __call__(self, now: float) -> None:
        """Wait until `now` seconds of the call have passed."""
        ahead = self._began + now - self._clock()
        if ahead > 0:
            self._sleep(ahead)
        elif ahead < -LATE_S:
            self._began -= ahead

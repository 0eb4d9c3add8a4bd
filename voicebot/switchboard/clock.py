"""Call time: the seconds that a call has, which tests may let run faster than the wall's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class Clock:
    """Seconds since the clock was made, `speed` times as fast as the event loop's. Make it inside a running loop.

    Everything the emulated Twilio times (ringing, pauses, frames, silence) runs on this clock, so the order of
    things does not depend on `speed`. Limits of the network (the 15 s budget of a webhook) stay in real seconds.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._loop = asyncio.get_running_loop()
        self._zero = self._loop.time()

    def now(self) -> float:
        """Call seconds."""
        return (self._loop.time() - self._zero) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait so many call seconds."""
        await asyncio.sleep(max(0.0, seconds) / self.speed)

    async def until(self, moment: float) -> None:
        """Wait for a moment of `now()`; returns at once when it has passed."""
        await self.sleep(moment - self.now())

    async def within(self, work: Awaitable[T], seconds: float) -> T:
        """The result of `work`, which is cancelled with `TimeoutError` after so many call seconds."""
        return await asyncio.wait_for(work, max(0.0, seconds) / self.speed)

    def later(self, seconds: float, work: Callable[[], None]) -> asyncio.TimerHandle:
        """Call `work` after so many call seconds, unless the handle is cancelled before."""
        return self._loop.call_later(max(0.0, seconds) / self.speed, work)

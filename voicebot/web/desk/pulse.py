"""Pages that change by themselves: a stream of server-sent events that says only *that* something has changed.

The page then asks for its part again, as whoever looks at it; so an event holds nothing that anybody may not see, and
catching up after a lost connection is asking once more. A stream holds a thread of the server, and the telephone needs
threads, too: so there are few streams, none is long, and whoever gets none asks every few seconds instead, as all
pages do beside their stream.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from voicebot.errors import StoreLost

log = logging.getLogger(__name__)

MOST_STREAMS: Final = 32
"""Of the server's 256 threads (`voicebot.web.server.THREADS`)."""
MOST_EACH: Final = 3
"""Streams of one account: one who forgets tabs takes none from others."""
STREAM_S: Final = 120.0
"""Then the browser connects again, and whoever it is has to be logged in still."""
LOOK_S: Final = 1.0
"""Between two looks at the record, for all streams of this process together."""
BEAT_S: Final = 15.0
"""A sign of life, which also shows whether the browser is still there."""
RETRY_MS: Final = 3000


class Pulse:
    """The latest word of the record, asked for once however many listen. Used by all threads."""

    def __init__(self, look: Callable[[], str], clock: Callable[[], float] = time.monotonic) -> None:
        self._look = look
        self._clock = clock
        self._lock = threading.Lock()
        self._word = ""
        self._at: float | None = None

    def __call__(self) -> str:
        """The word; ``lost`` while the record cannot be read: then the page asks, and is told so."""
        with self._lock:
            if self._at is None or self._clock() - self._at >= LOOK_S:
                try:
                    self._word = self._look()
                except StoreLost as error:
                    log.error("live pages: %s", error)
                    self._word = "lost"
                self._at = self._clock()
            return self._word


class Streams:
    """How many streams there are. Used by all threads."""

    def __init__(self, most: int = MOST_STREAMS, most_each: int = MOST_EACH) -> None:
        self._most = most
        self._most_each = most_each
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()

    def enter(self, account: str) -> bool:
        """Whether one more may be opened; then `leave` must follow."""
        with self._lock:
            if self._open.total() >= self._most or self._open[account] >= self._most_each:
                return False
            self._open[account] += 1
            return True

    def leave(self, account: str) -> None:
        """One is over."""
        with self._lock:
            self._open[account] -= 1
            if self._open[account] <= 0:
                del self._open[account]


def stream(
    pulse: Callable[[], str],
    last: str,
    *,
    serving: Callable[[], bool] = lambda: True,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[str]:
    """The lines of one stream. `last`: the word the page was made with, or that it heard last; over as soon as the
    server is not `serving` any more.
    """
    began = beaten = clock()
    yield f"retry: {RETRY_MS}\n\n"
    while serving() and (now := clock()) - began < STREAM_S:
        word = pulse()
        if word != last:
            last, beaten = word, now
            yield f"id: {word}\nevent: changed\ndata: {word}\n\n"
        elif now - beaten >= BEAT_S:
            beaten = now
            yield ": still here\n\n"
        pause(LOOK_S)

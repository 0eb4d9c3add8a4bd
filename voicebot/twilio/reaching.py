"""Reaching a person beside a stream: a thread of its own per waiting caller, so that no request of ours ever holds up
the caller's audio.

The thread asks `voicebot.staffing.reaching.Reaching` what to do next, and hands its events to whoever drives the
stream. What a staff leg's webhook wrote is looked for soon after it came in (`Reaches.poke`), or at the next step when
another replica took it.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Protocol

from voicebot.errors import StoreLost
from voicebot.events import Event, Fault, FaultOccurred, PersonAccepted, TransferEnded, TransferOutcome

log = logging.getLogger(__name__)

LAST_STEP_S = 10.0
"""A step asks the record and the provider once or twice."""
_OVER = (PersonAccepted, TransferEnded, FaultOccurred)
"""After one of these nobody is reached for any more."""


class Steps(Protocol):
    """What is to be done, step by step; `voicebot.staffing.reaching.Reaching` is one."""

    def step(self) -> tuple[list[Event], float]:
        """Do what is due: what happened, and seconds until something is due again."""

    def stop(self, outcome: TransferOutcome) -> None:
        """Nobody is to be reached any more."""


class Reach:
    """One caller being brought to a person. `begin` is called in the thread and may take its time."""

    def __init__(self, begin: Callable[[], Steps], done: Callable[[], None] = lambda: None) -> None:
        self._begin = begin
        self._done = done
        self._news: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._wake = threading.Event()
        self._stop: TransferOutcome | None = None
        self._over = False
        self._thread = threading.Thread(target=self._run, name="reach", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def events(self) -> list[Event]:
        """What has happened since last asked. Never waits."""
        found: list[Event] = []
        while not self._news.empty():
            found.append(self._news.get())
        return found

    def poke(self) -> None:
        """There may be news: look now."""
        self._wake.set()

    def stop(self, outcome: TransferOutcome) -> None:
        """Ring nobody any more: the caller left, or wants something else. Does not wait for it."""
        self._stop = outcome
        self.abandon()

    def abandon(self) -> None:
        """Look after it no longer, but let the phone ring: another stream of the call will go on with it."""
        self._over = True
        self._wake.set()

    def join(self, timeout_s: float) -> None:
        """Wait until the thread is done."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            steps = self._begin()
            self._go_on(steps)
            if self._stop is not None:
                steps.stop(self._stop)
        except StoreLost as error:
            log.error("nobody can be reached without the record: %s", error)
            self._news.put(FaultOccurred(Fault.STORE))
        except Exception:
            log.exception("reaching a person broke")
            self._news.put(FaultOccurred(Fault.BUG))
        finally:
            self._done()

    def _go_on(self, steps: Steps) -> None:
        while not self._over:
            self._wake.clear()
            events, pause = steps.step()
            for event in events:
                self._news.put(event)
            if any(isinstance(event, _OVER) for event in events):
                return
            self._wake.wait(pause)


class Reaches:
    """Those of this process, by call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_call: dict[str, Reach] = {}

    def open(self, call: str, begin: Callable[[], Steps]) -> Reach:
        """Begin to reach a person for this call, or go on with it in another way: then after the last step of what went
        before, so that no two ever ring for one caller.
        """

        def after(previous: Reach | None) -> Steps:
            if previous is not None:
                previous.abandon()
                previous.join(LAST_STEP_S)
            return begin()

        with self._lock:
            before = self._by_call.get(call)
            reach = Reach(lambda: after(before), lambda: self._close(call, reach))
            self._by_call[call] = reach
        reach.start()
        return reach

    def poke(self, call: str) -> None:
        """There is news about a leg of this call."""
        with self._lock:
            reach = self._by_call.get(call)
        if reach is not None:
            reach.poke()

    def _close(self, call: str, reach: Reach) -> None:
        with self._lock:
            if self._by_call.get(call) is reach:
                del self._by_call[call]

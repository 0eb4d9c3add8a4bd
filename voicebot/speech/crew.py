"""The worker processes of one model: one thread each starts it, passes on what it says, and replaces it when it has
ended, until the crew is dismissed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from voicebot.speech.process import STALLED_S, WorkerProcess
from voicebot.speech.wire import Message

log = logging.getLogger(__name__)

_BACK_OFF_S = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before a worker is replaced that could not even begin, by how many had the same fate one after the other."""
_AGAIN_S = (0.0, 0.0, 0.2, 0.5)
"""The same for one that had begun to listen, but not for long: its callers wait, and another may well live."""
_LIVED_S = 2.0
"""Seconds of listening after which its end says nothing about how long the next one will live."""


class Chief(Protocol):
    """Who the workers belong to. Called in the threads of the workers."""

    def receive(self, worker: WorkerProcess, message: Message) -> None:
        """A worker says something."""

    def bury(self, worker: WorkerProcess) -> None:
        """A worker has ended."""


class Crew:
    """Workers on one model. `guard` is held while the list of workers changes."""

    def __init__(
        self,
        model: Path,
        numbers: Iterator[int],
        workers: int,
        chief: Chief,
        guard: threading.Condition,
        stalled_s: float = STALLED_S,
    ) -> None:
        self.model = model
        self.workers: dict[int, WorkerProcess] = {}
        """By number; one that has ended stays until it is replaced."""
        self._chief = chief
        self._guard = guard
        self._stalled_s = stalled_s
        self._dismissed = threading.Event()
        self._threads = [
            threading.Thread(target=self._tend, args=(number,), name=f"speech-worker-{number}", daemon=True)
            for number in (next(numbers) for _ in range(workers))
        ]

    def start(self) -> None:
        """Start the workers; returns at once."""
        for thread in self._threads:
            thread.start()

    @property
    def over(self) -> bool:
        """Nobody of it is left, nor will be."""
        return not any(thread.is_alive() for thread in self._threads)

    def dismiss(self) -> None:
        """Replace nobody any more; those that are there go on until they are stopped."""
        self._dismissed.set()

    def stop(self) -> None:
        """Dismiss, and let everyone end by themselves."""
        self.dismiss()
        with self._guard:
            workers = tuple(self.workers.values())
        for worker in workers:
            worker.stop()

    def join(self, deadline: float) -> None:
        """Wait until all have ended; who has not by then (`time.monotonic`) is killed."""
        started = [thread for thread in self._threads if thread.ident is not None]
        for thread in started:
            thread.join(max(0.0, deadline - time.monotonic()))
        for worker in tuple(self.workers.values()):
            worker.kill()
        for thread in started:
            thread.join()

    def _tend(self, number: int) -> None:
        died_young = 0
        while not self._dismissed.is_set():
            worker = self._spawn(number)
            if worker is not None:
                self._attend(worker)
            listened = worker is not None and worker.listened_s > _LIVED_S
            died_young = 0 if listened else died_young + 1
            pauses = _AGAIN_S if worker is not None and worker.began else _BACK_OFF_S
            self._dismissed.wait(pauses[min(max(died_young, 1), len(pauses)) - 1])

    def _attend(self, worker: WorkerProcess) -> None:
        """Pass on what a worker says until it is dead, then see to its calls."""
        try:
            worker.run(lambda message: self._chief.receive(worker, message))
        except Exception:  # the outermost loop of this thread: without it the worker would never be replaced
            log.exception("speech worker %d is given up", worker.number)
            worker.kill()
        self._chief.bury(worker)

    def _spawn(self, number: int) -> WorkerProcess | None:
        with self._guard:
            if self._dismissed.is_set():
                return None
            try:
                worker = self.workers[number] = WorkerProcess(self.model, number, self._stalled_s)
            except OSError as error:
                log.error("a speech worker could not be started: %s", error)
                return None
        log.info("speech worker %d started, pid %d", number, worker.pid)
        return worker


def stop_all(crews: list[Crew], within_s: float) -> None:
    """End all of these and their threads."""
    for crew in crews:
        crew.stop()
    deadline = time.monotonic() + within_s
    for crew in crews:
        crew.join(deadline)

"""Work that is done again and again beside the calls: delivery, deadlines, calls back, forgetting.

Every replica runs all of it; what must happen once is claimed in the record. A job that fails is logged and runs
again at its next time; the same job never runs twice at once in one process.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from voicebot.errors import StoreLost

log = logging.getLogger(__name__)

THREADS: Final = 4
"""Jobs at once. Listening to a message takes as long as the message; the others must not wait for it."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done every so many seconds. What `run` returns is for the log."""

    name: str
    every_s: float
    run: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Report:
    """How a job went last."""

    runs: int = 0
    failures: int = 0
    """Runs in a row that failed, up to the last one."""
    error: str = ""
    result: object = None


@dataclass(slots=True)
class _Kept:
    report: Report = field(default_factory=Report)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Periodic:
    """Runs jobs in the background from `start` to `stop`."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        """Raises `ValueError` when two jobs have one name."""
        self._jobs = {job.name: job for job in jobs}
        if len(self._jobs) != len(jobs):
            raise ValueError("two jobs of one name")
        self._kept = {name: _Kept() for name in self._jobs}
        self.stopping = threading.Event()
        """Set when the jobs should come to an end soon."""
        self._scheduler: Any = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(THREADS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The jobs, in order."""
        return tuple(self._jobs)

    @property
    def reports(self) -> dict[str, Report]:
        """How each job went last."""
        return {name: kept.report for name, kept in self._kept.items()}

    def start(self) -> None:
        """Start; every job runs for the first time within a second."""
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        for name, job in self._jobs.items():
            first = datetime.now(UTC) + timedelta(milliseconds=100)
            self._scheduler.add_job(
                self._run, "interval", seconds=job.every_s, args=[name], id=name, next_run_time=first
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Stop, and wait for jobs that are on. May be called twice, and without `start`."""
        self.stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def run_all(self) -> dict[str, Report]:
        """Run every job once, now, one after the other: how each went. For `voicebot db work` and tests."""
        for name in self._jobs:
            self._run(name)
        return self.reports

    def _run(self, name: str) -> None:
        kept = self._kept[name]
        if self.stopping.is_set():
            return
        with kept.lock:
            before = kept.report
            try:
                result = self._jobs[name].run()
            except StoreLost as error:
                log.error("%s: the record is lost, trying again later: %s", name, error)
                kept.report = Report(before.runs + 1, before.failures + 1, str(error))
            except Exception as error:  # one job that is broken must not end the others
                log.exception("a fault in %s", name)
                kept.report = Report(before.runs + 1, before.failures + 1, repr(error))
            else:
                kept.report = Report(before.runs + 1, 0, "", result)

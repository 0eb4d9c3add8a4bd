"""Work that goes on whatever happens, and ends when told."""

from __future__ import annotations

import threading

import pytest

from voicebot.cases.periodic import Job, Periodic
from voicebot.errors import StoreLost

PATIENCE_S = 10


class Worker:
    """Counts its runs; `after` of them is an event. `fails` are raised first, one a run."""

    def __init__(self, *fails, after=1):
        self.runs = 0
        self.threads = set()
        self._fails = list(fails)
        self._after = after
        self.done = threading.Event()

    def __call__(self):
        self.runs += 1
        self.threads.add(threading.current_thread())
        if self.runs >= self._after:
            self.done.set()
        if self._fails:
            raise self._fails.pop(0)
        return self.runs


@pytest.fixture
def start():
    started = []

    def start(*jobs):
        started.append(Periodic(jobs))
        started[-1].start()
        return started[-1]

    yield start
    for periodic in started:
        periodic.stop()


def test_jobs_run_again_and_again(start):
    often = Worker(after=3)
    seldom = Worker()
    start(Job("often", 0.05, often), Job("seldom", 3600, seldom))
    assert often.done.wait(PATIENCE_S)
    assert seldom.done.wait(PATIENCE_S)
    assert seldom.runs == 1


FAULTS = {"the record": StoreLost("store-lost", "gone"), "a fault": ZeroDivisionError("a bug")}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_what_fails_is_tried_again_and_stops_nobody(start, caplog, fault):
    failing, other = Worker(fault, fault, after=4), Worker(after=3)
    periodic = start(Job("failing", 0.05, failing), Job("other", 0.05, other))
    assert failing.done.wait(PATIENCE_S)
    assert other.done.wait(PATIENCE_S)
    periodic.stop()
    assert "failing" in caplog.text
    assert periodic.reports["failing"].failures == 0
    assert periodic.reports["failing"].runs >= 4


def test_a_job_that_is_on_is_not_started_again(start):
    release, began = threading.Event(), threading.Semaphore(0)
    on = []

    def slow():
        on.append(1)
        began.release()
        release.wait(PATIENCE_S)

    quick = Worker(after=5)
    start(Job("slow", 0.05, slow), Job("quick", 0.05, quick))
    assert began.acquire(timeout=PATIENCE_S)
    assert quick.done.wait(PATIENCE_S)  # many times the slow one's interval later
    assert len(on) == 1
    release.set()


def test_stopping_waits_for_what_is_on():
    began, ended = threading.Event(), []
    periodic = Periodic([])

    def work():
        began.set()
        ended.append(periodic.stopping.wait(PATIENCE_S))

    periodic = Periodic([Job("work", 3600, work)])
    periodic.start()
    assert began.wait(PATIENCE_S)
    periodic.stop()
    assert ended == [True]
    periodic.stop()


def test_stopping_what_never_started():
    Periodic([Job("work", 1, Worker())]).stop()


def test_all_once_by_hand(caplog):
    good, bad = Worker(), Worker(ZeroDivisionError("a bug"))
    reports = Periodic([Job("bad", 1, bad), Job("good", 1, good)]).run_all()
    assert (good.runs, bad.runs) == (1, 1)
    assert (reports["good"].result, reports["good"].error) == (1, "")
    assert (reports["bad"].failures, reports["bad"].error) == (1, "ZeroDivisionError('a bug')")


def test_two_jobs_of_one_name():
    with pytest.raises(ValueError, match="one name"):
        Periodic([Job("work", 1, Worker()), Job("work", 2, Worker())])

"""One worker process as its parent sees it: sends never block, what it has not taken yet is known, and so is how it
ended.

Why not `multiprocessing`: its spawn runs the parent's main module again in every child, which costs a worker the
import of the whole program and breaks scripts without a ``__main__`` guard. This too is a fresh interpreter, started
with nothing of ours but `voicebot.speech.worker`; pipes are the only thing they share, and end of file is how each
learns of the other's end.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from voicebot.speech import wire
from voicebot.speech.turns import Turns
from voicebot.speech.wire import Kind, Message

log = logging.getLogger(__name__)

_ROOT = str(Path(__file__).resolve().parent.parent.parent)
_MAIN = "import sys; sys.path.append(sys.argv[1]); from voicebot.speech.worker import main; main(sys.argv[2])"
STALLED_S = 5.0
"""Seconds of wall clock a worker may take over one message before it counts as stuck. A tenth of a second of audio
takes it a few milliseconds; a final result tens."""
_AHEAD = 2
"""Messages a worker is given before it has taken the last: one it is at, and one so that it need not wait for more."""
_FIRST_PACE = 0.1
_LEARN = 0.02
"""Share of each new measurement of the pace in what is remembered of it."""
_LEAVE_S = 2.0
"""Seconds a worker has to end by itself once its input has ended."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What a worker was at when it died."""

    call: int
    utterance: int


class WorkerProcess:
    """A worker from its start to its end. `run` belongs to one thread; everything else may be called from any."""

    def __init__(self, model: Path, number: int, stalled_s: float = STALLED_S) -> None:
        self.number = number
        self.ready = False
        """It has loaded its model and has not ended."""
        self.began = False
        """It once was ready."""
        self.retiring = False
        """It is to get no new calls, and to be replaced once it has none."""
        self._ready_at = 0.0
        self._fresh_kb = 0
        self.failure = ""
        """Why it could not load its model; empty when it could."""
        self._waiting = Turns()
        self._untaken: deque[tuple[Message, float]] = deque()
        """Given to it and not taken yet, in order."""
        self._left = 0
        """Messages in both."""
        self._behind_s = 0.0
        """Seconds of audio in both."""
        self._moved_at = time.monotonic()
        self._pace = _FIRST_PACE
        """Wall seconds it takes for a second of audio."""
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self.stopped = False
        """It was asked to end."""
        self._over = False
        self._stalled_s = stalled_s
        self._killed_stuck = False
        self._last_words: deque[str] = deque(maxlen=20)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _MAIN, _ROOT, str(model)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # One recogniser uses one core; the linear algebra below it must not start threads of its own.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )

    takes_cuts = True
    """See `Hearer.takes_cuts`."""

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def listened_s(self) -> float:
        """Seconds since it became ready; 0 when it never was."""
        return time.monotonic() - self._ready_at if self.began else 0.0

    @property
    def grown_kb(self) -> int:
        """Memory it holds now beyond what it had when it became ready; 0 where the system does not tell."""
        return max(0, _resident_kb(self.pid) - self._fresh_kb)

    @property
    def delay(self) -> float:
        """Seconds by which what it says is late just now, by what it has not taken yet and how fast it was so far."""
        if self.idle:
            return 0.0
        return max(self._behind_s * self._pace, time.monotonic() - self._moved_at)

    @property
    def idle(self) -> bool:
        """It has taken everything sent, and what it made of it has been passed on."""
        return not self._left

    def send(self, message: Message) -> None:
        """Have the worker take this after everything sent before for its call. Dropped when it is dead."""
        with self._changed:
            if self.stopped or self._over:
                return
            if self.idle:
                self._moved_at = time.monotonic()
            self._left += 1
            self._behind_s += _seconds(message)
            self._waiting.put(message)
            self._changed.notify()

    def check(self) -> None:
        """Kill the worker if it is stuck. Cheap: called with every piece of audio."""
        if self.ready and self._untaken and time.monotonic() - self._moved_at > self._stalled_s:
            log.error("worker %d (pid %d) is stuck and is replaced", self.number, self.pid)
            self._killed_stuck = True
            self.kill()

    def kill(self) -> None:
        """End it now."""
        self._process.kill()

    def stop(self) -> None:
        """Let it end by itself, at once when it is idle. `run` returns when it has."""
        with self._changed:
            self.ready = False
            self.stopped = True
            self._changed.notify()

    def run(self, receive: Callable[[Message], None]) -> None:
        """Pass on what the worker says until it has ended; it is gone, and so are its pipes and threads, after this."""
        helpers = [
            threading.Thread(target=target, name=f"speech-{name}-{self.number}", daemon=True)
            for target, name in ((self._write, "writer"), (self._note_stderr, "stderr"))
        ]
        for thread in helpers:
            thread.start()
        assert self._process.stdout  # noqa: S101 (a pipe was asked for)
        try:
            while (message := wire.read(self._process.stdout)) is not None:
                if self._take(message):
                    receive(message)
        finally:
            with self._changed:
                self.ready, self._over = False, True
                self._changed.notify()
        self._reap()
        for thread in helpers:
            thread.join()
        self._process.stdout.close()

    def culprit(self) -> Unfinished | None:
        """After `run`: the utterance it was decoding when it died of itself or hung; None when it was ended from
        outside or idle.
        """
        outside = self._process.returncode in (0, -signal.SIGTERM, _SIGKILL) and not self._killed_stuck
        if outside or not self._untaken:
            return None
        message = self._untaken[0][0]
        return Unfinished(message.call, message.utterance) if message.kind is not Kind.CLOSE else None

    def how_it_ended(self) -> str:
        """After `run`: one line for the log, with what the worker printed last."""
        return " | ".join([f"exit code {self._process.returncode}", *self._last_words])

    def _take(self, message: Message) -> bool:
        """Note what it means for the worker itself; whether it means something to others is returned."""
        if message.kind is Kind.TAKEN:
            now = time.monotonic()
            with self._changed:
                _, seconds = self._untaken.popleft()
                self._left -= 1
                self._behind_s = 0.0 if self.idle else self._behind_s - seconds
                if seconds:
                    self._pace += _LEARN * ((now - self._moved_at) / seconds - self._pace)
                self._moved_at = now
                self._changed.notify()
            return False
        if message.kind is Kind.READY:
            self._fresh_kb = _resident_kb(self.pid)
            self._ready_at = time.monotonic()
            with self._lock:
                self.ready, self.began = not self.stopped, True
        elif message.kind is Kind.FAILED:
            self.failure = message.body.decode()
        return True

    def _reap(self) -> None:
        try:
            self._process.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()

    def _write(self) -> None:
        assert self._process.stdin  # noqa: S101 (a pipe was asked for)
        try:
            while (message := self._next()) is not None:
                self._process.stdin.write(wire.encode(message))
                self._process.stdin.flush()
        except OSError:
            pass  # it died; the reading side notices
        try:
            self._process.stdin.close()
        except OSError:
            pass

    def _next(self) -> Message | None:
        """Wait for the next message to give to the worker; None when no more will come, or it has ended."""
        with self._changed:
            while not self._over:
                if self._waiting and len(self._untaken) < _AHEAD:
                    message = self._waiting.take()
                    self._untaken.append((message, _seconds(message)))
                    return message
                if self.stopped and not self._waiting:
                    return None
                self._changed.wait()
        return None

    def _note_stderr(self) -> None:
        assert self._process.stderr  # noqa: S101 (a pipe was asked for)
        with self._process.stderr as lines:
            for line in lines:
                text = line.decode(errors="replace").rstrip()
                self._last_words.append(text)
                log.debug("worker %d: %s", self.number, text)


_SIGKILL = -getattr(signal, "SIGKILL", 9)  # Windows has no SIGKILL


def _resident_kb(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def _seconds(message: Message) -> float:
    return len(message.body) / 2 / message.rate if message.kind is Kind.AUDIO else 0.0

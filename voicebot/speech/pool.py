"""Vosk in supervised worker processes: gives each call an ear, and another worker when its own dies.

One thread a worker starts it, passes on what it says, and replaces it when it has ended. A call belongs to one
worker from its first word to its last, unless that worker dies; then the call, and only the calls of that worker,
are told `RecogniserLost` and go on with another. The audio a worker died of is kept aside.
"""

from __future__ import annotations

import itertools
import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from voicebot.audio import RATE
from voicebot.config import Tuning
from voicebot.errors import SpeechLost
from voicebot.speech import modelconf, quarantine
from voicebot.speech.ear import BUSY
from voicebot.speech.hearer import Moved
from voicebot.speech.listening import PATIENCE_S, CallEar
from voicebot.speech.process import STALLED_S, WorkerProcess
from voicebot.speech.remote import RemoteServer
from voicebot.speech.wire import Kind, Message

log = logging.getLogger(__name__)

Listener = WorkerProcess | RemoteServer
"""Who may listen to a call."""

_BACK_OFF_S = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before a worker is replaced that could not even begin, by how many had the same fate one after the other."""
_AGAIN_S = (0.0, 0.0, 0.2, 0.5)
"""The same for one that had begun to listen: its callers wait, and another may well live."""
_GROWN_UP_S = 60.0
"""Seconds after which a worker's death has nothing to do with the one before it."""
MOST_GROWTH_KB = 200_000
"""Memory a worker may gain before it is replaced: what some forty open recognisers take. It does not give all back."""
_CLOSE_S = 3.0
"""Seconds all workers together have to end by themselves."""


class SpeechPool:
    """Implements `voicebot.speech.ear.Ears`. Start it after any fork: processes and threads do not survive one."""

    def __init__(
        self,
        model: Path,
        workers: int,
        tuning: Tuning,
        quarantine: Path | None = None,
        *,
        servers: Sequence[str] = (),
        stalled_s: float = STALLED_S,
        most_growth_kb: int = MOST_GROWTH_KB,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`model` is a Vosk model's folder; `servers` are addresses of standard Vosk servers (``ws://…``), which
        listen as long as they are there: the workers are for when they are not. Raises `ModelError` when `model` does
        not look like one.
        """
        modelconf.check(model)
        self._model = model
        self._tuning = tuning
        self._quarantine = quarantine
        self._stalled_s = stalled_s
        self._most_growth_kb = most_growth_kb
        self._clock = clock
        self._calls = itertools.count(1)
        self._changed = threading.Condition()
        """Guards what follows, and is notified when a worker becomes ready or dies."""
        self._workers: dict[int, WorkerProcess] = {}
        self._servers = [RemoteServer(url, n, self._receive, self._left) for n, url in enumerate(servers)]
        self._ears: dict[int, CallEar] = {}
        self._listening: dict[int, Listener | None] = {}
        """The worker of each call."""
        self._lost_at = -math.inf
        """When somebody who listened last ceased to: another one is there in a moment, as a rule."""
        self._failure = ""
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._tend, args=(number,), name=f"speech-worker-{number}", daemon=True)
            for number in range(max(1, workers))
        ]

    def start(self) -> None:
        """Start the workers; returns at once."""
        for thread in self._threads:
            thread.start()
        for server in self._servers:
            server.start()

    @property
    def ready(self) -> bool:
        """A call that came in now would be heard."""
        with self._changed:
            return self._choose() is not None

    def wait_ready(self, timeout: float) -> bool:
        """Wait until a worker is ready; False when time ran out or none can load the model."""
        with self._changed:
            self._changed.wait_for(lambda: self._failure or self._ready(), timeout)
            return bool(self._ready())

    @property
    def failure(self) -> str:
        """Why no worker can load the model; empty when one could, or none has tried."""
        return self._failure

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that are ready."""
        with self._changed:
            return tuple(worker.pid for worker in self._workers.values() if worker.ready)

    def pid_of(self, ear: CallEar) -> int | None:
        """Process id of the worker that listens to this call, if any does."""
        with self._changed:
            worker = next((self._listening[call] for call, other in self._ears.items() if other is ear), None)
            return worker.pid if isinstance(worker, WorkerProcess) else None

    def server_of(self, ear: CallEar) -> str | None:
        """Address of the server that listens to this call, if one does."""
        with self._changed:
            listener = next((self._listening[call] for call, other in self._ears.items() if other is ear), None)
            return listener.url if isinstance(listener, RemoteServer) else None

    def open(self, rate: int = RATE) -> CallEar:
        """An ear for a new call; while the only worker is being replaced it hears nothing yet. Raises `SpeechLost` when
        nobody listens, or all are overloaded.
        """
        with self._changed:
            worker = self._choose()
            if worker is None and self._ready():
                raise SpeechLost(BUSY, f"已有 {len(self._ears)} 路通话，识别接不过来了")
            if worker is None and not self._comes_back():
                raise SpeechLost("speech-lost", self._failure or "没有可用的语音识别进程")
            call = next(self._calls)
            ear = self._ears[call] = CallEar(call, worker, self._tuning, self._forget, rate=rate, clock=self._clock)
            self._listening[call] = worker
            return ear

    def close(self) -> None:
        """End all workers and threads. May be called twice, and without `start`."""
        self._closing.set()
        with self._changed:
            workers = tuple(self._workers.values())
        for server in self._servers:
            server.close()
        for worker in workers:
            worker.stop()
        started = [thread for thread in self._threads if thread.is_alive()]
        deadline = time.monotonic() + _CLOSE_S
        for thread in started:
            thread.join(max(0.0, deadline - time.monotonic()))
        for worker in workers:
            worker.kill()
        for thread in started:
            thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Calls.

    def _choose(self) -> Listener | None:
        """Who listens to a new call, among those that keep up; None also when the line itself does not."""
        if self._behind() > self._tuning.most_delay:
            return None
        load = Counter(self._listening.values())
        able = [one for one in self._ready() if self._keeps_up(one, load[one])]
        return self._best([one for one in able if not one.retiring] or able)

    def _best(self, listeners: Iterable[Listener]) -> Listener | None:
        """A server before a worker, and of each kind the one with the fewest calls."""
        load = Counter(self._listening.values())
        return min(listeners, key=lambda one: (isinstance(one, WorkerProcess), load[one]), default=None)

    def _keeps_up(self, listener: Listener, calls: int) -> bool:
        """It may be given one more call: beyond this, callers would wait for answers that nobody gives in time. How
        many calls are too many for a server, only its answers tell.
        """
        few = isinstance(listener, RemoteServer) or calls < self._tuning.lines_per_worker
        return few and listener.delay <= self._tuning.most_delay

    def _behind(self) -> float:
        """Seconds by which the calls' audio is taken up late, in the middle: this process has too much to do."""
        late = sorted(ear.behind for ear in self._ears.values())
        return late[len(late) // 2] if late else 0.0

    def _ready(self) -> list[Listener]:
        listeners: tuple[Listener, ...] = (*self._servers, *self._workers.values())
        return [one for one in listeners if one.ready]

    def _comes_back(self) -> bool:
        """Nobody listens now, but somebody did until a moment ago."""
        dying = any(worker.began for worker in self._workers.values())
        return dying or self._clock() - self._lost_at <= PATIENCE_S

    def _forget(self, call: int) -> None:
        with self._changed:
            self._ears.pop(call, None)
            listener = self._listening.pop(call, None)
            if isinstance(listener, WorkerProcess):
                self._retire(listener)

    def _retire(self, worker: WorkerProcess) -> None:
        """Replace a worker that has grown, between calls: while others listen it gets no new ones."""
        worker.retiring = worker.retiring or worker.grown_kb > self._most_growth_kb
        if worker.retiring and worker not in self._listening.values():
            log.info("speech worker %d (pid %d) has grown and is replaced", worker.number, worker.pid)
            worker.ready = False
            worker.stop()

    # Workers. Each thread runs `_tend`.

    def _tend(self, number: int) -> None:
        died_young = 0
        while not self._closing.is_set():
            born = time.monotonic()
            worker = self._spawn(number)
            if worker is not None:
                self._attend(worker)
            died_young = 1 + (died_young if time.monotonic() - born < _GROWN_UP_S else 0)
            pauses = _AGAIN_S if worker is not None and worker.began else _BACK_OFF_S
            self._closing.wait(pauses[min(died_young, len(pauses)) - 1])

    def _attend(self, worker: WorkerProcess) -> None:
        """Pass on what a worker says until it is dead, then see to its calls."""
        try:
            worker.run(lambda message: self._receive(worker, message))
        except Exception:  # the outermost loop of this thread: without it the worker would never be replaced
            log.exception("speech worker %d is given up", worker.number)
            worker.kill()
        self._bury(worker)

    def _spawn(self, number: int) -> WorkerProcess | None:
        with self._changed:
            if self._closing.is_set():
                return None
            try:
                worker = self._workers[number] = WorkerProcess(self._model, number, self._stalled_s)
            except OSError as error:
                log.error("a speech worker could not be started: %s", error)
                return None
        log.info("speech worker %d started, pid %d", number, worker.pid)
        return worker

    def _receive(self, worker: Listener, message: Message) -> None:
        at = time.monotonic()
        with self._changed:
            match message.kind:
                case Kind.READY:
                    self._failure = ""
                    self._adopt(worker)
                    self._changed.notify_all()
                case Kind.FAILED:
                    self._failure = message.body.decode()
                    log.error("%s", self._failure)
                    self._changed.notify_all()
                case _ if self._listening.get(message.call) is worker:
                    self._ears[message.call].post((message, at))

    def _adopt(self, worker: Listener) -> None:
        """Give a new worker the calls that nobody listens to."""
        for call, other in self._listening.items():
            if other is None:
                self._listening[call] = worker
                self._ears[call].post(Moved(worker))

    def _give_away(self, calls: Sequence[int], but: Listener | None = None) -> None:
        """Let others listen to calls that are on; none is ever turned away. `but`: to this one as a last resort."""
        self._lost_at = self._clock()
        for call in calls:
            self._listening[call] = None  # so that none of them counts while the next are given away
        others = [one for one in self._ready() if one is not but] or self._ready()
        for call in calls:
            self._listening[call] = other = self._best(others)
            self._ears[call].post(Moved(other))
        self._changed.notify_all()

    def _left(self, server: RemoteServer, call: int | None) -> None:
        """A server is lost to one call, or to all."""
        with self._changed:
            theirs = [one for one, listener in self._listening.items() if listener is server and call in (None, one)]
            self._give_away(theirs, but=server)

    def _bury(self, worker: WorkerProcess) -> None:
        """Give the calls of a dead worker to the others, and keep aside what it died of."""
        if self._closing.is_set():
            return
        with self._changed:
            culprit = worker.culprit()
            killer = self._ears.get(culprit.call) if culprit else None
            audio = killer.audio_of(culprit.utterance) if culprit and killer else b""
            self._give_away([call for call, other in self._listening.items() if other is worker])
        log.error("speech worker %d (pid %d) died: %s", worker.number, worker.pid, worker.how_it_ended())
        if self._quarantine and killer:
            kept = quarantine.keep(self._quarantine, audio, killer.rate)
            if kept:
                log.error("the audio it died of is kept in %s", kept)

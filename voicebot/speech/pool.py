"""Vosk in supervised worker processes: gives each call an ear, and another worker when its own dies.

A call belongs to one worker from its first word to its last, unless that worker dies; then the call, and only the
calls of that worker, are told `RecogniserLost` and go on with another. The audio a worker died of is kept aside.

Another model may take over at any time (`use`): workers with it are started beside the others, new calls are theirs as
soon as one of them listens, and each of the others ends with the last call it has.
"""

from __future__ import annotations

import itertools
import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from voicebot.audio import RATE
from voicebot.config import Tuning
from voicebot.errors import SpeechLost
from voicebot.speech import choosing, modelconf, quarantine
from voicebot.speech.choosing import Listener
from voicebot.speech.crew import Crew, stop_all
from voicebot.speech.ear import BUSY
from voicebot.speech.hearer import Moved
from voicebot.speech.listening import PATIENCE_S, CallEar
from voicebot.speech.process import STALLED_S, WorkerProcess
from voicebot.speech.remote import RemoteServer
from voicebot.speech.wire import Kind, Message

log = logging.getLogger(__name__)

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
        self._size = max(1, workers)
        self._tuning = tuning
        self._quarantine = quarantine
        self._stalled_s = stalled_s
        self._most_growth_kb = most_growth_kb
        self._clock = clock
        self._calls = itertools.count(1)
        self._changed = threading.Condition()
        """Guards what follows, and is notified when a worker becomes ready or dies."""
        self._numbers = itertools.count()
        self._crew = self._recruit(model)
        """Who listens to new calls."""
        self._coming: Crew | None = None
        """Workers with another model, of whom none listens yet."""
        self._former: list[Crew] = []
        """Workers that still have calls from before."""
        self._servers = [RemoteServer(url, n, self.receive, self._left) for n, url in enumerate(servers)]
        self._ears: dict[int, CallEar] = {}
        self._listening: dict[int, Listener | None] = {}
        """The worker of each call."""
        self._lost_at = -math.inf
        """When somebody who listened last ceased to: another one is there in a moment, as a rule."""
        self._failure = ""
        self._closing = threading.Event()

    def start(self) -> None:
        """Start the workers; returns at once."""
        self._crew.start()
        for server in self._servers:
            server.start()

    @property
    def model(self) -> Path:
        """The folder of the model that listens to new calls."""
        return self._crew.model

    def use(self, model: Path) -> None:
        """Let another model, or what is in the folder of the same one now, listen to new calls as soon as it is loaded.
        Calls that are on keep what they have. One that cannot be loaded changes nothing but `failure`. Raises
        `ModelError` when `model` does not look like one.
        """
        modelconf.check(model)
        with self._changed:
            if self._closing.is_set():
                return
            if self._coming is not None:
                self._send_away(self._coming)
            self._coming = self._recruit(model)
            self._coming.start()

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
            return tuple(worker.pid for worker in self._listeners() if worker.ready)

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
            crews = self._crews()
        for server in self._servers:
            server.close()
        stop_all(crews, _CLOSE_S)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Calls.

    def _choose(self) -> Listener | None:
        """Who listens to a new call."""
        late = choosing.behind(self._ears.values())
        return choosing.for_a_new_call(self._ready(), self._load(), self._tuning, late)

    def _load(self) -> Counter[Listener | None]:
        return Counter(self._listening.values())

    def _ready(self) -> list[Listener]:
        listeners: tuple[Listener, ...] = (*self._servers, *self._listeners())
        return [one for one in listeners if one.ready]

    def _comes_back(self) -> bool:
        """Nobody listens now, but somebody did until a moment ago."""
        dying = any(worker.began for worker in self._listeners())
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
            log.info("speech worker %d (pid %d) has no calls any more and ends", worker.number, worker.pid)
            worker.stop()

    # Workers. What follows is called in their threads.

    def _recruit(self, model: Path) -> Crew:
        return Crew(model, self._numbers, self._size, self, self._changed, self._stalled_s)

    def _crews(self) -> list[Crew]:
        coming = [self._coming] if self._coming else []
        return [self._crew, *self._former, *coming]

    def _listeners(self) -> list[WorkerProcess]:
        """The workers that may have calls."""
        return [worker for crew in (self._crew, *self._former) for worker in crew.workers.values()]

    def receive(self, worker: Listener, message: Message) -> None:
        """Somebody who listens says something."""
        at = time.monotonic()
        with self._changed:
            match message.kind:
                case Kind.READY if not worker.ready:
                    pass  # it was sent away while it loaded its model
                case Kind.READY:
                    self._failure = ""
                    if isinstance(worker, WorkerProcess):
                        self._take_over(worker)
                    self._adopt(worker)
                    self._changed.notify_all()
                case Kind.FAILED:
                    self._failure = message.body.decode()
                    log.error("%s", self._failure)
                    self._give_up(worker)
                    self._changed.notify_all()
                case _ if self._listening.get(message.call) is worker:
                    self._ears[message.call].post((message, at))

    def _take_over(self, worker: WorkerProcess) -> None:
        """The first worker with another model listens: it and those that follow it get the calls from now on."""
        coming = self._coming
        if coming is None or worker not in coming.workers.values():
            return
        before, self._crew, self._coming = self._crew, coming, None
        self._former = [crew for crew in (*self._former, before) if not crew.over]
        log.info("new calls are heard with %s; %d calls keep the model before it", coming.model, len(self._listening))
        self._send_away(before)

    def _give_up(self, worker: Listener) -> None:
        """Another model cannot be loaded: the one there is stays."""
        if self._coming is not None and worker in self._coming.workers.values():
            self._send_away(self._coming)
            self._coming = None

    def _send_away(self, crew: Crew) -> None:
        """These get no new calls, and end with those they have."""
        crew.dismiss()
        for worker in crew.workers.values():
            worker.retiring = True
            if worker.ready:
                self._retire(worker)
            else:
                worker.stop()

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
            self._listening[call] = other = choosing.best(others, self._load())
            self._ears[call].post(Moved(other))
        self._changed.notify_all()

    def _left(self, server: RemoteServer, call: int | None) -> None:
        """A server is lost to one call, or to all."""
        with self._changed:
            theirs = [one for one, listener in self._listening.items() if listener is server and call in (None, one)]
            self._give_away(theirs, but=server)

    def bury(self, worker: WorkerProcess) -> None:
        """Give the calls of a worker that has ended to the others, and keep aside what it died of."""
        if self._closing.is_set():
            return
        with self._changed:
            culprit = worker.culprit()
            killer = self._ears.get(culprit.call) if culprit else None
            audio = killer.audio_of(culprit.utterance) if culprit and killer else b""
            theirs = [call for call, other in self._listening.items() if other is worker]
            if worker.stopped and not theirs:
                return
            self._give_away(theirs)
        log.error("speech worker %d (pid %d) died: %s", worker.number, worker.pid, worker.how_it_ended())
        if self._quarantine and killer:
            kept = quarantine.keep(self._quarantine, audio, killer.rate)
            if kept:
                log.error("the audio it died of is kept in %s", kept)

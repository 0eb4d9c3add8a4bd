"""PostgreSQL without hanging: every wait for the server has an end, also when the server has stopped answering.

The server's own timeouts (`statement_timeout`, `lock_timeout`) do not help when it is frozen or the network is cut, so
the client counts too. Needs the extra ``voicebot[postgres]``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from selectors import DefaultSelector
from typing import Any

from sqlalchemy import URL, Engine, event

from voicebot.errors import SettingsError

ANSWER_S = 1.8
"""Longest wait for one answer of the server. A statement of ours takes milliseconds."""
STATEMENT_MS = 1500
LOCK_MS = 1200
CONNECT_S = 2
"""libpq's least. Per address of the host."""
COOL_S = 2.0
"""After a wait that was in vain nobody tries again for so long: calls go on without the record instead of queueing."""


class Breaker:
    """Remembers that the server has just been waited for in vain. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = float("-inf")

    def trip(self) -> None:
        """A wait was in vain."""
        self._until = self._clock() + COOL_S

    @property
    def tripped(self) -> bool:
        """Do not even try."""
        return self._clock() < self._until


def driver_url(url: URL) -> URL:
    """The same database through psycopg 3. Raises `SettingsError` when it is not installed."""
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise SettingsError(["PostgreSQL needs its driver: pip install 'voicebot[postgres]'"]) from error
    return url.set(drivername="postgresql+psycopg")


def connect_args(url: URL) -> dict[str, Any]:
    """Parameters of a bounded connection, as libpq names them. What the operator's URL says wins."""
    ours = f"-c statement_timeout={STATEMENT_MS} -c lock_timeout={LOCK_MS} -c idle_in_transaction_session_timeout=10000"
    ours += " -c jit=off"  # compiling the count of a month takes longer than counting it
    theirs = url.query.get("options", "")
    options = f"{ours} {theirs if isinstance(theirs, str) else ' '.join(theirs)}".strip()
    defaults = {"connect_timeout": CONNECT_S, "tcp_user_timeout": 2000, "application_name": "voicebot"}
    return {name: value for name, value in defaults.items() if name not in url.query} | {"options": options}


def bound(engine: Engine, breaker: Breaker) -> None:
    """Make every connection of the engine give up after `ANSWER_S`, and at once while the breaker is tripped."""
    import psycopg

    class Bounded(psycopg.Connection[Any]):
        """A connection that does not wait forever."""

        def wait(self, gen: Generator[Any, Any, Any], *args: Any, **kwargs: Any) -> Any:
            try:
                return _drive(gen, self.pgconn.socket, time.monotonic() + ANSWER_S)
            except TimeoutError:
                breaker.trip()
                self.close()
                raise psycopg.OperationalError("the database server does not answer") from None

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, record: Any, cargs: Any, cparams: Any) -> Any:
        if breaker.tripped:
            raise psycopg.OperationalError("the database server did not answer a moment ago")
        try:
            return Bounded.connect(*cargs, **cparams)
        except psycopg.errors.ConnectionTimeout:
            breaker.trip()
            raise


def _drive(gen: Generator[Any, Any, Any], socket: int, deadline: float) -> Any:
    """Run psycopg's protocol generator, which yields the selector events it waits for, to its result.

    As psycopg's own `wait` does, but with an end. Raises `TimeoutError` at the deadline.
    """
    with DefaultSelector() as selector:
        try:
            wants = next(gen)
            key = selector.register(socket, wants)
            while True:
                if key.events != wants:
                    key = selector.modify(socket, wants)
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                if not ready:
                    raise TimeoutError
                wants = gen.send(ready[0][1])
        except StopIteration as end:
            return end.value

"""One database, SQLite or PostgreSQL: connections, transactions, upgrades. Every driver error becomes `StoreLost`.

Nothing here waits longer than about two seconds for a database that is locked, gone or frozen: a caller is waiting.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from voicebot.errors import SettingsError, StoreLost
from voicebot.store import migrate, postgres

QUEUE_WAIT_S = 1.2
"""Longest wait for the other writers of this process. A write of ours takes milliseconds."""
LOCK_WAIT_S = 0.8
"""Longest wait after that for a writer in another process, in SQLite."""
POOL_WAIT_S = 1.0
UPGRADE_WAIT_S = 60.0
"""Several replicas may start at once; all but one wait for the one that upgrades."""


class Reads(Protocol):
    """Of which the record is asked: the database, or one state of it."""

    def reading(self) -> AbstractContextManager[Session]:
        """A session for questions that belong together. Raises `StoreLost`."""


class State:
    """One state of the database, whatever is written meanwhile: all its questions are asked in one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """The session."""
        yield self._session


class Database:
    """A database by its SQLAlchemy URL. Connects when first used. Raises `SettingsError` for a URL we cannot serve."""

    def __init__(self, url: str) -> None:
        self._url = _supported(url)
        self._breaker = postgres.Breaker()
        self._engine = self._make_engine(LOCK_WAIT_S, pool_size=8, max_overflow=24, pool_timeout=POOL_WAIT_S)
        self._writers: Engine = self._engine.execution_options(writes=True)
        self._states = self._engine
        if not self.is_sqlite:  # which sees one state in every transaction
            self._states = self._engine.execution_options(isolation_level="REPEATABLE READ")
        # SQLite lets one writer in and has no queue for the rest; within a process they queue here.
        self._turn = threading.Lock() if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        """An embedded database: one machine, one writer at a time."""
        return self._url.get_backend_name() == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for questions that belong together. Raises `StoreLost`."""
        with self._errors(), Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def state(self) -> Iterator[State]:
        """One state of the database, for many questions whose answers must agree. Raises `StoreLost`."""
        with self._errors(), Session(self._states, expire_on_commit=False) as session, session.begin():
            yield State(session)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction: durable when the block has ended, undone when it raised. Raises `StoreLost`.

        Do not open one inside another.
        """
        with self._errors(), self._queued(), Session(self._writers, expire_on_commit=False) as session:
            with session.begin():
                yield session

    def ping(self) -> None:
        """Check that the record can be written and has the tables this program needs. Raises `StoreLost`."""
        with self._errors(), self._queued(), self._writers.connect() as connection, connection.begin():
            if migrate.is_behind(connection):
                raise StoreLost("store-not-upgraded", "the database has old tables or none: run `voicebot db upgrade`")
            # Touches no row, but needs the right and the means to write.
            connection.exec_driver_sql("DELETE FROM stream_tokens WHERE hash IS NULL")

    def upgrade(self) -> tuple[str | None, str]:
        """Bring the tables up to date, creating them where there are none: revision before and after.

        Any number of processes may do it at once. Raises `StoreLost`; nothing is half done then.
        """
        engine = self._make_engine(UPGRADE_WAIT_S, bounded=False, poolclass=NullPool)
        try:
            with self._errors():
                if self.is_sqlite:
                    _create_file(self._url)
                with engine.connect() as connection:
                    if not migrate.is_behind(connection):  # a database that can only be read is good enough to start
                        current = migrate.current(connection)
                        return current, current or ""
                with engine.execution_options(writes=True).begin() as connection:
                    return migrate.upgrade(connection)
        finally:
            engine.dispose()

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()

    def _make_engine(self, wait_s: float, *, bounded: bool = True, **options: Any) -> Engine:
        # Parameters are what callers said: they never reach a log.
        options |= {"hide_parameters": True, "json_serializer": _json}
        if self.is_sqlite:
            engine = create_engine(self._url, connect_args={"timeout": wait_s}, **options)
            _sqlite_habits(engine)
        elif bounded:
            engine = create_engine(
                self._url, connect_args=postgres.connect_args(self._url), pool_pre_ping=True, **options
            )
            postgres.bound(engine, self._breaker)
        else:
            engine = create_engine(self._url, connect_args={"connect_timeout": 10}, **options)
        return engine

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """The one place where a driver's error becomes ours."""
        if self._breaker.tripped:
            raise StoreLost("store-lost", "the database server did not answer a moment ago")
        try:
            yield
        except DBAPIError as error:
            raise StoreLost("store-lost", _one_line(error.orig)) from error
        except (PoolTimeout, OSError) as error:
            raise StoreLost("store-lost", _one_line(error)) from error

    @contextmanager
    def _queued(self) -> Iterator[None]:
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=QUEUE_WAIT_S):
            raise StoreLost("store-lost", "the database is locked by another writer")
        try:
            yield
        finally:
            self._turn.release()


def _supported(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingsError(["VOICEBOT_DATABASE_URL is not a database URL"]) from error
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return parsed.set(drivername="sqlite")
        case "postgresql" | "postgres":
            return postgres.driver_url(parsed)
    raise SettingsError([f"VOICEBOT_DATABASE_URL must be a sqlite file or postgresql, not {parsed.drivername}"])


def _sqlite_habits(engine: Engine) -> None:
    """WAL so that readers never wait, a commit that survives a power cut, and transactions that begin when we say."""

    @event.listens_for(engine, "connect")
    def connect(dbapi: Any, record: Any) -> None:
        dbapi.isolation_level = None
        try:
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                dbapi.execute(f"PRAGMA {pragma}").close()
        except sqlite3.Error:
            dbapi.close()  # nobody else knows this connection yet
            raise

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later cannot wait for another writer; this one waits first.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _create_file(url: URL) -> None:
    """The file and its folder, readable by their owner only: callers' words are in it."""
    assert url.database is not None  # noqa: S101 - `_supported` has seen to it
    if url.database.startswith("file:"):
        return
    path = Path(url.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _one_line(error: BaseException | None) -> str:
    """The first line: what follows in PostgreSQL's messages quotes values."""
    return (str(error).strip().splitlines() or ["unknown"])[0]

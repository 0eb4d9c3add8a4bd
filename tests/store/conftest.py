"""Every test of the store runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import NullPool, create_engine, text

from tests.store.postgres import Server, find_server
from voicebot.store import database as database_module
from voicebot.store import postgres
from voicebot.store.columns import Base
from voicebot.store.database import Database
from voicebot.store.numbers import NumberKey
from voicebot.store.record import Record

SECRET = "a secret of more than sixteen characters"
TEMPLATE = "voicebot_test_template"
_names = (f"voicebot_test_{n}" for n in itertools.count())


class Clock:
    """Time that passes when told, also by waiting for it."""

    def __init__(self):
        self.time = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self):
        return self.time

    def pass_(self, seconds=0.0, **more):
        self.time += timedelta(seconds=seconds, **more)


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A busy machine may hold a lock for longer than a caller would wait. Who tests the waits says otherwise."""
    for module, name, seconds in [
        (database_module, "LOCK_WAIT_S", 20.0),
        (database_module, "QUEUE_WAIT_S", 20.0),
        (postgres, "ANSWER_S", 20.0),
        (postgres, "STATEMENT_MS", 15_000),
        (postgres, "LOCK_MS", 10_000),
    ]:
        monkeypatch.setattr(module, name, seconds)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with find_server() as found:
        made = Database(found.create(TEMPLATE))
        made.upgrade()
        made.close()
        yield found


ON_BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=ON_BOTH)
def empty_url(request, tmp_path) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    server = request.getfixturevalue("server")
    name = next(_names)
    yield server.create(name)
    server.drop(name)


@pytest.fixture(params=ON_BOTH)
def url(request, tmp_path) -> Iterator[str]:
    """A database with our tables, empty."""
    if request.param == "sqlite":
        made = f"sqlite:///{tmp_path / 'record.sqlite3'}"
        Database(made).upgrade()
        yield made
        return
    server = request.getfixturevalue("server")
    if server.tables is None:
        server.tables = server.create(next(_names), TEMPLATE)
    yield server.tables
    if server.tables is not None:
        engine = create_engine(server.tables, poolclass=NullPool)
        with engine.begin() as connection:
            for kept in ("ticket_history", "audit"):
                connection.execute(text(f"ALTER TABLE {kept} DISABLE TRIGGER USER"))
            connection.execute(text(f"TRUNCATE {', '.join(Base.metadata.tables)} RESTART IDENTITY"))
            for kept in ("ticket_history", "audit"):
                connection.execute(text(f"ALTER TABLE {kept} ENABLE TRIGGER USER"))


@pytest.fixture
def database(url) -> Iterator[Database]:
    made = Database(url)
    yield made
    made.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def record(database, clock):
    return Record(database, NumberKey(SECRET), clock, pause=clock.pass_)


@pytest.fixture
def another(url, clock) -> Iterator[Record]:
    """The same record, opened by another replica."""
    made = Database(url)
    yield Record(made, NumberKey(SECRET), clock, pause=clock.pass_)
    made.close()


@pytest.fixture
def sql(url):
    """Run SQL behind the record's back."""
    engine = create_engine(url, poolclass=NullPool)

    def run(statement, **values):
        with engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return result.all() if result.returns_rows else result.rowcount

    yield run
    engine.dispose()


@pytest.fixture
def alter(request, sql, url):
    """Change the tables behind the record's back; no other test will see this database."""
    if not url.startswith("sqlite"):
        request.getfixturevalue("server").tables = None
    return sql


@pytest.fixture
def replicas(url) -> Iterator[list[Record]]:
    """Two replicas in real time."""
    databases = [Database(url), Database(url)]
    yield [Record(each, NumberKey(SECRET), lambda: datetime.now(UTC)) for each in databases]
    for each in databases:
        each.close()


def all_at_once(parts, act):
    """Let each part act in a thread of its own, all starting together; their results."""
    start = threading.Barrier(len(parts))

    def run(part):
        start.wait()
        return act(part)

    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(run, parts))

"""A database that is locked, read-only, gone or frozen is `StoreLost` within two seconds, never a hang."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import NullPool, create_engine, make_url

from tests.store.conftest import SECRET, all_at_once
from tests.store.test_call_record import ANSWERED
from tests.store.test_calls import MOBILE, TICKET
from voicebot.errors import SettingsError, StoreLost
from voicebot.events import EndReason
from voicebot.store.database import Database
from voicebot.store.numbers import NumberKey
from voicebot.store.postgres import COOL_S, Breaker
from voicebot.store.record import Record

PATIENCE_S = 2.5
"""Two seconds, and half a one for a busy test machine."""


@pytest.fixture
def patience():
    """The waits are as callers have them."""


@contextmanager
def lost_soon():
    """What happens inside raises `StoreLost` before a caller would notice."""
    began = time.monotonic()
    with pytest.raises(StoreLost) as lost:
        yield
    assert time.monotonic() - began < PATIENCE_S, lost.value
    assert "\n" not in lost.value.message


@pytest.fixture
def opened(clock):
    """Opens records, and closes them after the test."""
    made = []

    def open_(url):
        made.append(Database(url))
        return Record(made[-1], NumberKey(SECRET), clock)

    yield open_
    for database in made:
        database.close()


def read_only(url):
    """The same database, for reading only."""
    made = make_url(url)
    if made.get_backend_name() == "sqlite":
        return f"sqlite:///file:{made.database}?mode=ro&uri=true"
    return made.update_query_dict({"options": "-c default_transaction_read_only=on"}).render_as_string(False)


@contextmanager
def locked(url):
    """Someone else is writing and does not finish."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.connection.driver_connection.isolation_level = None
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("LOCK TABLE calls, tickets IN ACCESS EXCLUSIVE MODE")
        yield
        connection.exec_driver_sql("ROLLBACK")
    engine.dispose()


WRITES = {
    "call": lambda record: record.call_started("CA1", MOBILE),
    "ticket": lambda record: record.for_call("CA1").commit(TICKET),
    "turn": lambda record: record.for_call("CA1").commit(ANSWERED),
    "state": lambda record: record.save_state("CA1", {}),
    "token": lambda record: record.issue_token("CA1"),
    "once": lambda record: record.once("voice:1", lambda: record.issue_token("CA1")),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_locked_database(record, url, write):
    with locked(url), lost_soon():
        write(record)
    write(record)


def test_nobody_waits_longer_because_many_wait(record, url):
    """Sixteen calls at once in front of a locked database."""

    def wait(part):
        with lost_soon():
            part.save_state("CA1", {})

    with locked(url):
        all_at_once([record] * 16, wait)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_read_only_database_refuses_writes(url, write, opened):
    with lost_soon():
        write(opened(read_only(url)))


def test_a_read_only_database_still_knows_green_callers(record, url, opened):
    """Human first works with the database read-only."""
    record.call_started("CA1", MOBILE)
    record.call_ended("CA1", EndReason.CALLER_HUNG_UP)
    record.call_started("CA2", MOBILE)
    reader = opened(read_only(url))
    assert reader.caller("CA2").green
    with lost_soon():
        reader.ping()


def test_a_read_only_database_needs_no_upgrade(url, opened):
    before, after = opened(read_only(url))._database.upgrade()
    assert before == after


def test_tables_that_are_missing(empty_url, opened):
    with lost_soon():
        opened(empty_url).call_started("CA1")
    with lost_soon():
        opened(empty_url).call("CA1")


@pytest.mark.parametrize("content", [b"", b"not a database, not at all" * 200], ids=["empty", "damaged"])
def test_a_sqlite_file_that_is_none(tmp_path, content, opened):
    (tmp_path / "record.sqlite3").write_bytes(content)
    with lost_soon():
        opened(f"sqlite:///{tmp_path / 'record.sqlite3'}").call_started("CA1")


def test_a_sqlite_folder_that_is_missing(tmp_path, opened):
    record = opened(f"sqlite:///{tmp_path / 'gone' / 'record.sqlite3'}")
    with lost_soon():
        record.call_started("CA1")
    with lost_soon():
        record.ping()


def test_a_sqlite_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with lost_soon():
        Database(f"sqlite:///{tmp_path / 'file' / 'record.sqlite3'}").upgrade()


def test_a_disk_that_is_full(tmp_path, opened):
    url = f"sqlite:///{tmp_path / 'record.sqlite3'}"
    Database(url).upgrade()
    record = opened(url)
    with record._database.reading() as session:
        session.connection().exec_driver_sql("PRAGMA max_page_count = 1")  # no smaller than it is: not a page more
    with lost_soon():
        for n in range(1000):
            record.save_state(f"CA{n}", {"heard": "社" * 5000})


def test_what_a_caller_said_is_in_no_error(record, alter):
    alter("ALTER TABLE turns RENAME TO gone")
    with pytest.raises(StoreLost) as lost:
        record.for_call("CA1").commit(ANSWERED)
    chain = [lost.value, lost.value.__cause__]
    assert all("社保卡" not in str(error) for error in chain)


@pytest.mark.parametrize(
    "url",
    ["mysql://host/base", "sqlite://", "sqlite:///:memory:", "not a url", ""],
)
def test_databases_we_cannot_serve(url):
    with pytest.raises(SettingsError, match="VOICEBOT_DATABASE_URL"):
        Database(url)


# PostgreSQL only


@pytest.mark.postgres
@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgres_by_any_of_its_names(server, scheme):
    url = make_url(server.create("voicebot_test_scheme")).set(drivername=scheme).render_as_string(False)
    database = Database(url)
    database.upgrade()
    database.ping()
    database.close()
    server.drop("voicebot_test_scheme")


@pytest.mark.postgres
def test_a_postgres_that_is_not_there(tmp_path, opened):
    with lost_soon():
        opened(f"postgresql://voicebot@/none?host={tmp_path}").call_started("CA1")


@pytest.mark.postgres
def test_a_postgres_that_refuses_us(server, opened):
    made = make_url(server.create("voicebot_test_refuses"))
    server.drop("voicebot_test_refuses")
    with lost_soon():
        opened(made.render_as_string(False)).call_started("CA1")


@pytest.mark.postgres
def test_a_postgres_that_was_restarted(server, opened):
    """Connections in the pool are dead; the next call does not notice."""
    url = server.create("voicebot_test_restart", "voicebot_test_template")
    record = opened(url)
    all_at_once([record] * 4, lambda part: part.call_started("CA1", MOBILE))
    killer = create_engine(url, poolclass=NullPool)
    with killer.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    killer.dispose()
    record.for_call("CA1").commit(TICKET)
    assert len(record.tickets_of("CA1")) == 1
    record._database.close()
    server.drop("voicebot_test_restart")


@pytest.mark.postgres
def test_a_postgres_that_accepts_and_says_nothing(opened):
    """A firewall, or a machine that is swapping to death."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        record = opened(f"postgresql://voicebot@127.0.0.1:{deaf.getsockname()[1]}/none")
        with lost_soon():
            record.call_started("CA1")
        began = time.monotonic()
        with lost_soon():
            record.for_call("CA1").commit(TICKET)
        assert time.monotonic() - began < 0.2, "the second wait in a call is spared"


@pytest.mark.postgres
@pytest.mark.parametrize("busy", [False, True], ids=["between calls", "within a transaction"])
def test_a_postgres_that_freezes(server, busy, opened):
    """The network holds and the server's own timeouts sleep with it."""
    if not server.ours:
        pytest.skip("needs a server whose processes we may stop")
    record = opened(server.create("voicebot_test_freeze", "voicebot_test_template"))
    record.call_started("CA1", MOBILE)
    with record._database.reading() as session:
        frozen = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar()
    try:
        if busy:
            with lost_soon(), record._database.writing() as session:
                frozen = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar()
                os.kill(frozen, signal.SIGSTOP)
                record._locked_call(session, "CA1")
        else:
            os.kill(frozen, signal.SIGSTOP)
            with lost_soon():
                record.for_call("CA1").commit(TICKET)
        began = time.monotonic()
        with lost_soon():
            record.for_call("CA1").commit(TICKET)
        assert time.monotonic() - began < 0.2, "the second wait in a call is spared"
    finally:
        os.kill(frozen, signal.SIGCONT)
    threading.Event().wait(COOL_S)
    record.for_call("CA1").commit(TICKET)
    assert len(record.tickets_of("CA1")) == 1
    record._database.close()
    server.drop("voicebot_test_freeze")


def test_the_breaker_closes_again():
    now = [100.0]
    breaker = Breaker(lambda: now[0])
    assert not breaker.tripped
    breaker.trip()
    assert breaker.tripped
    now[0] += COOL_S
    assert not breaker.tripped


def test_postgres_without_its_driver(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(SettingsError, match=r"voicebot\[postgres\]"):
        Database("postgresql://host/base")

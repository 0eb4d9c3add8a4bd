"""The tables are what the models say, and getting there is safe."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, make_url

from tests.store.test_calls import TICKET
from voicebot.errors import StoreLost
from voicebot.store import migrate, models
from voicebot.store.columns import Base
from voicebot.store.database import Database
from voicebot.store.owed import note
from voicebot.store.words import Change, TicketState

TABLES = set(Base.metadata.tables) | {"alembic_version"}


def test_models_and_migrations_agree(url):
    assert models.Call.__tablename__ in Base.metadata.tables
    with create_engine(url).connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
    connection.engine.dispose()


def test_the_check_notices_a_missing_column(url, alter):
    alter("ALTER TABLE turns DROP COLUMN answer_latency_s")
    engine = create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) != []
    engine.dispose()


def test_upgrade_tells_what_it_did(empty_url):
    database = Database(empty_url)
    before, after = database.upgrade()
    assert before is None
    assert database.upgrade() == (after, after)
    database.close()


def test_downgrade_leaves_nothing(empty_url):
    Database(empty_url).upgrade()
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        command.downgrade(migrate.config(connection), "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    engine.dispose()
    assert Database(empty_url).upgrade()[0] is None


def test_what_stands_in_the_tables_survives_an_upgrade(record, database, alter):
    """Tickets that were reopened and judged before anybody wrote down when."""
    ticket = record.open_ticket("CA1", TICKET)
    with record.ticket_changing(ticket.id) as (session, row):
        row.reopened, row.justified = 1, True
        note(session, row, Change.REOPEN, TicketState.RESOLVED, record._now(), why="没有办好")
    with database._writers.begin() as connection:
        command.downgrade(migrate.config(connection), "0002")
    assert database.upgrade()[0] == "0002"

    kept = record.ticket(ticket.number)
    assert kept.reopened_at == kept.justified_at == kept.created_at
    assert record.history_of(ticket.id)[-1].why == "没有办好"


def test_many_replicas_may_upgrade_at_once(empty_url):
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda _: Database(empty_url).upgrade(), range(6)))
    assert [before for before, _ in done].count(None) == 1
    assert len({after for _, after in done}) == 1
    engine = create_engine(empty_url)
    assert set(inspect(engine).get_table_names()) - {"sqlite_sequence"} == TABLES
    engine.dispose()


def test_a_failed_upgrade_leaves_nothing_half_done(empty_url):
    """A table of someone else's stands in the way of the last one we make."""
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE green_numbers (x INTEGER)")
    with pytest.raises(StoreLost, match="already exists"):
        Database(empty_url).upgrade()
    assert set(inspect(engine).get_table_names()) == {"green_numbers"}
    engine.dispose()


def test_ping_wants_the_tables(empty_url):
    database = Database(empty_url)
    with pytest.raises(StoreLost):
        database.ping()
    database.upgrade()
    database.ping()
    database.close()


def test_ping_accepts_tables_newer_than_the_program(database, alter):
    """While replicas are replaced one by one."""
    alter("UPDATE alembic_version SET version_num = '9999'")
    database.ping()


def test_ping_refuses_older_tables(database, alter):
    alter("DELETE FROM alembic_version")
    with pytest.raises(StoreLost, match="voicebot db upgrade"):
        database.ping()


def test_the_migrations_come_with_the_package():
    folder = Path(migrate.__file__).parent / "migrations"
    assert (folder / "env.py").is_file()
    assert (folder / "script.py.mako").is_file()
    assert list((folder / "versions").glob("m0001*.py"))


def test_the_sqlite_file_is_for_its_owner_only(tmp_path):
    path = tmp_path / "new" / "folder" / "record.sqlite3"
    Database(f"sqlite:///{path}").upgrade()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_sqlite_survives_power_cuts_and_checks_references(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'record.sqlite3'}")
    database.upgrade()
    with database.reading() as session:
        pragmas = [session.connection().exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS]
    database.close()
    assert dict(zip(PRAGMAS, pragmas, strict=True)) == PRAGMAS


PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 20_000}


def test_the_queries_of_a_live_call_use_an_index(database):
    """SQLite tells its plan; PostgreSQL would prefer scanning a table as small as this."""
    if make_url(database._url).get_backend_name() != "sqlite":
        return
    queries = (
        "SELECT * FROM calls WHERE caller_key = 'k' ORDER BY started_at DESC LIMIT 1",
        "SELECT * FROM calls WHERE started_at > '2026' AND started_at < '2027'",
        "SELECT * FROM calls WHERE department = 'rsj' AND started_at > '2026'",
        "SELECT * FROM tickets WHERE state = 'open' ORDER BY created_at",
        "SELECT * FROM tickets WHERE caller_key = 'k' AND topic = 't'",
        "SELECT * FROM attempts WHERE call_id = 'c' ORDER BY id DESC LIMIT 1",
        "SELECT max(n) FROM turns WHERE call_id = 'c'",
    )
    with database.reading() as session:
        for query in queries:
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
            assert all("USING" in row[3] and "INDEX" in row[3] for row in plan), (query, plan)

"""Alembic from code: which revision a database has, and bringing it to the newest."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

LOCK = 0x6C69616E  # "lian"
"""Key of the PostgreSQL advisory lock that lets one process upgrade at a time."""


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration for the migrations in this package."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection) -> tuple[str | None, str]:
    """Upgrade inside the connection's transaction: revision before and after."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    before = current(connection)
    if is_behind(connection):
        command.upgrade(config(connection), "head")
    return before, current(connection) or ""


def current(connection: Connection) -> str | None:
    """The revision the database is at; None when it has no tables of ours."""
    return MigrationContext.configure(connection).get_current_revision()


def is_behind(connection: Connection) -> bool:
    """The database lacks a migration of ours. One that is newer than this program is not behind: while replicas are
    replaced one by one, old ones meet new tables, so a migration only ever adds what old programs can ignore.
    """
    revision = current(connection)
    known, newest = _revisions()
    return revision is None or (revision in known and revision != newest)


@cache
def _revisions() -> tuple[frozenset[str], str | None]:
    """All revisions this program has, and the newest."""
    script = ScriptDirectory.from_config(config())
    return frozenset(revision.revision for revision in script.walk_revisions()), script.get_current_head()

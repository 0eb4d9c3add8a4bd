"""Insight is tried on both databases, with the fixtures of the store's own tests."""

from tests.store.conftest import clock, database, patience, record, server, sql, url

__all__ = ["clock", "database", "patience", "record", "server", "sql", "url"]

"""What works on the record is tried on both databases, with the fixtures of the store's own tests."""

from tests.store.conftest import another, clock, database, patience, record, replicas, server, sql, url

__all__ = ["another", "clock", "database", "patience", "record", "replicas", "server", "sql", "url"]

"""Reaching people is tried on a record in SQLite, with the fixtures of the line's own tests."""

from tests.twilio.conftest import clock, empty_record, record

__all__ = ["clock", "empty_record", "record"]

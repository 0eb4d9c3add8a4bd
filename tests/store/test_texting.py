"""What is remembered between two text messages."""

from __future__ import annotations

from datetime import timedelta

from tests.store.test_calls import MOBILE
from voicebot.store.texting import THREAD_LIFE


def test_a_thread_is_remembered_for_a_day(record, another, clock):
    assert record.sms_thread("k") == {}
    record.save_sms_thread("k", {"asked": ["rsj-001"]})
    record.save_sms_thread("k", {"asked": ["rsj-002"]})
    clock.pass_(THREAD_LIFE.total_seconds() - 1)
    assert another.sms_thread("k") == {"asked": ["rsj-002"]}
    assert another.sms_thread("another") == {}
    clock.pass_(1)
    assert another.sms_thread("k") == {}


def test_who_wants_no_messages_gets_none_for_good(record, clock):
    record.call_started("SM1", MOBILE)
    key = record.texter("SM1")
    assert not record.sms_stopped(MOBILE)
    record.save_sms_thread(key, {"stopped": True, "asked": ["rsj-001"]})
    clock.pass_(days=400)
    record.tidy_texting(clock() - timedelta(days=1))
    assert record.sms_stopped(MOBILE)
    assert record.sms_thread(key) == {"stopped": True}
    record.save_sms_thread(key, {})
    assert not record.sms_stopped(MOBILE)


def test_old_threads_are_tidied(record, clock, sql):
    record.save_sms_thread("old", {"asked": ["rsj-001"]})
    clock.pass_(days=2)
    record.save_sms_thread("new", {})
    assert record.tidy_texting(clock() - timedelta(days=1)) == 1
    assert [key for (key,) in sql("SELECT caller_key FROM sms_threads")] == ["new"]
    assert record.texter("SM0") == ""

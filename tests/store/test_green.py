"""Who goes to a person first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.store.test_call_record import ANSWERED
from tests.store.test_calls import MOBILE, TICKET
from voicebot.dialogue.commands import Decision, RecordTurn
from voicebot.events import Caller, EndReason, MessageTaken, TransferEnded, TransferOutcome, typed
from voicebot.matching.types import Outcome

ASKED_BACK = RecordTurn(typed("那个"), None, Outcome.UNSURE, None, Decision.ASKED_REPHRASE, None, "listening")

EARLIER = {
    "left at once": ([], True),
    "was not understood": ([ASKED_BACK], True),
    "was answered": ([ANSWERED], False),
    "was answered, then not": ([ANSWERED, ASKED_BACK], True),
    "wanted a person, got none": ([TICKET, TransferEnded(TransferOutcome.NO_ANSWER)], True),
    "left a message": ([TICKET, MessageTaken(8.0)], True),
    "got a person": ([TICKET, TransferEnded(TransferOutcome.ACCEPTED)], False),
    "got a person at second go": (
        [TICKET, TransferEnded(TransferOutcome.BUSY), TransferEnded(TransferOutcome.ACCEPTED)],
        False,
    ),
}


def earlier_call(record, what, call="CA1", number=MOBILE):
    record.call_started(call, number)
    log = record.for_call(call)
    for each in what:
        (log.event if isinstance(each, TransferEnded | MessageTaken) else log.commit)(each)


@pytest.mark.parametrize(("what", "green"), EARLIER.values(), ids=EARLIER)
@pytest.mark.parametrize("ended", [True, False], ids=["ended", "end never told"])
def test_who_rings_again_soon_about_something_unresolved(record, clock, what, green, ended):
    earlier_call(record, what)
    if ended:
        record.call_ended("CA1", EndReason.CALLER_HUNG_UP)
    clock.pass_(minutes=29)
    record.call_started("CA2", MOBILE)
    caller = record.caller("CA2")
    assert caller == Caller(record.call("CA2").caller_key, "0000", green)


def test_half_an_hour_counts_from_the_end(record, clock):
    earlier_call(record, [])
    clock.pass_(minutes=20)
    record.call_ended("CA1", EndReason.CALLER_HUNG_UP)
    record.call_started("CA2", MOBILE)
    clock.pass_(minutes=30)
    assert record.caller("CA2").green
    clock.pass_(seconds=1)
    assert not record.caller("CA2").green


def test_only_the_latest_call_counts(record, clock):
    earlier_call(record, [])
    clock.pass_(minutes=1)
    earlier_call(record, [ANSWERED], "CA2")
    clock.pass_(minutes=1)
    record.call_started("CA3", MOBILE)
    assert not record.caller("CA3").green


def test_a_first_call_is_not_its_own_earlier_call(record):
    record.call_started("CA1", MOBILE)
    assert not record.caller("CA1").green


def test_other_callers_and_withheld_numbers(record):
    earlier_call(record, [])
    earlier_call(record, [], "CA2", "anonymous")
    record.call_started("CA3", "+8613000000001")
    record.call_started("CA4", "anonymous")
    assert not record.caller("CA3").green
    assert record.caller("CA4") == Caller()
    assert record.caller("CA5") == Caller()
    assert not record.is_green("")
    assert record.recent_unresolved("") is None


def test_the_unresolved_call_tells_its_topic(record):
    earlier_call(record, [TICKET])
    key = record.call("CA1").caller_key
    assert record.recent_unresolved(key).topic == "rsj-001"
    assert record.recent_unresolved(key, timedelta(hours=24), before="CA1") is None


def test_a_remembered_caller_until_consent_ends(record, clock):
    record.call_started("CA1", MOBILE)
    key = record.caller("CA1").key
    record.register_green(key, consent="本人电话中同意，09:00，工号 7", expires_at=clock() + timedelta(days=365))
    assert record.caller("CA1").green
    clock.pass_(days=365)
    assert not record.caller("CA1").green
    record.register_green(key, consent="续期", expires_at=clock() + timedelta(days=1))
    assert record.is_green(key)


def test_a_caller_may_leave_the_green_channel(record, clock):
    record.register_green("k", consent="同意", expires_at=clock() + timedelta(days=1))
    assert record.remove_green("k")
    assert not record.is_green("k")
    assert not record.remove_green("k")


def test_a_withheld_number_cannot_be_remembered(record, clock):
    with pytest.raises(ValueError, match="withheld"):
        record.register_green("", consent="同意", expires_at=clock())


def test_the_remembered_are_listed_in_pages_the_newest_first(record, clock):
    for n in range(3):
        record.register_green(f"key{n}", consent="本人同意", expires_at=clock() + timedelta(days=n))
        clock.pass_(hours=1)

    total, rows = record.green_page(0, 1)
    assert (total, [row.caller_key for row in rows]) == (2, ["key2"]), "the first has expired"
    assert [row.caller_key for row in record.green_page(1, 5)[1]] == ["key1"]
    assert record.green_number("key1").consent == "本人同意"
    assert record.green_number("key0") is None

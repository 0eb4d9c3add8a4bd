"""What staff and a caller hear when the line calls back, page by page."""

import logging
from dataclasses import replace
from datetime import time

import pytest

from tests.store.conftest import SECRET
from tests.twilio.asking import CALL, CALLER, LEG, LINE, PUBLIC, Twilio
from tests.twilio.world import LostRecord
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.events import EndReason
from voicebot.staffing.plan import Office
from voicebot.staffing.policy import CallbackPolicy
from voicebot.store.database import Database
from voicebot.store.numbers import NumberKey
from voicebot.store.record import Record
from voicebot.store.rings import Whom
from voicebot.store.seal import Seal
from voicebot.store.words import CallbackOutcome, CallbackState, TicketState
from voicebot.web import create_app

STAFF = "+15005550011"
CALLERS_LEG = "CA" + "0" * 31 + "7"
HOURS = CallbackPolicy()
O = CallbackOutcome  # noqa: E741


@pytest.fixture
def record(empty_record, tmp_path, clock):
    file = tmp_path / "voicebot.sqlite3"
    file.write_bytes(empty_record.read_bytes())
    database = Database(f"sqlite:///{file}")
    yield Record(database, NumberKey(SECRET), clock, pause=clock.pass_, seal=Seal(SECRET))
    database.close()


@pytest.fixture
def make_replica(make_bot, clock):
    """A replica of the line, and the provider that asks it."""

    def make(callback=HOURS, **differs):
        bot = replace(make_bot(**differs), now=clock, office=lambda: Office(callback=callback))
        return Asks(Twilio(create_app(bot).test_client()))

    return make


@pytest.fixture
def asks(make_replica):
    return make_replica()


@pytest.fixture
def ring(record):
    """A phone of staff rings for the caller of a missed call: its try."""

    def make(reason=Reason.KEY, topic=None, wants="w1"):
        if record.call(CALL) is None:
            record.call_started(CALL, CALLER, LINE)
            record.open_ticket(CALL, OpenTicket(TicketKind.CALL, reason, "rsj", topic, "来电人按零"))
            record.call_ended(CALL, EndReason.CALLER_HUNG_UP)
        (due,) = record.callbacks_due()
        attempt = record.claim_callback(due, {wants: Whom(wants, "A", "王一")})
        record.callback_rang(attempt.id, LEG, 20.0)
        return attempt

    return make


class Asks:
    """The provider, about one try."""

    def __init__(self, twilio):
        self.twilio = twilio

    def staff(self, page, attempt, **fields):
        """A webhook of the leg to staff."""
        leg = {"CallSid": LEG, "Direction": "outbound-api", "From": LINE, "To": STAFF}
        return self.twilio.ask(f"callback/{page}", query=f"attempt={attempt.id}", **leg | fields)

    def caller(self, page, attempt, **fields):
        """A webhook of the leg to the caller."""
        leg = {"CallSid": CALLERS_LEG, "ParentCallSid": LEG, "Direction": "outbound-dial", "From": LINE, "To": CALLER}
        context = "whisper" if page == "hello" else "call"
        return self.twilio.ask(f"callback/{page}", query=f"attempt={attempt.id}", context=context, **leg | fields)


def state(record):
    return [one.callback.state for one in record.owed_callbacks()]


def outcome(record, attempt):
    return record.callback_about(attempt.id).attempt.outcome


# Staff


def test_staff_hear_what_it_is_about_and_press_1(asks, ring):
    attempt = ring(Reason.NOT_SOLVED, topic="rsj-001")
    page = asks.staff("whisper", attempt)

    once = ["prompts/whisper_not_solved", "prompts/whisper_about", "questions/rsj-001", "prompts/whisper_callback"]
    assert page.words == [*once, *once]
    assert page.verbs == ["Gather", "Redirect"]
    assert page.find("Gather").attrib["action"] == f"{PUBLIC}/twilio/callback/accept?attempt={attempt.id}"
    assert page.find("Redirect").text == f"{PUBLIC}/twilio/callback/silent?attempt={attempt.id}"


def test_staff_hear_how_often_it_rang_in_vain(asks, ring):
    first = ring()
    asks.staff("accept", first, Digits="1")
    asks.staff("dialled", first, DialCallStatus="no-answer", DialBridged="false")
    page = asks.staff("whisper", ring(wants="w2"))

    assert page.words[:4] == [
        "prompts/whisper_key",
        "prompts/callback_tried_lead",
        "prompts/callback_tried_tail",
        "prompts/whisper_callback",
    ]
    assert "numbers/%E4%B8%80.wav" in page.text


def test_1_rings_the_caller_and_shows_the_lines_number(asks, ring, record):
    attempt = ring()
    page = asks.staff("accept", attempt, Digits="1")

    assert (page.verbs, page.words) == (["Play", "Dial"], ["prompts/callback_connecting"])
    dial, number = page.find("Dial").attrib, page.find("Dial/Number")
    assert (number.text, dial["callerId"]) == (CALLER, LINE)
    assert dial["action"] == f"{PUBLIC}/twilio/callback/dialled?attempt={attempt.id}"
    assert number.attrib["url"] == f"{PUBLIC}/twilio/callback/hello?attempt={attempt.id}"
    assert number.attrib["statusCallbackEvent"].split() == ["initiated", "ringing", "answered", "completed"]
    assert STAFF not in page.text
    assert asks.staff("accept", attempt, Digits="1").text == page.text, "asked twice"
    assert record.busy() == {"w1"}


def test_the_lines_own_number_is_shown_where_one_is_set(make_replica, ring):
    page = make_replica(VOICEBOT_LINE_NUMBER="+15005550002").staff("accept", ring(), Digits="1")

    assert page.find("Dial").attrib["callerId"] == "+15005550002"


@pytest.mark.parametrize(
    ("page", "fields", "expected"),
    [
        ("accept", {"Digits": "2"}, O.STAFF_DECLINED),
        ("accept", {}, O.STAFF_DECLINED),
        ("silent", {}, O.STAFF_VOICEMAIL),
    ],
)
def test_without_1_the_callers_phone_never_rings(asks, ring, record, page, fields, expected):
    attempt = ring()
    asks.staff("status", attempt, CallStatus="in-progress")
    asks.staff("whisper", attempt)

    assert asks.staff(page, attempt, **fields).verbs == ["Hangup"]
    assert asks.staff("accept", attempt, Digits="1").verbs == ["Hangup"], "too late"
    assert (outcome(record, attempt), state(record)) == (expected, [CallbackState.DUE])


def test_nobody_is_called_after_hours(make_replica, ring, record):
    attempt = ring()
    late = make_replica(callback=CallbackPolicy(end=time(16, 59)))  # it is 17:00 at the office

    assert late.staff("accept", attempt, Digits="1").verbs == ["Hangup"]
    assert outcome(record, attempt) is O.TOO_LATE


def test_a_caller_who_got_through_meanwhile_is_not_rung(asks, ring, record):
    attempt = ring()
    with record.ticket_changing(record.tickets_of(CALL)[0].id) as (_, ticket):
        ticket.state = TicketState.RESOLVED

    for page in (asks.staff("whisper", attempt), asks.staff("accept", attempt, Digits="1")):
        assert (page.verbs, page.words) == (["Play", "Hangup"], ["prompts/callback_settled"])
    assert record.owed_callbacks() == []


def test_staff_who_pick_up_after_all_was_given_up(asks, ring, record, clock):
    attempt = ring()
    clock.pass_(60)
    assert record.callback_lost(attempt.id)

    assert asks.staff("whisper", attempt).verbs == ["Hangup"]
    assert asks.staff("accept", attempt, Digits="1").verbs == ["Hangup"]


# The caller


def test_the_caller_hears_who_is_calling(asks, ring):
    page = asks.caller("hello", ring())

    assert (page.verbs, page.words) == (["Play"], ["prompts/hello_callback"])


def test_both_talk_and_every_replica_knows(make_replica, ring, record, clock):
    attempt = ring()
    news = [make_replica() for _ in range(6)]
    news[0].staff("status", attempt, CallStatus="ringing")
    news[1].staff("status", attempt, CallStatus="in-progress")
    news[2].staff("accept", attempt, Digits="1")
    news[3].caller("caller", attempt, CallStatus="in-progress")
    clock.pass_(90)
    page = news[4].staff("dialled", attempt, DialCallStatus="completed", DialBridged="true", DialCallDuration="80")
    news[5].caller("caller", attempt, CallStatus="completed", CallDuration="88")
    news[0].staff("status", attempt, CallStatus="completed")

    assert page.verbs == ["Hangup"]
    assert outcome(record, attempt) is O.REACHED
    assert (record.tickets_of(CALL)[0].state, state(record), record.busy()) == (TicketState.RESOLVED, [], frozenset())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"DialCallStatus": "no-answer", "DialBridged": "false"}, O.NO_ANSWER),
        ({"DialCallStatus": "busy", "DialBridged": "false"}, O.BUSY),
        ({"DialCallStatus": "failed", "DialBridged": "false"}, O.UNREACHABLE),
        ({"DialCallStatus": "completed", "DialBridged": "false", "DialCallDuration": "40"}, O.CUT_SHORT),
        ({"DialCallStatus": "completed", "DialBridged": "true", "DialCallDuration": "4"}, O.CUT_SHORT),
        ({"DialCallStatus": "completed"}, O.CUT_SHORT),
    ],
)
def test_staff_are_told_that_the_caller_was_not_reached(asks, ring, record, fields, expected):
    attempt = ring()
    asks.staff("accept", attempt, Digits="1")
    page = asks.staff("dialled", attempt, **fields)

    assert (page.verbs, page.words) == (["Play", "Hangup"], ["prompts/callback_no_answer"])
    assert asks.staff("dialled", attempt, **fields).text == page.text
    assert (outcome(record, attempt), state(record)) == (expected, [CallbackState.DUE])
    assert record.tickets_of(CALL)[0].tries == 1


def test_staff_hang_up_while_it_rings(asks, ring, record):
    attempt = ring()
    asks.staff("accept", attempt, Digits="1")
    page = asks.staff("dialled", attempt, CallStatus="completed", DialCallStatus="canceled", DialBridged="false")

    assert page.verbs == []
    assert outcome(record, attempt) is O.STAFF_LEFT


# Faults, strangers, secrets


PAGES = ["whisper", "accept", "silent", "status", "dialled", "hello", "caller"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_page_answers_a_stranger(asks, ring, record, page, method):
    attempt = ring()
    for forged in ({"signed": False}, {"token": "another token"}):
        assert asks.staff(page, attempt, method=method, Digits="1", **forged).status == 403
    assert record.callback_about(attempt.id).attempt.accepted_at is None


@pytest.mark.parametrize(
    "query", ["", "attempt=", "attempt=99", "attempt=x", "attempt=-1", "attempt=9999999999999999999"]
)
@pytest.mark.parametrize("page", PAGES)
def test_a_try_that_is_not_ours(asks, page, query):
    context = "whisper" if page == "hello" else "call"
    answer = asks.twilio.ask(f"callback/{page}", query=query, context=context, Digits="1", DialCallStatus="busy")

    assert answer.status in (200, 204)
    assert "Dial" not in answer.text


@pytest.mark.parametrize("page", PAGES)
def test_without_the_record_nobody_is_called(make_replica, ring, page):
    attempt = ring()
    lost = make_replica(record=LostRecord())
    answer = (lost.caller if page in ("hello", "caller") else lost.staff)(page, attempt, Digits="1")

    assert answer.status in (200, 204)
    assert "Dial" not in answer.text


def test_no_number_in_logs_or_database(asks, ring, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    attempt = ring()
    for page in ("status", "whisper", "accept", "dialled"):
        asks.staff(page, attempt, CallStatus="in-progress", Digits="1", DialCallStatus="busy")
    asks.caller("caller", attempt, CallStatus="completed")
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("voicebot.sqlite3*"))

    for number in (CALLER, STAFF):
        assert number[1:] not in caplog.text
        assert number[1:].encode() not in stored

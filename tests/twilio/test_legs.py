"""The pages of staff legs, and of a caller who waits in the conference for whoever accepted."""

from dataclasses import dataclass, field, replace

import pytest

from tests.twilio.asking import CALL, LEG, Twilio
from tests.twilio.test_webhooks import Line
from tests.twilio.world import LostRecord
from voicebot.call import react
from voicebot.errors import OperatorError
from voicebot.events import CallStarted, KeyPressed, PersonAccepted, TransferOutcome
from voicebot.staffing.queue import assign
from voicebot.store.ring_news import COMING
from voicebot.store.rings import Whom
from voicebot.twilio.continuing import Continuing
from voicebot.twilio.legs import MOST_TRIES
from voicebot.twilio.twiml import Pages
from voicebot.web import create_app

WHOM = {"a": Whom("a", "A", "窗口一"), "b": Whom("b", "B", "窗口二")}
O = TransferOutcome  # noqa: E741


@dataclass
class FakeLegs:
    """A provider that takes every order, or none."""

    ended: list = field(default_factory=list)
    moved: list = field(default_factory=list)
    fails: bool = False

    def end(self, leg):
        if self.fails:
            raise OperatorError("no-provider", "no network")
        self.ended.append(leg)

    def move(self, call, page):
        if self.fails:
            raise OperatorError("no-provider", "no network")
        self.moved.append((call, page))


@pytest.fixture
def legs():
    return FakeLegs()


@pytest.fixture
def world(make_bot, legs, clock):
    """A line whose provider is `legs`."""

    def make(**differs):
        return Twilio(create_app(replace(make_bot(**differs), legs=legs, now=clock)).test_client())

    return make


@pytest.fixture
def twilio(world):
    return world()


def ring(record, wants=WHOM):
    """A phone rings for the caller: the attempt."""
    record.call_started(CALL, "+15005550009")
    got = record.claim_person(CALL, wants, assign, green=False, urgent=False, ring_s=20.0)
    record.rang(got.attempt.id, LEG)
    return got.attempt.id


def ask(twilio, page, attempt, **fields):
    return twilio.ask(f"leg/{page}", query=f"attempt={attempt}", **({"CallSid": LEG} | fields))


def outcome(record, attempt):
    return record.attempt(attempt).outcome


def test_who_picks_up_hears_what_it_is_about_twice_and_has_time_for_the_key(twilio, record):
    page = ask(twilio, "whisper", ring(record))

    assert page.words == ["政务热线来电，请按一接听。"] * 2 or page.words == ["prompts/whisper"] * 2
    assert page.verbs == ["Gather", "Redirect"]


def test_one_accepts_and_meets_the_caller(twilio, record):
    attempt = ring(record)
    page = ask(twilio, "accept", attempt, Digits="1")

    assert page.find("Dial/Conference").text == f"case-{CALL}"
    assert record.attempt(attempt).accepted_at is not None


@pytest.mark.parametrize(
    ("page", "fields", "ended"), [("accept", {"Digits": "2"}, O.DECLINED), ("silent", {}, O.VOICEMAIL)]
)
def test_anything_else_is_no(twilio, record, page, fields, ended):
    attempt = ring(record)

    assert ask(twilio, page, attempt, **fields).verbs == ["Hangup"]
    assert outcome(record, attempt) is ended


def last_words(page):
    assert page.verbs[-1] == "Hangup"
    return [name.removeprefix("prompts/") for name in page.words]


@pytest.mark.parametrize("page", ["whisper", "accept"])
def test_a_caller_who_has_hung_up(twilio, record, page):
    attempt = ring(record)
    record.release(CALL)

    assert last_words(ask(twilio, page, attempt, Digits="1")) == ["whisper_gone"]


@pytest.mark.parametrize("page", ["whisper", "accept"])
def test_a_try_that_was_given_up_while_the_caller_still_waits(twilio, record, page):
    """Nobody is told that the caller has gone when they have not, nor listens to a whisper for nothing."""
    attempt = ring(record)
    record.refuse(attempt, O.NO_ANSWER)

    assert last_words(ask(twilio, page, attempt, Digits="1")) == ["whisper_late"]


def test_without_the_record_the_key_is_tried_again_and_then_told_honestly(world, record):
    attempt = ring(record)
    lost = world(record=LostRecord())
    page = ask(lost, "accept", attempt, Digits="1")
    assert page.verbs == ["Pause", "Redirect"]
    again = page.find("Redirect").text.rpartition("/twilio/")[2]

    assert ask(world(), "accept", f"{attempt}&Digits=1&tries=1", Digits=None).find("Dial/Conference") is not None
    assert again == f"leg/accept?attempt={attempt}&Digits=1&tries=1"
    last = ask(lost, "accept", f"{attempt}&Digits=1&tries={MOST_TRIES}", Digits=None)
    assert last_words(last) == ["whisper_lost"]


def test_without_the_record_whoever_picks_up_can_still_press_1(world):
    page = ask(world(record=LostRecord()), "whisper", 7)

    assert page.find("Gather").get("action").endswith("leg/accept?attempt=7")
    assert ask(world(record=LostRecord()), "silent", 7).verbs == ["Hangup"]


@pytest.mark.parametrize("attempt", ["", "x", "99", "9" * 30, "-1"])
def test_an_attempt_that_is_not_ours(twilio, attempt):
    assert last_words(ask(twilio, "accept", attempt, Digits="1")) == ["whisper_gone"]
    assert twilio.ask("leg/status", query=f"attempt={attempt}", CallSid=LEG, CallStatus="busy").status == 204


def test_news_of_the_leg(twilio, record, clock):
    attempt = ring(record, {"a": WHOM["a"]})
    ask(twilio, "status", attempt, CallStatus="ringing")
    assert record.attempt(attempt).rang_at == clock()
    ask(twilio, "status", attempt, CallStatus="in-progress")
    clock.pass_(39)
    assert record.busy() == {"a"}, "the whisper takes longer than the phone may ring"
    ask(twilio, "status", attempt, CallStatus="completed")
    assert outcome(record, attempt) is O.DECLINED


def test_the_end_of_the_talk(twilio, record):
    attempt = ring(record)
    record.accept(attempt)

    assert ask(twilio, "left", attempt, DialBridged="true", CallStatus="completed").verbs == ["Hangup"]
    assert record.has_met(CALL)


# The caller alone in the conference


@pytest.fixture
def joining(make_bot, record, legs, clock):
    """Somebody pressed 1, and the caller is on the way to them: the attempt."""
    attempt = ring(record)
    record.accept(attempt)
    continuing = Continuing(make_bot(), Pages("https://line.example", lambda clip, slow: None), "wss://x/stream")
    opening = continuing.opening(CALL)
    line = Line()
    for event in (CallStarted(), KeyPressed("0"), PersonAccepted(f"case-{CALL}")):
        react(line, opening.dialogue, record.for_call(CALL), event)
    continuing.leave(CALL, opening, line.leaving)
    return attempt


def alone(twilio, looks=0):
    return twilio.ask("alone", query=f"call={CALL}&looks={looks}")


def test_whoever_is_on_the_way_is_waited_for_with_words_now_and_then(twilio, record, legs, joining):
    words = [alone(twilio, looks).words for looks in range(12)]

    assert legs.moved == []
    assert [n for n, said in enumerate(words) if said] == [1, 9]
    assert {name for said in words for name in said} == {"prompts/ringing_wait"}
    assert alone(twilio, 4).find("Redirect").text.endswith("looks=5")


def test_whoever_does_not_come_is_given_up_and_somebody_else_is_rung(twilio, record, legs, joining, clock):
    clock.pass_(COMING.total_seconds() + 1)
    alone(twilio, 16)

    assert legs.ended == [LEG]
    assert legs.moved == [(CALL, "dialled")]
    assert outcome(record, joining) is O.FAILED
    page = twilio.ask("dialled")
    assert page.kind == "Connect", "back on a stream, where the next one is rung; not to a message"
    standing = record.load_state(CALL)
    assert standing["memory"]["state"] == "transferring"


def test_whoever_hung_up_before_the_caller_came(twilio, record, legs, joining):
    record.leg_news(joining, "completed")
    alone(twilio)

    assert legs.moved == [(CALL, "dialled")]
    assert twilio.ask("dialled").kind == "Connect"


def test_who_cannot_be_moved_just_now_goes_on_waiting(twilio, record, legs, joining):
    record.leg_news(joining, "completed")
    legs.fails = True

    assert alone(twilio, 1).words == ["prompts/ringing_wait"]
    legs.fails = False
    alone(twilio, 2)
    assert legs.moved == [(CALL, "dialled")]


def test_without_the_record_the_caller_goes_on_waiting(world):
    assert alone(world(record=LostRecord()), 1).words == ["prompts/ringing_wait"]

"""The caller waits for a person: what they hear, what their keys do, and what they are asked at the end."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.dialogue.conftest import Call
from voicebot.dialogue import State
from voicebot.dialogue.commands import (
    HandOver,
    HangUp,
    Join,
    Listen,
    OpenTicket,
    Play,
    Reason,
    RecordRating,
    RecordTurn,
    RememberGreen,
    StopPlayback,
    TakeMessage,
    TicketKind,
    WantCallback,
)
from voicebot.events import (
    Caller,
    CallStarted,
    Fault,
    FaultOccurred,
    HandedOn,
    KeyPressed,
    PersonAccepted,
    SilenceHeard,
    Stage,
    TicketStored,
    TransferEnded,
    TransferOutcome,
    TransferProgressed,
)

NOW = datetime(2026, 11, 23, 1, 10, tzinfo=UTC)
STORED = TicketStored("100024", NOW + timedelta(hours=2), True, NOW)
CLOSED = TicketStored("100024", NOW + timedelta(hours=20), False, NOW)


def said(commands):
    return [clip.text for command in commands for clip in getattr(command, "clips", ())]


def kinds(commands):
    return [type(command) for command in commands if not isinstance(command, RecordTurn)]


@pytest.fixture
def waiting():
    call = Call(caller=Caller("key", "1234"))
    call.give(KeyPressed("0"))
    call.give(STORED)
    return call


PROGRESS = [
    (TransferProgressed(Stage.RINGING, 0.0), []),
    (TransferProgressed(Stage.RINGING, 12.0), ["ringing_wait", "wait_keys"]),
    (TransferProgressed(Stage.NEXT, 20.0), ["ringing_next", "wait_keys"]),
    (TransferProgressed(Stage.WAITING, 5.0, position=1), ["queue_first", "wait_keys"]),
    (
        TransferProgressed(Stage.WAITING, 5.0, position=3, minutes=4),
        ["queue_lead", "numbers/两", "queue_tail", "wait_lead", "numbers/四", "numbers/分钟", "wait_keys"],
    ),
    (TransferProgressed(Stage.WAITING, 61.0, position=1, offer_callback=True), ["queue_first", "callback_offer"]),
]


@pytest.mark.parametrize(("progress", "names"), PROGRESS, ids=str)
def test_where_they_stand(waiting, progress, names):
    commands = waiting.give(progress)

    assert [clip.name for command in commands for clip in command.clips] == [f"prompts/{name}" for name in names]


def test_the_keys_are_told_once(waiting):
    waiting.give(TransferProgressed(Stage.RINGING, 12.0))

    assert [c.name for c in waiting.give(TransferProgressed(Stage.NEXT, 24.0))[-1].clips] == ["prompts/ringing_next"]


def test_without_a_stored_ticket_nothing_is_offered():
    call = Call()
    call.give(KeyPressed("0"))  # and nobody says that the ticket was stored

    assert "prompts/wait_keys" not in [c.name for c in call.give(TransferProgressed(Stage.RINGING, 12.0))[-1].clips]
    assert kinds(call.give(KeyPressed("1"))) == [StopPlayback, Play]
    assert call.dialogue.state is State.TRANSFERRING


def test_one_is_a_call_back(waiting):
    commands = waiting.give(KeyPressed("1"))

    assert kinds(commands) == [WantCallback, HangUp]
    text = "".join(said(commands))
    assert "登记号是" in text
    assert "之前给您回电话" in text


def test_two_is_a_message(waiting):
    assert kinds(waiting.give(KeyPressed("2"))) == [TakeMessage]
    assert waiting.dialogue.state is State.TAKING_MESSAGE


@pytest.mark.parametrize(("words", "kind"), [("回电话", HangUp), ("给我回个电话", None), ("留言", TakeMessage)])
def test_spoken(waiting, words, kind):
    assert (kind is None) or kind in kinds(waiting.say(words))


@pytest.mark.parametrize("key", "03456789*#")
def test_other_keys_do_not_stop_the_ringing(waiting, key):
    assert kinds(waiting.give(KeyPressed(key))) == [Play]
    assert waiting.dialogue.state is State.TRANSFERRING


@pytest.mark.parametrize(("stored", "clip"), [(STORED, "nobody_open"), (CLOSED, "nobody_closed")])
def test_nobody_came_is_said_honestly(stored, clip):
    call = Call()
    call.give(KeyPressed("0"))
    call.give(stored)

    (message,) = call.give(TransferEnded(TransferOutcome.NO_ANSWER))

    assert isinstance(message, TakeMessage)
    assert message.clips[0].name == f"prompts/{clip}"
    assert "".join(clip.text for clip in message.clips).count("登记号是") == 1


def test_a_person_accepts(waiting):
    assert kinds(waiting.give(PersonAccepted("case-1"))) == [Join]
    assert waiting.dialogue.state is State.CONNECTED


def test_a_broken_stream_goes_on_reaching(waiting):
    commands = waiting.give(CallStarted())

    assert kinds(commands)[-1] is HandOver
    assert not any(isinstance(command, OpenTicket) for command in commands)
    assert commands[-1].reason is Reason.KEY


@pytest.mark.parametrize("fault", [Fault.STORE, Fault.PHONE, Fault.BUG])
def test_a_fault_lets_the_provider_ring(waiting, fault):
    (hand_over,) = waiting.give(FaultOccurred(fault))

    assert hand_over.direct


@pytest.mark.parametrize("fault", [Fault.SPEECH, Fault.FAQ])
def test_what_ringing_does_not_need_may_break(waiting, fault):
    assert waiting.give(FaultOccurred(fault)) == []


def test_a_call_back_that_cannot_be_stored_is_a_person(waiting):
    waiting.give(KeyPressed("1"))

    (hand_over,) = waiting.give(FaultOccurred(Fault.STORE))

    assert hand_over.direct
    assert waiting.dialogue.state is State.TRANSFERRING


def after_a_talk(**caller):
    call = Call(caller=Caller(**caller))
    call.give(KeyPressed("0"))
    call.give(STORED)
    call.give(PersonAccepted("case-1"))
    call.give(TransferEnded(TransferOutcome.ACCEPTED))
    return call


@pytest.mark.parametrize("key", "12345")
def test_rating_then_the_green_channel_is_offered(key):
    call = after_a_talk(key="key")

    commands = call.give(KeyPressed(key))

    assert commands[1] == RecordRating(int(key))
    assert [clip.name for clip in commands[-1].clips] == ["prompts/green_offer"]
    assert kinds(call.give(KeyPressed("1"))) == [RememberGreen, StopPlayback, HangUp]


@pytest.mark.parametrize("caller", [{"key": ""}, {"key": "key", "remembered": True, "green": True}])
def test_nobody_is_offered_what_they_cannot_have_or_have(caller):
    commands = after_a_talk(**caller).give(KeyPressed("5"))

    assert [clip.name for clip in commands[-1].clips] == ["prompts/rate_thanks"]


def test_nine_is_a_complaint_and_its_number_is_told():
    call = after_a_talk(key="key")

    commands = call.give(KeyPressed("9"))

    assert [c.kind for c in commands if isinstance(c, OpenTicket)] == [TicketKind.COMPLAINT]
    (goodbye,) = call.give(STORED)
    assert isinstance(goodbye, HangUp)
    assert goodbye.clips[0].name == "prompts/rate_complaint"


def test_nobody_is_asked_who_was_not_served(waiting):
    waiting.give(TransferEnded(TransferOutcome.NO_ANSWER))

    assert "prompts/rate" not in waiting.spoken()


def test_the_whisper_says_why_and_about_what(call):
    call.hear_out()
    call.say("补卡")
    call.give(KeyPressed("0"))

    assert [clip.name for clip in call.dialogue.whisper()] == [
        "prompts/whisper_key",
        "prompts/whisper_about",
        "questions/rsj-001",
        "prompts/whisper_answered",
    ]


def hand_overs(commands):
    return [command for command in commands if isinstance(command, HandOver)]


def test_after_a_complaint_nobody_of_that_unit_is_rung_any_more():
    call = Call(caller=Caller("key", "1234"))
    call.say("补卡")
    (command,) = hand_overs(call.say("我要投诉"))
    assert (command.department, command.complaint) == ("rsj", True)

    (direct,) = hand_overs(call.give(FaultOccurred(Fault.STORE)))
    assert direct.complaint, "also where the provider rings by itself"


def test_danger_after_a_complaint_rings_whoever_is_there():
    call = Call(caller=Caller("key", "1234"))
    call.say("补卡")
    call.say("我要投诉")
    call.give(STORED)
    call.give(KeyPressed("1"))  # a call back is booked: goodbye is being said
    (command,) = hand_overs(call.say("着火了"))

    assert (command.urgent, command.complaint) == (True, False)


@pytest.mark.parametrize("outcome", [TransferOutcome.FAILED, TransferOutcome.DECLINED])
def test_whoever_accepted_and_did_not_come_is_followed_by_the_next(waiting, outcome):
    waiting.give(PersonAccepted("case-CA1"))
    commands = waiting.give(TransferEnded(outcome))

    assert kinds(commands) == [HandOver], "not a message: there are others"
    assert waiting.dialogue.state is State.TRANSFERRING


# Danger and complaints while waiting


def test_danger_while_waiting_is_answered_at_once_and_hurries(waiting):
    commands = waiting.say("着火了")

    assert kinds(commands) == [OpenTicket, HandOver]
    (command,) = hand_overs(commands)
    assert [clip.name for clip in command.clips] == ["prompts/emergency"]
    assert command.urgent
    assert [c.kind for c in commands if isinstance(c, OpenTicket)] == [TicketKind.EMERGENCY]
    assert waiting.give(TransferProgressed(Stage.WAITING, 9.0, position=1)) == [], "the numbers are not talked over"
    assert kinds(waiting.give(TransferProgressed(Stage.WAITING, 21.0, position=1))) == [Play]


def test_danger_said_again_is_answered_again(waiting):
    waiting.say("着火了")

    assert [clip.name for clip in waiting.say("着火了")[-1].clips] == ["prompts/emergency"]
    assert waiting.dialogue.state is State.TRANSFERRING


def test_a_complaint_while_waiting_is_stored_and_rings_somebody_else():
    call = Call(caller=Caller("key", "1234"))
    call.say("补卡")
    call.give(KeyPressed("0"))
    call.give(STORED)
    commands = call.say("我要投诉")

    assert kinds(commands) == [OpenTicket, HandOver]
    (command,) = hand_overs(commands)
    assert (command.department, command.complaint, command.urgent) == ("rsj", True, False)
    assert call.dialogue.state is State.TRANSFERRING
    assert kinds(call.say("我要投诉")) == [Play], "heard already: we are at it"


def test_a_question_while_waiting_stops_nothing(waiting):
    assert waiting.say("补卡") == []
    assert waiting.say("转人工") == []


def test_who_is_handed_on_goes_to_that_unit():
    call = Call(caller=Caller("key", "1234"))
    call.say("补卡")
    call.give(KeyPressed("0"))
    call.give(STORED)
    assert call.give(HandedOn("gjj")) == [], "nobody has them yet"
    call.give(PersonAccepted("case-CA1"))
    (command,) = hand_overs(call.give(HandedOn("gjj")))

    assert (command.reason, command.department, command.complaint) == (Reason.HANDED_ON, "gjj", False)
    assert call.dialogue.whisper()[0].name == "prompts/whisper_handed_on"
    (again,) = hand_overs(call.give(CallStarted()))
    assert (again.department, [clip.name for clip in again.clips]) == ("gjj", ["prompts/handed_on"])


# Consent to the green channel


@pytest.fixture
def asked(waiting):
    """A caller who talked with a person and gave no score."""
    waiting.give(PersonAccepted("case-CA1"))
    waiting.give(TransferEnded(TransferOutcome.ACCEPTED))
    (command,) = waiting.give(SilenceHeard(5.0))
    assert [clip.name for clip in command.clips] == ["prompts/green_offer"]
    assert isinstance(command, Play), "on a stream of ours, where an answer in words is heard"
    assert kinds(waiting.give(CallStarted())) == [Listen]
    waiting.hear_out()
    return waiting


def test_where_nobody_listens_a_key_is_waited_for(waiting):
    waiting.give(PersonAccepted("case-CA1"))
    waiting.give(TransferEnded(TransferOutcome.ACCEPTED))
    waiting.give(SilenceHeard(5.0))
    (_, command) = waiting.give(CallStarted(speech_ready=False))

    assert isinstance(command, HangUp)
    assert command.wait_s > 0
    assert kinds(waiting.give(KeyPressed("1"))) == [RememberGreen, HangUp]


@pytest.mark.parametrize("words", ["要", "可以", "好的", "好", "需要", "同意。"])
def test_consent_in_so_many_words(asked, words):
    assert kinds(asked.say(words)) == [RememberGreen, HangUp]


@pytest.mark.parametrize("words", ["不要", "不用", "嗯", "不需要", "要不要", "社保卡丢了", "不可以"])
def test_anything_else_is_no_consent(asked, words):
    assert kinds(asked.say(words)) == [HangUp]
    assert asked.dialogue.state is State.LEAVING


@pytest.mark.parametrize("event", [SilenceHeard(5.0), KeyPressed("2")])
def test_neither_is_silence_or_another_key(asked, event):
    assert kinds(asked.give(event)) == [HangUp]


def test_who_was_answered_by_the_line_is_not_asked_for_consent():
    call = Call(caller=Caller("key", "1234"))
    call.say("补卡")
    call.say("没有了谢谢")

    assert call.give(SilenceHeard(5.0)) == [HangUp()], "the call ends as if they had hung up"


def test_consent_that_cannot_be_stored_is_just_goodbye(asked):
    asked.give(KeyPressed("1"))
    commands = asked.give(FaultOccurred(Fault.STORE))

    assert kinds(commands) == [HangUp], "nobody is rung for it, and nothing is promised"
    assert [clip.name for clip in commands[-1].clips] == ["prompts/goodbye"]

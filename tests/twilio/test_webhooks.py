"""What Twilio asks for between streams, and what it is told: a whole call by its pages."""

import pytest

from tests.dialogue.conftest import SCRIPT
from tests.twilio.asking import CALL, CALLER, DESK, LEG, LINE, MESSAGE, PUBLIC, Twilio
from tests.twilio.world import BrokenVoice, FakeVoice, Log, LostRecord
from voicebot.call import react
from voicebot.dialogue import State
from voicebot.dialogue.commands import Clip, HandOver, HangUp, Join, Play
from voicebot.events import (
    CallStarted,
    EndReason,
    KeyPressed,
    PromptFinished,
    RecogniserLost,
    TransferOutcome,
    UtteranceHeard,
    typed,
)
from voicebot.store.words import CallOutcome, TicketState
from voicebot.twilio.continuing import Continuing, transfer_outcome
from voicebot.twilio.line import ConnectionLost
from voicebot.twilio.twiml import Pages
from voicebot.web import create_app


class Line:
    """A stream that is over as soon as the dialogue wants to leave it."""

    def __init__(self):
        self.leaving = None

    def perform(self, command):
        if isinstance(command, HandOver | HangUp | Join):
            self.leaving = command


@pytest.fixture
def make_stream(make_bot):
    """Run a stream of the call by what happens on it, on a replica of its own."""

    def make(*events, then=None, **differs):
        bot = make_bot(**differs)
        continuing = Continuing(bot, Pages(PUBLIC, lambda clip, slow: None), "wss://line.example/twilio/stream")
        opening = continuing.opening(CALL)
        line = Line()
        for event in (CallStarted(), *opening.events, *events):
            react(line, opening.dialogue, bot.record.for_call(CALL), event)
        continuing.leave(CALL, opening, then or line.leaving)
        return opening

    return make


@pytest.fixture
def handed_over(twilio, make_stream):
    """A caller has pressed 0 on a stream that is over now."""
    twilio.ask("voice", CallStatus="ringing")
    make_stream(KeyPressed("0"))


# Who is calling


def test_an_unsigned_call_leaves_no_trace(twilio, record):
    assert twilio.ask("voice", signed=False).status == 403
    assert record.call(CALL) is None


def test_a_wrongly_signed_call_leaves_no_trace(twilio, record):
    assert twilio.ask("voice", token="another token").status == 403
    assert record.call(CALL) is None


NAMES = ["voice", "continue", "key", "fallback", "whisper", "accept", "dialled", "recorded", "recording", "status"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_page_answers_a_stranger(twilio, name, method):
    assert twilio.ask(name, signed=False, method=method).status == 403
    assert twilio.ask(name, token="another token", method=method).status == 403


def test_a_handshake_header_opens_no_page(twilio, record):
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "X-Twilio-Signature": "A" * 28}

    assert twilio.client.post("/twilio/voice", data={"CallSid": CALL}, headers=headers).status_code in (400, 403)
    assert record.call(CALL) is None


def test_a_webhook_that_was_set_up_as_get_works_too(twilio, record):
    page = twilio.ask("voice", method="GET", CallStatus="ringing")

    assert page.kind == "Connect"
    assert record.call(CALL).caller_last4 == "0009"


def test_only_what_twilio_signed_counts(twilio):
    """A field that was added on the way is not among those signed."""
    response = twilio.client.post("/twilio/voice", data={"CallSid": CALL, "Digits": "0"})

    assert response.status_code == 403


def test_a_body_that_is_too_large_is_refused(twilio):
    response = twilio.client.post("/twilio/voice", data={"CallSid": "x" * 70_000})

    assert response.status_code == 413


# The call comes in


def test_a_call_is_stored_and_gets_a_stream(twilio, record):
    page = twilio.ask("voice", CallStatus="ringing")
    row = record.call(CALL)

    assert (row.caller_last4, row.line_number) == ("0009", LINE)
    assert CALLER not in repr(vars(row))
    assert page.find("Connect").attrib["action"] == f"{PUBLIC}/twilio/continue"
    assert page.find("Connect/Stream").attrib["url"] == "wss://line.example/twilio/stream"
    assert record.use_token(page.find("Connect/Stream/Parameter").attrib["value"], CALL)


def test_a_repeated_request_gets_the_same_answer_and_makes_no_second_call(twilio, record, database_rows):
    first = twilio.ask("voice", again="the same", CallStatus="ringing")
    second = twilio.ask("voice", again="the same", CallStatus="ringing")

    assert first.text == second.text
    assert database_rows("calls") == 1
    assert database_rows("stream_tokens") == 1


def test_the_same_token_on_another_page_is_another_request(twilio, handed_over):
    twilio.ask("voice", again="the same")

    assert twilio.ask("continue", again="the same").kind == "Dial"


def test_a_call_without_a_number(twilio, record):
    assert twilio.ask("voice", From="anonymous").kind == "Connect"
    assert record.call(CALL).caller_key == ""


# After the stream


def test_who_pressed_0_is_put_through_to_the_desk(twilio, handed_over, record):
    page = twilio.ask("continue")

    assert page.verbs == ["Play", "Dial"]
    assert page.words == ["prompts/hand_over"]
    assert page.find("Dial").attrib["callerId"] == LINE
    assert page.find("Dial/Number").text == DESK
    assert page.find("Dial/Number").attrib["url"] == f"{PUBLIC}/twilio/whisper?call={CALL}"
    assert [ticket.state for ticket in record.tickets_of(CALL)] == [TicketState.OPEN]
    assert [(a.whom, a.outcome) for a in record.attempts_of(CALL)] == [("desk", None)]


def test_the_lines_own_number_is_shown_where_one_is_set(make_twilio, handed_over):
    page = make_twilio(VOICEBOT_LINE_NUMBER="+15005550002").ask("continue")

    assert page.find("Dial").attrib["callerId"] == "+15005550002"


def test_without_a_desk_a_message_is_taken(make_twilio, handed_over, record):
    page = make_twilio(VOICEBOT_DESK_NUMBER="").ask("continue")

    assert (page.kind, page.words) == ("Record", MESSAGE)
    assert [a.outcome for a in record.attempts_of(CALL)] == [TransferOutcome.NOBODY]


def test_without_a_desk_danger_is_answered_all_the_same(make_twilio, make_stream):
    twilio = make_twilio(VOICEBOT_DESK_NUMBER="")
    twilio.ask("voice")
    make_stream(UtteranceHeard(typed("着火了"), 1.0))
    page = twilio.ask("continue")

    assert (page.kind, page.words) == ("Record", ["prompts/emergency", *MESSAGE])


def test_a_goodbye_cut_off_is_said_again(twilio, make_stream):
    twilio.ask("voice")
    make_stream(then=HangUp((Clip("prompts/goodbye", "再见。"),)))
    page = twilio.ask("continue")

    assert (page.kind, page.words) == ("Hangup", ["prompts/goodbye"])


def test_a_stream_that_never_began_brings_a_person_and_a_ticket(twilio, record):
    twilio.ask("voice")
    page = twilio.ask("continue")

    assert (page.kind, page.words) == ("Dial", ["prompts/hand_over_fault"])
    assert len(record.tickets_of(CALL)) == 1


def test_a_stream_that_crashed_is_opened_again(twilio, make_bot):
    """The process died: nobody said what comes next."""
    twilio.ask("voice")
    Continuing(make_bot(), Pages(PUBLIC, lambda clip, slow: None), "wss://x").opening(CALL)

    assert twilio.ask("continue").kind == "Connect"


def test_a_broken_stream_is_opened_again_twice_and_then_a_person_comes(twilio, make_stream):
    twilio.ask("voice")
    pages = []
    for _ in range(3):
        make_stream(then=ConnectionLost())
        pages.append(twilio.ask("continue"))

    assert [page.kind for page in pages] == ["Connect", "Connect", "Dial"]
    assert pages[2].words == ["prompts/hand_over_fault"]


def test_streams_that_never_open_are_asked_for_twice_and_then_a_person_comes(twilio, make_stream):
    twilio.ask("voice")
    make_stream(then=ConnectionLost())

    assert [twilio.ask("continue").kind for _ in range(3)] == ["Connect", "Connect", "Dial"]


def test_the_dialogue_goes_on_after_a_broken_stream(twilio, make_stream):
    twilio.ask("voice")
    make_stream(UtteranceHeard(typed("补卡"), 1.0), then=ConnectionLost())
    twilio.ask("continue")
    opening = make_stream(then=ConnectionLost())

    assert opening.events[-1] == RecogniserLost(replaced=True)
    assert opening.dialogue.snapshot()["topic"] == "rsj-001"
    assert opening.dialogue.snapshot()["playing"] is not None  # the caller is asked to repeat, not left in silence


def test_a_stream_that_dies_late_undoes_nothing(twilio, make_bot, make_stream, record):
    """The line was cut, Twilio opened another stream, the caller pressed 0 there; then we notice the first."""
    twilio.ask("voice")
    late = Continuing(make_bot(), Pages(PUBLIC, lambda clip, slow: None), "wss://x")
    first = late.opening(CALL)
    twilio.ask("continue")
    make_stream(KeyPressed("0"))
    late.leave(CALL, first, ConnectionLost())

    assert twilio.ask("continue").kind == "Dial"


def test_what_was_decided_while_the_next_stream_opened_is_done(twilio, make_bot):
    """The caller pressed 0, the line was cut at that moment, and Twilio was faster than we."""
    twilio.ask("voice")
    bot = make_bot()
    slow = Continuing(bot, Pages(PUBLIC, lambda clip, slow: None), "wss://x")
    first = slow.opening(CALL)
    twilio.ask("continue")
    line = Line()
    react(line, first.dialogue, Log(), CallStarted())
    react(line, first.dialogue, Log(), KeyPressed("0"))
    slow.leave(CALL, first, line.leaving)

    assert slow.opening(CALL) is None  # the new stream closes at once
    assert twilio.ask("continue").kind == "Dial"


def test_where_a_call_stood_that_cannot_be_read_brings_a_person(twilio, record):
    twilio.ask("voice")
    record.save_state(CALL, {"written by": "another version"})

    assert twilio.ask("continue").kind == "Dial"


@pytest.mark.parametrize("status", ["completed", "busy", "failed", "no-answer", "canceled"])
@pytest.mark.parametrize("name", ["voice", "continue", "key", "dialled", "recorded"])
def test_a_call_that_is_over_is_told_nothing(twilio, handed_over, record, name, status):
    assert twilio.ask(name, CallStatus=status).verbs == []
    assert record.call(CALL).ended_at is not None


# Words without audio


@pytest.fixture
def spoken(twilio, make_stream):
    """An answer without audio is being spoken by Twilio."""
    twilio.ask("voice")
    answer = Play(
        2, (Clip("answers/rsj-001", "带身份证去网点补办。"), Clip("prompts/after_answer", "还有问题请直接说。"))
    )
    make_stream(PromptFinished(1), UtteranceHeard(typed("补卡"), 1.0), then=answer)


@pytest.fixture
def voiceless(make_twilio):
    return make_twilio(voice=FakeVoice(missing=frozenset({"answers/rsj-001"})))


def test_words_without_audio_are_spoken_and_then_the_stream_goes_on(voiceless, spoken, make_stream):
    page = voiceless.ask("continue")

    assert page.verbs == ["Gather", "Connect"]
    assert page.words == ["带身份证去网点补办。", "prompts/after_answer"]
    opening = make_stream(then=ConnectionLost())
    assert opening.events == (PromptFinished(2),)
    assert opening.dialogue.state is State.ANSWERED
    assert opening.dialogue.snapshot()["playing"] is None


def test_words_are_not_spoken_twice(voiceless, spoken):
    """The stream after them does not open: then it is one that broke, and after two of them a person comes."""
    pages = [voiceless.ask("continue") for _ in range(4)]

    assert [page.verbs for page in pages[:3]] == [["Gather", "Connect"], ["Connect"], ["Connect"]]
    assert pages[3].kind == "Dial"


def test_a_key_while_twilio_speaks_is_heard(voiceless, spoken, record):
    voiceless.ask("continue")
    page = voiceless.ask("key", Digits="0")

    assert (page.kind, page.words) == ("Dial", ["prompts/hand_over"])
    assert len(record.tickets_of(CALL)) == 1


def test_another_key_while_twilio_speaks_goes_on_with_the_dialogue(voiceless, spoken, make_stream):
    voiceless.ask("continue")
    page = voiceless.ask("key", Digits="5")

    assert (page.verbs, page.words) == (["Gather", "Connect"], ["prompts/listening"])
    assert make_stream(then=ConnectionLost()).dialogue.snapshot()["playing"] is None


def test_a_voice_that_fails_has_its_words_spoken(make_twilio, handed_over):
    page = make_twilio(voice=BrokenVoice()).ask("continue")

    assert [element.tag for element in page.root] == ["Say", "Dial"]


# The desk


def test_who_picks_up_hears_what_it_is_about(twilio, handed_over):
    twilio.ask("continue")
    page = twilio.ask("whisper", query=f"call={CALL}", CallSid=LEG, context="whisper")

    assert page.verbs == ["Gather", "Hangup"]
    assert page.words == [SCRIPT.summaries["key-0"], "prompts/whisper"] * 2
    assert page.find("Gather").attrib["action"] == f"{PUBLIC}/twilio/accept?call={CALL}"


def test_who_picks_up_a_call_we_know_nothing_of_is_asked_all_the_same(twilio):
    assert twilio.ask("whisper", query=f"call={CALL}", context="whisper").words == ["prompts/whisper"] * 2


@pytest.mark.parametrize(("digits", "verbs"), [("1", []), ("2", ["Hangup"]), ("", ["Hangup"]), ("0", ["Hangup"])])
def test_only_1_accepts(twilio, handed_over, record, digits, verbs):
    twilio.ask("continue")
    page = twilio.ask("accept", query=f"call={CALL}", CallSid=LEG, Digits=digits, context="whisper")

    assert page.verbs == verbs
    assert record.was_accepted(CALL) is (digits == "1")


OUTCOMES = {
    # id: (DialCallStatus, accepted by key, DialBridged, CallStatus, outcome)
    "talked": ("completed", True, "true", "in-progress", TransferOutcome.ACCEPTED),
    "talked, bridge not told": ("completed", True, None, "in-progress", TransferOutcome.ACCEPTED),
    "talked until the caller hung up": ("completed", True, "true", "completed", TransferOutcome.ACCEPTED),
    "accepted, never bridged": ("completed", True, "false", "in-progress", TransferOutcome.DECLINED),
    "voicemail": ("completed", False, "false", "in-progress", TransferOutcome.DECLINED),
    "voicemail, bridge not told": ("completed", False, None, "in-progress", TransferOutcome.DECLINED),
    "voicemail, said to be bridged": ("completed", False, "true", "in-progress", TransferOutcome.DECLINED),
    "answered": ("answered", True, None, "in-progress", TransferOutcome.ACCEPTED),
    "declined, reported as no answer": ("no-answer", False, "false", "in-progress", TransferOutcome.NO_ANSWER),
    "busy": ("busy", False, None, "in-progress", TransferOutcome.BUSY),
    "nobody there": ("no-answer", False, None, "in-progress", TransferOutcome.NO_ANSWER),
    "failed": ("failed", False, None, "in-progress", TransferOutcome.FAILED),
    "caller gone": ("canceled", False, None, "completed", TransferOutcome.CALLER_LEFT),
    "caller gone, reported as no answer": ("no-answer", False, None, "completed", TransferOutcome.CALLER_LEFT),
    "cancelled": ("canceled", False, None, "in-progress", TransferOutcome.CALLER_LEFT),
    "a word of tomorrow": ("postponed", False, None, "in-progress", TransferOutcome.FAILED),
    "nothing": (None, False, None, "in-progress", TransferOutcome.FAILED),
}


@pytest.mark.parametrize(
    ("status", "accepted", "bridged", "call_status", "outcome"), OUTCOMES.values(), ids=OUTCOMES.keys()
)
def test_how_ringing_the_desk_ended(twilio, handed_over, record, status, accepted, bridged, call_status, outcome):
    twilio.ask("continue")
    if accepted:
        twilio.ask("accept", query=f"call={CALL}", CallSid=LEG, Digits="1", context="whisper")
    page = twilio.ask("dialled", DialCallStatus=status, DialBridged=bridged, CallStatus=call_status)
    talked = outcome is TransferOutcome.ACCEPTED

    assert [attempt.outcome for attempt in record.attempts_of(CALL)] == [outcome]
    if call_status == "completed":
        assert page.verbs == []
    elif talked:
        assert (page.verbs, page.words) == (["Gather", "Redirect"], ["prompts/rate"])
    else:
        assert page.kind == "Record"
    [ticket] = record.tickets_of(CALL)
    assert ticket.state is (TicketState.RESOLVED if talked else TicketState.OPEN)


def test_what_the_form_and_our_record_say_together():
    assert transfer_outcome({"DialCallStatus": "completed", "DialBridged": "TRUE"}, True) is TransferOutcome.ACCEPTED


def test_after_the_talk_the_call_was_connected(twilio, handed_over, record):
    twilio.ask("continue")
    twilio.ask("accept", query=f"call={CALL}", CallSid=LEG, Digits="1", context="whisper")
    twilio.ask("dialled", DialCallStatus="completed", DialBridged="true")
    twilio.ask("status", CallStatus="completed", CallDuration="61")
    row = record.call(CALL)

    assert (row.outcome, row.end_reason, row.seconds) == (CallOutcome.CONNECTED, EndReason.CONNECTED_AND_OVER, 61)


# The message


@pytest.fixture
def taking_message(twilio, handed_over):
    twilio.ask("continue")
    return twilio.ask("dialled", DialCallStatus="no-answer")


RECORDING = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1"


def test_nobody_there_means_a_message_on_the_ticket(twilio, taking_message, record):
    assert (taking_message.kind, taking_message.words) == ("Record", MESSAGE)
    page = twilio.ask("recorded", RecordingUrl=RECORDING, RecordingDuration="12", Digits="#")
    [ticket], [message] = record.tickets_of(CALL), record.messages_of(CALL)

    assert (page.kind, page.words) == ("Hangup", ["prompts/message_saved"])
    assert (message.url, message.seconds, message.ticket_id) == (RECORDING, 12, ticket.id)
    assert record.call(CALL).outcome is CallOutcome.MESSAGE


def test_0_in_a_message_rings_again(twilio, taking_message, record):
    page = twilio.ask("recorded", RecordingUrl=RECORDING, RecordingDuration="3", Digits="0")

    assert (page.kind, page.words) == ("Dial", ["prompts/hand_over"])
    assert [a.outcome for a in record.attempts_of(CALL)] == [TransferOutcome.NO_ANSWER, None]
    assert len(record.messages_of(CALL)) == 1


def test_an_old_acceptance_does_not_count_for_the_next_ring(twilio, handed_over, record):
    twilio.ask("continue")
    twilio.ask("accept", query=f"call={CALL}", CallSid=LEG, Digits="1", context="whisper")
    twilio.ask("dialled", DialCallStatus="completed", DialBridged="false")
    twilio.ask("recorded", Digits="0")

    assert twilio.ask("dialled", DialCallStatus="completed").kind == "Record"


@pytest.mark.parametrize("fields", [{"Digits": "hangup"}, {"CallStatus": "completed"}])
def test_hanging_up_after_the_message_keeps_it(twilio, taking_message, record, fields):
    page = twilio.ask("recorded", RecordingUrl=RECORDING, RecordingDuration="12", **fields)
    row = record.call(CALL)

    assert page.verbs == []
    assert [message.seconds for message in record.messages_of(CALL)] == [12]
    assert (row.outcome, row.end_reason) == (CallOutcome.MESSAGE, EndReason.CALLER_HUNG_UP)


def test_nothing_said_is_no_message(twilio, taking_message, record):
    page = twilio.ask("recorded")

    assert (page.kind, page.words) == ("Hangup", ["prompts/message_empty"])
    assert record.messages_of(CALL) == []


@pytest.mark.parametrize("duration", ["", "many", "nan", "-1", "inf"])
def test_an_odd_duration_is_none(twilio, taking_message, duration):
    assert twilio.ask("recorded", RecordingUrl=RECORDING, RecordingDuration=duration).kind == "Hangup"


def test_0_while_the_message_prompt_is_said(twilio, taking_message):
    assert twilio.ask("key", Digits="0").kind == "Dial"


@pytest.mark.parametrize("digit", ["#", "7", "*", "A", ""])
def test_another_key_while_the_message_prompt_is_said_begins_the_message(twilio, taking_message, digit):
    page = twilio.ask("key", Digits=digit)

    assert (page.kind, page.words) == ("Record", [])


def test_a_key_while_goodbye_is_said(twilio, taking_message):
    twilio.ask("recorded", RecordingUrl=RECORDING, RecordingDuration="12")

    assert twilio.ask("key", Digits="5").verbs == ["Hangup"]
    assert twilio.ask("key", Digits="0").kind == "Dial"


# The end


def test_news_of_the_end_in_any_order_end_the_call_once(twilio, handed_over, record, clock):
    twilio.ask("status", CallStatus="completed", CallDuration="30")
    first = record.call(CALL).ended_at
    clock.pass_(5)
    for status in ("in-progress", "ringing", "completed", "completed"):
        assert twilio.ask("status", CallStatus=status, CallDuration="30").status == 204
    row = record.call(CALL)

    assert (row.ended_at, row.end_reason, row.seconds) == (first, EndReason.CALLER_HUNG_UP, 30)


def test_of_a_call_that_came_while_the_line_was_down_the_caller_is_known(twilio, record, clock):
    """Its end may be the first we hear of it, and it is owed a call back."""
    twilio.ask("status", CallStatus="completed", CallDuration="30")
    clock.pass_(60)

    assert record.call(CALL).caller_key
    assert [call.id for call in record.unserved(clock())] == [CALL]


def test_the_end_of_the_desks_leg_is_not_the_end_of_the_call(twilio, handed_over, record):
    twilio.ask("status", CallSid=LEG, ParentCallSid=CALL, CallStatus="completed")

    assert record.call(CALL).ended_at is None
    assert record.call(LEG) is None


def test_after_our_goodbye_the_line_hung_up(twilio, taking_message, record):
    twilio.ask("recorded", RecordingUrl=RECORDING, RecordingDuration="12")
    twilio.ask("status", CallStatus="completed")

    assert record.call(CALL).end_reason is EndReason.LINE_HUNG_UP


def test_twilio_falls_back_to_a_person(twilio, handed_over):
    page = twilio.ask("fallback", ErrorCode="11200", ErrorUrl=f"{PUBLIC}/twilio/continue")

    assert (page.kind, page.words) == ("Dial", ["prompts/hand_over_fault"])


# Without the record


WITHOUT_RECORD = {
    # id: (page, fields, what the call goes on with when there is a desk, and without one)
    "a call comes in": ("voice", {"CallStatus": "ringing"}, "Dial", "Record"),
    "a stream closed": ("continue", {}, "Dial", "Record"),
    "0": ("key", {"Digits": "0"}, "Dial", "Record"),
    "another key": ("key", {"Digits": "5"}, "Dial", "Record"),
    "Twilio fell back": ("fallback", {}, "Dial", "Record"),
    "nobody answered": ("dialled", {"DialCallStatus": "no-answer"}, "Record", "Record"),
    "they talked": ("dialled", {"DialCallStatus": "completed", "DialBridged": "true"}, "Hangup", "Hangup"),
    "a message": ("recorded", {"RecordingUrl": RECORDING, "RecordingDuration": "9"}, "Hangup", "Hangup"),
    "0 in a message": ("recorded", {"RecordingUrl": RECORDING, "Digits": "0"}, "Dial", "Record"),
}


@pytest.mark.parametrize(("name", "fields", "kind", "deskless"), WITHOUT_RECORD.values(), ids=WITHOUT_RECORD.keys())
@pytest.mark.parametrize("desk", [DESK, ""], ids=["desk", "no desk"])
def test_without_the_record_every_page_knows_what_to_do(make_twilio, name, fields, kind, deskless, desk):
    page = make_twilio(record=LostRecord(), VOICEBOT_DESK_NUMBER=desk).ask(name, **fields)

    assert page.kind == (kind if desk else deskless)
    assert page.words or page.verbs == ["Hangup"]


def test_nothing_is_promised_without_the_record(make_twilio):
    twilio = make_twilio(record=LostRecord())

    assert twilio.ask("dialled", DialCallStatus="busy").words == ["prompts/take_message_fault"]
    assert twilio.ask("recorded", RecordingUrl=RECORDING, RecordingDuration="9").words == ["prompts/goodbye"]


@pytest.mark.parametrize("name", ["voice", "continue", "dialled", "recorded"])
def test_a_call_that_is_over_ends_without_the_record_too(make_twilio, name):
    assert make_twilio(record=LostRecord()).ask(name, CallStatus="completed").verbs == []


def test_the_desk_is_connected_without_the_record(make_twilio):
    twilio = make_twilio(record=LostRecord())

    assert twilio.ask("whisper", query=f"call={CALL}", context="whisper").verbs == ["Gather", "Hangup"]
    assert twilio.ask("accept", query=f"call={CALL}", Digits="1", context="whisper").verbs == []
    assert twilio.ask("status", CallStatus="completed").status == 204
    assert twilio.ask("recording", RecordingStatus="completed", RecordingUrl=RECORDING).status == 204


def test_a_record_that_comes_back_gets_its_ticket(make_twilio, record):
    """The call began without the record; when nobody answered, it was there again."""
    make_twilio(record=LostRecord()).ask("voice")
    page = make_twilio().ask("dialled", DialCallStatus="no-answer")

    assert (page.kind, page.words) == ("Record", MESSAGE)
    assert len(record.tickets_of(CALL)) == 1


def test_a_message_left_without_the_record_gets_a_ticket_too(make_twilio, record):
    make_twilio(record=LostRecord(), VOICEBOT_DESK_NUMBER="").ask("voice")
    page = make_twilio(VOICEBOT_DESK_NUMBER="").ask("recorded", RecordingUrl=RECORDING, RecordingDuration="9")

    assert page.words == ["prompts/message_saved"]
    assert len(record.tickets_of(CALL)) == 1


def test_the_same_news_twice_changes_nothing(twilio, taking_message, record):
    """Asked again without the token that would say so."""
    again = twilio.ask("dialled", DialCallStatus="no-answer")
    message = {"RecordingUrl": RECORDING, "RecordingDuration": "12"}
    pages = [twilio.ask("recorded", **message) for _ in range(2)]

    assert again.text == taking_message.text
    assert pages[0].text == pages[1].text
    assert len(record.attempts_of(CALL)) == len(record.tickets_of(CALL)) == len(record.messages_of(CALL)) == 1


class Flaky:
    """A record that cannot save where a call stands, as when the database is locked for a moment."""

    def __init__(self, record):
        self._record = record
        self.lost = True

    def __getattr__(self, name):
        if name == "save_state" and self.lost:
            return LostRecord().save_state
        return getattr(self._record, name)


def test_a_request_for_a_person_survives_a_locked_database(make_bot, record):
    flaky = Flaky(record)
    bot = make_bot(record=flaky)
    continuing = Continuing(bot, Pages(PUBLIC, lambda clip, slow: None), "wss://x")
    flaky.lost = False
    opening = continuing.opening(CALL)
    line = Line()
    react(line, opening.dialogue, record.for_call(CALL), CallStarted())
    react(line, opening.dialogue, record.for_call(CALL), KeyPressed("0"))
    flaky.lost = True
    continuing.leave(CALL, opening, line.leaving)
    flaky.lost = False

    assert "<Dial" in continuing.stream_closed(CALL, LINE)


def test_a_bug_in_a_page_brings_a_person(make_twilio):
    class Buggy(LostRecord):
        def once(self, key, make):
            raise ZeroDivisionError

    assert make_twilio(record=Buggy()).ask("continue").kind == "Dial"


@pytest.mark.parametrize("call", [None, ""])
def test_a_request_without_a_call_brings_a_person_and_leaves_no_trace(twilio, database_rows, call):
    assert twilio.ask("voice", CallSid=call).kind == "Dial"
    assert twilio.ask("continue", CallSid=call).kind == "Dial"
    assert twilio.ask("status", CallSid=call, CallStatus="completed").status == 204
    assert twilio.ask("accept", CallSid=call, Digits="1", context="whisper").verbs == ["Hangup"]
    assert database_rows("calls") == 0


def test_without_credentials_there_is_no_phone(make_bot):
    client = create_app(make_bot(TWILIO_ACCOUNT_SID="", TWILIO_AUTH_TOKEN="")).test_client()

    assert client.post("/twilio/voice").status_code == 404


def test_recordings_are_served_to_be_played(twilio, handed_over):
    page = twilio.ask("continue")
    address = page.find("Play").text
    response = twilio.client.get(address.removeprefix(PUBLIC))

    assert response.mimetype == "audio/wav"
    assert response.data[:4] == b"RIFF"
    assert response.data.endswith(FakeVoice().audio(Clip("prompts/hand_over", "")))


@pytest.mark.parametrize(
    "name", ["prompts/nothing", "answers/nothing", "prompts/../../pyproject", "../tests", "whisper", "prompts/"]
)
def test_nothing_else_is_served(twilio, name):
    assert twilio.client.get(f"/twilio/clip/normal/{name}.wav").status_code == 404


def test_two_replicas_share_a_call(make_bot, make_stream):
    one, two = (Twilio(create_app(make_bot()).test_client()) for _ in range(2))
    one.ask("voice")
    make_stream(KeyPressed("0"))
    two.ask("continue")
    one.ask("dialled", DialCallStatus="busy")

    assert two.ask("recorded", RecordingUrl=RECORDING, RecordingDuration="2").words == ["prompts/message_saved"]

import pytest
from aiohttp import web

from tests.switchboard.hurrying import run
from tests.switchboard.little_line import LittleLine, switchboard
from voicebot.switchboard.callee import Callee, directory_from
from voicebot.switchboard.caller import At, Bridged, HangUp, Idle, Press, Ringing, Say
from voicebot.switchboard.exchange import Caller, place_all
from voicebot.switchboard.sound import tone

WHISPER = (
    '<Response><Gather numDigits="1" action="/accept" timeout="4"><Say>press one</Say></Gather><Hangup/></Response>'
)
CLERK = "+15005558001"
OTHER = "+15005558002"


def accept(form):
    return "<Response/>" if form["Digits"] == "1" else "<Response><Hangup/></Response>"


def dial(inside, attributes="", then='action="/dialled"'):
    return f"<Response><Dial {then} {attributes}>{inside}</Dial><Say>next</Say></Response>"


def number(to=CLERK, attributes='url="/whisper"'):
    return f"<Number {attributes}>{to}</Number>"


def call(twiml, answers=(), script=(), callee=None, number="+12025550100", **options):
    pages = {
        "/voice": twiml,
        "/whisper": WHISPER,
        "/accept": accept,
        "/dialled": "<Response><Say>after</Say></Response>",
        "/progress": lambda form: web.Response(status=204),
        "/rec": lambda form: web.Response(status=204),
    }
    line = LittleLine(pages)

    async def story():
        directory = directory_from(answers, callee or Callee(talk_s=2.0))
        async with switchboard(line, directory=directory, **options) as board:
            return await board.place(Caller(script, number))

    return run(story()), line


def dialled(line):
    form = line.forms("/dialled")[0]
    return form["DialCallStatus"], form.get("DialBridged")


@pytest.mark.parametrize(
    ("behaviour", "outcome", "leg"),
    [
        ("accept", ("completed", "true"), "completed"),
        ("decline", ("completed", "false"), "completed"),
        ("noanswer", ("no-answer", "false"), "no-answer"),
        ("busy", ("busy", "false"), "busy"),
        ("failed", ("failed", "false"), "failed"),
        ("voicemail", ("completed", "false"), "completed"),
    ],
)
def test_how_a_callee_behaves_is_how_the_dial_ends(behaviour, outcome, leg):
    result, line = call(dial(number(), 'timeout="10"'), [f"{CLERK}={behaviour}"])
    assert dialled(line) == outcome
    (record,) = result.dials
    assert (record.behaviour, record.status, record.bridged) == (behaviour, leg, outcome[1] == "true")
    form = line.forms("/dialled")[0]
    assert form["DialCallSid"] == record.call_sid
    assert form["CallStatus"] == "in-progress"
    assert result.transcript == "after"
    assert not result.problems


def test_the_whisper_is_heard_by_the_callee_only():
    result, line = call(dial(number()))
    (leg,) = result.legs
    assert leg.transcript == "press one"
    assert [key.key for key in leg.keys] == ["1"]
    assert "press one" not in result.transcript
    form = line.forms("/whisper")[0]
    assert form["CallSid"] == leg.identity.call
    assert form["ParentCallSid"] == result.identity.call
    assert (form["Direction"], form["CallStatus"]) == ("outbound-dial", "in-progress")
    assert (form["From"], form["To"]) == ("+12025550100", CLERK)


def test_a_declined_whisper_may_be_reported_as_no_answer():
    _, line = call(dial(number()), [f"{CLERK}=decline"], declined_status="no-answer")
    assert dialled(line) == ("no-answer", "false")


def test_declining_by_key():
    _, line = call(dial(number()), [f"{CLERK}=decline"], callee=Callee(decline_key="2"))
    assert line.forms("/accept")[0]["Digits"] == "2"
    assert dialled(line) == ("completed", "false")


def test_without_a_whisper_a_voicemail_swallows_the_caller():
    result, line = call(dial(number(attributes="")), [f"{CLERK}=voicemail"], [HangUp(Bridged(3))])
    assert result.dials[0].bridged
    assert not line.forms("/dialled")
    assert any(item.kind == "bridge" for item in result.heard)


def test_nobody_answers_for_the_timeout_and_five_seconds_more():
    result, _ = call(dial(number(), 'timeout="6"'), [f"{CLERK}=noanswer"])
    assert 11.1 <= result.dials[0].end - result.dials[0].t < 14.0


def test_without_an_action_the_next_verb_runs():
    result, _ = call(dial(number(), then=""), [f"{CLERK}=busy"])
    assert result.transcript == "next"


def test_a_number_as_text():
    result, line = call(dial(CLERK))
    assert dialled(line) == ("completed", "true")
    assert 2 <= int(line.forms("/dialled")[0]["DialCallDuration"]) <= 5
    assert result.dials[0].number == CLERK


def test_the_caller_hangs_up_while_it_rings():
    result, line = call(dial(number()), [f"{CLERK}=noanswer"], [HangUp(Ringing(3))])
    assert result.ended_by == "caller"
    assert result.dials[0].status == "canceled"
    assert not line.forms("/dialled")


def test_the_action_may_be_asked_although_the_caller_left():
    _, line = call(dial(number()), [f"{CLERK}=noanswer"], [HangUp(Ringing(3))], dial_action_after_hangup=True)
    form = line.forms("/dialled")[0]
    assert (form["CallStatus"], form["DialCallStatus"]) == ("completed", "canceled")


def test_both_hear_each_other():
    hello = tone((300.0,), 1.0)
    script = [Say(hello, "hello", Bridged(0.5))]
    result, _ = call(dial(number()), script=script, callee=Callee(talk_s=5.0))
    heard = b"".join(bytes(item.audio) for item in result.legs[0].heard if item.kind == "bridge")
    assert hello[160:-160] in heard


def test_progress_is_told_in_order():
    events = 'statusCallback="/progress" statusCallbackEvent="initiated ringing answered completed"'
    _, line = call(dial(number(attributes=f'url="/whisper" {events}')))
    forms = line.forms("/progress")
    assert [form["CallStatus"] for form in forms] == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in forms] == ["0", "1", "2", "3"]
    assert {form["CallbackSource"] for form in forms} == {"call-progress-events"}
    assert int(forms[3]["CallDuration"]) >= 2


def test_only_the_end_is_told_unless_more_is_asked_for():
    _, line = call(dial(number(attributes='statusCallback="/progress"')), [f"{CLERK}=busy"])
    assert [form["CallStatus"] for form in line.forms("/progress")] == ["busy"]


def test_one_after_the_other():
    result, line = call(dial(number() + number(OTHER), 'sequential="true" timeout="5"'), [f"{CLERK}=noanswer"])
    first, second = result.dials
    assert (first.status, second.status) == ("no-answer", "completed")
    assert second.t >= first.end
    assert dialled(line) == ("completed", "true")
    result, _ = call(dial(number() + number(OTHER), 'sequential="true"'), [f"{CLERK}=accept"])
    assert [record.number for record in result.dials] == [CLERK]


def test_all_at_once_the_first_to_pick_up_ends_the_others():
    result, _ = call(dial(number() + number(OTHER)), [f"{CLERK}=accept@2", f"{OTHER}=accept@6"])
    assert [(record.status, record.bridged) for record in result.dials] == [("completed", True), ("canceled", False)]


def test_a_voicemail_that_is_quicker_wins_the_race():
    answers = [f"{CLERK}=voicemail@1", f"{OTHER}=accept@6"]
    _, line = call(dial(number() + number(OTHER)), answers)
    assert dialled(line) == ("completed", "false")


def test_picking_up_need_not_end_the_others():
    answers = [f"{CLERK}=voicemail@1", f"{OTHER}=accept@3"]
    result, line = call(dial(number() + number(OTHER)), answers, pickup_cancels=False)
    assert dialled(line) == ("completed", "true")
    assert [record.bridged for record in result.dials] == [False, True]


def test_the_kindest_word_for_all_who_did_not_answer():
    answers = [f"{CLERK}=busy", f"{OTHER}=noanswer"]
    _, line = call(dial(number() + number(OTHER), 'timeout="5"'), answers)
    assert dialled(line) == ("no-answer", "false")


def test_a_caller_id_that_is_not_ours_is_refused():
    result, line = call(dial(number(), 'callerId="+15005559999"'))
    assert [problem.code for problem in result.errors] == [13214]
    assert dialled(line) == ("failed", "false")
    result, line = call(dial(number(), 'callerId="+15005559999"'), owned_numbers=("+15005559999",))
    assert dialled(line) == ("completed", "true")
    assert line.forms("/whisper")[0]["From"] == "+15005559999"


def test_answer_on_bridge_keeps_the_caller_ringing():
    result, line = call(dial(number(), 'answerOnBridge="true"'))
    assert result.answered > result.legs[0].answered
    result, line = call(dial(number(), 'answerOnBridge="true" timeout="5"'), [f"{CLERK}=noanswer"])
    assert line.forms("/dialled")[0]["CallStatus"] == "ringing"


def test_star_leaves_and_the_time_limit_ends():
    star = [Press("*", Bridged(1)), HangUp(Idle(0.5))]
    result, line = call(dial(number(), 'hangupOnStar="true"'), [f"{CLERK}=accept"], star, callee=Callee(talk_s=30))
    assert 1 <= int(line.forms("/dialled")[0]["DialCallDuration"]) <= 4
    result, line = call(dial(number(), 'timeLimit="4"'), callee=Callee(talk_s=30))
    assert 4 <= int(line.forms("/dialled")[0]["DialCallDuration"]) <= 7
    assert result.transcript == "after"


def test_a_recorded_conversation():
    attributes = 'record="record-from-answer" recordingStatusCallback="/rec"'
    _, line = call(dial(number(), attributes), script=[Say(tone((300.0,), 1.0), "q", Bridged(0.3))])
    told = line.forms("/rec")[0]
    assert line.forms("/dialled")[0]["RecordingUrl"] == told["RecordingUrl"]
    assert (told["RecordingSource"], told["RecordingDuration"]) == ("DialVerb", "2")
    assert told["RecordingStartTime"]


def test_a_whisper_may_not_dial():
    twiml = dial(number(attributes='url="/voice2"'))
    pages = {"/voice": twiml, "/voice2": dial(number()), "/dialled": "<Response/>"}
    line = LittleLine(pages)

    async def story():
        async with switchboard(line) as board:
            return await board.place(Caller([]))

    result = run(story())
    assert "<Dial> is not allowed" in result.legs[0].problems[0].message


# Rooms: several calls at once


def stories(pages, *callers, **options):
    line = LittleLine(pages)

    async def story():
        async with switchboard(line, **options) as board:
            return await place_all(board, callers)

    return run(story()), line


def by_caller(pages):
    return lambda form: pages[form["From"]]


ONE, TWO = "+12025550101", "+12025550102"


def test_a_conference_joins_two_calls_and_ends_with_who_may_end_it():
    room = '<Response><Dial action="/left"><Conference {}>case 7</Conference></Dial></Response>'
    events = 'statusCallback="/events" statusCallbackEvent="start end join leave"'
    pages = {
        "/voice": by_caller({ONE: room.format(events), TWO: room.format('endConferenceOnExit="true"')}),
        "/left": lambda form: "<Response><Say>over</Say></Response>",
        "/events": lambda form: web.Response(status=204),
    }
    hello = tone((300.0,), 1.0)
    (one, two), line = stories(pages, Caller([Say(hello, "hello", Bridged(1))], ONE), Caller([HangUp(Bridged(4))], TWO))
    assert hello[160:-160] in b"".join(bytes(item.audio) for item in two.heard)
    assert one.transcript == "over"
    form = line.forms("/left")[0]
    assert form["DialCallStatus"] == "answered"
    assert "DialCallSid" not in form
    events = [form["StatusCallbackEvent"] for form in line.forms("/events")]
    assert events.count("participant-join") >= 1
    assert "conference-start" in events
    assert "participant-leave" in events


def test_who_is_alone_in_a_conference_hears_what_was_asked_for():
    room = '<Dial hangupOnStar="true" action="/left"><Conference waitUrl="/wait">x</Conference></Dial>'
    pages = {
        "/voice": f"<Response>{room}</Response>",
        "/wait": "<Response><Say>please wait</Say></Response>",
        "/left": "<Response><Say>over</Say></Response>",
    }
    (result,), line = stories(pages, Caller([Press("*", At(4.0))]))
    assert "please wait" in result.transcript
    assert len(line.forms("/wait")) >= 2
    assert line.forms("/left")[0]["DialBridged"] == "false"


QUEUE = {
    "/voice": by_caller(
        {
            ONE: '<Response><Enqueue action="/dequeued" waitUrl="/wait" maxQueueSize="1">desk</Enqueue></Response>',
            TWO: '<Response><Pause length="3"/>'
            '<Dial action="/served"><Queue url="/about">desk</Queue></Dial></Response>',
        }
    ),
    "/wait": "<Response><Say>please wait a little</Say></Response>",
    "/about": "<Response><Say>about to be connected</Say></Response>",
    "/dequeued": "<Response><Say>goodbye</Say></Response>",
    "/served": "<Response/>",
}


def test_a_queue_gives_the_first_in_line_to_who_takes_them():
    (one, two), line = stories(QUEUE, Caller([], ONE), Caller([HangUp(Bridged(2))], TWO))
    wait, about, after = line.forms("/wait")[0], line.forms("/about")[0], line.forms("/dequeued")[0]
    assert (wait["QueuePosition"], wait["CurrentQueueSize"], wait["MaxQueueSize"]) == ("1", "1", "1")
    assert about["DequeingCallSid"] == two.identity.call
    assert about["CallSid"] == one.identity.call
    assert after["QueueResult"] == "bridged"
    assert [item.text for item in one.heard if item.text][-2:] == ["about to be connected", "goodbye"]
    assert two.ended_by == "caller"


def test_leaving_a_queue():
    pages = QUEUE | {"/wait": "<Response><Say>wait</Say><Leave/></Response>"}
    (_,), line = stories(pages, Caller([], ONE))
    assert line.forms("/dequeued")[0]["QueueResult"] == "leave"


def test_a_full_queue():
    late = Caller([], ONE)
    pages = QUEUE | {"/wait": "<Response><Say loop='0'>wait</Say></Response>"}
    (_, _), line = stories(pages, Caller([HangUp(At(5))], ONE), late)
    assert [form["QueueResult"] for form in line.forms("/dequeued")] == ["queue-full"]


def test_an_empty_queue_waits_for_the_timeout_of_the_dial():
    pages = QUEUE | {"/voice": '<Response><Dial timeout="5" action="/served"><Queue>desk</Queue></Dial></Response>'}
    (result,), line = stories(pages, Caller([], TWO))
    assert line.forms("/served")[0]["DialCallStatus"] == "no-answer"
    assert 10.0 <= result.end - result.answered < 13.0

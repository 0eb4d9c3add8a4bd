import pytest
from twilio.twiml.voice_response import Connect, Dial, Enqueue, Gather, Start, VoiceResponse

from voicebot.switchboard.legality import SPECS, VERBS
from voicebot.switchboard.twiml import BadDocument, read

MANDARIN = {"voice": "Polly.Zhiyu-Neural", "language": "cmn-CN"}


def response(*verbs):
    made = VoiceResponse()
    for verb in verbs:
        made.append(verb)
    return made


def with_say():
    made = VoiceResponse()
    made.say("您好", **MANDARIN)
    made.say("您好", voice="Google.cmn-CN-Wavenet-A", language="cmn-CN", loop=2)
    return made


def with_ssml():
    made = VoiceResponse()
    say = made.say("", **MANDARIN)
    say.break_(strength="weak", time="300ms")
    say.say_as("12345", interpret_as="digits")
    say.prosody("慢一点", rate="80%")
    return made


def with_stream():
    connect = Connect(action="/after", method="POST")
    stream = connect.stream(url="wss://line.example/stream", status_callback="https://line.example/s", name="x")
    stream.parameter(name="token", value="a" * 490)
    start = Start()
    start.stream(url="/listen", track="both_tracks")
    return response(start, connect)


def with_gather():
    gather = Gather(
        num_digits=1, timeout=6, finish_on_key="", action="/key", input="dtmf speech", speech_timeout="auto"
    )
    gather.say("请按 1", **MANDARIN)
    gather.play("/clip.wav", loop=2)
    gather.pause(length=1)
    return response(gather)


def with_record():
    made = VoiceResponse()
    made.record(
        action="/done",
        timeout=6,
        finish_on_key="0#",
        max_length=180,
        trim="do-not-trim",
        recording_status_callback="/rec",
        recording_status_callback_event="completed absent",
    )
    return made


def with_dial():
    dial = Dial(
        action="/d", timeout=20, caller_id="+15005550006", ring_tone="cn", sequential=True, answer_on_bridge=True
    )
    dial.number("+15005550006", url="/whisper", status_callback="/p", status_callback_event="initiated ringing")
    dial.number("+15005550007", send_digits="ww1")
    return response(dial)


def with_rooms():
    meet, take = Dial(), Dial()
    meet.conference("case 12", start_conference_on_enter=True, end_conference_on_exit=True, beep="onEnter", wait_url="")
    take.queue("desk", url="/about")
    return response(meet, take, Enqueue("desk", action="/left", wait_url="/wait", max_queue_size=10))


def with_ends():
    made = VoiceResponse()
    made.play(digits="1ww2")
    made.pause(length=2)
    made.redirect("/next?x=1&y=2", method="GET")
    return made


@pytest.mark.parametrize(
    "made",
    [with_say, with_ssml, with_stream, with_gather, with_record, with_dial, with_rooms, with_ends, VoiceResponse],
)
def test_what_the_sdk_makes_is_legal(made):
    document = read(str(made()).encode(), strict=True)
    assert document.faults == ()
    assert [verb.name for verb in document.verbs] == [type(verb).__name__ for verb in made().verbs]


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("<say>hello</say>", "<say> is not allowed in <Response>"),
        ("<Sing>hello</Sing>", "<Sing> is not allowed in <Response>"),
        ('<Say voise="man">hello</Say>', "voise is not an attribute"),
        ("<Say></Say>", "the text must not be empty"),
        ('<Say voice="Polly.Zhiyu" language="zh-TW">x</Say>', "voice Polly.Zhiyu speaks cmn-CN, not zh-TW"),
        ('<Say voice="Google.cmn-TW-Standard-A" language="cmn-CN">x</Say>', "speaks cmn-TW, not cmn-CN"),
        ("<Say>您好</Say>", "the text is Chinese, the language en-US"),
        ('<Say>a<break time="1s"/></Say>', "SSML needs a Polly or Google voice"),
        ('<Gather numDigits="0"/>', "numDigits must be a whole number from 1"),
        ('<Gather finishOnKey="x"/>', "finishOnKey must be keys"),
        ('<Gather actionOnEmptyResult="True"/>', "must be true or false, not 'True'"),
        ("<Gather><Dial>+15005550006</Dial></Gather>", "<Dial> is not allowed in <Gather>"),
        ('<Gather><Play digits="1"/></Gather>', "digits are not allowed inside <Gather>"),
        ("<Play/>", "neither an address nor digits"),
        ("<Play>ftp://x/y</Play>", "must be an http or https address"),
        ('<Record maxLength="200" transcribe="true"/>', "lasts at most 120 s"),
        ('<Record recordingStatusCallbackEvent="done"/>', "'done' not among"),
        ('<Dial timeout="4">+15005550006</Dial>', "timeout must be a whole number from 5 to 600"),
        ("<Dial/>", "is not a phone number"),
        ("<Dial>" + "<Number>+15005550006</Number>" * 11 + "</Dial>", "more than 10 numbers"),
        ("<Dial><Say>x</Say></Dial>", "<Say> is not allowed in <Dial>"),
        ('<Dial record="yes">+15005550006</Dial>', "record must be one of"),
        ("<Dial><Conference>a</Conference><Number>+15005550006</Number></Dial>", "stands alone"),
        ("<Enqueue>" + "q" * 65 + "</Enqueue>", "longer than 64"),
        ('<Connect><Stream url="ws://line.example/s"/></Connect>', "must be a wss address"),
        ('<Connect><Stream url="https://line.example/s"/></Connect>', "must be a wss address"),
        ('<Connect><Stream url="wss://line.example/s?a=b"/></Connect>', "no query string"),
        ("<Connect><Stream/></Connect>", "there is no url"),
        ('<Connect><Stream url="/s" track="both_tracks"/></Connect>', "the inbound track only"),
        ('<Connect><Stream url="/s"/><Stream url="/s"/></Connect>', "one bidirectional stream"),
        ('<Connect><Stream url="/s" statusCallback="/c"/></Connect>', "must be absolute"),
        ('<Connect><Stream url="/s"><Parameter name="a"/></Stream></Connect>', "needs the attribute value"),
        (f'<Connect><Stream url="/s"><Parameter name="a" value="{"b" * 499}"/></Stream></Connect>', "500 characters"),
        ("<Connect/>", "there is nothing inside"),
        ("<Pause/><Reject/>", "<Reject> must be the first verb"),
        ('<Reject reason="tired"/>', "reason must be one of"),
        ("<Redirect></Redirect>", "must not be empty"),
        ('<Redirect method="PUT">/x</Redirect>', "method must be one of GET, POST"),
        ("hello", "text outside a verb"),
        ("<Hangup>now</Hangup>", "text is not allowed here"),
        ('<Pay paymentConnector="x"/>', "this emulator cannot perform <Pay>"),
    ],
)
def test_what_twilio_would_not_accept(inside, reason):
    body = f"<Response>{inside}</Response>".encode()
    faults = read(body).faults
    assert any(reason in fault.message for fault in faults), faults
    assert all(fault.line == 1 for fault in faults)
    with pytest.raises(BadDocument) as refused:
        read(body, strict=True)
    assert refused.value.code == 12200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b' <?xml version="1.0"?><Response/>',
        b"<Response><Say>a</Response>",
        b"<Response><Say>a & b</Say></Response>",
        b"<Response/><Response/>",
        b"<Reply/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><Response>&b;</Response>',
        "<Response><Say>您好</Say></Response>".encode("gb18030"),
    ],
)
def test_what_cannot_be_read_is_refused(body):
    with pytest.raises(BadDocument) as refused:
        read(body)
    assert refused.value.code == 12100


def test_the_faulty_part_is_passed_over_and_the_rest_kept():
    document = read(b'<Response><say>a</say><Gather numDigits="x" timeout="3"><Dial/><Pause/></Gather></Response>')
    (gather,) = document.verbs
    assert dict(gather.attributes) == {"timeout": "3"}
    assert [child.name for child in gather.children] == ["Pause"]


@pytest.mark.parametrize(
    ("inside", "unreachable"),
    [
        ("<Redirect>/x</Redirect><Hangup/>", ["unreachable: <Hangup> on line 1, after <Redirect>"]),
        ("<Record/><Hangup/>", ["unreachable: <Hangup> on line 1, after <Record>"]),
        (
            '<Connect action="/x"><Stream url="/s"/></Connect><Pause/>',
            ["unreachable: <Pause> on line 1, after <Connect>"],
        ),
        ('<Connect><Stream url="/s"/></Connect><Pause/>', []),
        ('<Dial action="/x">+15005550006</Dial><Pause/>', ["unreachable: <Pause> on line 1, after <Dial>"]),
        ("<Dial>+15005550006</Dial><Pause/>", []),
        ('<Gather action="/x"/><Pause/>', []),
        ('<Gather actionOnEmptyResult="true"/><Pause/>', ["unreachable: <Pause> on line 1, after <Gather>"]),
    ],
)
def test_verbs_that_never_run_are_named(inside, unreachable):
    document = read(f"<Response>{inside}</Response>".encode())
    assert list(document.notes) == unreachable
    assert not document.faults


@pytest.mark.parametrize(
    ("context", "verb", "legal"),
    [
        ("whisper", "<Dial>+15005550006</Dial>", False),
        ("whisper", "<Gather/>", True),
        ("whisper", "<Record/>", False),
        ("wait", "<Leave/>", True),
        ("wait", "<Record/>", False),
        ("dequeue", "<Say>a</Say>", True),
        ("dequeue", "<Gather/>", False),
    ],
)
def test_some_documents_may_hold_less(context, verb, legal):
    assert bool(read(f"<Response>{verb}</Response>".encode(), context).verbs) is legal


def test_what_a_voice_reads():
    say = '<Say voice="Polly.Zhiyu" language="cmn-CN">拨<sub alias="一二三">123</sub><break/>谢谢</Say>'
    assert read(f"<Response>{say}</Response>".encode()).verbs[0].spoken == "拨一二三谢谢"


def test_every_verb_is_either_checked_or_named_as_beyond_us():
    assert VERBS - SPECS.keys() == {"Pay", "Prompt"}


def test_what_this_emulator_takes_no_notice_of_is_named():
    body = b'<Response><Dial><Number machineDetection="Enable">+15005550006</Number></Dial></Response>'
    assert read(body).notes == ("ignored: machineDetection of <Number> on line 1",)

import asyncio
import base64

import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from tests.switchboard.hurrying import run
from tests.switchboard.little_line import ACCOUNT, PUBLIC, LittleLine, switchboard
from voicebot.switchboard import sound
from voicebot.switchboard.caller import At, HangUp, Idle, Into, Press, Say
from voicebot.switchboard.exchange import Caller
from voicebot.switchboard.options import Faults

TONE = sound.tone((440.0,), 1.0)
CONNECT = (
    '<Response><Connect action="/after"><Stream url="/stream"><Parameter name="token" value="x"/></Stream></Connect>'
    "<Say>never</Say></Response>"
)
PAGES = {"/voice": CONNECT, "/after": "<Response><Say>after</Say></Response>"}


def payload(ulaw):
    return base64.b64encode(ulaw).decode()


def call(socket, script=(), pages=PAGES, runner=run, **options):
    """What became of a call to a line whose socket is handled by `socket`; the sockets it saw."""
    sockets = []

    async def handle(ws):
        sockets.append(ws)
        await socket(ws)

    line = LittleLine(dict(pages), handle)

    async def story():
        async with switchboard(line, **options) as board:
            return await board.place(Caller(script))

    result = runner(story())
    return result, line, sockets


async def listen(ws):
    await ws.begin()
    await ws.next("never")


async def leave(ws):
    await ws.begin()
    await ws.ws.close()


def test_the_handshake_is_twilios():
    _, line, _ = call(leave)
    headers = line.handshakes[0]
    assert headers["User-Agent"] == "Twilio.TmeWs/1.0"
    assert headers["Accept-Encoding"] == "gzip"
    assert not {"Origin", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Accept"} & headers.keys()
    signature = headers["X-Twilio-Signature"]
    assert RequestValidator(ACCOUNT.token).validate("wss://line.example/stream", {}, signature)
    assert not RequestValidator(ACCOUNT.token).validate(PUBLIC + "/stream", {}, signature)


def test_the_handshake_may_be_signed_with_a_slash():
    _, line, _ = call(leave, slash_signature=True)
    signature = line.handshakes[0]["X-Twilio-Signature"]
    assert RequestValidator(ACCOUNT.token).validate("wss://line.example/stream/", {}, signature)


def test_frames_come_in_order_numbered_and_jittered():
    result, _, (ws,) = call(listen, [Press("12", At(0.1)), Press("0", At(0.5)), HangUp(At(1.0))])
    events = [frame["event"] for frame in ws.frames]
    assert events[:2] == ["connected", "start"]
    assert events[-1] == "stop"
    assert [int(frame["sequenceNumber"]) for frame in ws.frames[1:]] == list(range(1, len(ws.frames)))
    assert [frame["dtmf"]["digit"] for frame in ws.frames if frame["event"] == "dtmf"] == ["1", "2", "0"]
    media = [frame["media"] for frame in ws.frames if frame["event"] == "media"]
    assert [int(item["chunk"]) for item in media] == list(range(1, len(media) + 1))
    assert abs(len(media) - 50) <= 2
    times = [int(item["timestamp"]) for item in media]
    assert times == sorted(times)
    assert 70 <= times[0] <= 76
    assert {time % 20 for time in times} != {0}
    frames = [base64.b64decode(item["payload"]) for item in media]
    assert {len(frame) for frame in frames} == {160}
    assert set(b"".join(frames)) != {0xFF}
    assert ws.frames[1]["start"]["customParameters"] == {"token": "x"}
    assert result.streams[0].sent == {"connected": 1, "start": 1, "media": len(media), "dtmf": 3, "stop": 1}


def test_real_cadence_is_fifty_frames_a_second():
    result, _, _ = call(listen, [HangUp(At(1.0))], runner=asyncio.run)
    assert 48 <= result.streams[0].sent["media"] <= 52
    assert 0.9 < result.streams[0].end - result.streams[0].t < 2.0


def test_plain_silence_is_as_captured():
    _, _, (ws,) = call(listen, [HangUp(At(0.2))], comfort_noise=False)
    first = next(frame for frame in ws.frames if frame["event"] == "media")
    assert base64.b64decode(first["media"]["payload"]) == b"\x7e" * 160


def test_what_the_caller_says_arrives_and_what_the_line_plays_is_heard():
    async def echo(ws):
        await ws.begin()
        await ws.send("media", payload=payload(TONE))
        await ws.next("never")

    result, _, (ws,) = call(echo, [Say(TONE, "tone", Idle(0.4)), HangUp(Idle(0.5, patience=2.0))])
    said = b"".join(base64.b64decode(frame["media"]["payload"]) for frame in ws.frames if frame["event"] == "media")
    assert TONE in said
    assert [(item.kind, bytes(item.audio)) for item in result.heard] == [("media", TONE)]
    assert result.heard[0].end - result.heard[0].t == pytest.approx(1.0, abs=0.021)
    assert result.said[0].t - result.heard[0].end >= 0.36


def test_latency_is_counted_from_the_end_of_speech_to_the_next_sound():
    async def answer(ws):
        await ws.begin()
        loud = 0
        while frame := await ws.next("media"):
            voiced = sound.audible(base64.b64decode(frame["media"]["payload"]))
            loud = loud + 1 if voiced else 0 if loud < 50 else loud + 1
            if loud == 50 + 10:
                await ws.send("media", payload=payload(b"\xff" * 800 + TONE))

    result, _, _ = call(answer, [Say(TONE + b"\xff" * 8000, "q", At(0.2)), HangUp(Idle(0.5))])
    (latency,) = result.latencies
    assert latency.speech_end == pytest.approx(result.said[0].t + 1.0, abs=0.021)
    assert latency.first_audio == pytest.approx(result.heard[0].t + 0.1, abs=0.001)
    assert latency.seconds == pytest.approx(latency.first_audio - latency.speech_end)
    assert latency.seconds > 0.2
    assert latency.kind == "media"
    assert not latency.overlapped


def test_marks_return_after_their_audio_and_at_once_without_any():
    async def marks(ws):
        await ws.begin()
        await ws.send("mark", name="empty")
        assert (await ws.next("mark"))["mark"] == {"name": "empty"}
        await ws.send("media", payload=payload(TONE))
        await ws.send("mark", name="played")
        await ws.next("mark")
        await ws.ws.close()

    result, _, (ws,) = call(marks)
    empty, played = result.streams[0].marks
    assert empty.returned == pytest.approx(empty.t, abs=0.001)
    events = [frame["event"] for frame in ws.frames]
    first = events.index("mark")
    assert events[first + 1 : events.index("mark", first + 1)].count("media") >= 50
    assert not played.cleared
    assert result.streams[0].max_lead_s == pytest.approx(1.0, abs=0.03)


def test_clear_returns_every_pending_mark_in_order():
    async def barge(ws):
        await ws.begin()
        for name in ("a", "b", "c"):
            await ws.send("media", payload=payload(TONE))
            await ws.send("mark", name=name)
        await ws.next("dtmf")
        await ws.send("clear")
        names = [(await ws.next("mark"))["mark"]["name"] for _ in range(2)]
        assert names == ["b", "c"]
        await ws.ws.close()

    result, _, _ = call(barge, [Press("1", Into(1.5))])
    assert [(mark.name, mark.cleared) for mark in result.streams[0].marks] == [("a", False), ("b", True), ("c", True)]
    assert 1.5 <= result.heard[0].end - result.heard[0].t < 2.9


def test_bad_messages_are_warned_of_once():
    async def rude(ws):
        await ws.begin()
        await ws.ws.send_str("hello")
        await ws.ws.send_bytes(b"hello")
        await ws.send("dtmf", digit="1")
        await ws.send("mark", name="fine")
        await ws.next("mark")
        await ws.ws.close()

    result, _, _ = call(rude)
    assert [(problem.code, problem.level) for problem in result.problems] == [(31951, "warning")]
    assert result.streams[0].received == {"invalid": 2, "mark": 1}
    assert result.transcript == "after"


def test_server_close_goes_on_with_the_action():
    result, line, _ = call(leave)
    assert result.streams[0].ended_by == "line"
    assert result.streams[0].close_code == 1000
    assert line.forms("/after")[0]["CallStatus"] == "in-progress"
    assert result.transcript == "after"
    assert result.notes == ["unreachable: <Say> on line 1, after <Connect>"]


def test_server_close_without_an_action_goes_on_with_the_next_verb():
    pages = {"/voice": CONNECT.replace(' action="/after"', "").replace("never", "next")}
    result, _, _ = call(leave, pages=pages)
    assert result.transcript == "next"
    assert result.ended_by == "line"


def test_hanging_up_sends_stop_and_the_action_learns_of_it():
    result, line, (ws,) = call(listen, [HangUp(At(0.3))])
    assert ws.frames[-1]["event"] == "stop"
    assert ws.frames[-1]["stop"] == {"accountSid": ACCOUNT.sid, "callSid": result.identity.call}
    assert ws.ws.close_code == 1000
    assert [form["CallStatus"] for form in line.forms("/after")] == ["completed"]
    assert result.ended_by == "caller"
    assert result.transcript == ""


def test_hanging_up_may_be_a_bare_cut():
    _, line, (ws,) = call(listen, [HangUp(At(0.3))], faults=Faults(lose_hangup=True), connect_action_after_hangup=False)
    assert "stop" not in [frame["event"] for frame in ws.frames]
    assert ws.ws.close_code == 1006
    assert not line.forms("/after")


def test_a_dropped_socket_goes_on_with_the_action():
    result, _, (ws,) = call(listen, faults=Faults(drop_stream_at=0.4))
    assert ws.ws.close_code == 1006
    assert result.streams[0].ended_by == "fault"
    assert 0.4 <= result.streams[0].end - result.streams[0].t < 4.0
    assert result.transcript == "after"
    assert not result.errors


def test_only_the_first_stream_of_a_call_is_dropped():
    pages = {"/voice": CONNECT, "/after": CONNECT.replace("/after", "/end"), "/end": "<Response/>"}
    result, _, _ = call(listen, [HangUp(At(2.0))], pages=pages, faults=Faults(drop_stream_at=0.4))
    assert [stream.ended_by for stream in result.streams] == ["fault", "caller"]


def test_a_server_that_cuts_is_an_error_and_the_call_goes_on():
    async def cut(ws):
        await ws.begin()
        ws.ws.get_extra_info("socket").shutdown(2)

    result, _, _ = call(cut)
    assert [problem.code for problem in result.problems] == [31903]
    assert result.transcript == "after"


def test_a_broken_frame_is_a_protocol_error():
    async def garbage(ws):
        await ws.begin()
        ws.ws.get_extra_info("peername")
        ws.ws._writer.transport.write(b"\x09\x00")  # a fragmented ping
        await ws.next("never")

    result, _, _ = call(garbage)
    assert [problem.code for problem in result.problems] == [31924]
    assert result.transcript == "after"


class Refusing(LittleLine):
    async def stream(self, request):
        raise web.HTTPForbidden


def refused(pages=PAGES, line=Refusing, **options):
    async def story():
        async with switchboard(line(dict(pages)), **options) as board:
            return await board.place(Caller([]))

    return run(story())


def test_a_refused_handshake_goes_on_with_the_action():
    result = refused()
    assert [problem.code for problem in result.problems] == [31920]
    assert "403" in result.problems[0].message
    assert result.transcript == "after"


def test_a_refused_handshake_may_end_the_call():
    result = refused(hang_up_on_stream_failure=True)
    assert result.ended_by == "fault"
    assert result.transcript == ""


def test_an_unreachable_or_slow_server():
    class Slow(LittleLine):
        async def stream(self, request):
            await asyncio.sleep(0.5)
            raise web.HTTPForbidden

    assert [p.code for p in refused(faults=Faults(refuse_stream=True)).problems] == [31902]
    assert [p.code for p in refused(line=Slow, handshake_timeout_s=0.1).problems] == [31901]


@pytest.mark.parametrize(
    ("url", "codes"),
    [("http://line.example/stream", [12200, 31920]), ("wss://line.example/stream?token=1", [12200])],
)
def test_addresses_that_twilio_would_not_take(url, codes):
    pages = PAGES | {"/voice": CONNECT.replace("/stream", url)}
    result, _, _ = call(leave, pages=pages)
    assert [problem.code for problem in result.problems] == codes


def test_the_stream_reports_itself():
    noun = f'<Stream url="/stream" name="main" statusCallback="{PUBLIC}/s">'
    pages = PAGES | {"/voice": CONNECT.replace('<Stream url="/stream">', noun), "/s": web.Response(status=204)}
    pages["/s"] = lambda form: web.Response(status=204)
    _, line, _ = call(leave, pages=pages)
    assert [(form["StreamEvent"], form["StreamName"]) for form in line.forms("/s")] == [
        ("stream-started", "main"),
        ("stream-stopped", "main"),
    ]


def test_a_listening_stream_runs_beside_the_document_without_keys():
    pages = {
        "/voice": '<Response><Start><Stream url="/stream" track="both_tracks"/></Start>'
        "<Say>hello there</Say></Response>"
    }

    async def meddle(ws):
        await ws.begin()
        await ws.send("clear")
        await ws.next("never")

    result, _, (ws,) = call(meddle, [Press("1", At(0.3))], pages=pages)
    assert ws.frames[1]["start"]["tracks"] == ["inbound", "outbound"]
    assert {frame["event"] for frame in ws.frames} == {"connected", "start", "media", "stop"}
    assert {frame["media"]["track"] for frame in ws.frames if frame["event"] == "media"} == {"inbound", "outbound"}
    assert [problem.code for problem in result.problems] == [31951]
    assert result.transcript == "hello there"


def test_the_tone_of_a_key_may_be_in_the_audio():
    _, _, (ws,) = call(listen, [Press("5", At(0.2)), HangUp(At(0.6))], inband_keys=True)
    said = b"".join(base64.b64decode(frame["media"]["payload"]) for frame in ws.frames if frame["event"] == "media")
    assert sound.key_tone("5") in said

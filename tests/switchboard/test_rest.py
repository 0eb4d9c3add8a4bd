"""The emulated REST, asked by Twilio's own SDK from another thread, as a line would."""

import asyncio
import base64
import io

import pytest
import soundfile
from aiohttp import ClientSession, web
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.switchboard.little_line import ACCOUNT, PUBLIC, LittleLine, switchboard
from voicebot.errors import OperatorError
from voicebot.switchboard.account import LINE_NUMBER, basic_auth
from voicebot.switchboard.callee import Callee, directory_from
from voicebot.switchboard.caller import At, Bridged, HangUp, Idle, Press, Say
from voicebot.switchboard.exchange import Caller
from voicebot.switchboard.sound import tone

CLERK = "+15005558001"
ROOM = '<Response><Dial><Conference endConferenceOnExit="true">case 7</Conference></Dial></Response>'
STREAM = '<Response><Connect action="/after"><Stream url="/stream"/></Connect></Response>'
PAGES = {
    "/voice": STREAM,
    "/after": ROOM,
    "/whisper": '<Response><Gather numDigits="1" action="/accept" timeout="4"><Say>press one</Say></Gather></Response>',
    "/accept": ROOM,
    "/update": "<Response><Say>replaced</Say></Response>",
    "/progress": lambda form: web.Response(status=204),
}


def client(board):
    made = Client(ACCOUNT.sid, ACCOUNT.token)
    made.api.base_url = board.api_url
    return made


def call(socket, script=(), answers=(), pages=PAGES, **options):
    """A call to a line whose socket handler also gets the SDK's client; result, line and board."""
    boards = []

    async def handle(ws):
        await ws.begin()
        await socket(ws, client(boards[0]))

    line = LittleLine(dict(pages), handle)

    async def story():
        directory = directory_from(answers, Callee(talk_s=12.0))
        async with switchboard(line, directory=directory, speed=20.0, **options) as board:
            boards.append(board)
            return await board.place(Caller(script))

    return asyncio.run(story()), line, boards[0]


async def ring_clerk(ws, rest, **how):
    how = {"to": CLERK, "from_": LINE_NUMBER, "url": PUBLIC + "/whisper"} | how
    return await asyncio.to_thread(lambda: rest.calls.create(**how))


def test_a_clerk_is_rung_over_rest_and_meets_the_caller_in_a_conference():
    async def socket(ws, rest):
        made = await ring_clerk(
            ws, rest, status_callback=PUBLIC + "/progress", status_callback_event=["ringing", "answered", "completed"]
        )
        assert (made.status, made.direction) == ("queued", "outbound-api")
        while not line_accepts:
            await ws.next("media")
        await ws.ws.close()

    line_accepts = []

    def accept(form):
        line_accepts.append(form)
        return ROOM

    hello = tone((300.0,), 1.0)
    result, line, board = call(socket, [Say(hello, "hello", Bridged(0.5))], pages=PAGES | {"/accept": accept})
    (leg,) = result.legs
    assert leg is board.outbound[0]
    assert line_accepts[0]["Digits"] == "1"
    assert line_accepts[0]["Direction"] == "outbound-api"
    heard = b"".join(bytes(item.audio) for item in leg.heard if item.kind == "bridge")
    assert len(heard) >= 1600
    assert hello.startswith(heard[:1600])
    assert [form["CallStatus"] for form in line.forms("/progress")] == ["ringing", "in-progress", "completed"]
    assert result.streams[0].ended_by == "line"
    assert not result.errors


@pytest.mark.parametrize(("behaviour", "status"), [("busy", "busy"), ("noanswer", "no-answer"), ("failed", "failed")])
def test_who_cannot_be_reached(behaviour, status):
    async def socket(ws, rest):
        await ring_clerk(ws, rest, timeout=5, status_callback=PUBLIC + "/progress")
        await ws.next("never")

    result, line, _ = call(socket, [HangUp(At(4))], [f"{CLERK}={behaviour}@1"])
    assert [form["CallStatus"] for form in line.forms("/progress")] == [status]
    assert result.dials[0].status == status


@pytest.mark.parametrize(("behaviour", "by"), [("accept", "human"), ("voicemail", "machine_start")])
def test_machine_detection(behaviour, by):
    async def socket(ws, rest):
        await ring_clerk(ws, rest, machine_detection="Enable")
        await ws.next("never")

    _, line, _ = call(socket, [HangUp(At(5))], [f"{CLERK}={behaviour}@1"])
    assert line.forms("/whisper")[0]["AnsweredBy"] == by


def test_calls_go_out_one_a_second():
    async def socket(ws, rest):
        for _ in range(3):
            await ring_clerk(ws, rest, status_callback=PUBLIC + "/progress", status_callback_event=["initiated"])
        await ws.next("never")

    result, _, _ = call(socket, [HangUp(At(4))], [f"{CLERK}=busy"])
    times = [record.t for record in result.dials]
    assert times[1] - times[0] >= 0.99
    assert times[2] - times[1] >= 0.99


def test_replacing_the_twiml_ends_the_stream():
    async def socket(ws, rest):
        sid = ws.frames[1]["start"]["callSid"]
        await asyncio.to_thread(lambda: rest.calls(sid).update(url=PUBLIC + "/update"))
        await ws.next("never")
        assert ws.frames[-1]["event"] == "stop"

    result, line, _ = call(socket)
    assert result.streams[0].ended_by == "rest"
    assert result.transcript == "replaced"
    assert not line.forms("/after")


def test_inline_twiml_needs_absolute_addresses():
    async def socket(ws, rest):
        sid = ws.frames[1]["start"]["callSid"]
        twiml = '<Response><Gather timeout="1" actionOnEmptyResult="true" action="/key"/></Response>'
        await asyncio.to_thread(lambda: rest.calls(sid).update(twiml=twiml))
        await ws.next("never")

    result, _, _ = call(socket)
    assert [problem.code for problem in result.errors] == [11210]


def test_hanging_up_over_rest():
    async def socket(ws, rest):
        sid = ws.frames[1]["start"]["callSid"]
        made = await asyncio.to_thread(lambda: rest.calls(sid).fetch())
        assert made.status == "in-progress"
        await asyncio.to_thread(lambda: rest.calls(sid).update(status="completed"))
        await ws.next("never")

    result, _, _ = call(socket)
    assert result.ended_by == "rest"


def test_canceling_a_ringing_leg():
    async def socket(ws, rest):
        made = await ring_clerk(ws, rest, status_callback=PUBLIC + "/progress")
        while (await asyncio.to_thread(lambda: rest.calls(made.sid).fetch())).status != "ringing":
            await ws.next("media")
        await asyncio.to_thread(lambda: rest.calls(made.sid).update(status="canceled"))
        await ws.next("never")

    result, line, _ = call(socket, [HangUp(At(6))], [f"{CLERK}=noanswer"])
    assert result.dials[0].status == "canceled"
    assert [form["CallStatus"] for form in line.forms("/progress")] == ["canceled"]


@pytest.mark.parametrize(
    ("ask", "status", "code"),
    [
        (lambda rest: rest.calls.create(to=CLERK, from_="+15005559999", url=PUBLIC), 400, 21210),
        (lambda rest: rest.calls.create(to=CLERK, from_=LINE_NUMBER), 400, 21205),
        (lambda rest: rest.calls.create(to=CLERK, from_=LINE_NUMBER, url="/whisper"), 400, 21205),
        (lambda rest: rest.calls.create(to=CLERK, from_=LINE_NUMBER, twiml="x" * 4001), 400, 32018),
        (lambda rest: rest.calls("CA" + "0" * 32).update(status="completed"), 404, 20404),
        (lambda rest: rest.recordings("RE" + "0" * 32).fetch(), 404, 20404),
        (lambda rest: rest.messages.create(to=CLERK, from_=LINE_NUMBER, body="长" * 1601), 400, 21617),
    ],
)
def test_what_is_refused(ask, status, code):
    async def story():
        async with switchboard(LittleLine()) as board:
            rest = client(board)
            with pytest.raises(TwilioRestException) as refused:
                await asyncio.to_thread(ask, rest)
            assert (refused.value.status, refused.value.code) == (status, code)

    asyncio.run(story())


def test_only_the_account_may_ask():
    async def story():
        async with switchboard(LittleLine()) as board, ClientSession() as session:
            url = f"{board.api_url}/2010-04-01/Accounts/{ACCOUNT.sid}/Messages.json"
            wrong = {"Authorization": "Basic " + base64.b64encode(b"a:b").decode()}
            assert (await session.post(url, data={"To": CLERK})).status == 401
            assert (await session.post(url, data={"To": CLERK}, headers=wrong)).status == 401

    asyncio.run(story())


def test_messages_are_kept():
    async def story():
        async with switchboard(LittleLine()) as board:
            rest = client(board)
            sent = await asyncio.to_thread(lambda: rest.messages.create(to=CLERK, from_=LINE_NUMBER, body="工单 12"))
            assert sent.status == "queued"
            assert [message["body"] for message in board.messages] == ["工单 12"]

    asyncio.run(story())


def test_a_recording_is_fetched_and_deleted():
    pages = {"/voice": '<Response><Record timeout="1" action="/done"/></Response>', "/done": "<Response/>"}

    async def story():
        async with switchboard(LittleLine(pages), speed=20.0) as board:
            result = await board.place(Caller([Say(tone((300.0,), 1.0), "m", Idle(0.3)), Press("5", Idle(0.5, 1))]))
            (made,) = result.recordings
            rest = client(board)
            assert (await asyncio.to_thread(lambda: rest.recordings(made.sid).fetch())).duration == "1"
            async with ClientSession(headers={"Authorization": basic_auth(ACCOUNT.sid, ACCOUNT.token)}) as session:
                for suffix, kind in (("", "WAV"), (".wav", "WAV"), (".mp3", "MP3")):
                    reply = await session.get(made.url + suffix)
                    assert soundfile.info(io.BytesIO(await reply.read())).format in (kind, "MPEG", "MP3")
                assert await asyncio.to_thread(lambda: rest.recordings(made.sid).delete())
                assert (await session.get(made.url)).status == 404

    asyncio.run(story())


def test_a_port_that_is_taken():
    async def story():
        async with switchboard(LittleLine()) as board:
            port = int(board.api_url.rpartition(":")[2])
            with pytest.raises(OperatorError, match=str(port)):
                async with switchboard(LittleLine(), api_port=port):
                    pass

    asyncio.run(story())

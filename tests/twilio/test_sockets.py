"""Real sockets: a running server, a real WebSocket client, the handshake and the end as Twilio sees them."""

import asyncio
import base64
import contextlib
import json
import socket
import threading

import aiohttp
import pytest
from werkzeug.serving import WSGIRequestHandler, make_server
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Request, TextMessage

from tests.twilio.asking import CALL, TOKEN, Twilio
from tests.twilio.signing import sign
from tests.twilio.world import MEDIA, STOP, FakeEar, FakeEars, FakeVoice, key, start
from voicebot.dialogue.commands import Clip
from voicebot.events import EndReason
from voicebot.web import create_app

PATIENCE_S = 10.0


class Silent(WSGIRequestHandler):
    def log(self, *args):
        pass


class Running:
    """A line that is really served, and Twilio's side of its sockets."""

    def __init__(self, bot, port):
        self.bot = bot
        self.twilio = Twilio(create_app(bot).test_client())
        self.port = port
        self._http = f"http://127.0.0.1:{port}"

    def token(self):
        return self.twilio.ask("voice").find("Connect/Stream/Parameter").attrib["value"]

    def talk(self, talk, *, url="wss://line.example/twilio/stream", path="/twilio/stream", token=TOKEN, signature=None):
        """Connect as Twilio does (no Origin, no subprotocol, no compression) and let `talk(socket)` happen."""
        headers = {"User-Agent": "Twilio.TmeWs/1.0"}
        if signature is None:
            headers["X-Twilio-Signature"] = sign(token, url)

        async def run():
            async with aiohttp.ClientSession() as session:
                async with session.ws_connect(self._http + path, headers=headers, compress=0) as socket:
                    return await asyncio.wait_for(talk(socket), PATIENCE_S)

        return asyncio.run(run())


@pytest.fixture
def serve(make_bot):
    """A server on a free port with as many ears as it is asked for."""
    with contextlib.ExitStack() as stack:

        def run(ears=4, **differs):
            bot = make_bot(ears=FakeEars([FakeEar() for _ in range(ears)]), **differs)
            server = make_server("127.0.0.1", 0, create_app(bot), threaded=True, request_handler=Silent)
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return Running(bot, server.server_port)

        yield run


async def frames(socket):
    """Everything the line sends, until it closes the socket."""
    return [json.loads(message.data) async for message in socket if message.type is aiohttp.WSMsgType.TEXT]


async def begin(socket, token):
    await socket.send_str('{"event":"connected","protocol":"Call","version":"1.0.0"}')
    await socket.send_str(start(CALL, token=token))


STRANGERS = {
    "unsigned": {"signature": ""},
    "signed with another token": {"token": "another token"},
    "signed as https": {"url": "https://line.example/twilio/stream"},
    "signed for another host": {"url": "wss://line.example.org/twilio/stream"},
}


@pytest.mark.parametrize("how", STRANGERS.values(), ids=STRANGERS.keys())
def test_a_stranger_is_refused_before_the_upgrade(serve, how):
    line = serve()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        line.talk(frames, **how)

    assert refused.value.status == 403


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_greeting_is_heard(serve, slash):
    line = serve()
    token = line.token()

    async def talk(socket):
        await begin(socket, token)
        return [json.loads((await socket.receive()).data) for _ in range(3)]

    said = line.talk(talk, url=f"wss://line.example/twilio/stream{slash}", path=f"/twilio/stream{slash}")

    assert [frame["event"] for frame in said] == ["media"] * 3
    heard = b"".join(base64.b64decode(frame["media"]["payload"]) for frame in said)
    assert FakeVoice().audio(Clip("prompts/greeting", "")).startswith(heard)
    assert {frame["streamSid"] for frame in said} == {"MZ1"}


@pytest.mark.parametrize("token", ["wrong", ""])
def test_a_wrong_token_is_closed(serve, token):
    line = serve()
    line.token()

    async def talk(socket):
        await begin(socket, token)
        return await frames(socket), socket.close_code

    assert line.talk(talk) == ([], 1000)


def test_0_is_put_through_and_the_line_closes_properly(serve):
    """The caller's audio goes on coming while we close: the close must not become a reset."""
    line = serve()
    token = line.token()

    async def talk(socket):
        async def speak():
            while not socket.closed:
                await socket.send_str(MEDIA)
                await asyncio.sleep(0.02)

        await begin(socket, token)
        speaking = asyncio.create_task(speak())
        await socket.send_str(key("0"))
        marks = []
        async for message in socket:
            frame = json.loads(message.data)
            if frame["event"] == "mark":
                marks.append(frame["mark"]["name"])
                await socket.send_str(json.dumps({"event": "mark", "streamSid": "MZ1", "mark": frame["mark"]}))
        speaking.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await speaking
        return marks, socket.close_code

    marks, code = line.talk(talk)

    assert (len(marks), code) == (1, 1000)
    assert line.twilio.ask("continue").kind == "Dial"


def test_a_peer_that_never_agrees_to_the_end_is_let_go(serve):
    """Byte by byte, because every client library answers our close frame."""
    line = serve()
    token = line.token()
    before = threading.active_count()
    client = WSConnection(ConnectionType.CLIENT)
    signature = sign(TOKEN, "wss://line.example/twilio/stream").encode()
    hello = Request(host="line.example", target="/twilio/stream", extra_headers=[(b"X-Twilio-Signature", signature)])
    with socket.create_connection(("127.0.0.1", line.port), timeout=PATIENCE_S) as peer:
        peer.sendall(client.send(hello))
        client.receive_data(peer.recv(4096))
        assert next(type(event) for event in client.events()) is AcceptConnection
        for frame in (start(CALL, token=token), STOP):
            peer.sendall(client.send(TextMessage(frame)))
        while data := peer.recv(4096):
            client.receive_data(data)
        closing = [event for event in client.events() if isinstance(event, CloseConnection)]

    assert [event.code for event in closing] == [1000]
    assert settles(lambda: threading.active_count() <= before)


def test_a_hang_up_frees_everything(serve, record):
    line = serve()
    token = line.token()
    before = threading.active_count()

    async def talk(socket):
        await begin(socket, token)
        await socket.receive()
        await socket.send_str(STOP)
        return await frames(socket)

    line.talk(talk)

    assert record.call(CALL).end_reason is EndReason.CALLER_HUNG_UP
    assert settles(lambda: threading.active_count() <= before)


def test_a_connection_that_is_cut_frees_everything(serve, record):
    line = serve()
    token = line.token()
    before = threading.active_count()

    async def talk(socket):
        await begin(socket, token)
        await socket.receive()
        socket._response.connection.transport.abort()

    line.talk(talk)

    assert settles(lambda: threading.active_count() <= before)
    assert line.twilio.ask("continue").kind == "Connect"


def test_a_frame_that_is_far_too_large_ends_the_stream(serve):
    line = serve()
    token = line.token()

    async def talk(socket):
        await begin(socket, token)
        await socket.receive()
        await socket.send_str("x" * 1_000_000)
        await frames(socket)
        return socket.close_code

    assert line.talk(talk) == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
    assert line.twilio.ask("continue").kind == "Connect"


def settles(condition):
    """Whether it becomes true within a few seconds; other threads are at work."""
    waiting = threading.Event()
    return any(condition() or waiting.wait(0.02) for _ in range(250))


def test_a_page_asked_for_without_a_socket(serve):
    line = serve()

    assert line.twilio.client.get("/twilio/stream").status_code in (400, 403)

"""A line of a few lines: pages of TwiML and a socket, with everything that came in kept."""

import asyncio
import json
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web
from twilio.request_validator import RequestValidator

from voicebot.switchboard.account import Account
from voicebot.switchboard.exchange import Switchboard
from voicebot.switchboard.options import Options, Target

ACCOUNT = Account("AC" + "0" * 32, "token")
PUBLIC = "https://line.example"


class LittleLine:
    """`pages` maps a path to TwiML, a function of the form, or a response; `socket` handles the stream."""

    def __init__(self, pages=None, socket=None):
        self.pages = pages or {}
        self.socket = socket
        self.requests = []
        self.handshakes = []

    def forms(self, path):
        return [form for at, form in self.requests if at == path]

    async def page(self, request):
        form = dict((await request.post()) or request.query)
        self.check(request, form)
        self.requests.append((request.path, form))
        page = self.pages[request.path]
        page = page(form) if callable(page) else page
        if asyncio.iscoroutine(page):
            page = await page
        return page if isinstance(page, web.StreamResponse) else web.Response(text=page, content_type="text/xml")

    def check(self, request, form):
        signature = request.headers["X-Twilio-Signature"]
        signed = form if request.method == "POST" else {}
        assert RequestValidator(ACCOUNT.token).validate(PUBLIC + request.path_qs, signed, signature), request.path_qs
        self.last_headers = request.headers

    async def stream(self, request):
        self.handshakes.append(dict(request.headers))
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await self.socket(Socket(ws))
        return ws


class Socket:
    """The server's end of a stream. `next(event)` skips frames of other events, but keeps them all in `frames`."""

    def __init__(self, ws):
        self.ws = ws
        self.frames = []

    async def next(self, event):
        while True:
            message = await self.ws.receive()
            if message.type is not WSMsgType.TEXT:
                return None
            self.frames.append(json.loads(message.data))
            if self.frames[-1]["event"] == event:
                return self.frames[-1]

    async def begin(self):
        self.sid = (await self.next("start"))["streamSid"]

    async def send(self, event, **body):
        await self.ws.send_str(json.dumps({"event": event, "streamSid": self.sid} | ({event: body} if body else {})))


@asynccontextmanager
async def switchboard(line, *, directory=None, clips=None, fallback_path="", status_path="", **options):
    """An emulated Twilio that calls `line` through a tunnel."""
    app = web.Application()
    app.router.add_get("/stream", line.stream)
    app.router.add_route("*", "/{path:.*}", line.page)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    target = Target(
        f"http://127.0.0.1:{runner.addresses[0][1]}",
        PUBLIC,
        "/voice",
        fallback_path=fallback_path,
        status_path=status_path,
    )
    try:
        options = Options(**{"account": ACCOUNT, "seed": 1, "recording_delay_s": 0.2} | options)
        async with Switchboard(target, options, directory, clips) as board:
            yield board
    finally:
        await runner.cleanup()

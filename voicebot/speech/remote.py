"""A standard Vosk server on another machine as a speech worker: the WebSocket protocol of alphacep/vosk-server.

One connection an utterance: every version of that server answers ``{"eof" : 1}`` with the final result and closes, and
answers every other message with exactly one. One more connection only stands there: when it breaks, the server counts
as lost, and its calls go on elsewhere, on a local worker if there is no other server. Nothing here blocks: each server
has a thread with an event loop of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import aiohttp

from voicebot.speech import nbest
from voicebot.speech.wire import Kind, Message

log = logging.getLogger(__name__)

AGAIN_S = 2.0
"""Seconds between two attempts to reach a server that is lost."""
HEARTBEAT_S = 4.0
"""Seconds between two pings; a server that does not answer one in half of that is lost."""
PATIENCE_S = 5.0
"""Seconds to connect, and from the end of an utterance to its result."""
EOF = '{"eof" : 1}'
"""Word for word: the server compares the text."""
_BROKEN = (aiohttp.ClientError, OSError, TimeoutError, ValueError)

Receive = Callable[["RemoteServer", Message], None]
Lost = Callable[["RemoteServer", int | None], None]


class RemoteServer:
    """Has the face of a `WorkerProcess`. All methods may be called from any thread."""

    takes_cuts = False
    """The protocol has no such question: its partial results must do."""

    def __init__(self, url: str, number: int, receive: Receive, lost: Lost, *, again_s: float = AGAIN_S) -> None:
        """`receive` gets what it says, as a worker says it; `lost` is told of one call, or (None) of all of them."""
        self.url = url
        self.number = number
        self.ready = False
        self.retiring = False
        """Never: who runs the server looks after it."""
        self._receive = receive
        self._lost = lost
        self._again_s = again_s
        self._talks: dict[int, _Talk] = {}
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=f"speech-server-{number}", daemon=True)

    @property
    def delay(self) -> float:
        """Seconds by which what it says is late just now: the age of the oldest message without an answer."""
        oldest = min((since for talk in list(self._talks.values()) if (since := talk.waiting_since)), default=None)
        return 0.0 if oldest is None else time.monotonic() - oldest

    @property
    def idle(self) -> bool:
        """It has answered everything sent."""
        return not any(talk.waiting_since for talk in list(self._talks.values()))

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Disconnect. May be called without `start`, and once."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
        else:
            self._loop.close()

    def send(self, message: Message) -> None:
        """Have the server take this after everything sent before for this call. Dropped while it is lost."""
        if self.ready:
            with contextlib.suppress(RuntimeError):  # it was closed just now
                self._loop.call_soon_threadsafe(self._route, message)

    def check(self) -> None:
        """Nothing to do: its own loop notices when the server is stuck."""

    # In the loop.

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(connect=PATIENCE_S)) as self._session:
            while not self._stop.is_set():
                await self._stand()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), self._again_s)

    async def _stand(self) -> None:
        """Be connected as long as the server is there."""
        try:
            async with self._session.ws_connect(self.url, heartbeat=HEARTBEAT_S) as ws:
                self.ready = True
                log.info("speech server %s is there", self.url)
                self._receive(self, Message(Kind.READY))
                gone, stop = asyncio.ensure_future(ws.receive()), asyncio.ensure_future(self._stop.wait())
                await asyncio.wait({gone, stop}, return_when=asyncio.FIRST_COMPLETED)
                for task in (gone, stop):
                    task.cancel()
        except _BROKEN as error:
            log.debug("speech server %s: %s", self.url, error)
        if self.ready:
            self.ready = False
            await self._drop_all()
            if not self._stop.is_set():
                log.error("speech server %s is lost", self.url)
                self._lost(self, None)

    async def _drop_all(self) -> None:
        talks, self._talks = list(self._talks.values()), {}
        for talk in talks:
            talk.task.cancel()
        await asyncio.gather(*(talk.task for talk in talks), return_exceptions=True)

    def _route(self, message: Message) -> None:
        talk = self._talks.get(message.call)
        if message.kind is Kind.AUDIO and (talk is None or talk.utterance != message.utterance):
            if talk is not None:  # the one before was given up
                talk.task.cancel()
            talk = self._talks[message.call] = _Talk(self, message.call, message.utterance)
        if talk is None:
            return
        if message.kind is Kind.CLOSE:
            talk.task.cancel()
            self._talks.pop(message.call, None)
        else:
            talk.put(message)

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        """A connection for one utterance."""
        return await self._session.ws_connect(self.url, max_msg_size=0)

    def say(self, talk: _Talk, kind: Kind, text: str) -> None:
        """Pass on an answer."""
        self._receive(self, Message(kind, talk.call, talk.utterance, body=text.encode()))

    def over(self, talk: _Talk, broken: bool) -> None:
        """An utterance is finished, or its connection broke before its result came."""
        if self._talks.get(talk.call) is talk:
            del self._talks[talk.call]
            if broken and self.ready:
                self._lost(self, talk.call)


class _Talk:
    """One utterance on its own connection."""

    def __init__(self, server: RemoteServer, call: int, utterance: int) -> None:
        self.call = call
        self.utterance = utterance
        self.waiting_since = 0.0
        """When the oldest message without an answer was put in; 0 when there is none."""
        self._server = server
        self._queue: asyncio.Queue[Message] = asyncio.Queue()
        self._owed = 0
        self._partial = ""
        self._finishing = False
        self.task = asyncio.get_running_loop().create_task(self._run())

    def put(self, message: Message) -> None:
        """The next message."""
        self._owed += 1
        self.waiting_since = self.waiting_since or time.monotonic()
        self._queue.put_nowait(message)

    async def _run(self) -> None:
        broken = True
        try:
            ws = await self._server.connect()
            try:
                broken = not await self._talk(ws)
            finally:
                await ws.close()
        except _BROKEN as error:
            log.error("speech server %s: an utterance broke: %s", self._server.url, error or type(error).__name__)
        self._server.over(self, broken)

    async def _talk(self, ws: aiohttp.ClientWebSocketResponse) -> bool:
        """Whether the final result came. A server that crashes or hangs in the middle is noticed by either side."""
        sending = asyncio.ensure_future(self._send(ws))
        reading = asyncio.ensure_future(self._read(ws))
        try:
            await asyncio.wait({sending, reading}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                sending.result()
                await asyncio.wait_for(asyncio.shield(reading), PATIENCE_S)
            return reading.result()
        finally:
            for task in (sending, reading):
                task.cancel()

    async def _send(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        configured = False
        while True:
            message = await self._queue.get()
            if message.kind is Kind.FINISH:
                self._finishing = True
                await ws.send_str(EOF)
                return
            if not configured:
                config = {"sample_rate": message.rate, "max_alternatives": nbest.MOST, "words": True}
                await ws.send_str(json.dumps({"config": config}))
                configured = True
            await ws.send_bytes(message.body)

    async def _read(self, ws: aiohttp.ClientWebSocketResponse) -> bool:
        async for answer in ws:
            if answer.type is not aiohttp.WSMsgType.TEXT:
                break
            self._owed -= 1
            self.waiting_since = time.monotonic() if self._owed else 0.0
            last = self._finishing and not self._owed
            self._tell(json.loads(answer.data), last=last)
            if last:
                return True
        return False

    def _tell(self, data: dict[str, Any], *, last: bool) -> None:
        """As a worker would say it."""
        if last:
            self._server.say(self, Kind.FINAL, json.dumps(_with_alternatives(data)))
        elif "partial" not in data:
            self._partial = ""
            self._server.say(self, Kind.SEGMENT, json.dumps(_with_alternatives(data)))
        elif data["partial"] != self._partial:
            self._partial = data["partial"]
            self._server.say(self, Kind.PARTIAL, self._partial)


def _with_alternatives(data: dict[str, Any]) -> dict[str, Any]:
    """A result as one with alternatives; a server too old to give any gives only the best reading."""
    return data if "alternatives" in data else {"alternatives": [{"confidence": 0.0, "text": "", **data}]}

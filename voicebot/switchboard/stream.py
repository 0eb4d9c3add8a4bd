"""A media stream as the line meets it: one WebSocket, opened by us, carrying one leg's audio.

`connect` performs <Connect><Stream> (both ways, until the server closes the socket); `start` and `stop` perform
<Start><Stream> and <Stop><Stream> (the line only listens).
"""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit, urlunsplit

import aiohttp
from yarl import URL

from voicebot.switchboard import values
from voicebot.switchboard.account import new_sid
from voicebot.switchboard.call import Call, Go, HungUp
from voicebot.switchboard.frames import ClearBuffer, FrameWriter, InvalidMessage, PlayAudio, SetMark, read_message
from voicebot.switchboard.node import Node
from voicebot.switchboard.result import Mark, StreamRecord

_TRACKS = {"inbound_track": ["inbound"], "outbound_track": ["outbound"], "both_tracks": ["inbound", "outbound"]}
_CLOSE_S = 2.0
"""Real seconds for the last frames and the closing handshake."""


@dataclass(frozen=True, slots=True)
class StreamError(Exception):
    """The stream could not be opened, or its server broke the protocol. `code` is Twilio's."""

    code: int
    message: str


async def connect(call: Call, node: Node) -> Go | None:
    """<Connect>: give the call to a stream until its server closes the socket."""
    action = Go(call.address(node.get("action")), node.get("method", "POST")) if node.get("action") else None
    noun = node.children[0] if node.children else None
    if noun is None or noun.name != "Stream":
        return action
    _ = call.phone  # the call is answered
    try:
        await StreamPeer(call, noun, bidirectional=True).run()
    except StreamError:
        if call.board.options.hang_up_on_stream_failure:
            raise HungUp("fault") from None
    except asyncio.CancelledError:
        if call.over and action and call.board.options.connect_action_after_hangup:
            await call.tell(action)
        raise
    return action


async def start(call: Call, node: Node) -> Go | None:
    """<Start>: let a stream listen while the document goes on."""
    _ = call.phone
    for noun in node.children:
        if noun.name == "Stream":
            peer = StreamPeer(call, noun, bidirectional=False)
            call.streams[peer.name] = asyncio.get_running_loop().create_task(_listen(peer))
    return None


async def _listen(peer: StreamPeer) -> None:
    with suppress(StreamError):
        await peer.run()


async def stop(call: Call, node: Node) -> Go | None:
    """<Stop>: end a stream that <Start> began."""
    for noun in node.children:
        task = call.streams.pop(noun.get("name"), None)
        if task:
            task.cancel()
            await asyncio.wait({task})
    return None


class StreamPeer:
    """Twilio's end of one stream."""

    def __init__(self, call: Call, node: Node, *, bidirectional: bool) -> None:
        sid = new_sid("MZ")
        self.name = node.get("name", sid)
        self._call = call
        self._node = node
        self._options = call.board.options
        self._both_ways = bidirectional
        self._tracks = _TRACKS[node.get("track", "inbound_track")]
        self._writer = FrameWriter(self._options.account.sid, call.sid, sid)
        self.record = StreamRecord(sid, self._address(), call.now, sent=self._writer.sent)
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._dice = random.Random(self._options.seed)
        self._frames = 0
        self._warned = False
        self._clearing = False

    def _address(self) -> str:
        """The public address: wss unless it is ws to this machine, without a query."""
        parts = urlsplit(urljoin(self._call.base_url, self._node.get("url")))
        scheme = {"https": "wss", "http": "ws"}.get(parts.scheme, parts.scheme)
        return urlunsplit((scheme, parts.netloc, parts.path, "", ""))

    async def run(self) -> None:
        """Open the stream and carry audio until it ends. Raises `StreamError`, noted and reported."""
        call = self._call
        call.result.streams.append(self.record)
        try:
            async with aiohttp.ClientSession(skip_auto_headers=("Accept", "Accept-Encoding")) as session:
                await self._carry(await self._open(session))
        except StreamError as error:
            self.record.ended_by = self.record.ended_by or "failure"
            call.asking.problem(error.code, "error", error.message, self.record.url)
            self._report("stream-error", f"{error.code}: {error.message}")
            raise
        finally:
            self.record.end = call.now

    async def _open(self, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
        """The open socket: no compression, no origin, no subprotocol. Raises `StreamError`."""
        parts = urlsplit(self.record.url)
        local = parts.scheme == "ws" and values.is_loopback(parts.hostname)
        if local:
            self._call.result.notes.append("a stream over ws, which only this emulator allows, to this machine")
        elif parts.scheme != "wss":
            raise StreamError(31920, f"a stream needs a wss address, not {self.record.url}")
        if self._options.faults.refuse_stream:
            raise StreamError(31902, "connection refused (an injected fault)")
        actual, headers = self._call.asking.web.handshake(self.record.url)
        try:
            async with asyncio.timeout(self._options.handshake_timeout_s):
                return await session.ws_connect(
                    URL(actual, encoded=True),
                    headers=headers,
                    compress=0,
                    max_msg_size=0,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_S),
                )
        except aiohttp.WSServerHandshakeError as error:
            raise StreamError(31920, f"the handshake was answered with HTTP status {error.status}") from None
        except aiohttp.ClientSSLError as error:
            raise StreamError(31910, f"TLS failed: {error}") from None
        except TimeoutError:
            raise StreamError(31901, "the server did not answer the handshake") from None
        except aiohttp.ClientError as error:
            raise StreamError(31902, f"cannot connect: {error}") from None

    async def _carry(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        """Everything between the handshake and the end."""
        call = self._call
        parameters = {child.get("name"): child.get("value") for child in self._node.children}
        self._outgoing.put_nowait(self._writer.connected())
        self._outgoing.put_nowait(self._writer.start(self._tracks, parameters))
        self._report("stream-started")
        call.phone.taps.append(self._tap)
        if self._both_ways:
            call.key_listeners.append(self._key)
        sender = asyncio.get_running_loop().create_task(self._send(ws))
        drop_at = self._options.faults.drop_stream_at if len(call.result.streams) == 1 else None
        drop = call.board.clock.later(drop_at, lambda: self._cut(ws, "fault")) if drop_at is not None else None
        try:
            await self._receive(ws)
        except asyncio.CancelledError:
            await self._leave(ws, sender)
            raise
        finally:
            if drop:
                drop.cancel()
            sender.cancel()
            self._unplug()
            await ws.close()
        self._report("stream-stopped")

    def _unplug(self) -> None:
        """Take the stream off the phone; what was still to be played is lost with it."""
        phone = self._call.phone
        phone.taps.remove(self._tap)
        if self._both_ways:
            self._call.key_listeners.remove(self._key)
            self._both_ways = False
            phone.playback.clear()

    # To the server

    async def _send(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        """Send what is queued, until an empty text."""
        with suppress(ConnectionError, aiohttp.ClientError):
            while text := await self._outgoing.get():
                await ws.send_str(text)

    def _tap(self, said: bytes, heard: bytes) -> None:
        self._frames += 1
        jitter = self._dice.randint(-3, 3)
        timestamp = (self._frames - 1) * 20 + self._options.timestamp_offset_ms + jitter
        for track in self._tracks:
            frame = said if track == "inbound" else heard
            self._outgoing.put_nowait(self._writer.media(frame, timestamp, track))

    def _key(self, key: str) -> None:
        self._outgoing.put_nowait(self._writer.dtmf(key))

    async def _leave(self, ws: aiohttp.ClientWebSocketResponse, sender: asyncio.Task[None]) -> None:
        """The call left the stream: `stop`, then close; or a bare cut, as a switch."""
        if self._call.over and self._options.faults.lose_hangup:
            self._cut(ws, "caller")
            return
        self.record.ended_by = "caller" if self._call.over else "rest"
        self._outgoing.put_nowait(self._writer.stop())
        self._outgoing.put_nowait("")
        await asyncio.wait({sender}, timeout=_CLOSE_S)
        self._report("stream-stopped")

    def _cut(self, ws: aiohttp.ClientWebSocketResponse, by: str) -> None:
        """End the connection without a close frame: the server sees 1006."""
        self.record.ended_by = by
        sock = ws.get_extra_info("socket")
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    # From the server

    async def _receive(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        """Perform what the server sends until the socket ends. Raises `StreamError` for a broken protocol."""
        while True:
            message = await ws.receive()
            match message.type:
                case aiohttp.WSMsgType.TEXT:
                    self._message(str(message.data))
                case aiohttp.WSMsgType.BINARY:
                    self._invalid(InvalidMessage("a binary message"))
                case aiohttp.WSMsgType.ERROR:
                    raise StreamError(31924, f"WebSocket protocol error: {message.data}")
                case _:
                    break
        self.record.close_code = ws.close_code
        if self.record.ended_by:
            return
        self.record.ended_by = "line"
        if ws.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE:
            raise StreamError(31903, "the server cut the connection without a close frame")

    def _message(self, text: str) -> None:
        try:
            if not self._both_ways:
                raise InvalidMessage("this stream only listens")
            message = read_message(text, self.record.sid)
        except InvalidMessage as error:
            self._count("invalid")
            self._invalid(error)
            return
        playback = self._call.phone.playback
        match message:
            case PlayAudio(ulaw):
                self._count("media")
                playback.add(ulaw, "media")
                self.record.max_lead_s = max(self.record.max_lead_s, playback.buffered_s)
            case SetMark(name):
                self._count("mark")
                mark = Mark(self._call.now, name)
                self.record.marks.append(mark)
                playback.then(lambda: self._return(mark))
            case ClearBuffer():
                self._count("clear")
                self._clearing = True
                playback.clear()
                self._clearing = False

    def _return(self, mark: Mark) -> None:
        """Send a mark back, unless the stream is already over."""
        if self._both_ways:
            mark.returned = self._call.now
            mark.cleared = self._clearing
            self._outgoing.put_nowait(self._writer.mark(mark.name))

    def _invalid(self, error: InvalidMessage) -> None:
        if not self._warned:
            self._warned = True
            self._call.asking.problem(31951, "warning", str(error), self.record.url)

    def _count(self, event: str) -> None:
        self.record.received[event] = self.record.received.get(event, 0) + 1

    def _report(self, event: str, error: str = "") -> None:
        """The status callback of <Stream>."""
        fields = {
            "AccountSid": self._options.account.sid,
            "CallSid": self._call.sid,
            "StreamSid": self.record.sid,
            "StreamName": self.name,
            "StreamEvent": event,
            "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        } | ({"StreamError": error} if error else {})
        self._call.asking.callback(self._node.get("statusCallback"), self._node.get("statusCallbackMethod"), fields)

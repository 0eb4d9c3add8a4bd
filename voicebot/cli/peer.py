"""A plain bridge to measure the line against: Twilio's frames into a standard Vosk server, all decoded, no gate.

What anyone would write first: every frame of every call goes to the recogniser, which also says where an utterance
ends; then one recorded answer is played. It is given every advantage that costs it nothing here: the same wheel,
model and audio, asynchronous sockets throughout, tenths of a second in one message, a shorter wait at the end of
speech, audio sent in one piece, no matching, no record, no dialogue.
"""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web

from voicebot.audio import ulaw_to_pcm
from voicebot.errors import OperatorError
from voicebot.speech import standard_server
from voicebot.switchboard.caller import read_telephone
from voicebot.switchboard.exchange import Switchboard
from voicebot.switchboard.options import Target

BATCH = 5
"""Frames in one message to the recogniser (0.1 s), as the line sends them."""
END_SILENCE = 0.3
"""Seconds. Vosk notices silence half a second late (its steps, and what the network looks ahead): with the line's own
0.6 s the bridge would never answer within a second. It is given a wait that would cut many callers off.
"""
START_S = 60.0
_RULES = "".join(f"--endpoint.rule{n}.min-trailing-silence={END_SILENCE}\n" for n in (2, 3, 4))


@dataclass(slots=True)
class Bridge:
    """One call."""

    ws: web.WebSocketResponse
    recogniser: aiohttp.ClientWebSocketResponse
    greeting: bytes
    answer: bytes
    stream: str = ""
    _batch: list[bytes] = field(default_factory=list)

    async def run(self) -> None:
        """Until the caller hangs up."""
        listening = asyncio.create_task(self._listen())
        try:
            await self.recogniser.send_str(json.dumps({"config": {"sample_rate": 8000}}))
            async for message in self.ws:
                if message.type is not aiohttp.WSMsgType.TEXT or not await self._frame(json.loads(message.data)):
                    break
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def _frame(self, frame: dict[str, object]) -> bool:
        match frame:
            case {"event": "start", "streamSid": str(stream)}:
                self.stream = stream
                await self._play(self.greeting)
            case {"event": "media", "media": {"payload": str(payload)}}:
                self._batch.append(base64.b64decode(payload))
                if len(self._batch) == BATCH:
                    await self.recogniser.send_bytes(ulaw_to_pcm(b"".join(self._batch)).tobytes())
                    self._batch = []
            case {"event": "stop"}:
                return False
        return True

    async def _listen(self) -> None:
        async for message in self.recogniser:
            if message.type is aiohttp.WSMsgType.TEXT and json.loads(message.data).get("text"):
                await self._send({"event": "clear", "streamSid": self.stream})
                await self._play(self.answer)

    async def _play(self, ulaw: bytes) -> None:
        payload = base64.b64encode(ulaw).decode()
        await self._send({"event": "media", "streamSid": self.stream, "media": {"payload": payload}})

    async def _send(self, frame: dict[str, object]) -> None:
        await self.ws.send_str(json.dumps(frame))


def application(recogniser: str, port: int, greeting: bytes, answer: bytes) -> web.Application:
    """The bridge; `recogniser` is the address of the Vosk server."""

    async def voice(request: web.Request) -> web.Response:
        body = f'<Response><Connect><Stream url="ws://127.0.0.1:{port}/stream"/></Connect></Response>'
        return web.Response(text=body, content_type="text/xml")

    async def stream(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(compress=False)
        await ws.prepare(request)
        async with aiohttp.ClientSession() as session, session.ws_connect(recogniser) as there:
            await Bridge(ws, there, greeting, answer).run()
        return ws

    app = web.Application()
    app.router.add_post("/twilio/voice", voice)
    app.router.add_get("/stream", stream)
    return app


def plain_model(model: Path, folder: Path) -> Path:
    """The model with rules that let Vosk itself end utterances."""
    copy = folder / "plain-model"
    shutil.copytree(model, copy, copy_function=_link)
    conf = copy / "conf" / "model.conf"
    lines = [line for line in conf.read_text("utf-8").splitlines() if "endpoint.rule" not in line]
    conf.unlink()
    conf.write_text("\n".join(lines) + "\n" + _RULES, "utf-8")
    return copy


def _link(source: str, target: str) -> str:
    Path(target).symlink_to(Path(source).resolve())
    return target


@dataclass(frozen=True, slots=True)
class Peer:
    """A running bridge."""

    board: Switchboard
    pids: tuple[int, ...]


@asynccontextmanager
async def served_peer(model: Path, recordings: Path, folder: Path) -> AsyncIterator[Peer]:
    """Run the bridge and its Vosk server, each a process of its own. Raises `OperatorError` when they do not start."""
    port, asr = _free_port(), _free_port()
    plain = plain_model(model, folder)
    log = folder / "peer.log"
    commands = (
        [sys.executable, "-m", standard_server.__name__, str(plain), str(asr)],
        [sys.executable, "-m", __name__, f"http://127.0.0.1:{asr}", str(port), str(recordings)],
    )
    processes = []
    try:
        with log.open("wb") as out:
            for command in commands:
                processes.append(await asyncio.create_subprocess_exec(*command, stdout=out, stderr=out))
        for number in (asr, port):
            await _wait_listening(number, log)
        async with Switchboard(Target(f"http://127.0.0.1:{port}")) as board:
            yield Peer(board, tuple(process.pid for process in processes))
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _wait_listening(port: int, log: Path) -> None:
    deadline = asyncio.get_running_loop().time() + START_S
    while asyncio.get_running_loop().time() < deadline:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
    raise OperatorError("peer-not-ready", f"对照用的桥没有启动起来：\n{log.read_text('utf-8', 'replace')[-2000:]}")


if __name__ == "__main__":
    recordings = Path(sys.argv[3])
    sounds = [read_telephone(recordings / name) for name in ("prompts/greeting.wav", "answers/rsj-001.wav")]
    web.run_app(
        application(sys.argv[1], int(sys.argv[2]), *sounds),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        print=None,
        access_log=None,
    )

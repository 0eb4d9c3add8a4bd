"""A served line in a process of its own, and the emulated network that calls it. For the demo and the tests."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp

from voicebot import content
from voicebot.errors import OperatorError
from voicebot.switchboard.account import Account, caller_number
from voicebot.switchboard.callee import Behaviour, Callee, Directory
from voicebot.switchboard.caller import Act
from voicebot.switchboard.clips import ClipIndex
from voicebot.switchboard.exchange import Caller, Switchboard, name_clips
from voicebot.switchboard.options import Faults, Options, Target
from voicebot.switchboard.result import CallResult

PUBLIC_URL = "https://line.example"
"""What the line believes its address to be; the emulated network carries it to this machine."""
DESK = caller_number(99)
START_S = 60.0
"""A first start compiles Python files and may read everything from a cold disk."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running line."""

    account: Account
    address: str
    board: Switchboard
    """The emulated telephone network. The line's own requests reach it too."""
    ready_s: float
    """From starting the process until it would hear, answer and record a call."""
    pid: int
    log: Path
    restarted: Callable[[], int] = lambda: 0
    """How often it had to be started again."""
    _desk: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def call(
        self,
        acts: Sequence[Act],
        *,
        desk: Behaviour = Behaviour.ACCEPT,
        answers: Mapping[str, Callee] | None = None,
        clips: ClipIndex | None = None,
        number: int | str = 0,
        rings: bool = True,
        faults: Faults | None = None,
    ) -> CallResult:
        """Place one call. `number` makes the caller's, or is it (``anonymous``); `answers` says who picks up how at
        further numbers.

        A call that `rings` somebody has the desk to itself: others wait with theirs. One with `faults` wants no other
        call at the same time.
        """
        async with self._desk if rings else contextlib.nullcontext():
            board = self.board.board
            before = board.directory, board.options
            if rings:
                board.directory = Directory({DESK: Callee(desk), **(answers or {})})
            if faults:
                board.options = replace(board.options, faults=faults)
            try:
                result = await self.board.place(
                    Caller(acts, number if isinstance(number, str) else caller_number(number))
                )
            finally:
                if rings:
                    board.directory = before[0]
                if faults:
                    board.options = before[1]
        if clips:
            name_clips(clips, result)
        return result


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class _Service:
    """What an operator's service manager does: one process group, started again when it ends by itself."""

    command: Sequence[str]
    env: Mapping[str, str]
    log: Path
    restarts: bool
    restarted: int = 0
    stopping: bool = False
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> asyncio.subprocess.Process:
        with self.log.open("ab") as out:
            self.process = await asyncio.create_subprocess_exec(
                *self.command, env=dict(self.env), stdout=out, stderr=out, start_new_session=self.restarts
            )
        return self.process

    async def watch(self) -> None:
        """Start it again whenever it ends, until it is to stop."""
        while self.process is not None:
            await self.process.wait()
            if self.stopping or not self.restarts:
                return
            self.restarted += 1
            await self.start()

    async def stop(self) -> None:
        self.stopping = True
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()
            await self.process.wait()


@contextlib.asynccontextmanager
async def served_line(
    data: Path,
    recordings: Path,
    more: Mapping[str, str] | None = None,
    *,
    deaf: bool = False,
    restarts: bool = False,
    workers: int | None = None,
) -> AsyncIterator[Stage]:
    """Serve the line as an operator would, until the block ends. `more` are further settings; a `deaf` line starts
    fast and hands every caller to a person; one that `restarts` is started again when it dies; `workers` listen.

    Raises `OperatorError` with the end of its log when it does not become ready.
    """
    account, port, api_port = Account(), free_port(), free_port()
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("VOICEBOT_", "TWILIO_"))},
        "TWILIO_ACCOUNT_SID": account.sid,
        "TWILIO_AUTH_TOKEN": account.token,
        "VOICEBOT_PUBLIC_URL": PUBLIC_URL,
        "VOICEBOT_DATA": str(data),
        "VOICEBOT_RECORDINGS": str(recordings),
        "VOICEBOT_FAQ": str(content.faq_folder(os.environ)),
        "VOICEBOT_DESK_NUMBER": DESK,
        "VOICEBOT_TWILIO_API": f"http://127.0.0.1:{api_port}",
        "VOICEBOT_CALLBACKS": "manual",
        **(more or {}),
    }
    address = f"http://127.0.0.1:{port}"
    target = Target(address, PUBLIC_URL, fallback_path="/twilio/fallback", status_path="/twilio/status")
    async with Switchboard(target, Options(account=account, api_port=api_port)) as board:
        began = time.monotonic()
        log = data / "serve.log"
        count = 0 if deaf else workers
        options = ["--port", str(port), *(["--workers", str(count)] if count is not None else [])]
        command = [sys.executable, "-m", "voicebot", "serve", *options]
        service = _Service(command, env, log, restarts)
        process = await service.start()
        watch = asyncio.create_task(service.watch())
        try:
            await _wait_ready(f"{address}/{'healthz' if deaf else 'readyz'}", process, log)
            yield Stage(account, address, board, time.monotonic() - began, process.pid, log, lambda: service.restarted)
        finally:
            await service.stop()
            await watch


async def _wait_ready(page: str, process: asyncio.subprocess.Process, log: Path) -> None:
    deadline = time.monotonic() + START_S
    why = "没有回应"
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline and process.returncode is None:
            try:
                async with session.get(page) as reply:
                    if reply.status == 200:
                        return
                    why = await reply.text()
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
    tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])
    raise OperatorError("line-not-ready", f"热线没有启动起来：{why}\n{tail}")

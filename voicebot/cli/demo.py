"""`voicebot demo`: the whole line on this machine, called by an emulated telephone network."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
import tempfile
import time
import tomllib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import click
from rich.console import Console

from voicebot import content
from voicebot.errors import OperatorError
from voicebot.switchboard.account import Account, caller_number
from voicebot.switchboard.callee import Behaviour, Callee, Directory
from voicebot.switchboard.clips import ClipIndex, clips_from
from voicebot.switchboard.exchange import Caller, Switchboard
from voicebot.switchboard.options import Options, Target
from voicebot.switchboard.rehearsal import Rehearsal, faults, rehearsals_from
from voicebot.switchboard.result import CallResult

PUBLIC_URL = "https://line.example"
"""What the line believes its address to be; the emulated network carries it to this machine."""
DESK = caller_number(99)
START_S = 60.0
"""A first start compiles Python files and may read everything from a cold disk."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running line, and who calls it."""

    account: Account
    address: str
    api_port: int
    ready_s: float


@click.command()
@click.option("--json", "as_json", is_flag=True, help="每通电话一行 JSON。")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), default=None, help="把数据留在这个文件夹。")
@click.option("--only", type=int, default=None, help="只打第几通。")
def demo(as_json: bool, keep: Path | None, only: int | None) -> None:
    """在本机演示：启动热线，用模拟电话网打几通真人语音电话，逐句打印，并核对每通的结果。"""
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    try:
        failed = asyncio.run(_demo(console, as_json, keep, only))
    except OperatorError as error:
        raise click.ClickException(error.message) from error
    if failed:
        raise SystemExit(1)


async def _demo(console: Console, as_json: bool, keep: Path | None, only: int | None) -> int:
    recordings = content.recordings_folder(os.environ)
    callers = recordings / "callers"
    manifest = json.loads((callers / "manifest.json").read_text("utf-8"))
    texts = {entry["file"]: entry["text"] for entry in manifest}
    rehearsals = rehearsals_from(tomllib.loads(content.data_text("demo.toml")), callers, texts)
    chosen = [(n, r) for n, r in enumerate(rehearsals, 1) if only in (None, n)]
    clips = clips_from(recordings)
    failed = 0
    with _folder(keep) as data:
        began = time.monotonic()
        async with _line(data, recordings) as stage:
            if not as_json:
                console.print(f"热线已就绪（{stage.ready_s:.1f} 秒）。下面打 {len(chosen)} 通电话。\n")
            for number, rehearsal in chosen:
                result = await _call(stage, rehearsal, clips, number)
                wrong = faults(rehearsal, result)
                failed += bool(wrong)
                if as_json:
                    facts = {"title": rehearsal.title, "passed": not wrong, "faults": wrong, **result.to_json()}
                    click.echo(json.dumps(facts, ensure_ascii=False))
                else:
                    _show(console, number, rehearsal, result, wrong)
        if not as_json:
            took = time.monotonic() - began
            verdict = "全部符合预期" if not failed else f"{failed} 通不符合预期"
            console.print(f"{len(chosen)} 通电话，{verdict}，共 {took:.0f} 秒。")
    return failed


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="voicebot-demo-") as folder:
        yield Path(folder)


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def _line(data: Path, recordings: Path) -> AsyncIterator[Stage]:
    """Serve the line in a process of its own, as an operator would."""
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
    }
    began = time.monotonic()
    log = data / "serve.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "voicebot", "serve", "--port", str(port)]
        process = await asyncio.create_subprocess_exec(*command, env=env, stdout=out, stderr=out)
    try:
        address = f"http://127.0.0.1:{port}"
        await _wait_ready(address, process, log)
        yield Stage(account, address, api_port, time.monotonic() - began)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _wait_ready(address: str, process: asyncio.subprocess.Process, log: Path) -> None:
    deadline = time.monotonic() + START_S
    why = "没有回应"
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline and process.returncode is None:
            try:
                async with session.get(f"{address}/readyz") as reply:
                    if reply.status == 200:
                        return
                    why = await reply.text()
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
    tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])
    raise OperatorError("line-not-ready", f"热线没有启动起来：{why}\n{tail}")


async def _call(stage: Stage, rehearsal: Rehearsal, clips: ClipIndex, number: int) -> CallResult:
    target = Target(stage.address, PUBLIC_URL, fallback_path="/twilio/fallback", status_path="/twilio/status")
    options = Options(account=stage.account, api_port=stage.api_port)
    desk = Directory({DESK: Callee(Behaviour(rehearsal.desk))})
    async with Switchboard(target, options, desk, clips) as board:
        return await board.place(Caller(rehearsal.acts, caller_number(number)))


def _show(console: Console, number: int, rehearsal: Rehearsal, result: CallResult, wrong: list[str]) -> None:
    console.print(f"[bold]第 {number} 通  {rehearsal.title}[/bold]")
    for t, who, text in story(result):
        style = {"来电人": "cyan", "热线": "green", "值班台": "magenta"}.get(who, "dim")
        console.print(f"{t:6.1f}s  [{style}]{who}[/{style}]  {text}")
    waits = [item.seconds for item in result.latencies if item.seconds is not None and not item.overlapped]
    if waits:
        console.print(f"         [dim]说完到听见回答：{'、'.join(f'{wait:.2f}' for wait in waits)} 秒[/dim]")
    if wrong:
        console.print("         [red]不符合预期：[/red]")
        for line in wrong:
            console.print(f"         [red]{line}[/red]")
    console.print()


def story(result: CallResult) -> list[tuple[float, str, str]]:
    """A call as (second, who, what), in the order it happened."""
    lines: list[tuple[float, str, str]] = []
    lines += [(item.t, "来电人", item.text or item.name) for item in result.said]
    lines += [(item.t, "来电人", f"按 {item.key} 键") for item in result.keys]
    for item in result.heard:
        if item.kind in ("media", "say", "play"):
            lines.append((item.t, "热线", item.text or "（声音）"))
        elif item.kind == "beep":
            lines.append((item.t, "热线", "（提示音）"))
        elif item.kind == "bridge":
            lines.append((item.t, "值班台", "（通话）"))
    for dial in result.dials:
        lines.append((dial.t, "电话", "值班台振铃"))
        if dial.end is not None:
            lines.append((dial.end, "电话", f"值班台：{'接通' if dial.bridged else dial.status}"))
    lines += [(item.t, "电话", f"留言 {item.duration_s:.0f} 秒") for item in result.recordings]
    if result.end is not None:
        lines.append((result.end, "电话", "来电人挂机" if result.ended_by == "caller" else "通话结束"))
    return sorted(lines, key=lambda line: line[0])

"""`voicebot demo`: the whole line on this machine, called by an emulated telephone network."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console

from voicebot import content
from voicebot.cli.sample_desk import run_desk
from voicebot.cli.stage import Stage, served_line
from voicebot.errors import VoicebotError
from voicebot.switchboard.callee import Behaviour
from voicebot.switchboard.clips import ClipIndex, clips_from
from voicebot.switchboard.rehearsal import Rehearsal, faults, rehearsals_from
from voicebot.switchboard.result import CallResult

AT_ONCE = 3
"""Calls at the same time: a small machine takes them easily, and nobody has to wait for each to end."""

_STYLES = {"来电人": "cyan", "热线": "green", "值班台": "magenta"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="每通电话一行 JSON。")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), default=None, help="把数据留在这个文件夹。")
@click.option("--only", type=click.IntRange(1), default=None, help="只打第几通。")
@click.option("--desk", is_flag=True, help="不打电话：生成两个月的示例数据，打开值班台，打印各个角色的账号。")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="值班台的端口（--desk）。")
def demo(as_json: bool, keep: Path | None, only: int | None, desk: bool, port: int) -> None:
    """在本机演示：启动热线，用模拟电话网打几通真人语音电话，逐句打印，并核对每通的结果。"""
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    try:
        if desk:
            with _folder(keep) as folder:
                run_desk(folder, port)
            return
        failed = asyncio.run(_demo(console, as_json, keep, only))
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    if failed:
        raise SystemExit(1)


async def _demo(console: Console, as_json: bool, keep: Path | None, only: int | None) -> int:
    """Place the calls; how many did not come out as expected."""
    began = time.monotonic()
    recordings = content.recordings_folder(os.environ)
    chosen = [(n, rehearsal) for n, rehearsal in enumerate(rehearsals(recordings), 1) if only in (None, n)]
    failed = 0
    with _folder(keep) as data:
        async with served_line(data, recordings) as stage:
            if not as_json:
                console.print(f"热线已就绪（{stage.ready_s:.1f} 秒）。下面打 {len(chosen)} 通电话，请稍等。\n")
            clips = await asyncio.to_thread(clips_from, recordings)
            few = asyncio.Semaphore(AT_ONCE)
            calls = [asyncio.create_task(_call(few, stage, rehearsal, clips, n)) for n, rehearsal in chosen]
            for (number, rehearsal), call in zip(chosen, calls, strict=True):
                result = await call
                wrong = faults(rehearsal, result)
                failed += bool(wrong)
                if as_json:
                    facts = {"title": rehearsal.title, "passed": not wrong, "faults": wrong, **result.to_json()}
                    click.echo(json.dumps(facts, ensure_ascii=False))
                else:
                    _show(console, number, rehearsal, result, wrong)
    if not as_json:
        verdict = "全部符合预期" if not failed else f"{failed} 通不符合预期"
        console.print(f"{len(chosen)} 通电话，{verdict}，共 {time.monotonic() - began:.0f} 秒。")
    return failed


def rehearsals(recordings: Path) -> list[Rehearsal]:
    """The calls of the demo. Raises `ContentError` or `OperatorError` when its sounds are missing."""
    callers = recordings / "callers"
    manifest = json.loads((callers / "manifest.json").read_text("utf-8"))
    texts = {entry["file"]: entry["text"] for entry in manifest}
    return rehearsals_from(tomllib.loads(content.data_text("demo.toml")), callers, texts)


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="voicebot-demo-") as folder:
        yield Path(folder)


async def _call(
    few: asyncio.Semaphore, stage: Stage, rehearsal: Rehearsal, clips: ClipIndex, number: int
) -> CallResult:
    async with few:
        return await stage.call(
            rehearsal.acts,
            desk=Behaviour(rehearsal.desk),
            clips=clips,
            number=number,
            rings=rehearsal.ends != "answered",
        )


def _show(console: Console, number: int, rehearsal: Rehearsal, result: CallResult, wrong: list[str]) -> None:
    console.print(f"[bold]第 {number} 通  {rehearsal.title}[/bold]")
    for t, who, text in story(result):
        style = _STYLES.get(who, "dim")
        console.print(f"{t:6.1f}s  [{style}]{who}[/{style}]  {text}")
    waits = [item.seconds for item in result.latencies if item.seconds is not None and item.is_wait]
    if waits:
        console.print(f"         [dim]说完到听见回答：{'、'.join(f'{wait:.2f}' for wait in waits)} 秒[/dim]")
    for line in wrong:
        console.print(f"         [red]不符合预期：{line}[/red]")
    console.print()


def story(result: CallResult) -> list[tuple[float, str, str]]:
    """A call as (second, who, what), in the order it happened."""
    lines = [(item.t, "来电人", item.text or item.name) for item in result.said]
    lines += [(item.t, "来电人", f"按 {item.key} 键") for item in result.keys]
    for item in result.heard:
        if item.kind == "bridge":
            lines.append((item.t, "值班台", "（通话）"))
        else:
            lines.append((item.t, "热线", "（提示音）" if item.kind == "beep" else item.text or "（声音）"))
    for dial in result.dials:
        lines.append((dial.t, "电话", "值班台振铃"))
        if dial.end is not None:
            lines.append((dial.end, "电话", f"值班台：{'接通过' if dial.bridged else dial.status}"))
    lines += [(item.t, "电话", f"留言 {item.duration_s:.0f} 秒") for item in result.recordings]
    if result.end is not None:
        lines.append((result.end, "电话", "来电人挂机" if result.ended_by == "caller" else "通话结束"))
    return sorted(lines, key=lambda line: line[0])

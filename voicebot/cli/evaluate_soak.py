"""`voicebot evaluate soak`: one call after the other, a thousand of them; what is left of them afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from voicebot import content
from voicebot.cli.processes import family, is_worker, rss_kb, sockets, threads
from voicebot.cli.stage import Stage, served_line
from voicebot.cli.traffic import Waits, at_once, questions
from voicebot.errors import VoicebotError
from voicebot.switchboard.caller import Act, At, HangUp, Into, Press, Say
from voicebot.switchboard.result import CallResult

SETTLE_S = 6.0
"""Seconds after the last call until what is left is counted: sockets wait for their other side, idle ones are kept."""
SAMPLES = 40
"""How often memory is looked at."""
WARM_UP = 0.2
"""Share of the calls whose memory does not count: caches fill."""
LONGEST_S = 40.0


@dataclass(frozen=True, slots=True)
class Look:
    """What the line holds at one moment."""

    calls: int
    """Calls that are over."""
    rss_kb: int
    processes: int
    threads: int
    sockets: int


@click.command()
@click.option("--calls", default=1000, show_default=True, type=click.IntRange(1, 100000), help="打多少通。")
@click.option("--lines", default=10, show_default=True, type=click.IntRange(1, 100), help="同时几通。")
@click.option("--workers", type=click.IntRange(1, 64), default=None, help="识别进程数；默认与 serve 相同。")
@click.option("--json", "as_json", is_flag=True, help="用一行 JSON 报告。")
def soak(calls: int, lines: int, workers: int | None, as_json: bool) -> None:
    """连续打许多通电话，看内存有没有一通一通地涨，进程、线程、连接有没有留下。

    rss_kb_per_call 是全部进程的内存对通话数的斜率，不算开头的两成。留下什么，或者有一通没打完，退出码为 1。
    """
    try:
        looks, waits = asyncio.run(_run(calls, lines, workers))
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    figures = summary(looks, calls)
    if as_json:
        click.echo(json.dumps(figures))
    else:
        _show(figures, looks, waits)
    if waits.failed or figures["processes_left"] or figures["threads_left"] or figures["sockets_left"]:
        sys.exit(1)


def summary(looks: Sequence[Look], calls: int) -> dict[str, object]:
    """The figures. What is left is what there is after the last call and was not before the first, warmed up."""
    before, after = looks[0], looks[-1]
    return {
        "calls": calls,
        "rss_kb_per_call": slope(looks[1:-1]),
        "processes_left": max(0, after.processes - before.processes),
        "threads_left": max(0, after.threads - before.threads),
        "sockets_left": max(0, after.sockets - before.sockets),
    }


def slope(looks: Sequence[Look]) -> float | None:
    """KiB a call by least squares, the first calls left out; None of fewer than three looks."""
    most = max((look.calls for look in looks), default=0)
    used = [look for look in looks if look.calls >= WARM_UP * most]
    if len(used) < 3 or used[0].calls == used[-1].calls:
        return None
    line = np.polyfit([look.calls for look in used], [look.rss_kb for look in used], 1)
    return round(float(line[0]), 2)


async def _run(calls: int, lines: int, workers: int | None) -> tuple[list[Look], Waits]:
    recordings = content.recordings_folder(os.environ)
    said = questions(recordings / "callers")
    waits, looks = Waits(), []
    with tempfile.TemporaryDirectory(prefix="voicebot-soak-") as folder:
        async with served_line(Path(folder), recordings, workers=workers) as stage:
            await at_once(lambda n: _place(stage, said, n), 2 * lines, 2 * lines)  # every thread it will need exists
            await asyncio.sleep(SETTLE_S)
            looks.append(_look(stage.pid, 0))
            over = 0

            def told(one: int) -> None:
                nonlocal over
                over += one
                bar.update(one)
                if over % max(1, calls // SAMPLES) == 0:
                    looks.append(_look(stage.pid, over))

            async def place(number: int) -> CallResult:
                result = await _place(stage, said, number)
                waits.add(result)
                stage.board.board.ended.clear()  # the emulated network remembers every call; we need none of them
                return result

            with click.progressbar(length=calls, label="电话", file=sys.stderr) as bar:
                await at_once(place, calls, lines, told)
            await asyncio.sleep(SETTLE_S)
            looks.append(_look(stage.pid, over))
    return looks, waits


async def _place(stage: Stage, said: Sequence[Say], number: int) -> CallResult:
    return await stage.call(_acts(said, number), number="anonymous", rings=False)


def _acts(said: Sequence[Say], number: int) -> list[Act]:
    """What callers do, in turn: ask and hear the beginning of the answer; press keys; hang up during the greeting."""
    one = said[number % len(said)]
    match number % 4:
        case 0 | 1:
            return [Say(one.audio, one.name, Into(0.5), one.text), HangUp(Into(0.6)), HangUp(At(LONGEST_S))]
        case 2:
            return [Press("*", Into(0.5)), Press("5", Into(0.5)), HangUp(Into(0.5)), HangUp(At(LONGEST_S))]
        case _:
            return [HangUp(At(0.5 + number % 3))]


def _look(pid: int, calls: int) -> Look:
    processes = family(pid)
    workers = [one for one in processes if is_worker(one)]
    return Look(
        calls,
        sum(rss_kb(one) for one in processes),
        len(processes),
        sum(threads(one) for one in processes if one not in workers),
        sum(sockets(one) for one in processes),
    )


def _show(figures: dict[str, object], looks: Sequence[Look], waits: Waits) -> None:
    click.echo("通话     内存（KB）  进程  线程  连接")
    for look in looks[:: max(1, len(looks) // 10)]:
        click.echo(f"{look.calls:5}  {look.rss_kb:10}  {look.processes:5} {look.threads:5} {look.sockets:5}")
    click.echo(f"每通电话内存增长  {figures['rss_kb_per_call']} KB")
    left = "留下的进程 {processes_left}，线程 {threads_left}，连接 {sockets_left}".format(**figures)
    click.echo(f"{left}；没有打完的电话 {waits.failed} 通，没有听见回答 {waits.unanswered} 次")

"""`voicebot evaluate capacity`: how many callers are answered in time at once, by the line and by a plain bridge."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import numpy as np

from voicebot import content, wiring
from voicebot.cli.peer import served_peer
from voicebot.cli.processes import cpu_s, family
from voicebot.cli.stage import served_line
from voicebot.cli.traffic import Waits, asking, questions, some
from voicebot.errors import VoicebotError
from voicebot.speech import models
from voicebot.switchboard.caller import Act, Say
from voicebot.switchboard.exchange import Caller
from voicebot.switchboard.result import CallResult

LIMIT_MS: Final = 1000
"""The 95th percentile from the end of speech to the first sound of the answer."""
SPREAD_S: Final = 4.0
"""Seconds over which the callers of a step call, so that they do not all speak at once."""
TRIES: Final = 2
TICK_S: Final = 0.02
LATE_MS: Final = 60
"""Beyond this the emulated network itself was too late to measure anything (95th percentile of its ticks)."""
UNLIMITED: Final = "[capacity]\nlines_per_worker = 1000\nmost_delay = 5.0\n"
"""The line under test turns nobody away: what is measured is where it should."""

Place = Callable[[Sequence[Act]], Awaitable[CallResult]]


@dataclass(frozen=True, slots=True)
class Step:
    """So many callers at once."""

    lines: int
    waits: Waits
    network_late_ms: int
    """95th percentile of how late the emulated network's own clock was."""
    cpu_per_line: float = 0.0
    """Seconds of processor time for a second of a call; unlike the waits it hardly depends on what else runs."""

    @property
    def kept_up(self) -> bool:
        """Everyone was answered, in time."""
        p95 = self.waits.ms(95)
        return p95 is not None and p95 <= LIMIT_MS and not (self.waits.failed or self.waits.unanswered)


@click.command()
@click.option("--first", default=8, show_default=True, type=click.IntRange(1, 500), help="从几路开始。")
@click.option("--by", default=8, show_default=True, type=click.IntRange(1, 100), help="每次加几路。")
@click.option("--most", default=64, show_default=True, type=click.IntRange(1, 500), help="最多几路。")
@click.option("--turns", default=2, show_default=True, type=click.IntRange(1, 20), help="一通电话里问几次。")
@click.option("--workers", type=click.IntRange(1, 64), default=None, help="识别进程数；默认与 serve 相同。")
@click.option("--peer/--no-peer", default=True, show_default=True, help="同一台机器上也测对照用的桥。")
@click.option("--json", "as_json", is_flag=True, help="用一行 JSON 报告。")
def capacity(first: int, by: int, most: int, turns: int, workers: int | None, peer: bool, as_json: bool) -> None:
    """测量同时能接几路电话：九五分位的等候不超过一秒、没有一通出错。

    对照是最简单的桥：媒体流原样送进标准的 Vosk 服务，全部解码，没有语音检测；同样的模型、录音和机器，轮流测。
    """
    levels = list(range(first, most + 1, by))
    try:
        ours, theirs = asyncio.run(_run(levels, turns, workers, peer, as_json))
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    figures = summary(ours, theirs)
    if as_json:
        click.echo(json.dumps(figures))
    else:
        text = "热线 {lines} 路（九五分位 {p95_ms} 毫秒），对照 {peer_lines} 路（{peer_p95_ms} 毫秒），{ratio} 倍"
        click.echo(text.format(**figures))
    if not figures["lines"]:
        sys.exit(1)


def summary(ours: Sequence[Step], theirs: Sequence[Step]) -> dict[str, object]:
    """The figures. Lines are those of the last step before the first that failed."""
    (lines, p95), (peer_lines, peer_p95) = _reached(ours), _reached(theirs)
    return {
        "lines": lines,
        "p95_ms": p95,
        "peer_lines": peer_lines,
        "peer_p95_ms": peer_p95,
        "ratio": round(lines / peer_lines, 2) if peer_lines else None,
    }


def _reached(steps: Sequence[Step]) -> tuple[int, int | None]:
    """How many lines kept up and their p95; with none, what the first step had."""
    kept = [step for step in steps if step.kept_up]
    last = kept[-1] if kept else steps[0] if steps else None
    return (last.lines if kept and last else 0), (last.waits.ms(95) if last else None)


async def _run(
    levels: Sequence[int], turns: int, workers: int | None, peer: bool, quiet: bool
) -> tuple[list[Step], list[Step]]:
    """Both are there all the time, and take turns at every number of lines: what else the machine does meets both."""
    recordings = content.recordings_folder(os.environ)
    model = models.find(wiring.settings().model)
    said = questions(recordings / "callers")
    async with AsyncExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="voicebot-capacity-")))
        (data / "voicebot.toml").write_text(UNLIMITED, "utf-8")
        line = served_line(data, recordings, {"VOICEBOT_MODEL": str(model)}, workers=workers)
        stage = await stack.enter_async_context(line)
        climbs = [Climb("热线", lambda acts: stage.call(acts, number="anonymous", rings=False), (stage.pid,), [])]
        if peer:
            bridge = await stack.enter_async_context(served_peer(model, recordings, data))
            climbs.append(Climb("对照", lambda acts: bridge.board.place(Caller(acts, "anonymous")), bridge.pids, []))
        for lines in levels:
            for climb in climbs:
                await _climb(climb, lines, said, turns, quiet)
    return climbs[0].steps, climbs[1].steps if peer else []


@dataclass(frozen=True, slots=True)
class Climb:
    """One system with more and more callers."""

    name: str
    place: Place
    pids: tuple[int, ...]
    """Its processes are these and those below them."""
    steps: list[Step]

    def cpu_s(self) -> float:
        """Seconds of processor time it has used so far."""
        return sum(cpu_s(one) for pid in self.pids for one in family(pid))


async def _climb(climb: Climb, lines: int, said: Sequence[Say], turns: int, quiet: bool) -> None:
    """The next step, unless the last one failed. One that fails is tried once more: the machine may have been busy."""
    if climb.steps and not climb.steps[-1].kept_up:
        return
    for attempt in range(TRIES):
        step = await _step(climb, lines, said, turns, seed=1000 * lines + attempt)
        click.echo(_row(climb.name, step), err=quiet)
        if step.kept_up:
            break
    climb.steps.append(step)


async def _step(climb: Climb, lines: int, said: Sequence[Say], turns: int, seed: int) -> Step:
    dice = random.Random(seed)

    async def one(number: int) -> CallResult:
        await asyncio.sleep(dice.uniform(0, SPREAD_S))
        return await climb.place(asking(some(said, turns, seed=seed + number)))

    late: list[float] = []
    watch = asyncio.create_task(_watch(late))
    cpu_before = climb.cpu_s()
    results = await asyncio.gather(*(one(number) for number in range(lines)))
    watch.cancel()
    waits = Waits()
    for result in results:
        waits.add(result)
    call_s = sum((result.end or 0.0) - (result.answered or 0.0) for result in results)
    cpu = (climb.cpu_s() - cpu_before) / call_s if call_s else 0.0
    return Step(lines, waits, round(float(np.percentile(late, 95)) * 1000), round(cpu, 4))


async def _watch(late: list[float]) -> None:
    """How late this process is: the emulated network lives in it."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + TICK_S
        await asyncio.sleep(TICK_S)
        late.append(loop.time() - due)


def _row(who: str, step: Step) -> str:
    waits = step.waits
    row = f"{who}  {step.lines:3} 路  {waits.turns:4} 次  中位 {waits.ms(50)} 毫秒  九五分位 {waits.ms(95)} 毫秒"
    row += f"  没有回答 {waits.unanswered}  出错 {waits.failed}  每路占核 {step.cpu_per_line:.1%}"
    row += f"  电话网迟 {step.network_late_ms} 毫秒"
    return row + ("" if step.network_late_ms <= LATE_MS else "（电话网自己来不及，不算数）")

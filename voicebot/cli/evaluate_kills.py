"""`voicebot evaluate kills`: speech workers are killed at random moments under load; what their callers notice."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import random
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np

from voicebot import content
from voicebot.cli.processes import family, is_worker
from voicebot.cli.stage import Stage, served_line
from voicebot.cli.traffic import asking, questions, some
from voicebot.errors import VoicebotError
from voicebot.switchboard.caller import Say
from voicebot.switchboard.clips import ClipIndex, clips_from
from voicebot.switchboard.exchange import name_clips
from voicebot.switchboard.result import CallResult, Heard, Said

REPEAT = "prompts/repeat_please"
SOON_S = 2.0
AFTER_S = 1.5
"""Seconds after the end of a question in which a kill may still cost its answer."""
BETWEEN_S = 1.2
"""Mean seconds between two kills."""
TURNS = 6
"""Questions in a call."""
BARGE_IN_S = 1.0
"""Callers interrupt the line so soon: most of the time somebody is speaking."""


@dataclass(slots=True)
class Toll:
    """What the kills cost."""

    kills: list[float] = field(default_factory=list)
    """Moments, on the emulated network's clock."""
    calls: int = 0
    lost: int = 0
    """Calls that broke, or ended otherwise than by their caller, without a person having been rung."""
    handed_over: int = 0
    """Calls that went on with a person."""
    unanswered: int = 0
    """Questions after which the line said nothing at all."""
    reprompts: list[float] = field(default_factory=list)
    """Seconds from the kill to the line asking to say it again."""

    def figures(self) -> dict[str, object]:
        """For `--json`."""
        waits = self.reprompts
        return {
            "kills": len(self.kills),
            "calls": self.calls,
            "lost": self.lost,
            "handed_over": self.handed_over,
            "unanswered": self.unanswered,
            "reprompted": len(waits),
            "late": sum(wait > SOON_S for wait in waits),
            "p95_ms": round(float(np.percentile(waits, 95)) * 1000) if waits else None,
            "max_ms": round(max(waits) * 1000) if waits else None,
        }

    def add(self, result: CallResult, placed: float) -> None:
        """Count a call; `placed` is when, on the same clock as the kills."""
        self.calls += 1
        person = bool(result.dials)
        self.handed_over += person
        self.lost += not person and (bool(result.errors) or result.ended_by != "caller")
        kills = [moment - placed for moment in self.kills]
        for index, said in enumerate(result.said):
            until = result.said[index + 1].t if index + 1 < len(result.said) else result.end or float("inf")
            heard = [piece for piece in result.heard if said.t < piece.t < until]
            self.unanswered += not heard and not person
            self._reprompt(said, heard, kills)

    def _reprompt(self, said: Said, heard: Sequence[Heard], kills: Sequence[float]) -> None:
        again = next((piece.t for piece in heard if any(name.startswith(REPEAT) for name in piece.clips)), None)
        if again is not None:
            before = [kill for kill in kills if said.t <= kill <= min(again, said.end + AFTER_S)]
            if before:
                self.reprompts.append(again - max(before))


@click.command()
@click.option("--kills", default=200, show_default=True, type=click.IntRange(1, 10000), help="杀多少次。")
@click.option("--lines", default=4, show_default=True, type=click.IntRange(1, 100), help="同时几通电话。")
@click.option("--workers", type=click.IntRange(1, 64), default=None, help="识别进程数；默认与 serve 相同。")
@click.option("--seed", default=1, show_default=True, help="随机数种子。")
@click.option("--json", "as_json", is_flag=True, help="用一行 JSON 报告。")
def kills(kills: int, lines: int, workers: int | None, seed: int, as_json: bool) -> None:
    """通话中随机杀死识别进程：电话不能断，来电人要在两秒内听到“请您再说一遍”。

    丢了一通，或者请来电人重说晚了，退出码为 1。
    """
    try:
        toll = asyncio.run(_run(kills, lines, workers, seed))
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    figures = toll.figures()
    if as_json:
        click.echo(json.dumps(figures))
    else:
        for name, words in _WORDS.items():
            click.echo(f"{words}  {figures[name]}")
    if toll.lost or toll.unanswered or figures["late"]:
        sys.exit(1)


async def _run(kills: int, lines: int, workers: int | None, seed: int) -> Toll:
    recordings = content.recordings_folder(os.environ)
    said = questions(recordings / "callers")
    clips = clips_from(recordings)
    toll = Toll()
    with tempfile.TemporaryDirectory(prefix="voicebot-kills-") as folder:
        async with served_line(Path(folder), recordings, workers=workers) as stage:
            done: list[tuple[CallResult, float]] = []
            over = asyncio.Event()
            numbers = itertools.count()
            callers = [asyncio.create_task(_keep_calling(stage, said, numbers, over, done)) for _ in range(lines)]
            with click.progressbar(length=kills, label="杀死", file=sys.stderr) as bar:
                dice = random.Random(seed)
                while len(toll.kills) < kills:
                    await asyncio.sleep(dice.expovariate(1 / BETWEEN_S))
                    if _kill_one(stage.pid, dice):
                        toll.kills.append(stage.board.board.clock.now())
                        bar.update(1)
            over.set()
            await asyncio.gather(*callers)
        for result, placed in done:
            _judge(toll, result, placed, clips)
    return toll


def _judge(toll: Toll, result: CallResult, placed: float, clips: ClipIndex) -> None:
    name_clips(clips, result)
    toll.add(result, placed)


async def _keep_calling(
    stage: Stage,
    said: Sequence[Say],
    numbers: Iterator[int],
    over: asyncio.Event,
    done: list[tuple[CallResult, float]],
) -> None:
    """One call after the other until it is over, each without a number: who calls again soon gets a person."""
    while not over.is_set():
        number = next(numbers)
        acts = asking(some(said, TURNS, seed=number), barge_in_s=BARGE_IN_S)
        placed = stage.board.board.clock.now()
        done.append((await stage.call(acts, number="anonymous", rings=False), placed))


def _kill_one(pid: int, dice: random.Random) -> bool:
    """Kill a worker of the line; False when none is alive just now."""
    workers = [one for one in family(pid) if is_worker(one)]
    if workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(dice.choice(workers), signal.SIGKILL)
            return True
    return False


_WORDS = {
    "kills": "杀死识别进程（次）  ",
    "calls": "电话（通）          ",
    "lost": "丢失（通）          ",
    "handed_over": "转给人工（通）      ",
    "unanswered": "没有回应（句）      ",
    "reprompted": "请来电人重说（次）  ",
    "late": "其中晚于两秒（次）  ",
    "p95_ms": "九五分位（毫秒）    ",
    "max_ms": "最慢（毫秒）        ",
}

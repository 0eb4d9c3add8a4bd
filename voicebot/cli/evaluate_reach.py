"""`voicebot evaluate reach`: seconds and keys from a call until a clerk's phone rings."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

import click

from voicebot import content, wiring
from voicebot.cli.evaluate_faults import SECRET, open_office
from voicebot.cli.stage import Stage, served_line
from voicebot.switchboard.account import caller_number
from voicebot.switchboard.callee import Behaviour
from voicebot.switchboard.caller import Act, At, HangUp, Into, Press
from voicebot.switchboard.result import CallResult

GREEN_LIMIT_S, KEY_LIMIT_S = 3.0, 2.0
GREEN = 60
PATIENCE_S = 5.0
"""A clerk's phone rings long before; then the caller hangs up."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What was measured, in seconds."""

    calls: int
    """Of each kind."""
    green_s: float | None
    """Median from the start of a green call to a clerk's phone ringing; None when one of them never rang anybody."""
    green_keys: int
    """The most keys a green caller pressed."""
    green_max_s: float | None
    key0_s: float | None
    """Median from the key 0 during the greeting to a clerk's phone ringing."""
    key0_max_s: float | None

    @property
    def fast_enough(self) -> bool:
        """Within the limits."""
        if self.green_s is None or self.key0_s is None:
            return False
        return self.green_s <= GREEN_LIMIT_S and not self.green_keys and self.key0_s <= KEY_LIMIT_S


@click.command()
@click.option("--calls", default=3, show_default=True, type=click.IntRange(1, 100), help="每一种打几次。")
@click.option("--json", "as_json", is_flag=True, help="用一行 JSON 报告。")
def reach(calls: int, as_json: bool) -> None:
    """从来电（绿色通道），或者从问候语中按零，到办事员电话响，要多少秒、按几个键。

    一条真的线路（HTTP、WebSocket、语音识别、SQLite）和模拟的运营商。
    中位数超过 3 秒（绿色通道，不按键）或 2 秒（按零），退出码为 1。
    """
    reached = asyncio.run(measure(calls))
    if as_json:
        click.echo(json.dumps(asdict(reached), ensure_ascii=False))
    else:
        click.echo("  ".join(f"{name}={value}" for name, value in asdict(reached).items()))
    if not reached.fast_enough:
        sys.exit(1)


async def measure(calls: int) -> Reached:
    """Place the calls, one after the other."""
    with tempfile.TemporaryDirectory(prefix="voicebot-reach-") as folder:
        data = Path(folder)
        record = open_office(data)
        key = record.number_key(caller_number(GREEN))
        record.register_green(key, consent="evaluate", expires_at=wiring.now() + timedelta(days=1))
        recordings = content.recordings_folder(os.environ)
        async with served_line(data, recordings, {"VOICEBOT_SECRET": SECRET}) as stage:
            green = [await _place(stage, GREEN) for _ in range(calls)]
            zero = [await _place(stage, n, Press("0", Into(1.0))) for n in range(1, calls + 1)]
    waited = [_seconds(call, 0.0) for call in green]
    after_key = [_seconds(call, call.keys[0].t if call.keys else 0.0) for call in zero]
    return Reached(
        calls,
        _rounded(waited, median),
        max(len(call.keys) for call in green),
        _rounded(waited, max),
        _rounded(after_key, median),
        _rounded(after_key, max),
    )


async def _place(stage: Stage, number: int, *acts: Act) -> CallResult:
    return await stage.call([*acts, HangUp(At(PATIENCE_S))], desk=Behaviour.NO_ANSWER, number=number)


def _seconds(call: CallResult, since: float) -> float | None:
    """Until the first phone rang."""
    return call.dials[0].t - since if call.dials else None


def _rounded(times: Sequence[float | None], figure: Callable[[list[float]], float]) -> float | None:
    known = [time for time in times if time is not None]
    return round(figure(known), 3) if len(known) == len(times) else None

"""`voicebot evaluate faults`: the line is killed at every marked point of a transfer, and nobody may be lost."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

import click

from voicebot import content, points, wiring
from voicebot.cli.stage import served_line
from voicebot.staffing import keeping
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.roster import Person, Role, Roster, Shift
from voicebot.store.record import Record
from voicebot.store.words import SETTLED
from voicebot.switchboard.account import caller_number
from voicebot.switchboard.callee import Behaviour, Callee
from voicebot.switchboard.caller import At, Bridged, HangUp
from voicebot.switchboard.result import CallResult

PATIENCE_S = 60.0
"""How long the caller stays on the line."""
KILLS = ("service", "worker")
SETTLE_S = 60.0
"""How long after the call something may still be put right: the provider's list of calls is compared every 20 s."""
CLERK, BACKUP = caller_number(91), caller_number(92)
SECRET = "only for a line that is killed on purpose"  # noqa: S105  # of a record that is thrown away


@dataclass(frozen=True, slots=True)
class Run:
    """What became of one caller."""

    point: str
    killed: str
    """``service``: every process; ``worker``: the one that serves, which its parent starts again."""
    reached: bool
    """The line really died there."""
    connected: bool
    ticketed: bool
    """An open ticket with an owner and a deadline stands."""
    duplicated: bool
    """More than one ticket, or more than one person talked with the caller, or a phone rang twice at once."""

    @property
    def lost(self) -> bool:
        """Neither was talked with nor will be."""
        return not (self.connected or self.ticketed)


@click.command()
@click.option("--point", "chosen", multiple=True, type=click.Choice(points.POINTS), help="只在这些地方；默认全部。")
@click.option(
    "--kill", "kills", multiple=True, type=click.Choice(KILLS), help="杀整个服务，还是只杀工作进程；默认都试。"
)
@click.option("--parallel", default=2, show_default=True, type=click.IntRange(1, 16), help="同时试几处。")
@click.option("--json", "as_json", is_flag=True, help="用一行 JSON 报告。")
def faults(chosen: Sequence[str], kills: Sequence[str], parallel: int, as_json: bool) -> None:
    """在转人工的每一个节点杀死服务、重新启动，看来电人有没有丢。

    每一次都是一条真的线路（HTTP、WebSocket、SQLite）和模拟的运营商。来电人要么接通了人，要么有一张有负责人、有时限的工单；
    少一个，或者有重复，退出码为 1。
    """
    cases = [(point, killed) for killed in kills or KILLS for point in chosen or points.POINTS]
    with click.progressbar(length=len(cases), label="节点", file=sys.stderr) as bar:
        runs = asyncio.run(_all(cases, parallel, bar.update))
    if as_json:
        click.echo(json.dumps(summary(runs), ensure_ascii=False))
    else:
        for run in runs:
            click.echo(_readable(run))
        click.echo("  ".join(f"{name}={value}" for name, value in summary(runs).items() if name != "detail"))
    if any(run.lost or run.duplicated or not run.reached for run in runs):
        sys.exit(1)


def summary(runs: Sequence[Run]) -> dict[str, object]:
    """The figures."""
    return {
        "points": len({run.point for run in runs if run.reached}),
        "runs": len(runs),
        "connected": sum(run.connected for run in runs),
        "ticketed": sum(run.ticketed and not run.connected for run in runs),
        "lost": sum(run.lost for run in runs),
        "duplicated": sum(run.duplicated for run in runs),
        "detail": [asdict(run) for run in runs],
    }


def _readable(run: Run) -> str:
    end = "接通了人" if run.connected else "有工单" if run.ticketed else click.style("丢了", fg="red", bold=True)
    more = "" if run.reached else "（没有走到这里）"
    return f"  {run.point:18} {run.killed:8} {end}{'，重复' if run.duplicated else ''}{more}"


async def _all(cases: Sequence[tuple[str, str]], parallel: int, told: Callable[[int], None]) -> list[Run]:
    gate = asyncio.Semaphore(parallel)

    async def one(point: str, killed: str) -> Run:
        async with gate:
            run = await kill_at(point, killed)
            told(1)
            return run

    return list(await asyncio.gather(*(one(*case) for case in cases)))


async def kill_at(point: str, killed: str = "service") -> Run:
    """One call to a line that dies at `point` and is started again."""
    with tempfile.TemporaryDirectory(prefix="voicebot-faults-") as folder:
        data = Path(folder)
        record = open_office(data)
        more = {"VOICEBOT_CRASH_AT": f"worker:{point}" if killed == "worker" else point, "VOICEBOT_SECRET": SECRET}
        recordings = content.recordings_folder(os.environ)
        async with served_line(data, recordings, more, deaf=True, restarts=True) as stage:
            accept = Callee(Behaviour.ACCEPT, pickup_s=1.0, talk_s=4.0, lonely_s=20.0)
            acts = [HangUp(Bridged(2.0)), HangUp(At(PATIENCE_S))]
            result = await stage.call(acts, desk=Behaviour.ACCEPT, answers={CLERK: accept, BACKUP: accept})
            deadline = asyncio.get_running_loop().time() + SETTLE_S
            while True:
                run = _judge(point, killed, record, result, (data / points.KILLED).exists())
                if (not run.lost and run.reached) or asyncio.get_running_loop().time() > deadline:
                    return run
                await asyncio.sleep(0.5)


def open_office(data: Path) -> Record:
    """Two clerks, always on duty, in an office that is open today and tomorrow, whatever day it is."""
    today = datetime.now(ZONE).date()
    days = [today + timedelta(days=n) for n in range(4)]
    hours = '["00:00-23:59"]'
    week = "\n".join(f"{n} = {hours}" for n in range(7))
    written = f"hours = {hours}\nworking = [{', '.join(map(str, days))}]\n[weekday]\n{week}\n"
    (data / "calendar.toml").write_text(written, "utf-8")
    record = wiring.open_record(wiring.settings({"VOICEBOT_DATA": str(data), "VOICEBOT_SECRET": SECRET}))
    always = (time.min, time.max, frozenset(range(7)))
    shifts = (Shift("w1", "rsj", Role.A, *always), Shift("w2", "rsj", Role.B, *always))
    people = (Person("w1", "窗口一", CLERK), Person("w2", "窗口二", BACKUP))
    keeping.save(record, Roster(people, shifts), who="evaluate", why="", based_on=0)
    return record


def _judge(point: str, killed: str, record: Record, result: CallResult, reached: bool) -> Run:
    """How the caller stands by what the provider saw and by the record."""
    tickets = record.tickets_of(result.identity.call)
    talks = [dial for dial in result.dials if dial.bridged]
    owed = [t for t in tickets if t.state not in SETTLED and t.owner and t.respond_by]
    twice = len(tickets) > 1 or len(talks) > 1 or any(_together(result, number) for number in (CLERK, BACKUP))
    return Run(point, killed, reached, connected=bool(talks), ticketed=bool(owed), duplicated=twice)


def _together(result: CallResult, number: str) -> bool:
    """Whether one phone was rung by two legs at the same time."""
    spans = sorted((dial.t, dial.end or float("inf")) for dial in result.dials if dial.number == number)
    return any(following[0] < before[1] for before, following in pairwise(spans))

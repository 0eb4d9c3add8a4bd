"""`voicebot evaluate latency`: how soon a caller is answered, and whether they are let finish."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from voicebot import content, wiring
from voicebot.cli.hesitating import Room, Verdict, hesitations, judge_all
from voicebot.cli.stage import served_line
from voicebot.cli.traffic import Waits, asking, at_once, questions, some
from voicebot.errors import ModelError, VoicebotError
from voicebot.speech import models
from voicebot.speech.pool import SpeechPool

NEVER_EARLY = "[pace.normal]\nearly_silence = 0.6\n[pace.slow]\nearly_silence = 1.6\n"
LOAD_S = 300.0
"""Seconds a model may take to load."""
SHOWN = 10
"""Utterances cut off that are listed."""


@click.command()
@click.option("--turns", default=50, show_default=True, type=click.IntRange(0, 5000), help="问多少次。")
@click.option("--per-call", default=5, show_default=True, type=click.IntRange(1, 20), help="一通电话里问几次。")
@click.option("--lines", default=1, show_default=True, type=click.IntRange(1, 200), help="同时几通电话。")
@click.option("--barge-in", type=click.FloatRange(0.2), default=None, help="线路开口这么多秒后就打断；默认听完再问。")
@click.option("--early-close/--no-early-close", default=True, show_default=True, help="听明白了就提前回答。")
@click.option(
    "--hesitations", "many", default=500, show_default=True, type=click.IntRange(0), help="犹豫、报数的话几句。"
)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="听犹豫的话时的识别进程数。")
@click.option("--json", "as_json", is_flag=True, help="用一行 JSON 报告。")
def latency(as_json: bool, **given: Any) -> None:
    """测量来电人说完到听见回答要多久，以及话没说完被打断的有多少。

    p50_ms、p95_ms：真的线路（HTTP、媒体流、识别进程），模拟的电话网，从来电人最后一个有声的帧到第一个有声的回答。
    cut_off_share：说话有停顿、犹豫、报数的人，话没说完就被当作说完的占多少。
    """
    with tempfile.TemporaryDirectory(prefix="voicebot-latency-") as folder:
        data = Path(folder)
        if not given["early_close"]:
            (data / "voicebot.toml").write_text(NEVER_EARLY, "utf-8")
        try:
            waits = asyncio.run(_call(data, given)) if given["turns"] else Waits()
            verdicts = _hesitate(data, given["many"], given["workers"]) if given["many"] else []
        except VoicebotError as error:
            raise click.ClickException(error.message) from error
    figures = summary(waits, verdicts)
    if as_json:
        click.echo(json.dumps(figures))
    else:
        _show(figures, waits, verdicts)
    if waits.failed:
        sys.exit(1)


def summary(waits: Waits, verdicts: Sequence[Verdict]) -> dict[str, object]:
    """The figures."""
    cut = sum(verdict.cut_off for verdict in verdicts)
    return {
        "turns": waits.turns,
        "p50_ms": waits.ms(50),
        "p95_ms": waits.ms(95),
        "cut_off_share": round(cut / len(verdicts), 4) if verdicts else None,
    }


async def _call(data: Path, given: dict[str, Any]) -> Waits:
    """Callers who ask, on a line of their own."""
    recordings = content.recordings_folder(os.environ)
    turns, per_call = given["turns"], given["per_call"]
    said = some(questions(recordings / "callers"), turns, seed=1)
    waits = Waits()
    with click.progressbar(length=-(-turns // per_call), label="电话", file=sys.stderr) as bar:
        async with served_line(data, recordings) as stage:
            scripts = [asking(said[n : n + per_call], barge_in_s=given["barge_in"]) for n in range(0, turns, per_call)]
            results = await at_once(
                lambda n: stage.call(scripts[n], number="anonymous", rings=False),
                len(scripts),
                given["lines"],
                bar.update,
            )
    for result in results:
        waits.add(result)
    return waits


def _hesitate(data: Path, many: int, workers: int) -> list[Verdict]:
    """People who hesitate, heard by recognisers of our own. Raises `ModelError`."""
    settings = wiring.settings()
    tuning = wiring.tuning(data)
    cases = hesitations(content.recordings_folder(os.environ) / "callers", many)
    knowledge = wiring.keep_knowledge(settings, tuning)()
    with SpeechPool(models.find(settings.model), workers, tuning) as pool:
        if not pool.wait_ready(LOAD_S):
            raise ModelError("model-damaged", pool.failure or "语音模型一直没有载入")
        room = Room(pool, knowledge, wiring.script(data), tuning)
        with click.progressbar(length=len(cases), label="犹豫", file=sys.stderr) as bar:
            return judge_all(room, cases, workers, bar.update)


def _show(figures: dict[str, object], waits: Waits, verdicts: Sequence[Verdict]) -> None:
    click.echo(
        f"说完到听见回答  {figures['turns']} 次  中位 {figures['p50_ms']} 毫秒  九五分位 {figures['p95_ms']} 毫秒"
    )
    if waits.unanswered or waits.failed:
        click.echo(f"没有听见回答 {waits.unanswered} 次，没有打完的电话 {waits.failed} 通")
    said, cut = Counter(v.hesitation.kind for v in verdicts), Counter(v.hesitation.kind for v in verdicts if v.cut_off)
    names = {"breath": "中间停顿", "thought": "中间犹豫", "opening": "开头犹豫", "digits": "报数字"}
    for kind, count in said.items():
        click.echo(f"{names[kind]}  {count} 句，被打断 {cut[kind]} 句")
    if verdicts:
        click.echo(f"话没说完被打断的  {sum(cut.values()) / len(verdicts):.1%}")
    for verdict in [v for v in verdicts if v.cut_off][:SHOWN]:
        click.echo(f"  {verdict.hesitation.kind} {verdict.hesitation.name} → {verdict.heard or '（没有听到）'}")

"""`voicebot ask`: what the line would make of a question, without a phone."""

from __future__ import annotations

import json
import os
import time
import tomllib
from dataclasses import asdict
from datetime import date
from functools import cache
from pathlib import Path

import click

from voicebot.config import tuning_from
from voicebot.content import data_text, faq_folder
from voicebot.data_files import load_lexicon
from voicebot.events import typed
from voicebot.faq.load import load_folder, servable
from voicebot.matching import Bands, Outcome, Understanding, build_index, understand
from voicebot.matching.explain import explain
from voicebot.questions.explained import in_words

SAID = {
    Outcome.ANSWER: "直接回答",
    Outcome.CONFIRM: "先问一句“您是想问…吗？”",
    Outcome.CHOOSE: "让来电人选一个",
    Outcome.UNSURE: "没有把握，请来电人换个说法",
    Outcome.HUMAN: "转人工",
    Outcome.EMERGENCY: "危急：先报 119、110、120、122，马上转人",
    Outcome.COMPLAINT: "投诉",
}


@click.command()
@click.argument("text")
@click.option("--faq", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="问答文件夹。")
@click.option("--explain", "why", is_flag=True, help="说说为什么，怎样改问法会不一样。")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 对象。")
def ask(text: str, folder: Path | None, why: bool, as_json: bool) -> None:
    """试问一句，看线路会怎么办。"""
    faq = servable(load_folder(folder or faq_folder(os.environ), date.today()))
    entries = [entry for entry in faq.entries if entry.valid_on(date.today())]
    index = build_index(entries, load_lexicon())
    understand(typed("预热"), index, bands())  # first use reads the pronunciation tables; not part of the answer
    started = time.perf_counter()
    understanding = understand(typed(text), index, bands())
    elapsed = (time.perf_counter() - started) * 1000.0
    if as_json:
        whole = report(understanding, elapsed)
        if why:
            whole["explanation"] = [asdict(one) for one in explain(text, index)]
        click.echo(json.dumps(whole, ensure_ascii=False))
        return
    known = {entry.id: entry.question for entry in entries}
    click.echo(f"{SAID[understanding.outcome]}（{elapsed:.1f} 毫秒）")
    for candidate in understanding.ranking.candidates:
        click.echo(f"  {candidate.probability:4.0%}  {candidate.entry}  {candidate.question}")
    if understanding.outcome is Outcome.CHOOSE:
        click.echo(f"  请来电人选：{'，还是'.join(known[entry] for entry in understanding.options)}")
    if understanding.apart:
        click.echo(f"  差别：{'，还是'.join(understanding.apart)}")
    if why:
        for line in in_words(text, entries, index):
            click.echo(line)


@cache
def bands() -> Bands:
    """The packaged thresholds."""
    tuning = tuning_from(tomllib.loads(data_text("tuning.toml")))
    return Bands(tuning.answer, tuning.confirm, tuning.margin)


def report(understanding: Understanding, elapsed_ms: float) -> dict[str, object]:
    """As `voicebot ask --json` prints it."""
    best = understanding.ranking.best
    return {
        "outcome": understanding.outcome.value,
        "options": list(understanding.options),
        "entry": best.entry if best and understanding.options else None,
        "probability": round(best.probability, 4) if best else 0.0,
        "candidates": [
            {"entry": c.entry, "question": c.question, "probability": round(c.probability, 4)}
            for c in understanding.ranking.candidates
        ],
        "elapsed_ms": round(elapsed_ms, 2),
    }

"""`voicebot voice`: what the line says, as audio."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from voicebot import content, wiring
from voicebot.dialogue.commands import Clip
from voicebot.errors import ContentError, VoicebotError
from voicebot.faq.load import load_folder
from voicebot.speech import kokoro, render
from voicebot.speech.callers import missing_callers, put_caller, put_noise
from voicebot.speech.render_jobs import Result, rendered

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def voice() -> None:
    """线路说的话：合成录音、下载合成用的模型。"""


@voice.command("render")
@click.option("--faq", type=_FOLDER, default=None, help="问答文件夹；默认与 serve 相同。")
@click.option("--recordings", type=_FOLDER, default=None, help="录音文件夹；默认当前目录下的 recordings。")
@click.option("--voice", "voice_name", default=render.VOICE, show_default=True, help="音色。")
@click.option("--speed", default=render.SPEED, show_default=True, type=click.FloatRange(0.6, 1.6), help="语速。")
@click.option("--model-dir", type=_FOLDER, default=None, help="语音合成模型所在的文件夹。")
@click.option(
    "--jobs", default=2, show_default=True, type=click.IntRange(1, 64), help="同时合成的进程数，每个约 0.6 GB。"
)
@click.option("--check", is_flag=True, help="只列出缺少、过期和多余的录音，有就退出码 1。")
@click.option("--callers", is_flag=True, help="改为补齐演示用的来电录音（callers/manifest.json）。")
@click.option("--json", "as_json", is_flag=True, help="输出一行 JSON。")
def render_command(
    faq: Path | None,
    recordings: Path | None,
    voice_name: str,
    speed: float,
    model_dir: Path | None,
    jobs: int,
    check: bool,
    callers: bool,
    as_json: bool,
) -> None:
    """合成缺少或文字改过的录音，删除不再用的；工作人员录的 WAV 永远不动。中断后再运行会接着做。"""
    with _told_plainly():
        folder = recordings or _own_recordings()
        if callers:
            outcome = _render_callers(folder / "callers", model_dir, jobs, check)
        else:
            outcome = _render_line(folder, render.speeches(_said(faq), voice_name, speed), model_dir, jobs, check)
    click.echo(json.dumps(outcome.facts(), ensure_ascii=False) if as_json else outcome.readable())
    if outcome.errors or (check and not outcome.plan.done):
        raise SystemExit(1)


@voice.command()
@click.option("--model-dir", type=_FOLDER, default=None, help="存放的文件夹；默认当前用户的缓存文件夹。")
@click.option("--from", "base", default=kokoro.RELEASE, show_default=True, help="下载地址的前缀，可换成内网镜像。")
@click.option("--json", "as_json", is_flag=True, help="输出一行 JSON。")
def fetch(model_dir: Path | None, base: str, as_json: bool) -> None:
    """下载语音合成模型 Kokoro-82M 和音色（约 120 MB），断了再运行会接着下载。"""
    folder = model_dir or kokoro.cache_folder()
    columns = (TextColumn("下载"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with _told_plainly(), Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)
        found = kokoro.fetch(folder, lambda done, total: bar.update(task, completed=done, total=total), base)
    facts = {"model": str(found.model), "voices": str(found.voices)}
    click.echo(json.dumps(facts, ensure_ascii=False) if as_json else f"已下载：{found.model}\n        {found.voices}")


@dataclass
class Outcome:
    """What `render` found and did."""

    plan: render.Plan
    checked: bool
    done: int = 0
    errors: list[str] = field(default_factory=list)

    def facts(self) -> dict[str, object]:
        """For machines."""
        plan = self.plan
        return {
            "fresh": plan.fresh,
            "missing": [speech.name for speech in plan.missing],
            "stale": [speech.name for speech in plan.stale],
            "orphans": list(plan.orphans),
            "staff": list(plan.staff),
            "rendered": self.done,
            "errors": self.errors,
        }

    def readable(self) -> str:
        """For the clerk."""
        plan = self.plan
        lines = [f"读不出来：{error}" for error in self.errors]
        if self.checked:
            lines += [f"缺少 {speech.name}" for speech in plan.missing]
            lines += [f"文字、音色或语速改过 {speech.name}" for speech in plan.stale]
            lines += [f"不再使用 {name}" for name in plan.orphans]
            gone = f"，缺少 {len(plan.missing)}，过期 {len(plan.stale)}，多余 {len(plan.orphans)}"
        else:
            gone = f"，新合成 {self.done}，删除 {len(plan.orphans)}"
        return "\n".join([*lines, f"录音：可用 {plan.fresh + self.done}，人工录制 {len(plan.staff)}{gone}。"])


def _render_line(
    folder: Path, wanted: tuple[render.Speech, ...], model_dir: Path | None, jobs: int, check: bool
) -> Outcome:
    outcome = Outcome(render.plan(folder, wanted), check)
    if check:
        return outcome
    render.remove_partials(folder)
    if outcome.plan.orphans:
        render.remove_orphans(folder, outcome.plan.orphans)
    for speech, audio in _produced((*outcome.plan.missing, *outcome.plan.stale), model_dir, jobs):
        if isinstance(audio, ContentError):
            outcome.errors.append(f"{speech.name}：{audio}")
        else:
            outcome.done += render.put(folder, speech, audio)
    return outcome


def _render_callers(folder: Path, model_dir: Path | None, jobs: int, check: bool) -> Outcome:
    missing = missing_callers(folder)
    outcome = Outcome(render.Plan(missing=missing), check)
    for speech, audio in _produced(() if check else missing, model_dir, jobs):
        if isinstance(audio, ContentError):
            outcome.errors.append(f"{speech.name}：{audio}")
        else:
            put_caller(folder, speech, audio)
            outcome.done += 1
    if not check:
        put_noise(folder)
    return outcome


def _produced(wanted: tuple[render.Speech, ...], model_dir: Path | None, jobs: int) -> Iterable[Result]:
    """Render with a progress bar on the error output; the weights are looked for only when there is work."""
    if not wanted:
        return
    weights = kokoro.find_weights(model_dir)
    kokoro.require()
    columns = (
        TextColumn("合成"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=len(wanted))
        for speech, audio in rendered(wanted, weights, jobs):
            bar.update(task, advance=1, description=speech.name)
            yield speech, audio


def _said(faq: Path | None) -> Iterator[Clip]:
    """Everything the line can say: the office's prompts, the number words and the FAQ."""
    settings = wiring.settings()
    loaded = load_folder(faq or settings.faq, date.today())
    if loaded.errors:
        raise ContentError("faq", f"问答里有 {len(loaded.errors)} 处错误，请先运行 voicebot faq check 改好。")
    words = tomllib.loads(content.data_text("numbers.toml"))["words"]
    return render.clips(wiring.script(settings.data).prompts, words, loaded.entries)


def _own_recordings() -> Path:
    """Where this office's recordings are kept; never inside the installed program."""
    set_to = wiring.environment().get("VOICEBOT_RECORDINGS", "").strip()
    return Path(set_to).expanduser() if set_to else Path.cwd() / "recordings"


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Errors a person must act on become one line, without a traceback."""
    try:
        yield
    except VoicebotError as fault:
        raise click.ClickException(fault.message) from fault

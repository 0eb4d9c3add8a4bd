"""`voicebot evaluate speech`: how well a model hears a set of recordings with known texts."""

from __future__ import annotations

import json
import logging
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import click
from pypinyin import lazy_pinyin
from rapidfuzz.distance import Levenshtein
from rich.console import Console
from rich.progress import track

from voicebot import wiring
from voicebot.errors import ContentError, FaultError, ModelError, OperatorError, VoicebotError
from voicebot.matching.text import numbers_in_words
from voicebot.speech import models
from voicebot.speech.files import hear_file
from voicebot.speech.pool import SpeechPool

LOAD_S = 300.0
"""Seconds a model may take to load."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One recording and what is said in it."""

    audio: Path
    text: str


@dataclass(slots=True)
class Score:
    """Errors counted over a set; rates are edits over the length of what was said."""

    files: int = 0
    failed: int = 0
    characters: int = 0
    character_edits: int = 0
    syllables: int = 0
    syllable_edits: int = 0
    audio_s: float = 0.0
    elapsed_s: float = 0.0
    misheard: list[tuple[str, str, str]] = field(default_factory=list)
    """File, text, and what was heard, of those not heard word for word."""

    def add(self, name: str, said: str, heard: str) -> None:
        """Count one recording. Both texts are compared without punctuation, with numbers in words."""
        said, heard = plain(said), plain(heard)
        said_syllables, heard_syllables = lazy_pinyin(said), lazy_pinyin(heard)
        self.files += 1
        self.characters += len(said)
        self.character_edits += Levenshtein.distance(said, heard)
        self.syllables += len(said_syllables)
        self.syllable_edits += Levenshtein.distance(said_syllables, heard_syllables)
        if said != heard:
            self.misheard.append((name, said, heard))

    def to_json(self) -> dict[str, float | int | None]:
        """As `voicebot evaluate speech --json` prints it."""
        return {
            "cer": _rate(self.character_edits, self.characters),
            "syllable_error_rate": _rate(self.syllable_edits, self.syllables),
            "rtf": _rate(self.elapsed_s, self.audio_s),
            "files": self.files,
            "failed": self.failed,
        }


def plain(text: str) -> str:
    """What counts of a text: letters and characters, numbers in words."""
    return "".join(ch for ch in numbers_in_words(text) if ch.isalnum())


def _rate(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


@click.command("speech")
@click.option(
    "--manifest",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help='每行一个 {"audio": 文件, "text": 文字}；文件路径相对于清单。',
)
@click.option("--telephone", is_flag=True, help="先变成电话音质（8 kHz µ-law）再识别。")
@click.option("--model", "model_name", default=None, help="模型名称或文件夹；默认与 serve 相同。")
@click.option("--show", default=0, show_default=True, type=click.IntRange(0), help="另外列出多少条听错的。")
@click.option("--json", "as_json", is_flag=True, help="输出一行 JSON。")
def speech(manifest: Path, telephone: bool, model_name: str | None, show: int, as_json: bool) -> None:
    """用一批有文字的录音衡量识别得准不准、快不快。"""
    logging.basicConfig(level=logging.CRITICAL)
    try:
        score = _evaluate(read_manifest(manifest), telephone, model_name)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    if as_json:
        click.echo(json.dumps(score.to_json(), ensure_ascii=False))
    else:
        _show(score, show)
    if score.failed:
        raise SystemExit(1)


def read_manifest(manifest: Path) -> list[Sample]:
    """The recordings of a manifest. Raises `ContentError` with the line that is wrong."""
    samples = []
    for number, line in enumerate(manifest.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            samples.append(Sample(manifest.parent / entry["audio"], str(entry["text"])))
        except (ValueError, KeyError, TypeError) as error:
            raise ContentError("bad-manifest", f'{manifest}:{number}: 应当是 {{"audio", "text"}}：{error!r}') from error
    if not samples:
        raise ContentError("bad-manifest", f"{manifest}: 没有录音")
    return samples


def _evaluate(samples: list[Sample], telephone: bool, model_name: str | None) -> Score:
    settings = wiring.settings()
    model, score = models.find(model_name or settings.model), Score()
    with (
        tempfile.TemporaryDirectory() as aside,
        SpeechPool(model, workers=1, tuning=wiring.tuning(settings.data), quarantine=Path(aside)) as pool,
    ):
        for sample in track(samples, "识别", console=Console(stderr=True), transient=True):
            if not pool.wait_ready(LOAD_S):
                raise ModelError("model-damaged", pool.failure or "语音模型一直没有载入")
            try:
                heard = hear_file(pool, sample.audio, telephone=telephone)
            except (FaultError, OperatorError) as error:
                click.echo(f"{sample.audio}：{error.message}", err=True)
                score.failed += 1
                continue
            score.audio_s += heard.audio_s
            score.elapsed_s += heard.elapsed_s
            score.add(sample.audio.name, sample.text, heard.text)
    return score


def _show(score: Score, most: int) -> None:
    facts = score.to_json()
    for name, title in (("cer", "字错误率"), ("syllable_error_rate", "音节错误率（不计声调）")):
        value = facts[name]
        click.echo(f"{title}  {'—' if value is None else f'{value:.1%}'}")
    click.echo(f"实时率  {facts['rtf']}（{score.files} 个文件，{score.audio_s / 60:.1f} 分钟）")
    if score.failed:
        click.echo(f"读不出或识别中止  {score.failed} 个")
    for name, said, heard in score.misheard[:most]:
        click.echo(f"  {name}  {said} → {heard or '（没有听到）'}")

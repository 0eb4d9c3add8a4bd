"""`voicebot evaluate speech`: how well a model hears a set of recordings with known texts."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import click
from pypinyin import lazy_pinyin
from rapidfuzz.distance import Levenshtein
from rich.console import Console
from rich.progress import track

from voicebot import content, wiring
from voicebot.cli.ask import bands
from voicebot.data_files import load_lexicon
from voicebot.errors import ContentError, FaultError, ModelError, OperatorError, VoicebotError
from voicebot.events import Hypotheses
from voicebot.faq.load import load_folder
from voicebot.matching import Index, Outcome, build_index, understand
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
    judged: bool = False
    """Whether the manifest says which entry is meant."""
    entry: str | None = None
    """The entry that is meant; none: it must not be answered."""


@dataclass(slots=True)
class Reached:
    """What recordings with a known entry came to, through the matcher, at the caller's first words."""

    questions: int = 0
    right: int = 0
    """The right entry is answered, asked about or among those offered."""
    wrong: int = 0
    """Another entry is answered."""
    others: int = 0
    """What is no question of the FAQ."""
    answered: int = 0
    """And was answered all the same."""

    def add(self, entry: str | None, heard: Hypotheses, index: Index) -> None:
        """Ask the matcher about one recording."""
        understanding = understand(heard, index, bands())
        outcome = understanding.outcome
        offered = understanding.options
        if entry is None:
            self.others += 1
            self.answered += outcome is Outcome.ANSWER
            return
        self.questions += 1
        self.right += entry in offered
        self.wrong += outcome is Outcome.ANSWER and entry not in offered

    def to_json(self) -> dict[str, float | int | None]:
        """As `voicebot evaluate speech --json` prints it."""
        return {
            "questions": self.questions,
            "right_share": _rate(self.right, self.questions),
            "wrong_share": _rate(self.wrong, self.questions),
            "others": self.others,
            "others_answered_share": _rate(self.answered, self.others),
        }


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
    reached: Reached = field(default_factory=Reached)

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
            **(self.reached.to_json() if self.reached.questions or self.reached.others else {}),
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
    help='每行一个 {"audio": 文件, "text": 文字}；文件路径相对于清单。加上 "entry": 编号或 null，还衡量答得对不对。',
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
            path, text = manifest.parent / entry["audio"], str(entry["text"])
            samples.append(Sample(path, text, "entry" in entry, entry.get("entry")))
        except (ValueError, KeyError, TypeError) as error:
            raise ContentError("bad-manifest", f'{manifest}:{number}: 应当是 {{"audio", "text"}}：{error!r}') from error
    if not samples:
        raise ContentError("bad-manifest", f"{manifest}: 没有录音")
    return samples


def _evaluate(samples: list[Sample], telephone: bool, model_name: str | None) -> Score:
    settings = wiring.settings()
    model, score = models.find(model_name or settings.model), Score()
    index = _index() if any(sample.judged for sample in samples) else None
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
            if index and sample.judged:
                score.reached.add(sample.entry, heard.alternatives, index)
    return score


def _index() -> Index:
    faq = load_folder(content.faq_folder(os.environ), wiring.today())
    return build_index([entry for entry in faq.entries if entry.valid_on(wiring.today())], load_lexicon())


def _show(score: Score, most: int) -> None:
    facts = score.to_json()
    for name, title in (("cer", "字错误率"), ("syllable_error_rate", "音节错误率（不计声调）")):
        value = facts[name]
        click.echo(f"{title}  {'—' if value is None else f'{value:.1%}'}")
    click.echo(f"实时率  {facts['rtf']}（{score.files} 个文件，{score.audio_s / 60:.1f} 分钟）")
    reached = score.reached
    if reached.questions:
        facts = reached.to_json()
        click.echo(f"问题 {reached.questions} 个：找对 {facts['right_share']:.1%}，答错 {facts['wrong_share']:.1%}")
    if reached.others:
        click.echo(f"不是问题 {reached.others} 个：误答 {reached.answered / reached.others:.1%}")
    if score.failed:
        click.echo(f"读不出或识别中止  {score.failed} 个")
    for name, said, heard in score.misheard[:most]:
        click.echo(f"  {name}  {said} → {heard or '（没有听到）'}")

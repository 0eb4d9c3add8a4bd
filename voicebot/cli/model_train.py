"""`voicebot model speak|train|export|average|language`: making the bundled model again, or going on with it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import click

from voicebot.errors import VoicebotError
from voicebot.speech import models, ngrams
from voicebot.training import jobs

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
_FOLDER = click.Path(path_type=Path, file_okay=False)


class Weighted(click.ParamType[tuple[Path, float]]):
    """``manifest.jsonl`` or ``manifest.jsonl=3``: a file and how much it counts."""

    name = "清单[=权重]"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Path, float]:
        """The path and the weight (1 when none is given)."""
        path, _, weight = value.partition("=")
        try:
            return Path(_FILE.convert(path, param, ctx)), float(weight or 1)
        except ValueError:
            self.fail(f"权重应当是数字：{weight}", param, ctx)


def _progress(text: str) -> None:
    click.echo(text, err=True)


@click.command("speak")
@click.argument("folder", type=_FOLDER)
@click.option("--hours", default=8.0, show_default=True, type=click.FloatRange(0.01), help="要多少小时。")
@click.option("--processes", default=2, show_default=True, type=click.IntRange(1, 64), help="同时合成的进程数。")
@click.option("--seed", default=1, show_default=True, help="随机种子；每个进程用下一个。")
@click.option("--held", is_flag=True, help="用留作测试的四个音色，训练不可使用。")
@click.option("--model-dir", type=_FOLDER, default=None, help="语音合成模型所在的文件夹。")
@click.option("--faq", type=_FOLDER, default=None, help="问题库文件夹；默认与 serve 相同。")
@click.option("--texts", multiple=True, type=_FILE, help="改为念这些文件里的句子，每句每个音色都念；可重复。")
@click.option("--json", "as_json", is_flag=True, help="输出一行 JSON。")
def speak(
    folder: Path,
    hours: float,
    processes: int,
    seed: int,
    held: bool,
    model_dir: Path | None,
    faq: Path | None,
    texts: tuple[Path, ...],
    as_json: bool,
) -> None:
    """合成训练用的语音：通用句子、数字姓名和热线问题，多种音色与语速。中断后再运行会接着做。"""
    plan = jobs.Speaking(folder, hours, processes, seed, held, model_dir, faq, texts)
    try:
        made = jobs.speak(plan, _progress)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    click.echo(json.dumps({"folder": str(folder), "hours": round(made, 3)}) if as_json else f"共 {made:.2f} 小时")


@click.command("train")
@click.argument("folder", type=_FOLDER)
@click.option(
    "--base",
    type=_FILE,
    default=None,
    help="起始网络 final.mdl（旁边若有 global_cmvn.stats 一并用）；默认接着内置模型训练。",
)
@click.option("--human", multiple=True, type=Weighted(), help="真人录音的清单，可重复；后面可加 =权重。")
@click.option("--synthetic", multiple=True, type=_FILE, help="合成语音的清单，可重复。")
@click.option("--held", multiple=True, type=_FILE, help="只用来衡量、不训练的清单；第一个决定哪一步最好。")
@click.option("--noise", multiple=True, type=_FILE, help="背景噪声录音，可重复。")
@click.option("--steps", default=3000, show_default=True, type=click.IntRange(1), help="一共训练多少步。")
@click.option("--batch", default=16, show_default=True, type=click.IntRange(2), help="每步多少句。")
@click.option("--rate", default=1e-3, show_default=True, help="学习率。")
@click.option("--decay", default=0.85, show_default=True, help="每往下一层，学习率乘以多少。")
@click.option("--layers", default=8, show_default=True, type=click.IntRange(1, 16), help="从输出往下多少层参加训练。")
@click.option("--share", default=0.5, show_default=True, type=click.FloatRange(0, 1), help="每步中真人录音的比例。")
@click.option("--check", default=100, show_default=True, type=click.IntRange(1), help="每多少步存一次、衡量一次。")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1), help="线程数。")
@click.option("--json", "as_json", is_flag=True, help="输出一行 JSON。")
def train(
    folder: Path,
    base: Path | None,
    human: tuple[tuple[Path, float], ...],
    synthetic: tuple[Path, ...],
    held: tuple[Path, ...],
    noise: tuple[Path, ...],
    steps: int,
    batch: int,
    rate: float,
    decay: float,
    layers: int,
    share: float,
    check: int,
    threads: int,
    as_json: bool,
) -> None:
    """训练声学模型；随时可以停，再运行就从存下的地方继续。"""
    try:
        jobs.require()
        from voicebot.training.fit import Plan

        like = models.find("bundled")
        start = base or like / "am" / "final.mdl"
        plan = jobs.Training(folder, start, like, human, synthetic, held, noise, threads=threads)
        errors = jobs.train(
            plan,
            Plan(steps, batch, rate, decay=decay, learning=layers, human=share, check=check),
            _progress,
        )
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    facts = "，".join(f"{name} {value:.1%}" for name, value in errors.items())
    click.echo(json.dumps(errors) if as_json else f"训练完成：{folder}（{facts or '没有衡量'}）")


@click.command("export")
@click.argument("checkpoint", type=_FILE)
@click.argument("target", type=_FOLDER)
@click.option("--base", type=_FILE, default=None, help="训练开始时的 final.mdl；默认内置模型的。")
@click.option("--less-blank", default=0.0, show_default=True, help="“什么也没说”的得分减去多少。")
@click.option("--json", "as_json", is_flag=True, help="输出一行 JSON。")
def export(checkpoint: Path, target: Path, base: Path | None, less_blank: float, as_json: bool) -> None:
    """把训练结果（best.pt 或 last.pt）写成 vosk 能载入的模型文件夹。"""
    try:
        jobs.require()
        like = models.find("bundled")
        jobs.export_checkpoint(checkpoint, base or like / "am" / "final.mdl", like, target, less_blank)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    click.echo(json.dumps({"model": str(target)}) if as_json else f"已生成：{target}")


class WeightedModel(click.ParamType[tuple[Path, float]]):
    """``bundled``, ``FOLDER`` or ``FOLDER=0.7``: a model and how much it counts."""

    name = "模型[=权重]"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Path, float]:
        """The folder and the weight (1 when none is given)."""
        model, _, weight = value.rpartition("=") if "=" in value else (value, "", "1")
        try:
            number = float(weight)
        except ValueError:
            self.fail(f"权重应当是数字：{weight}", param, ctx)
        if not 0 < number < math.inf:
            self.fail(f"权重应当大于零：{weight}", param, ctx)
        try:
            return models.find(model), number
        except VoicebotError as error:
            self.fail(error.message, param, ctx)


@click.command("average")
@click.argument("target", type=_FOLDER)
@click.argument("parts", nargs=-1, required=True, type=WeightedModel())
@click.option("--json", "as_json", is_flag=True, help="输出一行 JSON。")
def average(target: Path, parts: tuple[tuple[Path, float], ...], as_json: bool) -> None:
    """把几个模型平均成一个（例如训练前 0.3、训练后 0.7）：常比其中任何一个更能听懂生人。"""
    try:
        jobs.require()
        jobs.average(parts, target)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    click.echo(json.dumps({"model": str(target)}) if as_json else f"已生成：{target}")


@click.command("language")
@click.argument("texts", nargs=-1, required=True, type=_FILE)
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="写到哪个文件。")
@click.option("--pairs", default=90_000, show_default=True, type=click.IntRange(1), help="留下多少对词。")
@click.option("--json", "as_json", is_flag=True, help="输出一行 JSON。")
def language(texts: tuple[Path, ...], out: Path, pairs: int, as_json: bool) -> None:
    """从一般的中文文本统计哪些词常连在一起（general-bigrams.tsv.gz）；留下的只有词和次数。"""
    from voicebot.training.text import sentences_in

    data = ngrams.write_bigrams(sentences_in(texts), pairs)
    out.write_bytes(data)
    click.echo(json.dumps({"file": str(out), "bytes": len(data)}) if as_json else f"已生成：{out}（{len(data)} 字节）")

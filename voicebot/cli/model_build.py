"""`voicebot model build`: hear this office's own words."""

from __future__ import annotations

import json
import os
import time
import tomllib
from pathlib import Path

import click

from voicebot import content, wiring
from voicebot.errors import VoicebotError
from voicebot.faq.load import load_folder
from voicebot.speech import models, office


@click.command("build")
@click.option("--faq", type=click.Path(path_type=Path, file_okay=False, exists=True), help="问题库文件夹。")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="放在哪里；默认在模型文件夹里，名为 office。"
)
@click.option(
    "--words", default=office.WORDS, show_default=True, type=click.IntRange(1000, 350_000), help="通用词数量。"
)
@click.option("--json", "as_json", is_flag=True, help="输出一行 JSON。")
def build(faq: Path | None, out: Path | None, words: int, as_json: bool) -> None:
    """用问题库重建识别模型的语言图，让新的事项名称听得出来（约十秒）。"""
    began = time.monotonic()
    target = out or models.store() / "office"
    phrases = tomllib.loads(content.data_text("hearing.toml"))["phrases"]
    questions = load_folder(faq or content.faq_folder(os.environ), wiring.today())
    try:
        known = office.build(questions, phrases, models.find("bundled"), target, words=words)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    took = time.monotonic() - began
    if as_json:
        facts = {"model": str(target), "words": known, "entries": len(questions.entries), "elapsed_s": round(took, 1)}
        click.echo(json.dumps(facts, ensure_ascii=False))
    else:
        click.echo(f"已生成：{target}（{known} 个词，{len(questions.entries)} 条问题，{took:.0f} 秒）")
        click.echo(f"启用：VOICEBOT_MODEL={target}，然后重新启动。")

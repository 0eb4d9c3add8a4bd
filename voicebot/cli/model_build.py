"""`voicebot model build`: hear this office's own words."""

from __future__ import annotations

import json
import os
import time
import tomllib
from pathlib import Path

import click

from voicebot import content, wiring
from voicebot.cli.matching_practice import questions as practice_questions
from voicebot.errors import VoicebotError
from voicebot.faq.load import load_folder
from voicebot.speech import learnt, models, office


@click.command("build")
@click.option("--faq", type=click.Path(path_type=Path, file_okay=False, exists=True), help="问题库文件夹。")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="放在哪里；默认在热线的数据文件夹里。")
@click.option(
    "--words", default=office.WORDS, show_default=True, type=click.IntRange(1000, 350_000), help="通用词数量。"
)
@click.option("--json", "as_json", is_flag=True, help="输出一行 JSON。")
def build(faq: Path | None, out: Path | None, words: int, as_json: bool) -> None:
    """用问题库重建识别模型的语言图，让新的事项名称听得出来（约十秒）。

    正在运行的热线几秒后就用新的语言图接新来电，正在进行的通话不受影响。
    """
    began = time.monotonic()
    phrases = tomllib.loads(content.data_text("hearing.toml"))["phrases"]
    questions = load_folder(faq or content.faq_folder(os.environ), wiring.today())
    try:
        settings = wiring.settings()
        target = out or learnt.built_at(settings.model, settings.data)
        acoustic = models.find(settings.model)
        known = office.build(questions, phrases, acoustic, target, others=practice_questions(), words=words)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    took = time.monotonic() - began
    if as_json:
        facts = {"model": str(target), "words": known, "entries": len(questions.entries), "elapsed_s": round(took, 1)}
        click.echo(json.dumps(facts, ensure_ascii=False))
    else:
        click.echo(f"已生成：{target}（{known} 个词，{len(questions.entries)} 条问题，{took:.0f} 秒）")
        used = target == learnt.built_at(settings.model, settings.data)
        click.echo("热线会自动换用。" if used else f"启用：VOICEBOT_MODEL={target}，然后重新启动。")

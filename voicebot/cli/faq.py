"""Commands about the FAQ folder: `voicebot faq check`, `confusion`, `suggest`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import click

from voicebot.cli.faq_confusion import confusion
from voicebot.cli.faq_suggest import suggest
from voicebot.content import faq_folder
from voicebot.data_files import load_lexicon
from voicebot.errors import ModelError, SettingsError
from voicebot.faq import Faq, Level, Problem
from voicebot.faq.lint import check
from voicebot.faq.load import load_folder
from voicebot.matching.leave_one_out import LeaveOneOut
from voicebot.speech import learnt, models
from voicebot.speech.vocabulary import vocabulary


@click.group()
def faq() -> None:
    """办事问答（FAQ）的检查与维护。"""


faq.add_command(confusion)
faq.add_command(suggest)


@faq.command("check")
@click.argument("folder", metavar="[文件夹]", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="用一行 JSON 报告。")
@click.option("--model", default=None, help="按哪个语音模型的词表检查；默认是线路所用的模型。")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), default=None, help="按哪一天检查有效期；默认今天。")
@click.option("--strict-sample", is_flag=True, help="还没有换掉的示例内容也要报告。")
def check_command(
    folder: Path | None, as_json: bool, model: str | None, today: datetime | None, strict_sample: bool
) -> None:
    """检查问答，一次列出所有问题和行号。有错误时退出码为 1。

    不写文件夹时，检查线路正在用的问答。
    """
    from voicebot import wiring  # brings in the whole line; not for --help

    env = wiring.environment()
    day = today.date() if today else wiring.today()
    loaded = load_folder(folder or faq_folder(env), day)
    served = {entry.id: entry for entry in reversed(loaded.entries) if entry.valid_on(day)}  # of equal ids the first
    rank = LeaveOneOut(list(served.values()), load_lexicon())
    listens = _model(model, env)
    problems = check(loaded, rank=rank, knows=vocabulary(listens) if listens else None, strict_sample=strict_sample)
    click.echo(_as_json(loaded, problems) if as_json else _readable(loaded, problems))
    if not as_json and listens and (new := learnt.unlearnt(listens, loaded, day)):
        click.echo(f"有 {len(new)} 条说法识别模型还没学过，听得不够准：请运行 voicebot model build。", err=True)
    if any(problem.level is Level.ERROR for problem in problems):
        sys.exit(1)


def _model(name: str | None, env: Mapping[str, str]) -> Path | None:
    """The model of this name, or that of the line; None, and a word about it, when it cannot be read."""
    from voicebot import wiring

    try:
        if name:
            return models.find(name)
        settings = wiring.settings(env)
        return learnt.serving(settings.model, settings.data)
    except (ModelError, SettingsError) as error:
        click.echo(f"没有检查语音识别能不能听出这些问法：{error.message}", err=True)
        return None


def _as_json(loaded: Faq, problems: Sequence[Problem]) -> str:
    rows = [
        {"file": p.file, "line": p.line, "level": p.level.value, "code": p.code, "message": p.message} for p in problems
    ]
    return json.dumps({"entries": len(loaded.entries), "problems": rows}, ensure_ascii=False)


def _readable(loaded: Faq, problems: Sequence[Problem]) -> str:
    lines = []
    for problem in problems:
        wrong = problem.level is Level.ERROR
        level = click.style("错误", fg="red", bold=True) if wrong else click.style("提醒", fg="yellow")
        lines.append(f"{problem.file}:{problem.line}: {level} {problem.message}（{problem.code}）")
    errors = sum(problem.level is Level.ERROR for problem in problems)
    lines.append(f"共 {len(loaded.entries)} 条问答，{errors} 个错误，{len(problems) - errors} 个提醒。")
    if errors:
        lines.append("有错误的修改不会上线，线路继续用上一个正确的版本。")
    return "\n".join(lines)

"""`voicebot model`: the speech models there are, and getting them."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from voicebot.cli.model_build import build
from voicebot.cli.model_train import average, export, language, speak, train
from voicebot.errors import ModelError
from voicebot.speech import models


@click.group()
def model() -> None:
    """语音识别模型：查看、下载、按问题库重建。"""


for command in (build, speak, train, export, average, language):
    model.add_command(command)


@model.command("list")
@click.option("--json", "as_json", is_flag=True, help="输出一行 JSON。")
def list_models(as_json: bool) -> None:
    """列出可用的模型，哪些已经装好。"""
    entries = models.catalogue().values()
    if as_json:
        click.echo(json.dumps({"models": [_facts(entry) for entry in entries]}, ensure_ascii=False))
        return
    for entry in entries:
        state = "已安装" if models.installed(entry) else f"未安装，下载 {entry.bytes / 1e6:.0f} MB"
        click.echo(f"{entry.name:<10}{entry.title}（{state}）\n{'':<10}{entry.note}")
    click.echo(f"下载的模型放在 {models.store()}；选用哪个由 VOICEBOT_MODEL 决定，默认 bundled。")


@model.command("fetch")
@click.argument("name")
@click.option(
    "--base-url",
    default=models.BASE_URL,
    show_default=True,
    envvar="VOICEBOT_MODEL_URL",
    show_envvar=True,
    help="下载的网址，镜像可改。",
)
@click.option("--json", "as_json", is_flag=True, help="输出一行 JSON；进度仍显示在错误输出上。")
def fetch(name: str, base_url: str, as_json: bool) -> None:
    """下载并安装一个官方模型（small-cn 或 cn）。中断后再运行会从断开处继续。"""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    try:
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(f"下载 {name}", total=None)
            path = models.fetch(name, lambda done, total: bar.update(task, completed=done, total=total), base_url)
    except ModelError as error:
        raise click.ClickException(error.message) from error
    entry = models.entry(name)
    if as_json:
        click.echo(json.dumps(_facts(entry), ensure_ascii=False))
    elif entry.bundled:
        click.echo(f"{entry.title} 随程序安装，不用下载：{path}")
    else:
        click.echo(f"已安装：{path}\n要使用它，在 .env 里写：VOICEBOT_MODEL={entry.name}")


def _facts(entry: models.Entry) -> dict[str, object]:
    return {
        "name": entry.name,
        "title": entry.title,
        "model": entry.folder,
        "bundled": entry.bundled,
        "installed": models.installed(entry),
        "path": str(models.place(entry)),
        "bytes": entry.bytes,
        "sha256": entry.sha256,
        "licence": entry.licence,
        "note": entry.note,
    }

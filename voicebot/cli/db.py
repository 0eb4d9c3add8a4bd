"""`voicebot db`: the record's tables."""

from __future__ import annotations

import json

import click

from voicebot import wiring
from voicebot.errors import VoicebotError
from voicebot.store.database import Database


@click.group()
def db() -> None:
    """通话记录的数据库。"""


@db.command()
@click.option("--url", default=None, help="数据库地址；默认 VOICEBOT_DATABASE_URL，没有设置时用数据文件夹里的 SQLite。")
@click.option("--json", "as_json", is_flag=True, help="输出一行 JSON。")
def upgrade(url: str | None, as_json: bool) -> None:
    """建立数据库，或升级到本程序的版本。可以重复运行，多台机器同时运行也可以。"""
    try:
        database = Database(url or wiring.settings().database_url)
        before, after = database.upgrade()
        database.ping()
        database.close()
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    if as_json:
        kind = "sqlite" if database.is_sqlite else "postgresql"
        click.echo(json.dumps({"database": kind, "from": before, "to": after, "changed": before != after}))
    elif before == after:
        click.echo(f"数据库已是最新版本（{after}）。")
    else:
        click.echo(f"数据库已建立，版本 {after}。" if before is None else f"数据库已从版本 {before} 升级到 {after}。")

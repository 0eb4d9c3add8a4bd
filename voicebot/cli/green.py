"""`voicebot green`: whom the line brings to a person first."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import click

from voicebot import wiring
from voicebot.errors import VoicebotError
from voicebot.store.green import KEPT
from voicebot.store.record import Record


@click.group()
def green() -> None:
    """绿色通道：老年人、残疾人来电，直接接人工。只保存号码的密文摘要，不保存号码。"""


def _opened() -> Record:
    try:
        return wiring.open_record(wiring.settings())
    except VoicebotError as error:
        raise click.ClickException(error.message) from error


def _key(record: Record, whom: str) -> str:
    """The keyed hash of a number, or of the caller of a ticket. Ends the command when there is none."""
    try:
        ticket = record.ticket(whom)
        key = ticket.caller_key if ticket else record.number_key(whom)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    if not key:
        raise click.ClickException("这个工单没有来电号码，或者号码看不懂。")
    return key


@green.command("add")
@click.argument("whom", metavar="号码或工单号")
@click.option("--consent", required=True, help="本人怎么同意的，例如“本人来电口头同意”。")
@click.option("--by", "who", required=True, help="谁登记的（编号或姓名）。")
@click.option("--days", default=KEPT.days, show_default=True, type=click.IntRange(1, 3650), help="多少天后失效。")
def add_command(whom: str, consent: str, who: str, days: int) -> None:
    """登记。必须有本人的同意。"""
    record = _opened()
    expires = datetime.now(UTC) + timedelta(days=days)
    try:
        record.register_green(_key(record, whom), consent=f"{consent}（{who} 登记）", expires_at=expires)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    click.echo(f"已登记，{expires:%Y-%m-%d} 失效。本人随时可以要求取消。")


@green.command("remove")
@click.argument("whom", metavar="号码或工单号")
def remove_command(whom: str) -> None:
    """按本人要求取消，立即生效。"""
    record = _opened()
    try:
        known = record.remove_green(_key(record, whom))
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    if not known:
        raise click.ClickException("这个号码没有登记过。")
    click.echo("已取消。")


@green.command("list")
@click.option("--json", "as_json", is_flag=True, help="一行一个 JSON。")
def list_command(as_json: bool) -> None:
    """登记了多少、何时失效、怎么同意的。"""
    try:
        rows = _opened().green_numbers()
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    for row in rows:
        facts = {
            "caller": row.caller_key[:8],
            "registered_at": row.registered_at.isoformat(),
            "expires_at": row.expires_at.isoformat(),
            "consent": row.consent,
        }
        text = f"{facts['caller']}…  登记 {row.registered_at:%Y-%m-%d}  失效 {row.expires_at:%Y-%m-%d}  {row.consent}"
        click.echo(json.dumps(facts, ensure_ascii=False) if as_json else text)
    if not rows and not as_json:
        click.echo("还没有人登记。")

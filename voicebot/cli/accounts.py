"""`voicebot accounts`: who may log in to the desk, and a way in for who cannot any more."""

from __future__ import annotations

import json

import click

from voicebot import wiring
from voicebot.errors import VoicebotError
from voicebot.staffing.accounts import INVITED, ROLES, Accounts


@click.group()
def accounts() -> None:
    """值班台的账号：谁能登录；管理员忘了密码也从这里进。"""


def _opened() -> Accounts:
    return Accounts(wiring.open_record(wiring.settings()))


@accounts.command("list")
@click.option("--json", "as_json", is_flag=True, help="一行一个 JSON。")
def list_command(as_json: bool) -> None:
    """全部账号。"""
    try:
        rows = _opened().record.accounts()
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    for row in rows:
        is_open = row.closed_at is None
        facts = {
            "account": row.id,
            "name": row.name,
            "role": str(row.role),
            "unit": row.unit,
            "open": is_open,
        }
        line = f"{row.id}  {row.name}  {ROLES[row.role]}  {row.unit or '全办'}{'' if is_open else '  已停用'}"
        click.echo(json.dumps(facts, ensure_ascii=False) if as_json else line)
    if not rows and not as_json:
        click.echo("还没有账号：voicebot serve 启动时会印出建立第一个管理员的链接。")


@accounts.command("link")
@click.argument("account", metavar="工号")
@click.option("--base", default="http://127.0.0.1:8000", show_default=True, help="值班台的网址，不带 /desk/。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def link_command(account: str, base: str, as_json: bool) -> None:
    """给出重设密码的一次性链接。"""
    try:
        opened = _opened()
        row = opened.record.account(account)
        if row is None or row.closed_at is not None:
            raise click.ClickException(f"没有工号 {account}，或者已经停用")
        link = f"{base.rstrip('/')}/desk/welcome/{opened.invite(account)}"
        opened.record.audit("", "operator", "account.invite", account)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    words = f"{row.name}（{account}）{INVITED.days} 天内打开，设新密码，用一次就失效：\n{link}"
    click.echo(json.dumps({"account": account, "link": link}) if as_json else words)

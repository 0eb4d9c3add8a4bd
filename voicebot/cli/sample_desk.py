"""A desk with a generated past behind it: for `voicebot demo --desk` and `voicebot evaluate desk`."""

from __future__ import annotations

import secrets
import sys
import webbrowser
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import click

from voicebot import wiring
from voicebot.bot import Bot
from voicebot.config import Settings
from voicebot.faq.entry import Faq
from voicebot.faq.load import load_folder
from voicebot.insight.period import Period
from voicebot.insight.sample import fill, sample_roster
from voicebot.insight.weighing import Weighing
from voicebot.staffing.accounts import Accounts
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.keeping import save
from voicebot.store.record import Record
from voicebot.store.words import DeskRole
from voicebot.web.server import Server

ALONE = {"TWILIO_ACCOUNT_SID": "", "TWILIO_AUTH_TOKEN": "", "VOICEBOT_CALLBACKS": "manual", "VOICEBOT_SMS": "off"}
"""A sample never rings, texts or shares a database with anybody."""
SEED = 2026
DAYS = 62
CALLS = 4_000
NAMES = {
    "clerk": ("示例办事员", DeskRole.CLERK),
    "supervisor": ("示例主管", DeskRole.SUPERVISOR),
    "leader": ("示例领导", DeskRole.LEADER),
    "auditor": ("示例审计员", DeskRole.AUDITOR),
    "admin": ("示例管理员", DeskRole.ADMIN),
}
"""One account of each role: id → name, role."""


def sample_settings(folder: Path, database: str = "", env: Mapping[str, str] | None = None) -> Settings:
    """Settings of a desk in a folder of its own."""
    here = wiring.environment() if env is None else env
    own = {**ALONE, "VOICEBOT_DATA": str(folder), "VOICEBOT_DATABASE_URL": database, "VOICEBOT_PUBLIC_URL": ""}
    return wiring.settings({**here, **own})


def fill_desk(config: Settings, *, calls: int, days: int, seed: int = SEED) -> tuple[Record, Faq, int]:
    """A roster and so many calls up to now: the record, the FAQ they were about, and how many tickets came of them."""
    record = wiring.open_record(config)
    faq = load_folder(config.faq, wiring.today())
    today = wiring.now().astimezone(ZONE).date()
    period = Period(today - timedelta(days=days - 1), today)
    save(record, sample_roster(faq.departments, period), who="示例", why="示例值班表", based_on=0)
    office = wiring.office_now(config, record, faq.departments)
    tickets = fill(record.database, faq, office, period, calls, seed, wiring.now())
    Weighing(record.database, lambda: office, wiring.now).run()
    return record, faq, tickets


def sample_accounts(record: Record, unit: str, password: str) -> None:
    """An account of each role, all with one password; the clerk's is of that unit."""
    accounts = Accounts(record)
    hashed = accounts.hash_of(password)
    for id_, (name, role) in NAMES.items():
        accounts.create(id_, name=name, role=role, unit=unit if role is DeskRole.CLERK else None)
        record.set_password(id_, hashed)


def run_desk(folder: Path, port: int) -> None:
    """Fill a folder, say who may log in, and serve the desk until it is stopped."""
    click.echo("正在生成示例数据（不是真实来电）……")
    config = sample_settings(folder)
    record, faq, tickets = fill_desk(config, calls=CALLS, days=DAYS)
    unit = faq.departments[0]
    password = f"示例{secrets.token_hex(4)}"
    sample_accounts(record, unit.id, password)
    record.database.close()

    def announce(bot: Bot) -> None:
        url = f"http://127.0.0.1:{port}/desk/"
        click.echo(
            f"值班台已打开：{url}\n近 {DAYS} 天 {CALLS} 通来电、{tickets} 件工单，都是程序生成的，编号以 SAMPLE 开头。"
        )
        click.echo(f"五个账号，密码都是 {password}")
        for id_, (name, role) in NAMES.items():
            click.echo(f"  {id_:<12}{name}{f'（{unit.name}）' if role is DeskRole.CLERK else ''}")
        click.echo("按 Ctrl+C 结束。")
        if sys.stdout.isatty():
            webbrowser.open(url)

    Server(partial(wiring.running, config, workers=0), "127.0.0.1", port, announce=announce).run()

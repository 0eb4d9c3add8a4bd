"""`voicebot evaluate desk`: how long the server takes for each page, with a large office's past behind it."""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import click
from flask import Flask

from voicebot import wiring
from voicebot.cli.desk_questions import ROLE, Step, count_questions, steps
from voicebot.cli.sample_desk import fill_desk, sample_accounts, sample_settings
from voicebot.cli.sample_faq import generate_faq
from voicebot.errors import VoicebotError
from voicebot.faq.load import load_folder
from voicebot.insight.period import month_of
from voicebot.insight.report import Reporter
from voicebot.staffing.accounts import Accounts
from voicebot.staffing.calendar import ZONE
from voicebot.store.record import Record
from voicebot.web import create_app
from voicebot.web.server import settle

LIMIT_MS = 300.0
PASSWORD = "只在这次测量里用的密码"  # noqa: S105 - of accounts in a temporary record
SKIPPED = ("twilio", "static", "events")
MORE = (
    "/desk/figures/reach",
    "/desk/figures/direct/behind",
    "/desk/figures/on-time/behind",
    "/desk/missed/behind",
    "/desk/figures?department=rsj",
)
"""Pages whose address says more."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Of one page."""

    path: str
    role: str
    status: int
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    """Median of this process's processor time: what it would take on a machine with nothing else to do."""
    action: bool
    """It writes; a second is what it may take."""


@click.command()
@click.option("--calls", default=100_000, show_default=True, type=click.IntRange(1), help="来电数。")
@click.option("--days", default=180, show_default=True, type=click.IntRange(1, 366), help="分布在多少天里。")
@click.option(
    "--entries", default=2_000, show_default=True, type=click.IntRange(1), help="问答条数，多出示例的是编造的。"
)
@click.option("--rounds", default=20, show_default=True, type=click.IntRange(2), help="每页取几次。")
@click.option("--database", default="", help="另一个空的数据库（PostgreSQL）；不写就用临时的 SQLite。")
@click.option("--json", "as_json", is_flag=True, help="打印一个 JSON。")
def desk(calls: int, days: int, entries: int, rounds: int, database: str, as_json: bool) -> None:
    """值班台每一页的服务器用时，数据库里有十万通来电、两万件工单、两千条问答的时候。

    九成五应在 300 毫秒以内；写进磁盘或数据库的动作一秒以内。
    """
    try:
        with tempfile.TemporaryDirectory(prefix="voicebot-desk-") as folder:
            found = _measure(Path(folder), calls, days, entries, rounds, database)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    click.echo(f"{found['calls']} 通来电，{found['tickets']} 件工单，{found['entries']} 条问答")
    click.echo(f"生成用 {found['fill_s']:.0f} 秒")
    for page in found["pages"]:
        cost = f"{page['p95_ms']:8.0f} ms（中位 {page['p50_ms']:.0f}，处理器 {page['cpu_ms']:.0f}）"
        mark = "动作" if page["action"] else "    "
        click.echo(f"{cost}  {page['status']}  {mark}  {page['role']:<10}  {page['path']}")
    worst, slowest = found["worst_p95_ms"], found["worst_action_p95_ms"]
    click.echo(f"专报 {found['report_s']:.1f} 秒；p95 最慢的一页 {worst:.0f} 毫秒，最慢的动作 {slowest:.0f} 毫秒")


def _measure(folder: Path, calls: int, days: int, entries: int, rounds: int, database: str) -> dict[str, Any]:
    config = sample_settings(folder / "data", database)
    generate_faq(load_folder(config.faq, wiring.today()), config.faq, folder / "faq", entries)
    config = replace(config, faq=folder / "faq")
    began = time.monotonic()
    record, faq, tickets = fill_desk(config, calls=calls, days=days)
    fill_s = time.monotonic() - began
    sample_accounts(record, faq.departments[0].id, PASSWORD)
    with wiring.running(config, workers=0, works=False) as bot:
        app = create_app(bot)
        settle(app)
        count_questions(bot)
        timings = [_page(app, bot.record, path, role, rounds) for path, role in pages(app)]
        timings += [_timed(step, rounds) for step in steps(app, bot)]
        began = time.monotonic()
        month = month_of(bot.now().astimezone(ZONE).date())
        Reporter(bot.record.database, bot.office(), bot.knowledge().faq, bot.now()).make(month)
        report_s = time.monotonic() - began
    record.database.close()
    return {
        "database": "postgresql" if database else "sqlite",
        "calls": calls,
        "tickets": tickets,
        "entries": len(faq.entries),
        "days": days,
        "fill_s": round(fill_s, 1),
        "report_s": round(report_s, 2),
        "worst_p95_ms": max(timing.p95_ms for timing in timings if not timing.action),
        "worst_action_p95_ms": max(timing.p95_ms for timing in timings if timing.action),
        "limit_ms": LIMIT_MS,
        "pages": [
            {
                "path": t.path,
                "role": t.role,
                "status": t.status,
                "p50_ms": t.p50_ms,
                "p95_ms": t.p95_ms,
                "cpu_ms": t.cpu_ms,
                "action": t.action,
            }
            for t in sorted(timings, key=lambda t: -t.p95_ms)
        ],
    }


def pages(app: Flask) -> list[tuple[str, str]]:
    """Every page whose address needs nothing filled in, and a few that do, each with a role that may see it."""
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments and not any(word in rule.rule for word in SKIPPED):
            admin = rule.endpoint.split(".")[0] in ("accounts", "audit")
            found.append((rule.rule, "admin" if admin else "supervisor"))
    return sorted({*found, *((path, "supervisor") for path in MORE)})


def _page(app: Flask, record: Record, path: str, role: str, rounds: int) -> Timing:
    client = app.test_client()
    client.set_cookie("desk", Accounts(record).open_session(role), path="/desk/")
    return _timed(Step(path, lambda: client.get(path)), rounds, role)


def _timed(step: Step, rounds: int, role: str = ROLE) -> Timing:
    spent, busy, status = [], [], 0
    for _ in range(rounds):
        step.before()
        began, worked = time.perf_counter(), time.process_time()
        answer = step.send()
        answer.get_data()
        spent.append((time.perf_counter() - began) * 1000)
        busy.append((time.process_time() - worked) * 1000)
        status = answer.status_code
    p50, p95 = (round(quantiles(spent, n=20, method="inclusive")[n], 1) for n in (9, 18))
    return Timing(step.label, role, status, p50, p95, round(median(busy), 1), step.action)

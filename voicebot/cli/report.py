"""`voicebot report`: the special report of a week or a month."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import click

from voicebot import wiring
from voicebot.errors import VoicebotError
from voicebot.faq.load import load_folder
from voicebot.insight.document import Report
from voicebot.insight.making import basis_words
from voicebot.insight.period import Period, month_of, week_of
from voicebot.insight.rendering import RENDERERS
from voicebot.insight.report import Reporter


@click.command()
@click.option("--week", metavar="日期", default=None, help="这一天所在的那一周，例如 2026-11-23；写 last 是上周。")
@click.option("--month", metavar="年-月", default=None, help="这个月，例如 2026-11；写 last 是上个月。")
@click.option("--department", metavar="部门", default=None, help="只统计这个部门。")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="写成文件：.html、.docx 或 .csv；可以写几次。不写就打印出来。",
)
@click.option("--json", "as_json", is_flag=True, help="打印一个 JSON。")
def report(week: str | None, month: str | None, department: str | None, out: tuple[Path, ...], as_json: bool) -> None:
    """运行专报：一周或一个月里，群众问什么、得不到什么、为什么没有接通、该怎么排班；每句话都注明依据。"""
    if week and month:
        raise click.UsageError("--week 和 --month 只能写一个。")
    unknown = [path for path in out if path.suffix.lstrip(".") not in RENDERERS]
    if unknown:
        raise click.UsageError(f"{unknown[0]}：文件名要以 .html、.docx 或 .csv 结尾。")
    period = _period(week, month, wiring.today())
    try:
        config = wiring.settings()
        record = wiring.open_record(config)
        office = wiring.office_now(config, record, wiring.departments(config))
        faq = load_folder(config.faq, wiring.today())
        made = Reporter(record.database, office, faq, wiring.now(), department).make(period)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    for path in out:
        path.write_bytes(RENDERERS[path.suffix.lstrip(".")][0](made))
    if as_json:
        click.echo(json.dumps(facts(made), ensure_ascii=False))
    elif out:
        click.echo(f"{made.title}：{'、'.join(str(path) for path in out)}")
    else:
        _print(made)


def _period(week: str | None, month: str | None, today: date) -> Period:
    """Last week, unless something else is asked for."""
    try:
        if month:
            return month_of(today).before if month == "last" else month_of(datetime.strptime(month, "%Y-%m").date())
        if week and week != "last":
            return week_of(date.fromisoformat(week))
    except ValueError as error:
        raise click.UsageError("日期要写成 2026-11-23，月份写成 2026-11。") from error
    return week_of(today).before


def facts(made: Report) -> dict[str, object]:
    """The report for machines: its figures, and every sentence with its basis."""
    sections = [
        {
            "title": section.title,
            "claims": [
                {"text": c.text, "calls": c.basis.calls, "tickets": c.basis.tickets, "total": c.basis.total}
                for c in section.claims
            ],
            "table": [dict(zip(section.table.head, row, strict=True)) for row in section.table.rows]
            if section.table
            else [],
        }
        for section in made.sections
    ]
    return {"title": made.title, **made.facts, "sections": sections}


def _print(made: Report) -> None:
    click.echo(f"{made.title}\n{made.made}")
    for section in made.sections:
        click.echo(f"\n{section.title}")
        for claim in section.claims:
            mark = made.mark_of(claim.basis)
            click.echo(f"  {claim.text}{f'[{mark}]' if mark else ''}")
        for row in section.table.rows if section.table else ():
            click.echo("  " + "  ".join(row))
    for n, basis in enumerate(made.marks(), 1):
        click.echo(f"[{n}] {basis_words(basis)}")

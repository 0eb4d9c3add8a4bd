"""`voicebot callbacks`: whom the office owes a call back, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import click

from voicebot import wiring
from voicebot.cases.calling_back import CallingBack
from voicebot.cases.dialling import CALLBACK_STATES, OUTCOMES, Dialling
from voicebot.errors import VoicebotError
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.legs import Legs, NoLegs
from voicebot.staffing.plan import Office
from voicebot.store.dial_list import BY_HAND, OwedCallback
from voicebot.store.record import Record
from voicebot.store.words import CallbackOutcome, CallbackState
from voicebot.twilio.rest import Rest

T = TypeVar("T")

who_option = click.option("--as", "who", required=True, envvar="VOICEBOT_STAFF", help="你的编号（值班表里的）。")
json_option = click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
_ID = click.IntRange(min=1)


@click.group()
def callbacks() -> None:
    """回电：欠谁一个电话，什么时候打，打通了没有。"""


def _opened() -> Record:
    return wiring.open_record(wiring.settings())


@callbacks.command("list")
@click.option("--by-hand", is_flag=True, help="只看要人工拨打的。")
@click.option("--unit", default=None, help="只看这个单位的；被投诉的单位看不到投诉。")
@json_option
def list_command(by_hand: bool, unit: str | None, as_json: bool) -> None:
    """还没有打通的回电，答应得最早的在前；一行一个。"""
    try:
        record = _opened()
        found = record.dial_list(unit) if by_hand else record.owed_callbacks(unit)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    for one in found:
        click.echo(json.dumps(_facts(one), ensure_ascii=False) if as_json else _line(one))
    if not found and not as_json:
        click.echo("没有要回的电话。")


def _facts(one: OwedCallback) -> dict[str, Any]:
    callback, ticket = one.callback, one.ticket
    return {
        "callback": callback.id,
        "ticket": ticket.number,
        "state": str(callback.state),
        "due_at": callback.due_at.isoformat(),
        "respond_by": ticket.respond_by.isoformat() if ticket.respond_by else None,
        "promised_by": ticket.promise.isoformat() if ticket.promise else None,
        "tries": callback.tries,
        "dialled": one.dialled,
        "outcome": str(callback.outcome) if callback.outcome else None,
        "unit": ticket.unit,
        "owner": ticket.owner,
        "caller": one.last4,
        "summary": ticket.summary,
    }


def _line(one: OwedCallback) -> str:
    callback, ticket = one.callback, one.ticket
    due = f"{callback.due_at.astimezone(ZONE):%m-%d %H:%M}"
    before = f"打过 {ticket.tries} 次，上次{OUTCOMES[callback.outcome]}" if callback.outcome else "还没有打过"
    when = f"{due} 起" if callback.state is CallbackState.DUE else ""
    parts = (
        f"{callback.id}",
        f"工单 {ticket.number}",
        CALLBACK_STATES[callback.state],
        when,
        f"尾号 {one.last4}",
        before,
    )
    return "  ".join(part for part in (*parts, ticket.summary) if part)


@callbacks.command("number")
@click.argument("callback", metavar="回电编号", type=_ID)
@who_option
@click.option("--anyway", is_flag=True, help="在回电时间以外也要打；会记在工单里。")
@json_option
def number_command(callback: int, who: str, anyway: bool, as_json: bool) -> None:
    """要拨打的号码；谁看过会记在工单里。回电时间以外不给号码。"""
    number = _do(
        lambda dialling: dialling.number(callback, who, anyway=anyway), {"not-now": "确实要现在打，请加 --anyway"}
    )
    click.echo(json.dumps({"callback": callback, "number": number}) if as_json else number)


@callbacks.command("done")
@click.argument("callback", metavar="回电编号", type=_ID)
@click.argument("outcome", metavar="结果", type=click.Choice([str(outcome) for outcome in BY_HAND]))
@who_option
@click.option("--why", default="", help="说了什么。")
@json_option
def done_command(callback: int, outcome: str, who: str, why: str, as_json: bool) -> None:
    """人工打过了，记下结果。

    reached 已通话，no-answer 没有人接，busy 占线，wrong-number 号码不对，not-wanted 对方不需要了。
    """
    _do(lambda dialling: dialling.done(callback, CallbackOutcome(outcome), who, why))
    _told({"callback": callback, "outcome": outcome}, f"已记下：{OUTCOMES[CallbackOutcome(outcome)]}。", as_json)


@callbacks.command("retry")
@click.argument("callback", metavar="回电编号", type=_ID)
@who_option
@json_option
def retry_command(callback: int, who: str, as_json: bool) -> None:
    """让线路重新自动回电。"""
    fresh = _do(lambda dialling: dialling.retry(callback, who))
    _told({"callback": fresh, "instead_of": callback}, f"已重新安排，新的编号 {fresh}。", as_json)


@callbacks.command("drop")
@click.argument("callback", metavar="回电编号", type=_ID)
@who_option
@click.option("--why", required=True, help="为什么不用打了。")
@json_option
def drop_command(callback: int, who: str, why: str, as_json: bool) -> None:
    """不用再打了；工单还在，办结要另外登记。"""
    _do(lambda dialling: dialling.drop(callback, who, why))
    _told({"callback": callback}, "已取消。", as_json)


@callbacks.command("run")
@json_option
def run_command(as_json: bool) -> None:
    """把到时间的回电现在就办一遍；`voicebot serve` 运行时会自己办。"""
    try:
        config = wiring.settings()
        record, office = _with_office()
        legs: Legs = Rest(config) if config.phone_ready else NoLegs()
        rung = CallingBack(record, lambda: office, legs, config.line_number, wiring.now).run()
        owed = record.owed_callbacks()
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    by_hand = sum(one.callback.state is CallbackState.BY_HAND for one in owed)
    facts = {"rung": rung, "owed": len(owed), "by_hand": by_hand}
    words = f"正在呼叫 {rung} 位值班人员；还欠 {len(owed)} 个回电，其中 {by_hand} 个要人工拨打。"
    click.echo(json.dumps(facts) if as_json else words)


def _with_office() -> tuple[Record, Office]:
    config = wiring.settings()
    record = wiring.open_record(config)
    return record, wiring.office_now(config, record)


def _do(deed: Callable[[Dialling], T], hints: Mapping[str, str] = MappingProxyType({})) -> T:
    """Do it; what cannot be done ends the command with the reason, and what to do by its code."""
    try:
        record, office = _with_office()
        return deed(Dialling(record, lambda: office, wiring.now))
    except VoicebotError as error:
        told = "；".join(filter(None, (error.message, hints.get(error.code))))
        raise click.ClickException(told) from error


def _told(facts: dict[str, Any], words: str, as_json: bool) -> None:
    click.echo(json.dumps(facts, ensure_ascii=False) if as_json else words)

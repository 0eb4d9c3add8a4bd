"""`voicebot tickets`: what is owed to callers, worked on from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click

from voicebot import wiring
from voicebot.cases.book import Book, Standing
from voicebot.cases.ticket import CHANGES, MATTERS, STATES
from voicebot.errors import VoicebotError
from voicebot.staffing.calendar import ZONE
from voicebot.store.case_models import Notice
from voicebot.store.models import Ticket
from voicebot.store.record import Record
from voicebot.store.words import Kind

_KINDS = {Kind.FETCH: "留言", Kind.SMS: "短信", Kind.END_LEG: "挂断"}

who_option = click.option("--as", "who", required=True, envvar="VOICEBOT_STAFF", help="你的编号（值班表里的）。")
unit_option = click.option("--unit", default=None, help="只看这个单位的；被投诉的单位看不到投诉。")
json_option = click.option("--json", "as_json", is_flag=True, help="一行一个 JSON。")


@click.group()
def tickets() -> None:
    """工单：欠来电人的每一件事，谁负责，还剩多少时间。"""


def _opened() -> tuple[Record, Book]:
    config = wiring.settings()
    record = wiring.open_record(config)
    office = wiring.office_now(config, record, wiring.departments(config))
    return record, Book(record, lambda: office, wiring.now)


def _do(deed: Callable[[Book], Ticket]) -> None:
    """Do it and show the ticket; what cannot be done ends the command with the reason."""
    try:
        _, book = _opened()
        ticket = deed(book)
        click.echo(_line(book, book.standing(ticket)))
    except VoicebotError as error:
        raise click.ClickException(error.message) from error


def _left(left: timedelta) -> str:
    minutes = round(abs(left).total_seconds() / 60)
    words = f"{minutes // 60} 小时 {minutes % 60} 分" if minutes >= 60 else f"{minutes} 分"
    return f"还有 {words}" if left >= timedelta() else click.style(f"超时 {words}", fg="red")


def _line(book: Book, standing: Standing) -> str:
    ticket = standing.ticket
    due = f"{_left(standing.left)}（工作时间）" if standing.due else "—"
    who, unit = book.name_of(ticket.owner), ticket.unit or "本单位"
    matter = MATTERS[ticket.matter]
    return f"{ticket.number}  {STATES[ticket.state]}  {matter}  {unit}  {who}  {due}  {ticket.summary}"


def _facts(book: Book, standing: Standing) -> dict[str, Any]:
    ticket = standing.ticket
    return {
        "number": ticket.number,
        "state": str(ticket.state),
        "matter": str(ticket.matter),
        "unit": ticket.unit,
        "department": ticket.department,
        "owner": ticket.owner,
        "summary": ticket.summary,
        "created_at": ticket.created_at.isoformat(),
        "respond_by": ticket.respond_by.isoformat() if ticket.respond_by else None,
        "promised_by": ticket.promise.isoformat() if ticket.promise else None,
        "resolve_by": ticket.resolve_by.isoformat() if ticket.resolve_by else None,
        "due": standing.due.isoformat() if standing.due else None,
        "left_s": round(standing.left.total_seconds()),
        "calls": ticket.calls,
        "tries": ticket.tries,
        "reopened": ticket.reopened,
    }


def _listed(pick: Callable[[Book], list[Standing]], as_json: bool, nothing: str) -> None:
    try:
        _, book = _opened()
        found = pick(book)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    for standing in found:
        click.echo(json.dumps(_facts(book, standing), ensure_ascii=False) if as_json else _line(book, standing))
    if not found and not as_json:
        click.echo(nothing)


@tickets.command("list")
@unit_option
@click.option("--owner", default=None, help="只看这个人负责的。")
@json_option
def list_command(unit: str | None, owner: str | None, as_json: bool) -> None:
    """没有办结的工单，最急的在前。"""
    _listed(lambda book: book.open_tickets(unit, owner), as_json, "没有待办的工单。")


@tickets.command("overdue")
@unit_option
@json_option
def overdue_command(unit: str | None, as_json: bool) -> None:
    """已经超时的工单。"""
    _listed(lambda book: book.overdue(unit), as_json, "没有超时的工单。")


@tickets.command("notices")
@unit_option
@click.option("--seen", type=click.IntRange(min=1), multiple=True, help="这个编号的看过了；可以写几次。要有 --as。")
@click.option("--as", "who", default="", envvar="VOICEBOT_STAFF", help="你的编号。")
@json_option
def notices_command(unit: str | None, seen: tuple[int, ...], who: str, as_json: bool) -> None:
    """提醒、上报和问责，还没有人看过的；看过的用 --seen 去掉。"""
    if seen and not who:
        raise click.UsageError("谁看过要记下来：请加 --as 和你的编号。")
    try:
        _, book = _opened()
        for notice in seen:
            book.seen(notice, who, unit)
        found = book.notices(unit)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    for one in found:
        facts = _notice(one)
        for_whom = f"{one.unit or '本单位'}  {book.name_of(one.person) if one.person else ''}"
        text = f"{one.id}  {one.at.astimezone(ZONE):%m-%d %H:%M}  {for_whom}  {one.text}"
        click.echo(json.dumps(facts, ensure_ascii=False) if as_json else text)
    if not found and not as_json:
        click.echo("没有新的提醒。")


def _notice(one: Notice) -> dict[str, Any]:
    at = one.at.astimezone(ZONE).isoformat()
    return {
        "notice": one.id,
        "at": at,
        "unit": one.unit,
        "person": one.person,
        "level": one.level,
        "text": one.text,
    }


@tickets.command("undelivered")
@click.option("--again", type=click.IntRange(min=1), multiple=True, help="这个编号的重新再试；可以写几次。")
@json_option
def undelivered_command(again: tuple[int, ...], as_json: bool) -> None:
    """试了很多次还没有取回的留言、没有发出的短信；排除故障后用 --again 再试。"""
    try:
        record, _ = _opened()
        for one in again:
            if not record.try_again(one):
                raise click.ClickException(f"没有编号 {one} 的，或者已经在重试")
        found, waiting = record.given_up(), record.outbox_waiting()
        about = record.tickets_of_outbox(found)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    for row in found:
        number = about[row.id].number if row.id in about else None
        at = (row.gave_up_at or row.due_at).astimezone(ZONE)
        facts = {"id": row.id, "kind": str(row.kind), "ticket": number, "tries": row.tries, "error": row.error}
        words = f"{row.id}  {at:%m-%d %H:%M}  {_KINDS[row.kind]}  试过 {row.tries} 次  {row.error}"
        words += f"  工单 {number}" if number else ""
        click.echo(json.dumps(facts | {"at": at.isoformat()}, ensure_ascii=False) if as_json else words)
    if not as_json:
        click.echo(f"放弃了 {len(found)} 件，还有 {waiting} 件在排队。")


@tickets.command("show")
@click.argument("number", metavar="工单号")
@unit_option
@click.option("--number", "reveal", is_flag=True, help="显示来电号码；只有负责人可以，会留下记录。")
@click.option("--as", "who", default="", envvar="VOICEBOT_STAFF", help="你的编号。")
@json_option
def show_command(number: str, unit: str | None, reveal: bool, who: str, as_json: bool) -> None:
    """一张工单和它的全部经过。"""
    try:
        record, book = _opened()
        ticket = book.find(number, unit, who)
        phone = book.number_of(number, who) if reveal else ""
        call = record.call(ticket.call_id)
        history = record.history_of(ticket.id)
        messages = [message.text or "" for message in record.messages_about(ticket.id)]
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    masked = phone or (f"尾号 {call.caller_last4}" if call and call.caller_last4 else "号码不详")
    if as_json:
        lines = [{"at": h.at.isoformat(), "who": h.who, "change": str(h.change), "why": h.why} for h in history]
        facts = _facts(book, book.standing(ticket)) | {"caller": masked, "history": lines, "messages": messages}
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(_line(book, book.standing(ticket)))
    click.echo(f"  来电 {masked}，为这件事来电 {ticket.calls} 次")
    for text in messages:
        click.echo(f"  留言：{text or '（还没有听写）'}")
    for line in history:
        who_ = {"line": "线路", "caller": "来电人"}.get(line.who) or book.name_of(line.who)
        click.echo(f"  {line.at.astimezone(ZONE):%m-%d %H:%M}  {who_}  {CHANGES[line.change]}  {line.why}")


@tickets.command("take")
@click.argument("number", metavar="工单号")
@who_option
def take_command(number: str, who: str) -> None:
    """认领。"""
    _do(lambda book: book.take(number, who))


@tickets.command("assign")
@click.argument("number", metavar="工单号")
@click.argument("to", metavar="编号")
@who_option
@click.option("--why", default="", help="为什么转交。")
def assign_command(number: str, to: str, who: str, why: str) -> None:
    """转交给另一个人；不能退回，没有人接手就还是你负责。"""
    _do(lambda book: book.assign(number, who, to, why))


_DEEDS: dict[str, Callable[[Book, str, str, str], Ticket]] = {
    "contact": Book.contact,
    "tried": Book.tried,
    "resolve": Book.resolve,
    "confirm": Book.confirm,
    "reopen": Book.reopen,
    "note": Book.note,
}


def _plain(name: str, words: str, *, needs_why: bool, asks: str) -> None:
    """A command that does one thing with one ticket."""

    @tickets.command(name, help=words)
    @click.argument("number", metavar="工单号")
    @who_option
    @click.option("--why", required=needs_why, default=None if needs_why else "", help=asks)
    def command(number: str, who: str, why: str) -> None:
        _do(lambda book: _DEEDS[name](book, number, who, why))


_plain("contact", "联系上来电人了。", needs_why=False, asks="说了什么。")
_plain("tried", "打了，没有联系上。", needs_why=True, asks="没人接、忙、关机……")
_plain("resolve", "办结。", needs_why=True, asks="怎么答复的。")
_plain("confirm", "来电人认可。", needs_why=False, asks="备注。")
_plain("reopen", "来电人不认可，重新办理；还是原来的人负责。", needs_why=True, asks="哪里没有办好。")
_plain("note", "写备注。", needs_why=True, asks="备注。")


@tickets.command("justify")
@click.argument("number", metavar="工单号")
@who_option
@click.option("--justified/--unfounded", required=True, help="属实，还是不属实。")
@click.option("--missed/--other", default=True, show_default=True, help="是不是投诉“没人接电话”。")
@click.option("--department", default=None, metavar="部门", help="投诉的是哪个部门；来电人没有说或者说错时写。")
@click.option("--why", required=True, help="查到的情况。")
def justify_command(number: str, who: str, justified: bool, missed: bool, department: str | None, why: str) -> None:
    """投诉是否属实；三十天里三件属实的“没人接”会发问责提醒。"""
    _do(lambda book: book.justify(number, who, justified, why, missed=missed, department=department))

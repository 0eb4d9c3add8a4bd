"""`voicebot dial`: the emulated telephone network calls a running line and tells what happened."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from dotenv import dotenv_values
from rich.console import Console

from voicebot.cli.dialled import show, show_total
from voicebot.errors import VoicebotError
from voicebot.switchboard.account import LINE_NUMBER, Account, caller_number
from voicebot.switchboard.callee import directory_from
from voicebot.switchboard.caller import Act, At, HangUp, Idle, Into, Press, Ringing, say_file
from voicebot.switchboard.clips import clips_from, texts_in
from voicebot.switchboard.exchange import Caller, Switchboard, place_all
from voicebot.switchboard.options import Faults, Options, Target
from voicebot.switchboard.result import CallResult
from voicebot.switchboard.values import is_loopback

_KEY = re.compile(r"(?P<keys>[0-9*#]+)(@(?P<at>\d+(\.\d+)?))?")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_SECONDS = click.FloatRange(min=0)


def keys_from(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[Press, ...]:
    """Keys as ``0@2.5`` (seconds after the answer) or ``0`` (when the line has finished speaking)."""
    presses = []
    for value in values:
        match = _KEY.fullmatch(value)
        if not match:
            raise click.BadParameter(f"{value!r} 不是按键；写成 0 或 0@2.5（接通后第 2.5 秒按 0）")
        presses.append(Press(match["keys"], At(float(match["at"])) if match["at"] else Idle()))
    return tuple(presses)


@click.command()
@click.argument("url", metavar="网址")
@click.option("--wav", multiple=True, type=_FILE, help="来电人说的话，一次一段；线路把话说完后才说下一段。")
@click.option("--key", multiple=True, callback=keys_from, help="按键：0@2.5 是接通后第 2.5 秒按 0；0 是都说完以后按。")
@click.option("--barge-in", type=_SECONDS, default=None, help="线路每次开口这么多秒后就打断它，不等它说完。")
@click.option("--from", "number", default=None, help="来电号码；anonymous 是不显示号码。")
@click.option("--to", default=LINE_NUMBER, show_default=True, help="热线号码。")
@click.option("--answer", multiple=True, help="被叫怎样应答：8001=accept|decline|noanswer|busy|voicemail|failed[@秒]。")
@click.option("--calls", type=click.IntRange(1, 500), default=1, show_default=True, help="同时打几通。")
@click.option("--linger", type=_SECONDS, default=4.0, show_default=True, help="都说完以后，线路静默多少秒后挂机。")
@click.option("--at-most", type=_SECONDS, default=180.0, show_default=True, help="一通电话最长多少秒。")
@click.option("--hang-up-ringing", type=_SECONDS, default=None, help="听到振铃这么多秒后挂机。")
@click.option("--recordings", type=_FOLDER, default=None, help="用这个文件夹里的录音认出线路说了什么。")
@click.option("--account-sid", default=None, help="默认取 TWILIO_ACCOUNT_SID。")
@click.option("--auth-token", default=None, help="签名用的令牌；默认取 TWILIO_AUTH_TOKEN。")
@click.option("--public-url", default=None, help="线路自称的网址（签名用）；默认取 VOICEBOT_PUBLIC_URL。")
@click.option("--voice-path", default=None, help="语音入口；默认 /twilio/voice，或网址里的路径。")
@click.option("--fallback-path", default="", help="备用入口，语音入口出错时用。")
@click.option("--status-path", default="", help="通话状态回调。")
@click.option("--api", default=None, help="线路调用接口的网址，在本机模拟；默认取 VOICEBOT_TWILIO_API。")
@click.option("--strict", is_flag=True, help="TwiML 有任何不合规定之处都当作错误。")
@click.option("--inband-keys", is_flag=True, help="按键音也混在来电人的声音里。")
@click.option("--drop-at", type=_SECONDS, default=None, help="故障：媒体流接通这么多秒后突然断开。")
@click.option("--refuse-stream", is_flag=True, help="故障：媒体流连不上。")
@click.option("--forge-signature", is_flag=True, help="故障：签名是假的。")
@click.option("--slow-read", type=_SECONDS, default=0.0, help="故障：过这么多秒才读回答。")
@click.option("--duplicate-webhooks", is_flag=True, help="故障：每个请求来两次。")
@click.option("--duplicate-callbacks", is_flag=True, help="故障：每个状态回调来两次。")
@click.option("--late-callbacks", is_flag=True, help="故障：状态回调乱序。")
@click.option("--lose-hangup", is_flag=True, help="故障：来电人挂机时没有通知，只是断线。")
@click.option("--json", "as_json", is_flag=True, help="每通电话一行 JSON。")
def dial(url: str, as_json: bool, **given: Any) -> None:
    """用模拟电话网给正在运行的热线打电话，报告它收到的 TwiML、媒体帧、标记、听到的话和等待时间。

    网址如 http://127.0.0.1:5000 。令牌必须和热线的一致。有任何一通出错时退出码为 1。
    """
    try:
        results = asyncio.run(_dial(url, given))
    except VoicebotError as error:
        raise click.ClickException(error.message) from error
    if as_json:
        for result in results:
            click.echo(json.dumps(result.to_json(), ensure_ascii=False))
    else:
        console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        for number, result in enumerate(results, 1):
            show(console, number, result)
        show_total(console, results)
    if any(result.errors or result.answered is None for result in results):
        raise SystemExit(1)


async def _dial(url: str, given: dict[str, Any]) -> list[CallResult]:
    target = _target(url, given)
    options = _options(given)
    clips = clips_from(given["recordings"]) if given["recordings"] else None
    script = list(_script(given))
    numbers = [given["number"] or caller_number(index) for index in range(given["calls"])]
    async with Switchboard(target, options, directory_from(given["answer"]), clips) as board:
        return await place_all(board, [Caller(script, number) for number in numbers])


def _setting(given: str | None, name: str) -> str:
    """An option, or the environment's value, or that of the `.env` file that the line itself reads."""
    return given or os.environ.get(name, "") or dotenv_values(".env").get(name) or ""


def _target(url: str, given: dict[str, Any]) -> Target:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise click.UsageError(f"网址要以 http:// 或 https:// 开头：{url}")
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return Target(
        connect_url=f"{parts.scheme}://{parts.netloc}",
        public_url=_setting(given["public_url"], "VOICEBOT_PUBLIC_URL").rstrip("/"),
        voice_path=given["voice_path"] or (path if parts.path.strip("/") else "/twilio/voice"),
        fallback_path=given["fallback_path"],
        status_path=given["status_path"],
        number=given["to"],
    )


def _options(given: dict[str, Any]) -> Options:
    sid = _setting(given["account_sid"], "TWILIO_ACCOUNT_SID")
    token = _setting(given["auth_token"], "TWILIO_AUTH_TOKEN")
    if not token:
        raise click.UsageError("需要热线所用的令牌：--auth-token，或环境变量 TWILIO_AUTH_TOKEN")
    api = urlsplit(_setting(given["api"], "VOICEBOT_TWILIO_API"))
    served_here = is_loopback(api.hostname) and api.port is not None
    return Options(
        account=Account(sid, token) if sid else Account(token=token),
        api_port=api.port or 0 if served_here else 0,
        api_url=api.geturl(),
        strict_twiml=given["strict"],
        inband_keys=given["inband_keys"],
        faults=Faults(
            drop_stream_at=given["drop_at"],
            refuse_stream=given["refuse_stream"],
            forge_signature=given["forge_signature"],
            slow_read_s=given["slow_read"],
            duplicate_webhooks=given["duplicate_webhooks"],
            duplicate_callbacks=given["duplicate_callbacks"],
            late_callbacks=given["late_callbacks"],
            lose_hangup=given["lose_hangup"],
        ),
    )


def _script(given: dict[str, Any]) -> Iterator[Act]:
    """What every caller does: keys at their times, the sentences in order, keys without a time, the end."""
    cue = Idle() if given["barge_in"] is None else Into(given["barge_in"])
    for path in given["wav"]:
        yield say_file(path, cue, texts_in(path.parent).get(path, ""))
    yield from given["key"]
    if given["hang_up_ringing"] is not None:
        yield HangUp(Ringing(given["hang_up_ringing"]))
    yield HangUp(Idle(given["linger"], patience=max(15.0, given["linger"])))
    yield HangUp(At(given["at_most"]))

"""`voicebot simulate`: a call without a phone, by microphone, WAV files or typed text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from voicebot.cli import simulation
from voicebot.errors import VoicebotError
from voicebot.lines.exchange import Desk
from voicebot.lines.turns import Pressed, Said, Stayed, TimedKey, Turn, key_from, sounded


class InOrder(click.Command):
    """A command that knows in which order its options were given: `ctx.meta["order"]`, one name for each time."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note the order, then parse as always."""
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        ctx.meta["order"] = [parameter.name for parameter in order]
        return super().parse_args(ctx, args)


def keys_from(
    ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[Pressed | TimedKey, ...]:
    """Keys as ``0`` or ``0@2.5``; the first that is neither is told."""
    keys = []
    for value in values:
        try:
            keys.append(key_from(value))
        except ValueError:
            raise click.BadParameter(f"{value!r} 不是按键；写成 0 或 0@2.5（第 2.5 秒按 0）") from None
    return tuple(keys)


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DESKS = click.Choice([str(desk) for desk in Desk])


@click.command(cls=InOrder)
@click.option("--mic", is_flag=True, help="用麦克风通话。没有给出别的输入、又在终端里时，这是默认方式。")
@click.option("--wav", multiple=True, type=_FILE, help="放一段录音。")
@click.option("--text", multiple=True, help="说一句话（跳过语音识别）。")
@click.option("--key", multiple=True, callback=keys_from, help="按键：0 是轮到来电人时按 0，0@2.5 是第 2.5 秒按 0。")
@click.option("--silence", multiple=True, type=click.FloatRange(0, 600), help="不说话，沉默这么多秒。")
@click.option("--from", "number", default="", help="来电号码；登记过的号码走绿色通道。")
@click.option("--green", is_flag=True, help="当作绿色通道来电。")
@click.option("--desk", type=_DESKS, default=str(Desk.NO_ANSWER), show_default=True, help="模拟的人工席怎样应答。")
@click.option("--aloud/--no-aloud", default=None, help="把线路的话放出来听。麦克风通话和打字通话默认放。")
@click.option("--half-duplex", is_flag=True, help="线路说话时不听麦克风：没有耳机、外放时用，这样不能用说话打断。")
@click.option("--json", "as_json", is_flag=True, help="每个事件和命令输出一行 JSON。")
@click.pass_context
def simulate(ctx: click.Context, /, **given: Any) -> None:
    """不用电话，在本机和热线通一次话：麦克风、录音文件或打字。

    --text、--wav、--key、--silence 按给出的顺序进行，每一项都等线路把话说完。什么都不给时，在终端里用麦克风
    （没有麦克风就打字），否则逐行读标准输入：一行是一句话，单个按键字符是按键，空行是不说话，q 是挂机。
    """
    try:
        turns = list(_turns(ctx.meta["order"], given))
        options = simulation.Options(
            turns=tuple(turn for turn in turns if not isinstance(turn, TimedKey)),
            keys=tuple(turn for turn in turns if isinstance(turn, TimedKey)),
            number=given["number"],
            green=given["green"],
            desk=Desk(given["desk"]),
            aloud=given["aloud"],
            half_duplex=given["half_duplex"],
            as_json=given["as_json"],
        )
        if given["mic"] and turns:
            raise click.UsageError("--mic 不能和 --text、--wav、--key、--silence 一起用")
        if given["mic"]:
            simulation.by_microphone(options)
        elif turns:
            simulation.by_script(options)
        else:
            simulation.by_what_there_is(options)
    except VoicebotError as error:
        raise click.ClickException(error.message) from error


def _turns(order: list[str], given: dict[str, Any]) -> Iterator[Turn | TimedKey]:
    """The caller's turns in the order they were given."""
    values = {name: iter(given[name]) for name in ("wav", "text", "key", "silence")}
    for name in order:
        match name:
            case "text":
                yield Said(next(values[name]))
            case "wav":
                yield sounded(next(values[name]))
            case "silence":
                yield Stayed(next(values[name]))
            case "key":
                yield next(values[name])

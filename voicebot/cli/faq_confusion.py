"""`voicebot faq confusion`: which entries take whose questions, and whether a change made it worse."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from voicebot.data_files import load_lexicon
from voicebot.faq import Entry
from voicebot.faq.load import load_folder, servable
from voicebot.questions.confusion import SINCE, confusions


@click.command()
@click.argument("folder", metavar="[文件夹]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--against",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="上一版的问答文件夹，用来比较。",
)
@click.option("--json", "as_json", is_flag=True, help="一行一个 JSON。")
def confusion(folder: Path | None, against: Path | None, as_json: bool) -> None:
    """哪条问答会抢走别条的问法。和上一版比，有新问答抢走老问法时退出码为 1。

    每一种问法都当作还没写进去来问一遍，看会答成哪一条。
    """
    from voicebot import wiring  # brings in the whole line; not for --help
    from voicebot.content import faq_folder

    today = wiring.today()
    now = _served(folder or faq_folder(wiring.environment()), today)
    found = confusions(now, _served(against, today) if against else None, load_lexicon())
    for one in found:
        if as_json:
            click.echo(json.dumps(asdict(one), ensure_ascii=False))
        else:
            how = f"{one.probability:.0%}，{SINCE[one.since]}"
            click.echo(f"“{one.phrasing}” 是 {one.owner} 的问法，会被 {one.taker} 抢走（{how}）")
    stolen = sum(one.since == "new-entry" for one in found)
    if not as_json:
        total = sum(len(entry.phrasings) for entry in now)
        click.echo(f"共 {total} 种问法，{len(found)} 种会被抢走，其中新问答抢走的 {stolen} 种。")
    if stolen:
        sys.exit(1)


def _served(folder: Path, day: date) -> list[Entry]:
    return [entry for entry in servable(load_folder(folder, day)).entries if entry.valid_on(day)]

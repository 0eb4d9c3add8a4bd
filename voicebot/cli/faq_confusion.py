"""`voicebot faq confusion`: which entries take whose questions, and whether a change made it worse."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import click

from voicebot.cli.leave_one_out import LeaveOneOut
from voicebot.data_files import load_lexicon
from voicebot.faq import Entry
from voicebot.faq.load import load_folder, servable


@dataclass(frozen=True, slots=True)
class Taken:
    """A phrasing that, asked as if its entry did not list it, leads to another entry."""

    phrasing: str
    owner: str
    taker: str
    probability: float
    """Of the taker."""
    since: str
    """``new-entry``: the taker was not there at the last release; ``new``: the taker was, but did not take it then;
    ``known``: it did; ``unseen``: there is no last release, or the phrasing was not in it."""


def confusions(now: Sequence[Entry], before: Sequence[Entry] | None) -> list[Taken]:
    """Every phrasing that another entry takes, the surest first; `before` holds the entries of the last release."""
    taken = _takers(now)
    then = _takers(before) if before is not None else {}
    old = {entry.id for entry in before or ()}
    listed = {(entry.id, text) for entry in before or () for text in entry.phrasings}
    found = []
    for (owner, phrasing), (taker, probability) in taken.items():
        if (owner, phrasing) not in listed:
            since = "unseen"
        elif taker not in old:
            since = "new-entry"
        else:
            since = "known" if (owner, phrasing) in then else "new"
        found.append(Taken(phrasing, owner, taker, round(probability, 4), since))
    return sorted(found, key=lambda one: (-one.probability, one.owner, one.phrasing))


def _takers(entries: Sequence[Entry]) -> Mapping[tuple[str, str], tuple[str, float]]:
    """(owner, phrasing) → who takes it, and how surely."""
    rank = LeaveOneOut(entries, load_lexicon())
    found = {}
    for entry in entries:
        for text in entry.phrasings:
            scores = rank(text, entry.id)
            if scores and scores[0][0] != entry.id:
                found[entry.id, text] = scores[0]
    return found


SINCE = {"new-entry": "新问答抢走的", "new": "这次改动之后才有的", "known": "上一版就有", "unseen": "没有可比的"}


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
    found = confusions(now, _served(against, today) if against else None)
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

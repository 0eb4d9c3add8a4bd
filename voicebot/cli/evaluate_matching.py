"""`voicebot evaluate matching`: questions with known answers through the matcher, and what came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from voicebot.cli.ask import bands
from voicebot.data_files import load_lexicon
from voicebot.errors import ContentError
from voicebot.events import typed
from voicebot.faq.entry import Entry
from voicebot.matching import Index, Outcome, build_index, understand


@dataclass(frozen=True, slots=True)
class Query:
    """A question and every entry that would be right; none: it must not be answered."""

    text: str
    right: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one question."""

    query: Query
    outcome: Outcome
    best: str | None
    probability: float
    elapsed_ms: float

    @property
    def right(self) -> bool:
        """The best candidate is right."""
        return self.best in self.query.right


LABELS = {
    "queries": "问题数",
    "in_scope": "其中应当答的",
    "out_of_scope": "其中不该答的",
    "top1": "首选正确率",
    "answered": "直接回答的",
    "precision": "直接回答的正确率",
    "wrong_answers": "该答而答错的",
    "out_of_scope_answered": "不该答而答了的",
    "auroc": "把握的区分度（AUROC）",
    "p50_ms": "耗时中位数（毫秒）",
    "p99_ms": "耗时 99 分位（毫秒）",
    "index_s": "建索引（秒）",
}


@click.command()
@click.option(
    "--faq",
    "faq_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="问答，每行一个 JSON：id、question、variants。",
)
@click.option(
    "--queries",
    "query_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="问题，每行一个 JSON：query、gold（null 表示不该答）。",
)
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 对象。")
def matching(faq_file: Path, query_file: Path, as_json: bool) -> None:
    """测量匹配：答对多少，答错多少，多快。"""
    entries, queries = read_entries(faq_file), read_queries(query_file)
    lexicon = load_lexicon()
    started = time.perf_counter()
    index = build_index(entries, lexicon)
    index_s = time.perf_counter() - started
    console = Console(stderr=True)
    judged = [
        judge(query, index)
        for query in track(queries, description="匹配", console=console, disable=not console.is_terminal)
    ]
    figures = summary(judged, index_s)
    if as_json:
        click.echo(json.dumps(figures))
    else:
        _show(figures)


def judge(query: Query, index: Index) -> Verdict:
    """Ask the matcher one question."""
    started = time.perf_counter()
    understanding = understand(typed(query.text), index, bands())
    elapsed = (time.perf_counter() - started) * 1000.0
    best = understanding.ranking.best
    return Verdict(
        query, understanding.outcome, best.entry if best else None, best.probability if best else 0.0, elapsed
    )


def summary(judged: Sequence[Verdict], index_s: float) -> dict[str, float | int | None]:
    """The figures, as `--json` prints them. A share of nothing is None."""
    inside = [v for v in judged if v.query.right]
    outside = [v for v in judged if not v.query.right]
    answered = [v for v in judged if v.outcome is Outcome.ANSWER]
    times = [v.elapsed_ms for v in judged] or [0.0]
    return {
        "queries": len(judged),
        "in_scope": len(inside),
        "out_of_scope": len(outside),
        "top1": _share(sum(v.right for v in inside), len(inside)),
        "answered": len(answered),
        "precision": _share(sum(v.right for v in answered), len(answered)),
        "wrong_answers": sum(not v.right for v in answered if v.query.right),
        "out_of_scope_answered": sum(not v.query.right for v in answered),
        "auroc": auroc([v.probability for v in judged if v.right], [v.probability for v in judged if not v.right]),
        "p50_ms": round(float(np.percentile(times, 50)), 3),
        "p99_ms": round(float(np.percentile(times, 99)), 3),
        "index_s": round(index_s, 3),
    }


def auroc(right: Sequence[float], wrong: Sequence[float]) -> float | None:
    """Chance that a right best candidate has a higher probability than a wrong one; ties count half."""
    if not right or not wrong:
        return None
    values = np.array([*right, *wrong])
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    above = ranks[: len(right)].sum() - len(right) * (len(right) + 1) / 2
    return round(float(above / (len(right) * len(wrong))), 4)


def read_entries(path: Path) -> list[Entry]:
    """Entries from lines ``{"id","question","variants":[…]}``, with keywords or without. Raises `ContentError`."""
    return [
        Entry(
            id=str(row["id"]),
            department="",
            question=row["question"],
            variants=tuple(row.get("variants") or ()),
            answer=row.get("answer") or "",
            keywords=tuple(row.get("keywords") or ()),
        )
        for row in _rows(path, "id", "question")
    ]


def read_queries(path: Path) -> list[Query]:
    """Queries from lines ``{"query","gold":id|null,"gold_all":[ids]}``. Raises `ContentError`."""
    return [
        Query(row["query"], frozenset(str(id_) for id_ in (row.get("gold_all") or [row["gold"]]) if id_ is not None))
        for row in _rows(path, "query", "gold")
    ]


def _rows(path: Path, *needed: str) -> Iterable[dict[str, Any]]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ContentError("bad-json", f"{path}:{number}: {error}") from error
        if not isinstance(row, dict) or any(name not in row for name in needed):
            raise ContentError("bad-row", f"{path}:{number}: 缺少 {'、'.join(needed)}")
        yield row


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _show(figures: dict[str, float | int | None]) -> None:
    table = Table(show_header=False)
    for name, value in figures.items():
        table.add_row(LABELS[name], "—" if value is None else str(value))
    Console().print(table)

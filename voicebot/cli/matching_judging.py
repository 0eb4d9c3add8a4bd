"""Questions put to the whole matcher as it is shipped, thresholds and all, and what came of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.progress import track

from voicebot.cli.ask import bands
from voicebot.cli.matching_report import auroc, calibration_error
from voicebot.cli.matching_sets import Query, QuerySet, share
from voicebot.data_files import load_lexicon
from voicebot.events import typed
from voicebot.matching import Index, Outcome, build_index, understand


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


def judge_all(one: QuerySet) -> tuple[list[Verdict], float]:
    """Every question's verdict, and the seconds the index took."""
    lexicon, started = load_lexicon(), time.perf_counter()
    index = build_index(one.entries, lexicon)
    index_s = time.perf_counter() - started
    console = Console(stderr=True)
    judge(Query("预热", frozenset()), index)  # first use reads the pronunciation tables
    return [
        judge(query, index)
        for query in track(one.queries, description=one.name, console=console, disable=not console.is_terminal)
    ], index_s


def judge(query: Query, index: Index) -> Verdict:
    """Ask the matcher one question."""
    thresholds = bands()
    started = time.perf_counter()
    understanding = understand(typed(query.text), index, thresholds)
    elapsed = (time.perf_counter() - started) * 1000.0
    best = understanding.ranking.best
    return Verdict(
        query, understanding.outcome, best.entry if best else None, best.probability if best else 0.0, elapsed
    )


def summary(judged: Sequence[Verdict], index_s: float) -> dict[str, float | int | None]:
    """The figures, as `--json` prints them. A share of nothing is None."""
    inside = [v for v in judged if v.query.right]
    answered = [v for v in judged if v.outcome is Outcome.ANSWER]
    times = [v.elapsed_ms for v in judged] or [0.0]
    return {
        "queries": len(judged),
        "in_scope": len(inside),
        "out_of_scope": len(judged) - len(inside),
        "top1": share(sum(v.right for v in inside), len(inside)),
        "answered": len(answered),
        "precision": share(sum(v.right for v in answered), len(answered)),
        "wrong_answers": sum(not v.right for v in answered if v.query.right),
        "out_of_scope_answered": sum(not v.query.right for v in answered),
        "auroc": auroc([v.probability for v in judged if v.right], [v.probability for v in judged if not v.right]),
        "ece": calibration_error([(v.probability, v.right) for v in judged]),
        "p50_ms": round(float(np.percentile(times, 50)), 3),
        "p99_ms": round(float(np.percentile(times, 99)), 3),
        "index_s": round(index_s, 3),
    }

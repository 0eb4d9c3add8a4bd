"""Figures of matching: what of the sets is answered, how many of the answers are right, whether 0.9 means 0.9."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.box import SIMPLE
from rich.table import Table

from voicebot.cli.matching_sets import at_precision, share
from voicebot.cli.matching_training import Told
from voicebot.errors import OperatorError
from voicebot.matching.learn import Kind

BINS = 10
Row = dict[str, float | int | str | None]


def auroc(right: Sequence[float], wrong: Sequence[float]) -> float | None:
    """Chance that a right best candidate has a higher probability than a wrong one; ties count half."""
    if not right or not wrong:
        return None
    values = np.array([*right, *wrong])
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    above = ranks[: len(right)].sum() - len(right) * (len(right) + 1) / 2
    return round(float(above / (len(right) * len(wrong))), 4)


def bins(scored: Sequence[tuple[float, bool]]) -> list[tuple[float, float, int]]:
    """(mean probability, share right, how many) of each tenth of the probabilities that holds any."""
    found = []
    for low in range(BINS):
        here = [(p, good) for p, good in scored if min(BINS - 1, int(p * BINS)) == low]
        if here:
            found.append((sum(p for p, _ in here) / len(here), sum(good for _, good in here) / len(here), len(here)))
    return found


def calibration_error(scored: Sequence[tuple[float, bool]]) -> float | None:
    """Expected calibration error: how far the probabilities are from the shares that are right, on average."""
    if not scored:
        return None
    return round(sum(abs(p - good) * many for p, good, many in bins(scored)) / len(scored), 4)


def cross_validated(told: Sequence[Told], answer: float, way: str) -> list[Row]:
    """One row for each set as it stands, and one with the questions whose entry was taken out instead."""
    rows: list[Row] = []
    for name in sorted({one.name for one in told}):
        for other in (Kind.OUTSIDE, Kind.MISSING):
            here = [one for one in told if one.name == name and one.kind in {Kind.ASKED, other}]
            if any(one.kind is other for one in here):
                rows.append({"set": name, "beside": other.value, "split": way, **_figures(here, answer)})
    return rows


def _figures(told: Sequence[Told], answer: float) -> Row:
    asked = [one for one in told if one.kind is Kind.ASKED]
    answered = [one for one in told if one.probability >= answer]
    scored = [(one.probability, one.right) for one in told]
    return {
        "asked": len(asked),
        "not_to_answer": len(told) - len(asked),
        "top1": share(sum(one.right for one in asked), len(asked)),
        "precision": share(sum(one.right for one in answered), len(answered)),
        "right_answered": share(sum(one.right for one in answered), len(asked)),
        "at_95": share(at_precision(scored, 0.95)[0], len(asked)),
        "ece": calibration_error(scored),
        "auroc": auroc([p for p, good in scored if good], [p for p, good in scored if not good]),
    }


def as_table(rows: Iterable[Row], labels: dict[str, str]) -> Table:
    """A table of rows that have the same columns."""
    rows = list(rows)
    table = Table(box=SIMPLE)
    for name in rows[0] if rows else ():
        table.add_column(labels.get(name, name), overflow="fold")
    for row in rows:
        table.add_row(*("—" if value is None else str(value) for value in row.values()))
    return table


def draw(curves: Mapping[str, Sequence[tuple[float, bool]]], path: Path) -> None:
    """The reliability diagram: of those called 0.9, how many are right. Raises `OperatorError` without matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise OperatorError("no-measure", "缺少 matplotlib，请安装：pip install 'voicebot[measure]'") from error
    figure = Figure(figsize=(6, 6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--", label="ideal")
    for name, scored in curves.items():
        points = bins(scored)
        label = f"{name} (ECE {calibration_error(scored)})"
        axes.plot([p for p, _, _ in points], [good for _, good, _ in points], marker="o", label=label)
    axes.set(xlabel="probability", ylabel="share right", xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="upper left")
    figure.savefig(path, dpi=120)

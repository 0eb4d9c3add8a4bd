"""Tables of figures in a report."""

from __future__ import annotations

from collections.abc import Sequence

from voicebot.insight.document import Section, Table
from voicebot.insight.figures import load_figures
from voicebot.insight.making import Making, percent
from voicebot.insight.sums import Tally


def most_changed(making: Making) -> str:
    """The figure that moved farthest, in its own standard errors; nothing when it may be chance."""
    found: list[tuple[float, str, Tally, Tally]] = []
    for id_, figure in load_figures().items():
        now, before = making.total[id_], making.before[id_]
        if now.rate is None or before.rate is None:
            continue
        pooled = (now.hit + before.hit) / (now.of + before.of)
        error = (pooled * (1 - pooled) * (1 / now.of + 1 / before.of)) ** 0.5
        if error:
            found.append((abs(now.rate - before.rate) / error, figure.name, before, now))
    far = max(found, default=None, key=lambda one: one[0])
    if far is None or far[0] < 2.0:
        return ""
    return str(making.say["changed"].format(name=far[1], before=percent(far[2]), now=percent(far[3])))


def figure_table(making: Making, keys: Sequence[str]) -> Table:
    """These figures beside those of the period before."""
    rows = []
    for id_ in keys:
        figure, now, before = load_figures()[id_], making.total[id_], making.before[id_]
        words = making.words["change"]
        change = words["first"]
        if now.rate is not None and before.rate is not None:
            change = words["points"].format(n=f"{(now.rate - before.rate) * 100:+.1f}")
        target = "—" if figure.target is None else f"{'≥' if figure.better == 'high' else '≤'}{figure.target:.0%}"
        rows.append((figure.name, percent(now), percent(before), change, target, f"{now.hit}/{now.of}"))
    return Table(tuple(making.words["head"]["figures"]), tuple(rows))


def figures(making: Making) -> Section:
    """All figures."""
    return Section(making.words["section"]["figures"], (), figure_table(making, list(load_figures())))


def departments(making: Making) -> Section:
    """The figures of each department."""
    rows = []
    for unit, row in making.numbers.by_department.items():
        rates = (percent(row[id_]) for id_ in ("reach", "in-15s", "direct", "satisfied", "on-time"))
        counts = (str(row.volume("calls")), str(row.volume("wanted")))
        rows.append((making.name_of(unit), *counts, *rates))
    return Section(
        making.words["section"]["departments"], (), Table(tuple(making.words["head"]["departments"]), tuple(rows))
    )

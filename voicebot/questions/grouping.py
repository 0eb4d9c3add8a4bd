"""Unanswered questions gathered by meaning: the matcher's own measure, SciPy's average linkage. Pure.

Whether two wordings ask the same is what the matcher would say if one were an entry and the other a caller's question:
the log-odds of its conditional logit, with nothing else to choose from. A lone sentence has no variants, keywords or
answer to be recognised by, so what is certain between a caller and an entry is rare between two sentences: the odds are
read `_LONE` higher. Measured on the 450 callers' phrasings of the sample's own test (95 questions, five wordings each,
made to be unlike each other): B-cubed precision 0.87, recall 0.39 all at once, 0.79 and 0.40 when they come in ten
parts; with cosines of the word vectors in its place recall is 0.26 at a precision of 0.87. Wordings that callers really
repeat are far nearer to each other.

What is in a group stays in it: new wordings come to the group they are like, and only among those that are like none
new groups are made. So whatever staff have split or joined stays as they left it.
"""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np

from voicebot.data_files import load_lexicon
from voicebot.events import typed
from voicebot.faq.entry import Entry
from voicebot.matching import Bands, Index, Outcome, build_index, understand
from voicebot.matching.candidates import Search, search
from voicebot.matching.evidence import evidence
from voicebot.matching.lexicon import Lexicon

ALIKE = 0.4
"""Least likeness to be of one group, 0 to 1."""
JOINS = 0.45
"""Least likeness of a new wording to a group that is there."""
_LONE = 4.0
_NEAR = 10
"""Wordings looked at closely for each."""
MOST_WORDINGS = 6
"""Wordings that stand for a group."""
MOST_AT_ONCE = 3000
"""New wordings grouped in one go: their distances take 8 bytes a pair."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """Where new wordings went."""

    joined: Mapping[int, int]
    """Wording → the group it came to."""
    fresh: tuple[tuple[int, ...], ...]
    """New groups of wordings, each with the one that speaks for all first."""


def group(
    new: Mapping[int, str], groups: Mapping[int, Sequence[str]], faq: Sequence[Entry], lexicon: Lexicon
) -> Grouped:
    """Find groups for new wordings (id → text) among those there are (id → wordings), and make new ones. `faq`: what
    the line answers already; how rare a word is, is judged with it.
    """
    joined = _join(new, groups, faq, lexicon) if groups else {}
    left = {id_: text for id_, text in new.items() if id_ not in joined}
    fresh: list[tuple[int, ...]] = []
    ids = list(left)
    for start in range(0, len(ids), MOST_AT_ONCE):
        part = {id_: left[id_] for id_ in ids[start : start + MOST_AT_ONCE]}
        fresh += _cluster(part, faq, lexicon)
    return Grouped(joined, tuple(fresh))


def group_aside(new: Mapping[int, str], groups: Mapping[int, Sequence[str]], faq: Sequence[Entry]) -> Grouped:
    """`group` in a process of its own that lets everything else go first: calls are being heard in this one."""
    with ProcessPoolExecutor(1, get_context("spawn"), os.nice, (15,)) as pool:
        few = {id_: list(texts[:MOST_WORDINGS]) for id_, texts in groups.items()}
        return pool.submit(_with_lexicon, dict(new), few, tuple(faq)).result()


def _with_lexicon(new: Mapping[int, str], groups: Mapping[int, Sequence[str]], faq: Sequence[Entry]) -> Grouped:
    return group(new, groups, faq, load_lexicon())


def _join(
    new: Mapping[int, str], groups: Mapping[int, Sequence[str]], faq: Sequence[Entry], lexicon: Lexicon
) -> dict[int, int]:
    """Each new wording beside every wording that stands for a group; a group is as like as its wordings on average."""
    kept = {id_: texts[:MOST_WORDINGS] for id_, texts in groups.items()}
    entries = [Entry(f"{id_}:{n}", "", text, (), "") for id_, texts in kept.items() for n, text in enumerate(texts)]
    index = build_index([*faq, *entries], lexicon)
    known = _places(faq, index)
    found = {}
    for id_, text in new.items():
        likeness: dict[int, float] = defaultdict(float)
        for wording, alike in likenesses(text, index, known):
            group_id = int(wording.partition(":")[0])
            likeness[group_id] += alike / len(kept[group_id])
        best = max(likeness, key=likeness.__getitem__, default=None)
        if best is not None and likeness[best] >= JOINS:
            found[id_] = best
    return found


def likenesses(text: str, index: Index, hidden: frozenset[int] = frozenset()) -> list[tuple[str, float]]:
    """(entry, likeness) of the entries that come nearest, each judged as if it were the only one; best first."""
    parts = index.parts(text)
    found = search(parts, index, hidden, _NEAR)
    near = []
    for pick in found.picks:
        alone = evidence(parts, Search((pick,), found.mass, found.unknown), index)
        score = float(index.lexicon.model.scores(alone)[0])
        near.append((index.entries[pick.entry].id, 1.0 / (1.0 + math.exp(-(score + _LONE)))))
    return sorted(near, key=lambda one: -one[1])


def _places(faq: Sequence[Entry], index: Index) -> frozenset[int]:
    ids = {entry.id for entry in faq}
    return frozenset(place for place, topic in enumerate(index.entries) if topic.id in ids)


def _cluster(texts: Mapping[int, str], faq: Sequence[Entry], lexicon: Lexicon) -> list[tuple[int, ...]]:
    ids = list(texts)
    alike = _matrix([texts[id_] for id_ in ids], faq, lexicon)
    if len(ids) < 2:
        return [(id_,) for id_ in ids]
    # Imported here: a second that no call and no page should wait for.
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    tree = linkage(squareform(1.0 - alike, checks=False), method="average")
    groups: dict[int, list[int]] = defaultdict(list)
    for place, label in enumerate(fcluster(tree, 1.0 - ALIKE, criterion="distance")):
        groups[int(label)].append(place)
    found = []
    for places in groups.values():
        inner = alike[np.ix_(places, places)].sum(axis=1)
        order = sorted(range(len(places)), key=lambda n: (-float(inner[n]), len(texts[ids[places[n]]])))
        found.append(tuple(ids[places[n]] for n in order))
    return found


def _matrix(
    texts: Sequence[str], faq: Sequence[Entry], lexicon: Lexicon
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Likeness of each with each, the better of both ways; 1 on the diagonal."""
    index = build_index([*faq, *(Entry(f":{n}", "", text, (), "") for n, text in enumerate(texts))], lexicon)
    places = {topic.id: place for place, topic in enumerate(index.entries)}
    known = _places(faq, index)
    alike = np.eye(len(texts))
    for n, text in enumerate(texts):
        if f":{n}" in places:
            for other, likeness in likenesses(text, index, known | {places[f":{n}"]}):
                m = int(other[1:])
                alike[n, m] = alike[m, n] = max(alike[n, m], likeness)
    return alike


def told_shares(
    groups: Mapping[int, Sequence[tuple[str, int]]], faq: Sequence[Entry], bands: Bands, lexicon: Lexicon
) -> dict[int, float]:
    """For each group (id → wordings with calls) the share of its calls that the line would answer if it were an entry.

    Half of the wordings are written into the entry and the others asked, then the other way round. A wording that came
    in several calls is taken to come again, and so is known.
    """
    asked: dict[int, list[bool]] = {id_: [calls > 1 for _, calls in ways] for id_, ways in groups.items()}
    for half in (0, 1):
        entries = []
        for id_, ways in groups.items():
            kept = [text for n, (text, _) in enumerate(ways) if n % 2 == half or len(ways) == 1]
            entries.append(Entry(f":{id_}", "", kept[0], tuple(kept[1 : 2 * MOST_WORDINGS]), ""))
        index = build_index([*faq, *entries], lexicon)
        for id_, ways in groups.items():
            for n, (text, _) in enumerate(ways):
                if n % 2 != half and len(ways) > 1 and not asked[id_][n]:
                    heard = understand(typed(text), index, bands)
                    best = heard.ranking.best
                    hit = best is not None and best.entry == f":{id_}"
                    asked[id_][n] = hit and heard.outcome in (Outcome.ANSWER, Outcome.CONFIRM)
    return {
        id_: sum(calls for (_, calls), known in zip(ways, asked[id_], strict=True) if known) / sum(c for _, c in ways)
        for id_, ways in groups.items()
    }


def told_shares_aside(
    groups: Mapping[int, Sequence[tuple[str, int]]], faq: Sequence[Entry], bands: Bands
) -> dict[int, float]:
    """`told_shares` in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn"), os.nice, (15,)) as pool:
        return pool.submit(_shares_with_lexicon, dict(groups), tuple(faq), bands).result()


def _shares_with_lexicon(
    groups: Mapping[int, Sequence[tuple[str, int]]], faq: Sequence[Entry], bands: Bands
) -> dict[int, float]:
    return told_shares(groups, faq, bands, load_lexicon())

"""`rank`: hypotheses of what was said → entries with the probability that each answers it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from voicebot.events import Hypotheses
from voicebot.matching.candidates import search
from voicebot.matching.evidence import evidence
from voicebot.matching.index import Index
from voicebot.matching.types import Candidate, Ranking

MOST_HYPOTHESES = 5
"""More readings of one utterance than these add nothing but time."""
KEPT = 5
"""Candidates in a ranking."""
_BENEFIT = 0.1
"""How much a reading that fits no entry still counts: a reading that means something is likelier what was said."""


def rank(hypotheses: Hypotheses, index: Index) -> Ranking:
    """The entries that may answer, best first, at most `KEPT`. Never raises, whatever the text.

    Each hypothesis is ranked by itself; the results are averaged by how likely the hypothesis is and how well it fits.
    """
    heard = _distinct(hypotheses)
    ranked = [(confidence, _one(text, index)) for text, confidence in heard.items()]
    weights = [
        confidence * (_BENEFIT + max((p for p, _ in found.values()), default=0.0)) for confidence, found in ranked
    ]
    total = sum(weights)
    combined: dict[int, tuple[float, str]] = {}
    for weight, (_, found) in zip(weights, ranked, strict=True):
        for entry, (probability, phrasing) in found.items():
            so_far, matched = combined.get(entry, (0.0, phrasing))
            combined[entry] = (so_far + probability * weight / total, matched)
    best = sorted(combined.items(), key=lambda item: (-item[1][0], item[0]))[:KEPT]
    return Ranking(tuple(_candidate(index, entry, p, matched) for entry, (p, matched) in best))


def _distinct(hypotheses: Hypotheses) -> Mapping[str, float]:
    """The texts with their confidences added up, best first."""
    heard: dict[str, float] = {}
    for hypothesis in hypotheses[:MOST_HYPOTHESES]:
        if hypothesis.text:
            heard[hypothesis.text] = heard.get(hypothesis.text, 0.0) + max(1e-3, hypothesis.confidence)
    return heard


def _one(text: str, index: Index) -> dict[int, tuple[float, str]]:
    """Probability and nearest phrasing of each entry that may fit one text."""
    parts = index.parts(text)
    found = search(parts, index)
    if not found.picks:
        return {}
    probabilities = index.lexicon.model.probabilities(evidence(parts, found, index))
    return {
        pick.entry: (float(probability), index.phrasings[pick.phrasing])
        for pick, probability in zip(found.picks, probabilities, strict=True)
    }


def _candidate(index: Index, entry: int, probability: float, matched: str) -> Candidate:
    topic = index.entries[entry]
    return Candidate(topic.id, topic.question, min(1.0, probability), matched)

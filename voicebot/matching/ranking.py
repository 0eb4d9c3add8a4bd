"""`rank`: hypotheses of what was said → entries with the probability that each answers it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from voicebot.events import Hypotheses, Hypothesis
from voicebot.matching.candidates import search
from voicebot.matching.evidence import evidence
from voicebot.matching.index import Index
from voicebot.matching.text import tidy
from voicebot.matching.types import Candidate, Ranking

MOST_HYPOTHESES = 5
"""More readings of one utterance than these add nothing but time."""
KEPT = 5
"""Candidates in a ranking."""
_BENEFIT = 0.1
"""How much a reading that fits no entry still counts: a reading that means something is likelier what was said."""

_UNSURE = 0.2
"""How much a word counts of which the recogniser is not sure at all."""

_AGREEING = 3.0
"""Exponent of the mean over readings: 1 is the plain average, greater ones let the readings that fit best tell."""


def rank(hypotheses: Hypotheses, index: Index) -> Ranking:
    """The entries that may answer, best first, at most `KEPT`. Never raises, whatever the text.

    Each hypothesis is ranked by itself; the results are averaged (power mean) by how likely the hypothesis is and how
    well it fits.
    """
    heard = _distinct(hypotheses)
    surely = {hypothesis.text: _surely(hypothesis) for hypothesis in reversed(hypotheses[:MOST_HYPOTHESES])}
    ranked = [(confidence, _one(text, surely[text], index)) for text, confidence in heard.items()]
    weights = [
        confidence * (_BENEFIT + max((p for p, _ in found.values()), default=0.0)) for confidence, found in ranked
    ]
    total = sum(weights)
    combined: dict[int, tuple[float, str]] = {}
    for weight, (_, found) in zip(weights, ranked, strict=True):
        for entry, (probability, phrasing) in found.items():
            so_far, matched = combined.get(entry, (0.0, phrasing))
            combined[entry] = (so_far + probability**_AGREEING * weight / total, matched)
    combined = {entry: (mean ** (1.0 / _AGREEING), matched) for entry, (mean, matched) in combined.items()}
    best = sorted(combined.items(), key=lambda item: (-item[1][0], item[0]))[:KEPT]
    return Ranking(tuple(_candidate(index, entry, p, matched) for entry, (p, matched) in best))


def _distinct(hypotheses: Hypotheses) -> Mapping[str, float]:
    """The texts with their confidences added up, best first."""
    heard: dict[str, float] = {}
    for hypothesis in hypotheses[:MOST_HYPOTHESES]:
        if hypothesis.text:
            heard[hypothesis.text] = heard.get(hypothesis.text, 0.0) + max(1e-3, hypothesis.confidence)
    return heard


def _surely(hypothesis: Hypothesis) -> dict[str, float]:
    """How much each character of the recognised words counts, by the word's confidence."""
    found: dict[str, float] = {}
    for word in hypothesis.words:
        counts = _UNSURE + (1.0 - _UNSURE) * word.confidence
        for char in tidy(word.text):
            found[char] = max(found.get(char, 0.0), counts)
    return found


def _one(text: str, surely: Mapping[str, float], index: Index) -> dict[int, tuple[float, str]]:
    """Probability and nearest phrasing of each entry that may fit one text."""
    parts = index.parts(text, surely)
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

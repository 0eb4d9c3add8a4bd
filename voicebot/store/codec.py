"""What was heard and how it ranked, as JSON-able data and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from voicebot.events import Hypotheses, Hypothesis, Word
from voicebot.matching.types import Candidate, Ranking


def heard_to_json(heard: Hypotheses) -> list[dict[str, Any]]:
    """Hypotheses, best first; seconds to the millisecond, confidences to four digits."""
    return [
        {
            "text": hypothesis.text,
            "confidence": round(hypothesis.confidence, 4),
            "words": [
                {
                    "text": word.text,
                    "confidence": round(word.confidence, 4),
                    "start": round(word.start, 3),
                    "end": round(word.end, 3),
                }
                for word in hypothesis.words
            ],
        }
        for hypothesis in heard
    ]


def heard_from_json(data: Sequence[Mapping[str, Any]]) -> Hypotheses:
    """The inverse of `heard_to_json`."""
    return tuple(
        Hypothesis(
            item["text"],
            item["confidence"],
            tuple(Word(word["text"], word["confidence"], word["start"], word["end"]) for word in item["words"]),
        )
        for item in data
    )


def ranking_to_json(ranking: Ranking | None) -> list[dict[str, Any]] | None:
    """Candidates, best first; None when nothing was matched."""
    if ranking is None:
        return None
    return [
        {
            "entry": candidate.entry,
            "question": candidate.question,
            "probability": round(candidate.probability, 4),
            "matched": candidate.matched,
        }
        for candidate in ranking.candidates
    ]


def ranking_from_json(data: Sequence[Mapping[str, Any]] | None) -> Ranking | None:
    """The inverse of `ranking_to_json`."""
    if data is None:
        return None
    return Ranking(
        tuple(Candidate(item["entry"], item["question"], item["probability"], item["matched"]) for item in data)
    )

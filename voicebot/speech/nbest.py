"""Vosk's n-best JSON → hypotheses with probabilities. Pure.

Vosk gives each alternative a ``confidence`` that is the log-likelihood of its path through the lattice. Within one
utterance, the softmax over the alternatives is their posterior probability as far as the n-best list covers the
lattice; across utterances it says how much the readings compete, not whether any of them is right.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from voicebot.events import Hypotheses, Hypothesis, Word

MOST = 5
"""Hypotheses kept."""
FROM_PARTIAL = 0.5
"""Confidence of words that were only ever heard in passing: the final result was empty (vosk-asterisk#56)."""


def hypotheses(result: str) -> Hypotheses:
    """The readings in one of Vosk's results, best first, each text once; empty when there were no words."""
    alternatives = [entry for entry in json.loads(result).get("alternatives", ()) if entry.get("text", "").strip()]
    if not alternatives:
        return ()
    posteriors = _softmax([float(entry["confidence"]) for entry in alternatives])
    readings = [
        Hypothesis(joined(entry["text"]), posterior, _words(entry))
        for entry, posterior in zip(alternatives, posteriors, strict=True)
    ]
    return tuple(_with_word_confidence(reading, readings) for reading in _merged(readings))


def join(parts: Iterable[Hypotheses]) -> Hypotheses:
    """Readings of a whole utterance from those of its consecutive parts: the most probable combinations."""
    whole = [Hypothesis("", 1.0)]
    for part in parts:
        if part:
            pairs = [
                Hypothesis(a.text + b.text, a.confidence * b.confidence, a.words + b.words) for a in whole for b in part
            ]
            whole = sorted(pairs, key=lambda pair: -pair.confidence)[:MOST]
    return tuple(_merged(whole)) if whole[0].text else ()


def from_partial(text: str) -> Hypotheses:
    """The reading when only a partial result had words; empty when that had none either."""
    return (Hypothesis(text, FROM_PARTIAL),) if text else ()


def joined(text: str) -> str:
    """Vosk's text without the spaces it puts between words; those between Latin words stay."""
    words = text.split()
    out = "".join(words[:1])
    for word in words[1:]:
        out += f" {word}" if out[-1].isascii() and word[0].isascii() else word
    return out


def _softmax(scores: Sequence[float]) -> list[float]:
    best = max(scores)
    powers = [math.exp(score - best) for score in scores]
    return [power / sum(powers) for power in powers]


def _words(entry: dict[str, Any]) -> tuple[Word, ...]:
    return tuple(Word(word["word"], 0.0, float(word["start"]), float(word["end"])) for word in entry.get("result", ()))


def _merged(readings: Iterable[Hypothesis]) -> list[Hypothesis]:
    """One reading for each text (they may differ in where the words part), with the sum of the probabilities."""
    kept: dict[str, Hypothesis] = {}
    for reading in readings:
        first = kept.get(reading.text)
        kept[reading.text] = (
            replace(first, confidence=first.confidence + reading.confidence) if first is not None else reading
        )
    return sorted(kept.values(), key=lambda reading: -reading.confidence)


def _with_word_confidence(reading: Hypothesis, all_readings: Sequence[Hypothesis]) -> Hypothesis:
    """Give each word the summed probability of the readings that have the same word at the same time."""
    words = tuple(
        replace(word, confidence=min(1.0, sum(other.confidence for other in all_readings if _has(other, word))))
        for word in reading.words
    )
    return replace(reading, words=words)


def _has(reading: Hypothesis, word: Word) -> bool:
    return any(
        other.text == word.text and other.start <= word.end and word.start <= other.end for other in reading.words
    )

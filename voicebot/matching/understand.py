"""`understand`: what an utterance deserves. Danger first, then complaints, the wish for a person, the bands. Pure."""

from __future__ import annotations

from voicebot.events import Hypotheses
from voicebot.matching.difference import difference
from voicebot.matching.index import Index
from voicebot.matching.lexicon import Lexicon
from voicebot.matching.ranking import rank
from voicebot.matching.signals import asks_own_case, complains, is_emergency, only_complains, wants_person
from voicebot.matching.text import tidy
from voicebot.matching.types import Bands, Outcome, Ranking, Understanding

_RIVAL = 0.4
"""A second entry with at least this share of the best one's probability makes it a choice rather than a question."""


def understand(hypotheses: Hypotheses, index: Index, bands: Bands) -> Understanding:
    """What to do about these hypotheses of one utterance, and the ranking behind it."""
    ranking = rank(hypotheses, index)
    outcome = banded(ranking, bands)
    lexicon = index.lexicon
    if is_emergency(hypotheses, lexicon):
        return Understanding(Outcome.EMERGENCY, ranking)
    if only_complains(hypotheses, lexicon) or (outcome is not Outcome.ANSWER and complains(hypotheses, lexicon)):
        return Understanding(Outcome.COMPLAINT, ranking)
    if wants_person(hypotheses, lexicon, question_likely=outcome is not Outcome.UNSURE):
        return Understanding(Outcome.HUMAN, ranking)
    if outcome is Outcome.ANSWER and asks_own_case(hypotheses, lexicon):
        return Understanding(Outcome.CONFIRM, ranking)
    apart = _apart(ranking, index) if outcome is Outcome.CHOOSE else None
    return Understanding(outcome, ranking, apart, _contrasts(hypotheses, lexicon))


def _contrasts(hypotheses: Hypotheses, lexicon: Lexicon) -> frozenset[str]:
    labels = lexicon.contrasts.within(tidy(hypotheses[0].text)) if hypotheses else ()
    return frozenset(label.partition("/")[2] for label in labels)


def _apart(ranking: Ranking, index: Index) -> tuple[str, str] | None:
    first, second, *_ = ranking.candidates
    return difference(first.entry, second.entry, index)


def banded(ranking: Ranking, bands: Bands) -> Outcome:
    """The outcome of a question by probability and lead.

    A choice needs two entries near each other that together are likely enough; one alone must be so by itself.
    """
    best = ranking.best
    if best is None:
        return Outcome.UNSURE
    if best.probability >= bands.answer and ranking.margin >= bands.margin:
        return Outcome.ANSWER
    second = ranking.candidates[1].probability if len(ranking.candidates) > 1 else 0.0
    rival = ranking.margin < bands.margin or second >= _RIVAL * best.probability
    if rival and best.probability + second >= bands.confirm and second > 0.0:
        return Outcome.CHOOSE
    return Outcome.CONFIRM if best.probability >= bands.confirm else Outcome.UNSURE

"""`understand`: what an utterance deserves. Danger first, then complaints, the wish for a person, the bands. Pure."""

from __future__ import annotations

from voicebot.events import Hypotheses
from voicebot.matching.difference import difference
from voicebot.matching.index import Index
from voicebot.matching.lexicon import Lexicon
from voicebot.matching.matter import offered
from voicebot.matching.ranking import rank
from voicebot.matching.signals import asks_own_case, complains, is_emergency, only_complains, wants_person
from voicebot.matching.text import tidy
from voicebot.matching.types import Bands, Outcome, Ranking, Understanding

_RIVAL = 0.2
"""A second entry with at least this share of the best one's probability makes it a choice rather than a question: of
spoken questions misheard, one in four means the second then.
"""
_NEAR = 0.4
"""The same where neither is likely enough by itself."""


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
        return Understanding(Outcome.CONFIRM, ranking, _best(ranking, 1))
    options = offered(hypotheses, ranking, index) if outcome is not Outcome.ANSWER else ()
    outcome = Outcome.CHOOSE if options else outcome
    options = options or _best(ranking, _OFFERED.get(outcome, 0))
    apart = difference(options[0], options[1], index) if len(options) == 2 else None
    return Understanding(outcome, ranking, options, apart, _contrasts(hypotheses, lexicon))


_OFFERED = {Outcome.ANSWER: 1, Outcome.CONFIRM: 1, Outcome.CHOOSE: 2}


def _best(ranking: Ranking, most: int) -> tuple[str, ...]:
    return tuple(candidate.entry for candidate in ranking.candidates[:most])


def _contrasts(hypotheses: Hypotheses, lexicon: Lexicon) -> frozenset[str]:
    labels = lexicon.contrasts.within(tidy(hypotheses[0].text)) if hypotheses else ()
    return frozenset(label.partition("/")[2] for label in labels)


def banded(ranking: Ranking, bands: Bands) -> Outcome:
    """The outcome of a question by probability and lead.

    A choice needs two entries that together are likely enough; one alone must be so by itself.
    """
    best = ranking.best
    if best is None:
        return Outcome.UNSURE
    if best.probability >= bands.answer and ranking.margin >= bands.margin:
        return Outcome.ANSWER
    second = ranking.candidates[1].probability if len(ranking.candidates) > 1 else 0.0
    if best.probability >= bands.confirm:
        return Outcome.CHOOSE if second >= _RIVAL * best.probability else Outcome.CONFIRM
    near = ranking.margin < bands.margin or second >= _NEAR * best.probability
    return Outcome.CHOOSE if near and best.probability + second >= bands.confirm and second > 0.0 else Outcome.UNSURE

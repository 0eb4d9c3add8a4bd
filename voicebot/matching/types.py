"""The values matching works with: outcome, candidate, ranking, bands. No I/O."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum


class Outcome(StrEnum):
    """What a question deserves (`design: Matching bands`)."""

    ANSWER = "answer"
    CONFIRM = "confirm"
    CHOOSE = "choose"
    UNSURE = "unsure"
    HUMAN = "human"
    EMERGENCY = "emergency"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that might answer the question."""

    entry: str
    question: str
    probability: float
    """Calibrated probability that the entry answers the question, 0 to 1."""
    matched: str = ""
    """The phrasing of the entry that matched best."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates, best first; at most one per entry."""

    candidates: tuple[Candidate, ...] = ()

    @property
    def best(self) -> Candidate | None:
        """The first candidate, if any."""
        return self.candidates[0] if self.candidates else None

    @property
    def margin(self) -> float:
        """Probability of the best candidate minus that of the next, 0 to 1."""
        if not self.candidates:
            return 0.0
        return self.candidates[0].probability - (self.candidates[1].probability if len(self.candidates) > 1 else 0.0)


@dataclass(frozen=True, slots=True)
class Bands:
    """Where the outcomes begin. Defaults live in ``voicebot/data/tuning.toml``."""

    answer: float = 0.90
    """Least probability for an answer."""
    confirm: float = 0.50
    """Least probability for a confirming question, and for each side of a choice."""
    margin: float = 0.15
    """Least lead over the next entry for an answer; closer than this is a choice."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """What matching makes of one utterance."""

    outcome: Outcome
    ranking: Ranking = Ranking()
    options: tuple[str, ...] = ()
    """Ids of the entries the outcome is about: one to answer with or to ask about, two or three to choose from; none
    of an outcome that is about no entry."""
    apart: tuple[str, str] | None = None
    """Of two to choose from: what tells them apart (“首次”, “补办”); None when no one word does."""
    contrasts: frozenset[str] = frozenset()
    """The contrasting words of the utterance itself."""

    def offers_again(self, asked: Collection[str]) -> bool:
        """Whether it comes to the choice that was offered already: who says that names none of them."""
        return len(asked) > 1 and set(self.options) == set(asked)

    def means(self, entry: str) -> bool:
        """Whether nothing is likelier than this entry, by the words alone."""
        return self.ranking.best is not None and self.ranking.best.entry == entry

    def as_unsure(self) -> Understanding:
        """The same of no use: about no entry."""
        return replace(self, outcome=Outcome.UNSURE, options=(), apart=None)

    def instead(self, refused: Collection[str], least: float) -> tuple[str, ...]:
        """The entry to ask about once the caller has said no to some; empty when none is likely enough by then.

        A no says that what is left is the likelier: its probability is that under the condition that none of the
        refused is meant.
        """
        left = 1.0 - sum(one.probability for one in self.ranking.candidates if one.entry in refused)
        rest = [one for one in self.ranking.candidates if one.entry not in refused]
        return (rest[0].entry,) if rest and rest[0].probability >= least * max(left, _LEFT) else ()

    def without(self, refused: Collection[str], least: float) -> Understanding:
        """What it comes to when the caller has said no to some entries before: they are not asked about again.

        What would be answered outright still is: somebody may have taken back their no.
        """
        if self.outcome not in (Outcome.CONFIRM, Outcome.CHOOSE) or not set(refused) & set(self.options):
            return self
        options = tuple(one for one in self.options if one not in refused) or self.instead(refused, least)
        outcome = Outcome.CHOOSE if len(options) > 1 else Outcome.CONFIRM if options else Outcome.UNSURE
        return replace(self, outcome=outcome, options=options, apart=None)


_LEFT = 0.1
"""Least probability that what was refused was rightly refused: nobody is so sure of a wrong entry."""

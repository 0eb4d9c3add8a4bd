"""Question text → entries with calibrated confidence, and what the utterance deserves. Pure.

`build_index(entries, lexicon)` once, then `rank(hypotheses, index)` and `understand(hypotheses, index, bands)`.
"""

from voicebot.matching.index import Index, build_index
from voicebot.matching.lexicon import Lexicon, lexicon_from
from voicebot.matching.ranking import rank
from voicebot.matching.types import Bands, Candidate, Outcome, Ranking, Understanding
from voicebot.matching.understand import understand

__all__ = [
    "Bands",
    "Candidate",
    "Index",
    "Lexicon",
    "Outcome",
    "Ranking",
    "Understanding",
    "build_index",
    "lexicon_from",
    "rank",
    "understand",
]

"""The pieces of evidence `voicebot.matching.evidence` gathers and `voicebot.matching.model` weighs."""

from __future__ import annotations

BROAD = (
    "type-clashes",
    "phrasing-covers-question",
    "question-covers-phrasing",
    "phrasing-swapped",
    "entry-coverage",
    "entry-mass",
    "entry-lacks-worst",
    "lead-coverage",
    "topics-clash",
    "topics-shared",
    "topics-foreign",
    "words-foreign",
    "meaning-both-cover",
    "meaning-entry-covers",
    "meaning-whole",
)
MEANING = (
    "meaning-whole", "meaning-best", "meaning-covers-question", "meaning-covers-phrasing", "meaning-both-cover",
    "meaning-phrasing-lacks", "meaning-question-lacks", "meaning-entry-covers", "meaning-entry-lacks",
    "meaning-swapped", "meaning-swapped-worst", "meaning-left-alike", "meaning-left-unlike",
    "lead-meaning", "lead-meaning-both", "lead-meaning-entry",
)  # fmt: skip
STORY = (
    "phrasing-covers-question", "question-covers-phrasing", "entry-coverage", "phrasing-cosine",
    "meaning-both-cover", "meaning-entry-covers",
)  # fmt: skip

NAMES = tuple(
    sorted(
        [
            "phrasing-cosine", "phrasing-ratio", "phrasing-sound-ratio", "phrasing-sound-partial",
            "phrasing-plain-ratio", "phrasing-covers-question", "question-covers-phrasing", "phrasing-covers-pairs",
            "question-covers-pairs", "phrasing-covers-sound-pairs", "question-covers-sound-pairs", "phrasing-exact",
            "phrasing-swapped", "phrasing-lacks", "question-lacks", "phrasing-lacks-worst", "question-lacks-worst",
            "phrasing-same", "phrasing-match", "phrasing-best-match", "lead-match", "phrasing-second",
            "question-length", "phrasing-length", "question-longer", "question-tiny", "type-agrees", "type-clashes",
            "type-only-question", "type-only-phrasing", "type-in-entry", "type-clashes-all", "contrast-phrasing",
            "contrast-entry", "negation", "number-question", "number-phrasing", "entry-breadth", "entry-lacks-worst",
            "entry-lacks-known", "entry-keywords", "topics-none", "topics-shared", "topics-clash", "topics-foreign",
            "words-shared", "words-foreign", "entry-coverage", "entry-mass", "entry-topic-mass", "lead-nearness",
            "lead-mass", "lead-coverage", "lead-topics", "lead-words", "question-unknown", "one",
            "phrasing-both-cover", "phrasing-cosine-squared", "type-clashes-alike", "siblings-alike",
            "meaning-entry-whole", "lead-meaning-entry-whole", "lead-meaning-apart", "lead-sound-ratio",
            "entry-phrasings", "entry-merit", "lead-merit",
            *MEANING,
            *(f"broad-{name}" for name in BROAD), *(f"story-{name}" for name in STORY),
        ]
    )
)  # fmt: skip
"""The pieces of evidence, in the order of the columns."""

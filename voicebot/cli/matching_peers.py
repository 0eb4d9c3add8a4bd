"""What others do with the same questions, for `voicebot evaluate matching --peers`: plain string and word search.

Each method scores every phrasing; an entry's score is that of its best phrasing. Text is compared as it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from voicebot.errors import OperatorError

Scores = npt.NDArray[np.float64]
"""One row for each question, one column for each phrasing."""
Method = Callable[[Sequence[str], Sequence[str]], Scores]


def _ratio(questions: Sequence[str], phrasings: Sequence[str]) -> Scores:
    return np.asarray(process.cdist(questions, phrasings, scorer=fuzz.ratio), dtype=np.float64)


def _wratio(questions: Sequence[str], phrasings: Sequence[str]) -> Scores:
    return np.asarray(process.cdist(questions, phrasings, scorer=fuzz.WRatio), dtype=np.float64)


def _weighted_levenshtein(questions: Sequence[str], phrasings: Sequence[str]) -> Scores:
    """As wyoming-vosk corrects sentences: insertions and deletions cost 1, a substitution 3."""
    distance = process.cdist(questions, phrasings, scorer=Levenshtein.distance, scorer_kwargs={"weights": (1, 1, 3)})
    return -np.asarray(distance, dtype=np.float64)


def _tf_idf(questions: Sequence[str], phrasings: Sequence[str]) -> Scores:
    """Characters and pairs of characters."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError as error:
        raise _missing("scikit-learn") from error
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 2))
    known = vectors.fit_transform(phrasings)
    return np.asarray((vectors.transform(questions) @ known.T).toarray(), dtype=np.float64)


def _bm25(questions: Sequence[str], phrasings: Sequence[str]) -> Scores:
    """Over characters, with the package's defaults."""
    try:
        import bm25s
    except ImportError as error:
        raise _missing("bm25s") from error
    search: Any = bm25s.BM25()
    search.index([list(text) for text in phrasings], show_progress=False)
    known = {char for text in phrasings for char in text}
    rows = [[char for char in text if char in known] for text in questions]
    return np.array([search.get_scores(row) if row else np.zeros(len(phrasings)) for row in rows], dtype=np.float64)


METHODS: Mapping[str, Method] = {
    "ratio": _ratio,
    "WRatio": _wratio,
    "tf-idf": _tf_idf,
    "bm25": _bm25,
    "levenshtein-1-1-3": _weighted_levenshtein,
}


def best_of(
    method: Method, questions: Sequence[str], phrasings: Sequence[str], at_once: int = 500
) -> list[tuple[int, float]]:
    """Place and score of the best phrasing for each question."""
    found: list[tuple[int, float]] = []
    for start in range(0, len(questions), at_once):
        scores = method(questions[start : start + at_once], phrasings)
        places = scores.argmax(axis=1)
        found += [(int(place), float(row[place])) for place, row in zip(places, scores, strict=True)]
    return found


def _missing(package: str) -> OperatorError:
    return OperatorError("no-measure", f"缺少 {package}，请安装：pip install 'voicebot[measure]'")

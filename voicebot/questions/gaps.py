"""What staff see and do about unanswered questions: when they come, what an entry would save, a draft of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from voicebot.faq.form import Form, written
from voicebot.matching.lexicon import Lexicon
from voicebot.matching.reading import normalise
from voicebot.matching.text import tidy
from voicebot.store.counting import ZONE, Fared, week_of
from voicebot.store.gaps import Wording

WEEKS = 12
"""Of a trend."""
PERIOD = timedelta(days=90)
MOST_VARIANTS = 8
MOST_KEYWORDS = 5
_PEAK = 0.35
"""Share of calls on one weekday (of five) that is worth a word."""
_FEW = 10
"""Fewer calls than these have no season."""
_RARE = 0.35
"""Least rarity of a word that may be a keyword."""


@dataclass(frozen=True, slots=True)
class Season:
    """When a question is asked."""

    weeks: tuple[int, ...]
    """Calls in each of the last `WEEKS` weeks, the running one last."""
    months: tuple[tuple[int, int], ...]
    """(month 1 to 12, calls) of the months it was asked in, the last twelve."""
    weekdays: tuple[int, ...]
    """Calls on Monday to Sunday."""
    peak_weekday: int | None
    """0 to 6, when one day stands out."""
    peak_month: int | None
    """1 to 12, when one month of a year stands out."""


def season(asked: Sequence[datetime], now: datetime) -> Season:
    """When calls came, where the office is. A month stands out only when a year can be looked back on."""
    local = [at.astimezone(ZONE) for at in asked]
    this = week_of(now)
    weeks = Counter(week_of(at) for at in asked)
    months = Counter(at.month for at in local)
    days = Counter(at.weekday() for at in local)
    enough = len(local) >= _FEW
    day, on_day = max(days.items(), key=lambda one: (one[1], -one[0]), default=(0, 0))
    month, in_month = max(months.items(), key=lambda one: (one[1], -one[0]), default=(0, 0))
    year = bool(local) and now - min(asked) >= timedelta(days=300)
    return Season(
        tuple(weeks[this - timedelta(weeks=back)] for back in range(WEEKS - 1, -1, -1)),
        tuple(sorted(months.items())),
        tuple(days[n] for n in range(7)),
        day if enough and on_day >= _PEAK * len(local) else None,
        month if enough and year and in_month >= 2.5 * len(local) / 12 else None,
    )


@dataclass(frozen=True, slots=True)
class Saving:
    """How many calls a month an entry would save, and why we think so."""

    calls: int
    """In the last 90 days."""
    told: float | None
    """Share that the line would answer; None: not tried yet."""
    helped: float | None
    """Share of this line's answers after which nobody wanted a person; None: too few to say."""

    @property
    def a_month(self) -> float:
        """Calls in 30 days."""
        return self.calls * 30 / PERIOD.days

    @property
    def saved(self) -> int | None:
        """Calls in 30 days that would not need a person; None: cannot be said yet."""
        if self.told is None or self.helped is None:
            return None
        return round(self.a_month * self.told * self.helped)


def helped(fared: Sequence[Fared]) -> float | None:
    """Share of answers that helped, over all entries; None under `_FEW`."""
    answers = sum(one.answers for one in fared)
    return sum(one.right + one.confirmed for one in fared) / answers if answers >= _FEW else None


def variants_of(wordings: Sequence[Wording], lexicon: Lexicon) -> list[str]:
    """The wordings for an entry's 问法, most asked first: those that say something else than the ones before, not whole
    stories, and none with something masked in it.
    """
    kept: list[str] = []
    seen: list[frozenset[str]] = []
    for one in wordings:
        core = normalise(one.text, lexicon)
        letters = frozenset(core)
        alike = any(len(letters & other) >= 0.8 * len(letters | other) for other in seen)
        if 3 <= len(core) <= 30 and not alike and "＊" not in one.text and "某某" not in one.text:
            kept.append(one.text.strip("，。！？,.!? "))
            seen.append(letters)
    return kept[:MOST_VARIANTS]


def keywords_of(wordings: Sequence[Wording], lexicon: Lexicon) -> list[str]:
    """Words that tell this question from others: rare in general, in many of its calls."""
    counts: Counter[str] = Counter()
    for one in wordings:
        words = set(lexicon.meanings.cut(tidy(normalise(one.text, lexicon))))
        counts.update({word: one.calls for word in words})
    total = sum(one.calls for one in wordings) or 1
    scored = []
    for word, calls in counts.items():
        place = lexicon.meanings.places.get(word)
        rarity = 1.0 if place is None else float(lexicon.meanings.rarity[place])
        if len(word) >= 2 and rarity >= _RARE and calls >= 0.2 * total:
            scored.append((calls / total * rarity, word))
    return [word for _, word in sorted(scored, reverse=True)[:MOST_KEYWORDS]]


def entry_text(id_: str, title: str, wordings: Sequence[Wording], lexicon: Lexicon, today: date) -> str:
    """The Markdown of a new entry for a group: its wordings and keywords; the answer is left to the clerk."""
    variants = [text for text in variants_of(wordings, lexicon) if text != title]
    validity = f"{today.isoformat()} 至 {today.replace(month=12, day=31).isoformat()}"
    form = Form(id_, title.strip("，。！？,.!? "), tuple(variants), tuple(keywords_of(wordings, lexicon)), validity)
    return written(form).text

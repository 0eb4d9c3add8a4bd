"""Danger, the wish for a person, and complaints: what takes a call off the question path. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from voicebot.events import Hypotheses
from voicebot.matching.lexicon import Lexicon, Phrases, Signal
from voicebot.matching.reading import normalise
from voicebot.matching.text import syllables, tidy

CREDIBLE = 0.3
"""A hypothesis this likely, beside the best one, may raise a signal."""
SHORT = 12
"""Characters, without courtesies, of an utterance whose weak words count."""
_SAYS_SOMETHING = 2
"""Characters."""
_TAKEN_OUT = "　"


@dataclass(frozen=True, slots=True)
class Raised:
    """Whether a signal's words were heard."""

    always: bool = False
    weak: bool = False
    formal: bool = False
    now: bool = False


def credible(hypotheses: Hypotheses) -> list[str]:
    """The texts that may raise a signal: the best, and others nearly as likely."""
    return [h.text for i, h in enumerate(hypotheses) if h.text and (i == 0 or h.confidence >= CREDIBLE)]


def raised(text: str, signal: Signal) -> Raised:
    """Which of the signal's words are in `text`; words of three syllables or more also by their sound."""
    heard = without(tidy(text), signal.never)
    return Raised(
        always=contains(heard, signal.always),
        weak=contains(heard, signal.weak),
        formal=contains(heard, signal.formal),
        now=contains(heard, signal.now),
    )


def contains(text: str, phrases: Phrases) -> bool:
    """Whether one of the phrases is in `text`, or sounds like it when it is long enough to be told by sound."""
    return bool(phrases.find(text)) or bool(phrases.sounding.find(syllables(text)))


def without(text: str, phrases: Phrases) -> str:
    """`text` with the phrases taken out, by letter or by sound."""
    places = phrases.find(text) or phrases.sounding.find(syllables(text))
    for found in places:
        text = text[: found.start] + _TAKEN_OUT * (found.end - found.start) + text[found.end :]
    return text


def is_emergency(hypotheses: Hypotheses, lexicon: Lexicon) -> bool:
    """Someone is in danger now. Questions about formalities (“着火了证件烧了怎么补”) are not."""
    for text in credible(hypotheses):
        signal = raised(text, lexicon.emergency)
        if signal.always or (signal.weak and (signal.now or not signal.formal)):
            return True
    return False


def wants_person(hypotheses: Hypotheses, lexicon: Lexicon, *, question_likely: bool) -> bool:
    """The caller asks for a person. A weak word (“工作人员”) does it in a short utterance or where no question is."""
    for text in credible(hypotheses):
        signal = raised(text, lexicon.human)
        short = len(normalise(text, lexicon)) <= SHORT
        if signal.always or (signal.weak and (short or not question_likely)):
            return True
    return False


def complains(hypotheses: Hypotheses, lexicon: Lexicon) -> bool:
    """The caller complains. “投诉” in a question about how to complain (“投诉要带什么材料”) does not."""
    for text in credible(hypotheses):
        signal = raised(text, lexicon.complaint)
        if signal.always or (signal.weak and not lexicon.types.find(tidy(text))):
            return True
    return False


def only_complains(hypotheses: Hypotheses, lexicon: Lexicon) -> bool:
    """The caller says that they complain and nothing else (“我要投诉”)."""
    if not hypotheses:
        return False
    heard = tidy(hypotheses[0].text)
    rest = normalise(without(heard, lexicon.complaint.always), lexicon)
    return rest != normalise(heard, lexicon) and len(rest) < _SAYS_SOMETHING


def asks_own_case(hypotheses: Hypotheses, lexicon: Lexicon) -> bool:
    """The caller asks how their own matter stands (“我的补贴怎么还没到账”)."""
    return any(lexicon.own_case.find(tidy(text)) for text in credible(hypotheses))

"""What a short utterance means as an answer to the line: yes, no, the second, say it again. Pure
but for its word list, which comes with the package and is read once.
"""

from __future__ import annotations

import tomllib
from enum import StrEnum
from functools import cache, lru_cache

from voicebot.content import data_text
from voicebot.events import Hypotheses
from voicebot.matching.lexicon import Phrases
from voicebot.matching.text import syllables, tidy


class Reply(StrEnum):
    """An utterance that is an answer to us rather than a question."""

    YES = "yes"
    NO = "no"
    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    REPEAT = "repeat"
    SLOWER = "slower"
    DONE = "done"
    CALLBACK = "callback"
    """“回电”: rather than waiting for a person."""
    MESSAGE = "message"
    """“留言”: rather than waiting for a person."""
    TEXT = "text"
    """“发短信”: the answer in writing."""
    BACKCHANNEL = "backchannel"
    """“嗯”, “哦”: nothing to act on, though after a yes-or-no question the dialogue may take it for a yes."""


PICKS = {Reply.FIRST: 0, Reply.SECOND: 1, Reply.THIRD: 2}
"""Which of the things we offered is meant."""
_LONGEST = 12
"""Characters of an utterance that may carry “慢一点” or “再说一遍” among other words (“你说慢一点我没听清”)."""
_FEWEST = 3
"""Characters of a phrase that may count among other words: “什么” would be everywhere."""
_AROUND = "around"
_FIRST_COMES = (
    Reply.CALLBACK,
    Reply.MESSAGE,
    Reply.TEXT,
    Reply.SLOWER,
    Reply.REPEAT,
    Reply.FIRST,
    Reply.SECOND,
    Reply.THIRD,
    Reply.DONE,
    Reply.NO,
    Reply.YES,
)
"""Of several replies in one breath the first of these counts."""
_CREDIBLE = 0.3
"""A hypothesis this likely, beside the best one, is listened to."""


def reply(hypotheses: Hypotheses) -> Reply | None:
    """The reply in what was heard, or None when it is something else (a question, perhaps). By letter for any credible
    hypothesis first, then by sound, so that a recogniser's homophones do not matter.
    """
    texts = [tidy(h.text) for i, h in enumerate(hypotheses) if h.text and (i == 0 or h.confidence >= _CREDIBLE)]
    for by_sound in (False, True):
        for text in texts:
            found = _reply(text, by_sound)
            if found is not None:
                return found
    return None


def consents(hypotheses: Hypotheses) -> bool:
    """Whether what was heard agrees in so many words; “嗯” is no consent to anything."""
    words = {tidy(word) for word in _lists()["consent"]}
    return bool(hypotheses) and tidy(hypotheses[0].text) in words


def denies(hypotheses: Hypotheses) -> bool:
    """Whether what was heard begins with a no and goes on: “不是，我想问…”."""
    said = tidy(hypotheses[0].text) if hypotheses else ""
    return _denied(said, by_sound=False) or _denied(syllables(said), by_sound=True)


def _denied(said: str, by_sound: bool) -> bool:
    """Also after “嗯”, “那个”."""
    little = {Reply.BACKCHANNEL.value, _AROUND}
    while said:
        if said.startswith(_denials(by_sound)):
            return True
        found = _words(by_sound).at(said, 0)
        if found is None or found.label not in little:
            return False
        said = said[found.end :]
    return False


@cache
def _lists() -> dict[str, list[str]]:
    lists: dict[str, list[str]] = tomllib.loads(data_text("matching.toml"))["replies"]
    return lists


@cache
def _denials(by_sound: bool) -> tuple[str, ...]:
    lists = _lists()
    begun = [tidy(no + more) for no in lists["denial"] for more in lists["going_on"]]
    whole = [*begun, *map(tidy, lists["denial_whole"])]
    return tuple(syllables(word) if by_sound else word for word in whole)


def is_speech(text: str) -> bool:
    """Real speech rather than “嗯”: at least two syllables that say something. For barge-in."""
    said = tidy(text)
    little = {Reply.BACKCHANNEL.value, _AROUND}
    covered = sum(found.end - found.start for found in _words(by_sound=False).find(said) if found.label in little)
    return len(said) - covered >= 2


@lru_cache(maxsize=2048)
def _reply(text: str, by_sound: bool) -> Reply | None:
    said = syllables(text) if by_sound else text
    if not said:
        return None
    kinds = _kinds(said, by_sound)
    if kinds is not None:
        return _together(kinds)
    for kind in (Reply.SLOWER, Reply.REPEAT):  # slower says it again too
        inside = any(
            found.label == kind and found.end - found.start >= _FEWEST for found in _words(by_sound).find(said)
        )
        if inside and len(said) <= _LONGEST:
            return kind
    return None


def _kinds(said: str, by_sound: bool) -> frozenset[str] | None:
    """The kinds of the phrases that `said` is wholly made of, little words aside; None when there is more to it."""
    words = _words(by_sound)
    kinds: set[str] = set()
    place = 0
    while place < len(said):
        found = words.at(said, place)
        if found is None:
            return None
        kinds.add(found.label)
        place = found.end
    return frozenset(kinds - {_AROUND})


def _together(kinds: frozenset[str]) -> Reply | None:
    """What several phrases in one breath come to: “没有了谢谢” is a goodbye; “是，不是” is nothing we can use."""
    said = kinds - {Reply.BACKCHANNEL}
    if not said:
        return Reply.BACKCHANNEL
    if len(PICKS.keys() & said) > 1 or {Reply.YES, Reply.NO} <= said:
        return None
    return next(kind for kind in _FIRST_COMES if kind in said)


@cache
def _words(by_sound: bool) -> Phrases:
    """Every phrase with the kind of reply it is, little words with `_AROUND`."""
    lists = _lists()
    order = (*(kind.value for kind in Reply), _AROUND)  # the first list that names a phrase keeps it
    labelled = [(tidy(word), kind) for kind in order for word in lists[kind]]
    return Phrases((syllables(word) if by_sound else word, kind) for word, kind in labelled)

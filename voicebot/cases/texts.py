"""The words of text messages, their length, and a moment in writing. Pure but for the data file they come from."""

from __future__ import annotations

import math
import re
import string
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from voicebot.call import Promise
from voicebot.content import data_text
from voicebot.dialogue.commands import TicketKind
from voicebot.errors import SettingsError
from voicebot.faq.entry import Entry
from voicebot.staffing.calendar import ZONE

MOST: Final = 1600
"""Characters of a message that the provider takes."""
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "promise": frozenset({"number", "by"}),
    "promise_without_time": frozenset({"number"}),
    "promise_closed": frozenset({"number", "by"}),
    "complaint": frozenset({"number", "by"}),
    "complaint_without_time": frozenset({"number"}),
    "confirm": frozenset({"question"}),
    "choose": frozenset({"first", "second"}),
    "choose_three": frozenset({"first", "second", "third"}),
    "choose_apart": frozenset({"one", "two", "first", "second"}),
} | dict.fromkeys(
    "emergency unsure after_answer empty nothing_to_repeat thanks stopped resumed fault cut".split(), frozenset()
)
"""Every text, and what is put into it."""
_GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The seven-bit alphabet (3GPP TS 23.038); one character outside of it and all are sent as UCS-2."""
_GSM_TWICE: Final = frozenset("\f^{}\\[~]|€")
"""Take two places."""
_WEEK: Final = "一二三四五六日"


def segments(text: str) -> int:
    """How many segments are paid for: 70 characters alone or 67 each when joined; 160 and 153 without Chinese."""
    if all(c in _GSM or c in _GSM_TWICE for c in text):
        length, alone, joined = sum(2 if c in _GSM_TWICE else 1 for c in text), 160, 153
    else:
        length, alone, joined = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= alone else math.ceil(length / joined)


def written_time(at: datetime) -> str:
    """An aware moment as it is read, also days later: ``11月24日（星期二）上午10:30``."""
    at = at.astimezone(ZONE)
    half = "上午" if at.hour < 12 else "中午" if at.hour == 12 else "下午"
    hour = at.hour if at.hour <= 12 else at.hour - 12
    return f"{at.month}月{at.day}日（星期{_WEEK[at.weekday()]}）{half}{hour}:{at.minute:02}"


def folded(text: str) -> str:
    """A text as its words are compared: width, case, spaces and punctuation do not count."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).upper()


@dataclass(frozen=True, slots=True)
class Texts:
    """What we write."""

    texts: Mapping[str, str]
    stop: frozenset[str]
    """Folded words that mean: no more messages."""
    start: frozenset[str]

    def say(self, name: str, **values: str) -> str:
        """One text."""
        return self.texts[name].format(**values)

    def promise(self, number: str, promise: Promise | None, kind: TicketKind) -> str:
        """A stored ticket; without a promise no time is told."""
        complaint = kind is TicketKind.COMPLAINT
        if promise is None:
            return self.say("complaint_without_time" if complaint else "promise_without_time", number=number)
        open_now = "promise" if promise.open_now else "promise_closed"
        return self.say("complaint" if complaint else open_now, number=number, by=written_time(promise.by))

    def answer(self, entry: Entry) -> str:
        """The long answer if there is one, else what would be said; cut to what can be sent."""
        return self.fit(entry.sms or entry.answer, f"\n{self.say('after_answer')}")

    def fit(self, text: str, tail: str = "") -> str:
        """The text with its tail, cut so that it can be sent."""
        if len(text) + len(tail) <= MOST:
            return text + tail
        cut = self.say("cut")
        return text[: MOST - len(cut) - len(tail)] + cut + tail


def texts_from(document: Mapping[str, Any]) -> Texts:
    """From parsed ``texting.toml``. Raises `SettingsError` with every problem."""
    texts, words = document.get("texts", {}), document.get("words", {})
    problems = [f"texting.toml: unknown text {name}" for name in texts.keys() - _FIELDS.keys()]
    for name, fields in _FIELDS.items():
        if not isinstance(texts.get(name), str) or not texts[name].strip():
            problems.append(f"texting.toml: {name} is missing")
        elif _fields(texts[name]) != fields:
            problems.append(f"texting.toml: {name} must hold {sorted(fields) or 'no fields'}")
    if problems:
        raise SettingsError(sorted(problems))
    stop, start = (frozenset(map(folded, words.get(kind, ()))) for kind in ("stop", "start"))
    return Texts(dict(texts), stop, start)


def words_of(body: Mapping[str, Any], entry: Callable[[str], Entry | None], texts: Texts) -> str:
    """The words of a text message that the outbox holds: ready, or what it is about (`voicebot.store.texts_wanted`).

    Empty when there is nothing to say any more. `entry` finds an FAQ entry.
    """
    if body.get("entry"):
        found = entry(str(body["entry"]))
        return texts.answer(found) if found else ""
    if body.get("ticket"):
        number, by = str(body["ticket"]), body.get("by")
        at = datetime.fromisoformat(by) if by else None
        promise = Promise(number, at, True, at) if at else None
        return texts.promise(number, promise, TicketKind(body["kind"]))
    return str(body.get("text", ""))


@cache
def load_texts(data: Path | None = None) -> Texts:
    """The package's texts, overridden one by one by ``texting.toml`` in the data folder. Read once.

    Raises `SettingsError`.
    """
    document = tomllib.loads(data_text("texting.toml"))
    own = data / "texting.toml" if data else None
    if own and own.is_file():
        try:
            theirs = tomllib.loads(own.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError([f"{own}: {error}"]) from error
        for table in document:
            document[table] |= theirs.get(table, {})
    return texts_from(document)


def _fields(text: str) -> frozenset[str]:
    try:
        return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
    except ValueError:
        return frozenset({"unreadable"})

"""What a call remembers: its state and counters, as data that can be stored and restored. No behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from voicebot.dialogue.commands import Clip, Reason
from voicebot.dialogue.pauses import Wait


class State(StrEnum):
    """Where a call is."""

    NEW = "new"
    """The caller is not on the line yet."""
    LISTENING = "listening"
    """We wait for a question."""
    CONFIRMING = "confirming"
    """We asked “您是想问…吗？”."""
    CHOOSING = "choosing"
    """We asked “您是想问甲，还是乙？”."""
    ANSWERED = "answered"
    """An answer is being said or has been said; another question may follow."""
    TRANSFERRING = "transferring"
    """A person is being reached; the caller waits and may press a key."""
    CONNECTED = "connected"
    """A person has the caller, or will in a moment."""
    TAKING_MESSAGE = "taking-message"
    """The caller's message is being recorded."""
    LEAVING = "leaving"
    """We said goodbye and are about to hang up."""
    RATING = "rating"
    """We asked how satisfied the caller is."""
    REMEMBERING = "remembering"
    """We asked whether the caller wants to be brought to a person first from now on."""
    TEXTING = "texting"
    """We asked whether the caller wants the promise as a text message."""
    ENDED = "ended"
    """Nothing more is commanded."""


@dataclass(frozen=True, slots=True)
class Promised:
    """What we owe the caller, as it was stored."""

    number: str
    by: datetime
    open_now: bool
    at: datetime


@dataclass(slots=True)
class Memory:
    """Everything about a call that outlives one event."""

    state: State = State.NEW
    green: bool = False
    slow: bool = False
    failures: int = 0
    """Utterances in a row that led nowhere; an answer starts again from 0."""
    silences: int = 0
    """Silences in a row; any sound that makes sense starts again from 0."""
    quiet: float = 0.0
    """Seconds of silence since the caller or we last spoke."""
    playbacks: int = 0
    """How many playbacks were commanded; the number of the latest."""
    playing: int | None = None
    """The playback the caller is hearing."""
    saying: str = ""
    """The words of the latest playback."""
    voicing: bool = False
    """The caller is in the middle of an utterance."""
    wait: Wait = Wait.NORMAL
    """Which pause would end it."""
    asked: tuple[str, ...] = ()
    """Entry ids asked about in CONFIRMING (one) and CHOOSING (two or three)."""
    instead: tuple[str, ...] = ()
    """What to ask about if these are not it: one entry id, or none."""
    refused: tuple[str, ...] = ()
    """Entry ids the caller has said no to since the last answer."""
    apart: tuple[str, str] | None = None
    """The contrasting words that were named for the two of CHOOSING, if they were."""
    said: tuple[Clip, ...] = ()
    """The last thing worth repeating."""
    topic: str | None = None
    """The entry last answered or asked about."""
    answers: tuple[str, ...] = ()
    """Entry ids answered so far, in order."""
    heard: str = ""
    """The last thing heard, for the summary."""
    tickets: tuple[str, ...] = ()
    """Kinds of ticket that were opened."""
    promised: Promised | None = None
    """What the caller may be told of the latest of them."""
    reason: Reason | None = None
    """Why a person is needed."""
    complaining: bool = False
    """The caller complains of the topic's department: from now on nobody of it is rung for them."""
    handed_to: str | None = None
    """The department to which a person handed the caller on."""
    direct: bool = False
    """The provider rings the desk by itself: something of ours is broken."""
    just_told: bool = False
    """The words of the latest hand-over are being said: where the caller stands comes after them."""
    told_keys: bool = False
    """The caller knows the keys that end the waiting."""
    remembering: bool = False
    """The caller has agreed to be in the green channel."""
    may_remember: bool = False
    """The caller's number is known and not in the green channel."""
    may_text: bool = False
    """A text message could reach the caller."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able data."""
        data: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        data["state"] = str(self.state)
        data["wait"] = str(self.wait)
        data["said"] = [[clip.name, clip.text] for clip in self.said]
        data["reason"] = self.reason and str(self.reason)
        p = self.promised
        data["promised"] = p and [p.number, p.by.isoformat(), p.open_now, p.at.isoformat()]
        for name in _IDS:
            data[name] = list(data[name])
        return data


_IDS = ("asked", "instead", "refused", "answers", "tickets")


def memory_from(data: Mapping[str, Any]) -> Memory:
    """The inverse of `Memory.to_dict`; unknown keys (of a newer version) are ignored."""
    known = {f.name for f in fields(Memory)}
    values = {name: value for name, value in data.items() if name in known}
    values["state"] = State(values.get("state", State.NEW))
    values["wait"] = Wait(values.get("wait", Wait.NORMAL))
    values["said"] = tuple(Clip(name, text) for name, text in values.get("said", ()))
    for name in _IDS:
        values[name] = tuple(values.get(name, ()))
    values["reason"] = Reason(values["reason"]) if values.get("reason") else None
    if values.get("promised"):
        number, by, open_now, at = values["promised"]
        values["promised"] = Promised(number, datetime.fromisoformat(by), open_now, datetime.fromisoformat(at))
    return Memory(**values)

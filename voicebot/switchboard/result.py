"""What is known of a call afterwards: everything the line was asked and told, and what both parties heard.

Times are call seconds since the call was placed. Audio is kept as µ-law and left out of the JSON form.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from voicebot.switchboard.form import Identity, Status

Kind = Literal["media", "say", "play", "beep", "bridge"]
Purpose = Literal["twiml", "fallback", "callback", "play"]
Level = Literal["error", "warning"]


@dataclass(slots=True)
class Problem:
    """A fault of the line that Twilio would write into its debugger, or (code 0) a limit of this emulator."""

    t: float
    code: int
    level: Level
    message: str
    url: str = ""


@dataclass(slots=True)
class Exchange:
    """One HTTP request to the line and what came back. `status` is 0 when nothing did."""

    t: float
    purpose: Purpose
    method: str
    url: str
    fields: dict[str, str]
    status: int = 0
    elapsed_s: float = 0.0
    content_type: str = ""
    body: str = ""
    attempts: int = 1
    note: str = ""


@dataclass(slots=True)
class Heard:
    """Something this leg's party heard, without a pause of 0.3 s or more inside."""

    t: float
    end: float
    kind: Kind
    text: str = ""
    """Of <Say>, or of recognised recordings; empty where it is not known."""
    clips: list[str] = field(default_factory=list)
    """Names of the recordings recognised in it; one that was cut short ends with an ellipsis."""
    source: str = ""
    """Address or keys of <Play>."""
    audio: bytearray = field(default_factory=bytearray, repr=False)
    """µ-law as played, without the pauses of the network."""


@dataclass(slots=True)
class Said:
    """Something this leg's party said. `end` is the end of its last voiced frame, not of the file."""

    t: float
    end: float
    name: str
    text: str = ""


@dataclass(slots=True)
class KeyPress:
    """A key this leg's party pressed."""

    t: float
    key: str


@dataclass(slots=True)
class Mark:
    """A mark the line set. `returned` is None when the stream ended first; `cleared`: it came back by a clear."""

    t: float
    name: str
    returned: float | None = None
    cleared: bool = False


@dataclass(slots=True)
class StreamRecord:
    """One media stream. `sent` and `received` count frames by event, as seen by the emulator."""

    sid: str
    url: str
    t: float
    end: float | None = None
    ended_by: str = ""
    close_code: int | None = None
    sent: dict[str, int] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    max_lead_s: float = 0.0
    """The most audio that was ever waiting to be played."""


@dataclass(slots=True)
class DialRecord:
    """One attempt to reach somebody, by <Dial> or REST."""

    t: float
    number: str
    call_sid: str
    behaviour: str
    status: Status = "initiated"
    bridged: bool = False
    answered: float | None = None
    end: float | None = None


@dataclass(slots=True)
class RecordingRecord:
    """A recording that was made."""

    sid: str
    t: float
    duration_s: float
    source: str
    url: str


@dataclass(slots=True)
class Latency:
    """How long the caller waited for sound after speaking."""

    after: str
    speech_end: float
    first_audio: float | None
    seconds: float | None
    kind: str = ""
    overlapped: bool = False
    """The line was still playing when the caller stopped; `first_audio` is what began after that."""
    recorded: bool = False
    """Said after the tone of a message, which goes on until the caller has been silent as long as the line allows."""

    @property
    def is_wait(self) -> bool:
        """The caller waited for an answer."""
        return not (self.overlapped or self.recorded)


@dataclass(slots=True)
class CallResult:
    """One leg, from placing it to its end."""

    identity: Identity
    status: Status = "queued"
    answered: float | None = None
    end: float | None = None
    ended_by: str = ""
    """``caller`` (or the callee, of its own leg), ``line``, ``rest``, ``fault`` or ``limit``."""
    exchanges: list[Exchange] = field(default_factory=list)
    streams: list[StreamRecord] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    keys: list[KeyPress] = field(default_factory=list)
    dials: list[DialRecord] = field(default_factory=list)
    recordings: list[RecordingRecord] = field(default_factory=list)
    latencies: list[Latency] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    legs: list[CallResult] = field(default_factory=list)
    """Legs that this call, or the line during it, placed to others."""

    @property
    def errors(self) -> list[Problem]:
        """What would have broken the call, here and on its legs."""
        own = [problem for problem in self.problems if problem.level == "error"]
        return own + [problem for leg in self.legs for problem in leg.errors]

    @property
    def transcript(self) -> str:
        """Everything heard whose text is known, one line each."""
        return "\n".join(item.text for item in self.heard if item.text)

    def rebase(self, zero: float) -> None:
        """Count all times of this leg and its legs from `zero`, which until now was so many seconds after 0."""
        for item in (self, *self.exchanges, *self.streams, *self.heard, *self.said, *self.keys, *self.dials):
            _shift(item, zero)
        for other in (*self.recordings, *self.latencies, *self.problems, *(m for s in self.streams for m in s.marks)):
            _shift(other, zero)
        for leg in self.legs:
            leg.rebase(zero)

    def to_json(self) -> dict[str, Any]:
        """As plain values for `json.dumps`: every field, and gathered from them `twiml`, `frames` and `marks`."""
        plain: dict[str, Any] = dataclasses.asdict(self)
        _tidy(plain)
        plain["twiml"] = [
            {"t": item["t"], "url": item["url"], "document": item["body"]}
            for item in plain["exchanges"]
            if item["purpose"] in ("twiml", "fallback")
        ]
        plain["frames"] = {
            way: dict(sum((Counter(stream[way]) for stream in plain["streams"]), Counter[str]()))
            for way in ("sent", "received")
        }
        plain["marks"] = [mark for stream in plain["streams"] for mark in stream["marks"]]
        return plain


_TIMES = ("t", "end", "answered", "returned", "speech_end", "first_audio")


def _shift(item: object, zero: float) -> None:
    for name in _TIMES:
        value = getattr(item, name, None)
        if isinstance(value, float):
            setattr(item, name, value - zero)


def _tidy(plain: dict[str, Any]) -> None:
    """Leave out audio and round times, in place, here and on the legs."""
    plain |= plain.pop("identity")
    plain["from"] = plain.pop("from_")
    lasted = plain["end"] is not None and plain["answered"] is not None
    plain["duration_s"] = plain["end"] - plain["answered"] if lasted else 0.0
    for name, value in plain.items():
        if isinstance(value, float):
            plain[name] = round(value, 3)
    for item in plain["heard"]:
        del item["audio"]
    for name in ("exchanges", "streams", "heard", "said", "keys", "dials", "recordings", "latencies", "problems"):
        plain[name] = [_rounded(item) for item in plain[name]]
    for leg in plain["legs"]:
        _tidy(leg)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return value

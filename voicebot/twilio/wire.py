"""Media Streams frames, both ways. Pure.

Source: Twilio, "Media Streams: WebSocket messages" (https://www.twilio.com/docs/voice/media-streams/websocket-messages).
Counters and timestamps are strings there and are not read here: time is counted in audio received.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from voicebot.errors import RemoteError


@dataclass(frozen=True, slots=True)
class Connected:
    """The socket is open; `Start` follows."""


@dataclass(frozen=True, slots=True)
class Start:
    """What this stream is."""

    stream: str
    """StreamSid, MZ…; every frame we send carries it."""
    call: str
    """CallSid, CA…"""
    parameters: Mapping[str, str]
    """The `<Parameter>` elements of our TwiML."""


@dataclass(frozen=True, slots=True)
class Media:
    """Audio of the caller."""

    payload: bytes
    """G.711 µ-law, 8000 Hz, usually 160 bytes."""


@dataclass(frozen=True, slots=True)
class Key:
    """A telephone key."""

    digit: str
    """One character: 0-9, *, #, A-D."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Audio before this mark was played, or was cleared."""

    name: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The caller hung up, or the call was taken from this stream."""


Frame = Connected | Start | Media | Key | Mark | Stop


def parse(text: str | bytes) -> Frame | None:
    """One frame. None for an event this does not know (new ones may appear); `RemoteError` for a broken one."""
    try:
        data = json.loads(text)
        parser = _PARSERS.get(data["event"], _unknown)
        return parser(data)
    except _BROKEN as error:
        raise RemoteError("bad-frame", f"not a media stream frame: {type(error).__name__}") from error


_BROKEN = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading a broken frame can raise: not JSON, nested too deep, not base64, a part missing or of another kind."""


def _unknown(data: dict[str, Any]) -> None:
    return None


def _start(data: dict[str, Any]) -> Start:
    start = data["start"]
    form = start["mediaFormat"]
    if (form["encoding"], int(form["sampleRate"]), int(form["channels"])) != ("audio/x-mulaw", 8000, 1):
        raise RemoteError("bad-format", f"not 8 kHz mono µ-law: {form}")
    parameters = {_text(k): _text(v) for k, v in (start.get("customParameters") or {}).items()}
    return Start(_text(start["streamSid"]), _text(start["callSid"]), parameters)


def _text(value: Any) -> str:
    """Text that can be stored and sent on: JSON also allows half of a surrogate pair."""
    text: str = value
    text.encode("utf-8")
    return text


def _key(data: dict[str, Any]) -> Key:
    digit = _text(data["dtmf"]["digit"])
    if len(digit) != 1:
        raise ValueError(digit)
    return Key(digit)


def _media(data: dict[str, Any]) -> Media | None:
    media = data["media"]
    if media.get("track", "inbound") != "inbound":
        return None
    return Media(base64.b64decode(media["payload"], validate=True))


_PARSERS: dict[str, Callable[[dict[str, Any]], Frame | None]] = {
    "connected": lambda data: Connected(),
    "start": _start,
    "media": _media,
    "dtmf": _key,
    "mark": lambda data: Mark(_text(data["mark"]["name"])),
    "stop": lambda data: Stop(),
}


def media(stream: str, ulaw: bytes) -> str:
    """Audio to play, headerless µ-law of any length."""
    payload = base64.b64encode(ulaw).decode("ascii")
    return json.dumps({"event": "media", "streamSid": stream, "media": {"payload": payload}})


def mark(stream: str, name: str) -> str:
    """Ask to be told when the audio before this was played."""
    return json.dumps({"event": "mark", "streamSid": stream, "mark": {"name": name}})


def clear(stream: str) -> str:
    """Drop what is buffered. Pending marks come back too, so a mark alone proves nothing."""
    return json.dumps({"event": "clear", "streamSid": stream})

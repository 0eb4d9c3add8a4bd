"""Media stream frames as Twilio writes them, and as it reads them. Pure.

Counters and timestamps are strings; `dtmf` names its track ``inbound_track`` while `media` says ``inbound``.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class FrameWriter:
    """Writes the frames of one stream, counting them."""

    account: str
    call: str
    stream: str
    sequence: int = 0
    chunks: dict[str, int] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)

    def connected(self) -> str:
        """The first frame; it carries no counter."""
        self._count("connected")
        return _text({"event": "connected", "protocol": "Call", "version": "1.0.0"})

    def start(self, tracks: list[str], parameters: Mapping[str, str]) -> str:
        """What the stream is."""
        return self._numbered(
            "start",
            {
                "accountSid": self.account,
                "streamSid": self.stream,
                "callSid": self.call,
                "tracks": tracks,
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": dict(parameters),
            },
        )

    def media(self, ulaw: bytes, timestamp_ms: int, track: str = "inbound") -> str:
        """20 ms of audio."""
        chunk = self.chunks[track] = self.chunks.get(track, 0) + 1
        payload = base64.b64encode(ulaw).decode("ascii")
        media = {"track": track, "chunk": str(chunk), "timestamp": str(timestamp_ms), "payload": payload}
        return self._numbered("media", media)

    def dtmf(self, digit: str) -> str:
        """A key the caller pressed."""
        return self._numbered("dtmf", {"track": "inbound_track", "digit": digit})

    def mark(self, name: str) -> str:
        """The audio before a mark was played, or cleared."""
        return self._numbered("mark", {"name": name})

    def stop(self) -> str:
        """The stream is over."""
        return self._numbered("stop", {"accountSid": self.account, "callSid": self.call})

    def _numbered(self, event: str, body: Mapping[str, Any]) -> str:
        self.sequence += 1
        self._count(event)
        return _text({"event": event, "sequenceNumber": str(self.sequence), event: body, "streamSid": self.stream})

    def _count(self, event: str) -> None:
        self.sent[event] = self.sent.get(event, 0) + 1


def _text(frame: Mapping[str, Any]) -> str:
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False)


class InvalidMessage(Exception):
    """A message from the server that Twilio does not accept (31951)."""


@dataclass(frozen=True, slots=True)
class PlayAudio:
    """Play these µ-law bytes, any number of them."""

    ulaw: bytes


@dataclass(frozen=True, slots=True)
class SetMark:
    """Report when what came before has been played."""

    name: str


@dataclass(frozen=True, slots=True)
class ClearBuffer:
    """Drop what has not been played."""


Message = PlayAudio | SetMark | ClearBuffer

_FIELDS = {
    "media": {"event", "streamSid", "media"},
    "mark": {"event", "streamSid", "mark"},
    "clear": {"event", "streamSid"},
}


def read_message(text: str, stream: str) -> Message:
    """One message from the server of stream `stream`. Raises `InvalidMessage` with the reason."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InvalidMessage(f"not JSON: {error}") from None
    if not isinstance(data, dict) or data.get("event") not in _FIELDS:
        raise InvalidMessage(f"not a media, mark or clear message: {text[:80]!r}")
    event = data["event"]
    if data.keys() != _FIELDS[event]:
        odd = ", ".join(sorted(data.keys() ^ _FIELDS[event]))
        raise InvalidMessage(f"{event}: missing or unexpected fields: {odd}")
    if data["streamSid"] != stream:
        raise InvalidMessage(f"{event}: streamSid {data['streamSid']!r} is not this stream's")
    return _body(event, data.get(event))


def _body(event: str, body: Any) -> Message:
    match event, body:
        case "clear", _:
            return ClearBuffer()
        case "mark", {"name": str(name)} if len(body) == 1:
            return SetMark(name)
        case "media", {"payload": str(payload)} if len(body) == 1:
            return PlayAudio(_ulaw(payload))
    raise InvalidMessage(f"{event}: wrong structure: {body!r:.80}")


def _ulaw(payload: str) -> bytes:
    try:
        ulaw = base64.b64decode(payload, validate=True)
    except binascii.Error as error:
        raise InvalidMessage(f"media: the payload is not base64: {error}") from None
    if not ulaw:
        raise InvalidMessage("media: the payload is empty")
    if ulaw[:4] == b"RIFF" or ulaw[:4] == b".snd":
        raise InvalidMessage("media: the payload begins with a file header")
    return ulaw

"""Where a call is between its streams, as data that any replica can pick up. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voicebot.dialogue.commands import Clip, HandOver, HangUp, Join, Play, Reason, TakeMessage
from voicebot.twilio.line import ConnectionLost, Leaving


@dataclass(frozen=True, slots=True)
class Standing:
    """What a call goes on with."""

    memory: Mapping[str, Any]
    """`Dialogue.snapshot` of that moment."""
    then: Leaving
    """What to do next. `ConnectionLost` while a stream is on: if nobody says otherwise, it broke."""
    spoken: bool = False
    """The provider has spoken what the dialogue thinks is being played."""
    lost: int = 0
    """How many streams broke."""
    stream: int = 0
    """Grows with every stream and every page that decides, so that an older stream cannot decide any more."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able data."""
        return {
            "memory": dict(self.memory),
            "then": to_dict(self.then),
            "spoken": self.spoken,
            "lost": self.lost,
            "stream": self.stream,
        }


def standing_from(data: Mapping[str, Any]) -> Standing:
    """The inverse of `Standing.to_dict`. Raises `KeyError`, `TypeError` or `ValueError` for anything else."""
    return Standing(
        memory=dict(data["memory"]),
        then=from_dict(data["then"]),
        spoken=bool(data["spoken"]),
        lost=int(data["lost"]),
        stream=int(data["stream"]),
    )


def to_dict(leaving: Leaving) -> dict[str, Any]:
    """What to do next as JSON-able data."""
    data: dict[str, Any] = {"kind": type(leaving).__name__}
    if isinstance(leaving, Join):
        return data | {"room": leaving.room}
    if not isinstance(leaving, ConnectionLost):
        data["clips"] = [[clip.name, clip.text] for clip in leaving.clips]
        data["slow"] = leaving.slow
    if isinstance(leaving, Play):
        data["playback"] = leaving.playback
    if isinstance(leaving, HandOver):
        data |= {
            "reason": str(leaving.reason),
            "department": leaving.department,
            "summary": leaving.summary,
            "urgent": leaving.urgent,
            "green": leaving.green,
            "direct": leaving.direct,
            "complaint": leaving.complaint,
        }
    if isinstance(leaving, HangUp):
        data |= {"wait_s": leaving.wait_s}
    return data


def from_dict(data: Mapping[str, Any]) -> Leaving:
    """The inverse of `to_dict`. Raises `KeyError`, `TypeError` or `ValueError` for anything else."""
    clips = tuple(Clip(name, text) for name, text in data.get("clips", ()))
    match data["kind"]:
        case "Play":
            return Play(data["playback"], clips, data["slow"])
        case "HandOver":
            return HandOver(
                Reason(data["reason"]),
                data["department"],
                data["summary"],
                data["urgent"],
                clips,
                data["slow"],
                green=data.get("green", False),
                direct=data.get("direct", True),  # of an older version of this program: it knew nothing else
                complaint=data.get("complaint", False),
            )
        case "Join":
            return Join(data["room"])
        case "TakeMessage":
            return TakeMessage(clips, data["slow"])
        case "HangUp":
            return HangUp(clips, data["slow"], data.get("wait_s", 0.0))
        case "ConnectionLost":
            return ConnectionLost()
    raise ValueError(f"unknown kind {data['kind']!r}")

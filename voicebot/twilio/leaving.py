"""What a call goes on with after its stream, as data that any replica can pick up. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voicebot.dialogue.commands import Clip, HandOver, HangUp, Play, Reason, TakeMessage
from voicebot.twilio.line import ConnectionLost, Leaving


def to_dict(leaving: Leaving) -> dict[str, Any]:
    """As JSON-able data."""
    data: dict[str, Any] = {"kind": type(leaving).__name__}
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
        }
    return data


def from_dict(data: Mapping[str, Any]) -> Leaving:
    """The inverse of `to_dict`. Raises `KeyError` or `ValueError` for anything else."""
    clips = tuple(Clip(name, text) for name, text in data.get("clips", ()))
    match data["kind"]:
        case "Play":
            return Play(data["playback"], clips, data["slow"])
        case "HandOver":
            reason = Reason(data["reason"])
            return HandOver(reason, data["department"], data["summary"], data["urgent"], clips, data["slow"])
        case "TakeMessage":
            return TakeMessage(clips, data["slow"])
        case "HangUp":
            return HangUp(clips, data["slow"])
        case "ConnectionLost":
            return ConnectionLost()
    raise ValueError(f"unknown kind {data['kind']!r}")

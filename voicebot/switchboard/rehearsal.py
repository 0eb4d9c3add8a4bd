"""Calls with an expected end: what each caller does, and whether it came out right. Pure but for reading sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voicebot.errors import ContentError
from voicebot.switchboard.caller import Act, AfterBeep, At, Bridged, Cue, HangUp, Idle, Into, Press, Ringing, say_file
from voicebot.switchboard.result import CallResult

ENDS = ("answered", "connected", "message")
_CUES: dict[str, type[Any]] = {
    "idle": Idle,
    "into": Into,
    "at": At,
    "ringing": Ringing,
    "bridged": Bridged,
    "beep": AfterBeep,
}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One call of a rehearsal."""

    title: str
    acts: tuple[Act, ...]
    hears: tuple[str, ...]
    """Names of recordings, in order; one that ends with an ellipsis was cut short, one that ends with a slash stands
    for any recording in that folder."""
    ends: str
    """One of `ENDS`."""
    desk: str = "accept"
    """What happens at the desk's number; see `Behaviour`."""


def rehearsals_from(document: Mapping[str, Any], sounds: Path, texts: Mapping[str, str]) -> list[Rehearsal]:
    """Rehearsals from parsed TOML. Raises `ContentError` for what is not understood."""
    return [_rehearsal(call, sounds, texts) for call in document.get("call", ())]


def _rehearsal(call: Mapping[str, Any], sounds: Path, texts: Mapping[str, str]) -> Rehearsal:
    title = str(call.get("title", "?"))
    if call.get("ends") not in ENDS:
        raise ContentError("bad-rehearsal", f"{title}: ends must be one of {', '.join(ENDS)}")
    try:
        acts = tuple(_act(act, sounds, texts) for act in call["acts"])
    except (KeyError, TypeError, ValueError) as error:
        raise ContentError("bad-rehearsal", f"{title}: not an act: {error!r}") from error
    return Rehearsal(title, acts, tuple(call["hears"]), call["ends"], call.get("desk", "accept"))


def _act(act: Mapping[str, Any], sounds: Path, texts: Mapping[str, str]) -> Act:
    cue: Cue = next((kind(float(act[name])) for name, kind in _CUES.items() if name in act), Idle())
    if "say" in act:
        return say_file(sounds / act["say"], cue, texts.get(act["say"], ""))
    if "press" in act:
        return Press(act["press"], cue)
    if act.get("hang_up"):
        return HangUp(cue)
    raise ValueError(f"neither say, press nor hang_up: {dict(act)}")


def faults(rehearsal: Rehearsal, result: CallResult) -> list[str]:
    """What did not come out as expected, one line each; empty when all did."""
    heard = [name for piece in result.heard for name in piece.clips]
    found = [f"{problem.code}: {problem.message}" for problem in result.errors]
    rest = iter(heard)
    for wanted in rehearsal.hears:
        if not any(_is(name, wanted) for name in rest):
            found.append(f"not heard (in this order): {wanted}; heard were {', '.join(heard) or 'no recordings'}")
            break
    bridged = any(dial.bridged for dial in result.dials)
    if rehearsal.ends == "answered" and (result.ended_by != "caller" or not any("answers/" in name for name in heard)):
        found.append(f"the call was to end by the caller after an answer, it was ended by {result.ended_by}")
    if rehearsal.ends == "connected" and not bridged:
        found.append("the caller was to be connected with a person")
    if rehearsal.ends == "message" and not result.recordings:
        found.append("the caller was to leave a message")
    return found


def _is(name: str, wanted: str) -> bool:
    return name.startswith(wanted) if wanted.endswith("/") else name == wanted

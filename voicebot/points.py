"""Marked moments of a transfer at which `voicebot evaluate faults` kills the line, to see that nobody is lost.

In service nothing is armed and a mark does nothing. Armed with one name (setting ``VOICEBOT_CRASH_AT``), the whole
process group, or only the process that serves, ends there as if by `kill -9`, the first time it comes by.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Final

POINTS: Final = (
    "voice-asked",
    "voice-kept",
    "stream-asked",
    "stream-opened",
    "talk-began",
    "ticket-wanted",
    "ticket-stored",
    "reach-began",
    "reach-kept",
    "person-claimed",
    "leg-placed",
    "leg-kept",
    "leg-ringing",
    "leg-ringing-kept",
    "picked-up",
    "whisper-made",
    "accept-asked",
    "accept-kept",
    "accept-noticed",
    "join-decided",
    "join-kept",
    "stream-closed",
    "room-kept",
    "talk-over",
    "talk-kept",
    "call-over",
    "end-kept",
    "release-kept",
)
"""In the order of a transfer that goes well."""

WORKER: Final = "worker:"
"""Before the name of a point: only the serving process dies, and its parent starts another one."""
KILLED: Final = "killed"
"""Name of the file in the data folder that says it has happened."""


@dataclass(slots=True)
class _Armed:
    point: str = ""
    only_worker: bool = False
    done: Path = Path()


_armed = _Armed()


def arm(point: str, folder: Path) -> None:
    """Die at that point, unless that has happened with this data folder. Raises `ValueError` for one that there is
    not.
    """
    _armed.only_worker = point.startswith(WORKER)
    _armed.point = point.removeprefix(WORKER)
    _armed.done = folder / KILLED
    if _armed.point and _armed.point not in POINTS:
        raise ValueError(f"no such point: {point}")


def mark(point: str) -> None:
    """This moment has come."""
    if not _armed.point or point != _armed.point or _armed.done.exists():
        return
    _armed.done.touch()
    if _armed.only_worker:
        os.kill(os.getpid(), signal.SIGKILL)
    os.killpg(os.getpgrp(), signal.SIGKILL)

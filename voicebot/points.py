"""Marked moments of a transfer at which `voicebot evaluate faults` kills the line, to see that nobody is lost.

In service nothing is armed and a mark does nothing. Armed with one name (setting ``VOICEBOT_CRASH_AT``), the whole
process group ends there as if by `kill -9`, the first time it comes by.
"""

from __future__ import annotations

import os
import signal
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

_armed = ""


def arm(point: str) -> None:
    """Die at that point. Raises `ValueError` for one that there is not."""
    global _armed  # one process, one point: read at every mark, set once at the start
    if point and point not in POINTS:
        raise ValueError(f"no such point: {point}")
    _armed = point


def mark(point: str) -> None:
    """This moment has come."""
    if _armed and _armed == point:
        os.killpg(os.getpgrp(), signal.SIGKILL)

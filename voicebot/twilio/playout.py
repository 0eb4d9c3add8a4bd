"""Paced audio out: a little ahead of real time, so that `clear` is quick and a proxy is never flooded. Pure.

Bursts sent through a cloud proxy have ended in a protocol error (31924); pacing with a lead of 200-500 ms is cheap
insurance. Time is an argument, in seconds of any steady clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from voicebot import audio

CHUNK_S = 0.1
"""Seconds of audio in one frame out."""
LOST_MARK_S = 3.0
"""A mark that is this late after its audio should have been played is taken as lost, and its audio as played."""


@dataclass(frozen=True, slots=True)
class SendAudio:
    """µ-law to send now."""

    ulaw: bytes


@dataclass(frozen=True, slots=True)
class SendMark:
    """A mark to send now."""

    name: str


class Playout:
    """What is still to be sent on one stream, and what has been sent but may not have been played."""

    def __init__(self, lead: float) -> None:
        self._lead = lead
        self._waiting: deque[SendAudio | SendMark] = deque()
        self._played_until = 0.0
        self._pending: dict[str, float] = {}

    def add(self, name: str, ulaw: bytes) -> None:
        """Queue audio and the mark that reports it."""
        size = round(CHUNK_S * audio.RATE)
        self._waiting.extend(SendAudio(ulaw[at : at + size]) for at in range(0, len(ulaw), size))
        self._waiting.append(SendMark(name))

    def clear(self) -> bool:
        """Forget everything. True when the other side may hold unplayed audio, so `clear` must be sent."""
        held = bool(self._pending) or bool(self._waiting)
        self._waiting.clear()
        self._pending.clear()
        self._played_until = 0.0
        return held

    def due(self, now: float) -> list[SendAudio | SendMark]:
        """What to send at `now`."""
        send: list[SendAudio | SendMark] = []
        while self._waiting and self._played_until <= now + self._lead:
            item = self._waiting.popleft()
            send.append(item)
            if isinstance(item, SendAudio):
                self._played_until = max(self._played_until, now) + audio.seconds(item.ulaw)
            else:
                self._pending[item.name] = max(self._played_until, now)
        return send

    def returned(self, name: str) -> bool:
        """A mark came back: True when its audio was really played, False when it was cleared."""
        return self._pending.pop(name, None) is not None

    def overdue(self, now: float) -> list[str]:
        """Marks that never came back, each reported once."""
        late = [name for name, end in self._pending.items() if now > end + LOST_MARK_S]
        for name in late:
            del self._pending[name]
        return late

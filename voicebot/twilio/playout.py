"""Paced audio out: a little ahead of real time, so that `clear` is quick and a proxy is never flooded. Pure.

Bursts sent through a cloud proxy have ended in a protocol error (31924); pacing with a lead of 200-500 ms is cheap
insurance. Time is an argument, in seconds of any steady clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from voicebot import audio

CHUNK_S = 0.1
"""Seconds of audio in one frame out, at most half the lead."""
LOST_MARK_S = 3.0
"""A mark that is this late after its audio should have been played is taken as lost, and its audio as played."""
_JITTER_S = 1e-9
"""Sums of tenths of a second are not exact."""


@dataclass(frozen=True, slots=True)
class SendAudio:
    """µ-law to send now."""

    ulaw: bytes


@dataclass(frozen=True, slots=True)
class SendMark:
    """A mark to send now."""

    mark: str


@dataclass(frozen=True, slots=True)
class _End:
    """The end of one piece of audio."""

    name: str
    mark: str


class Playout:
    """What is still to be sent on one stream, and what has been sent but may not have been played."""

    def __init__(self, lead: float) -> None:
        self._lead = lead
        self._chunk = max(1, round(min(CHUNK_S, lead / 2) * audio.RATE))
        self._waiting: deque[SendAudio | _End] = deque()
        self._played_until = 0.0
        self._pending: dict[str, tuple[str, float]] = {}
        self._marks = 0

    def add(self, name: str, ulaw: bytes) -> None:
        """Queue audio. Its end is reported by `returned` or `overdue` under this name."""
        # A mark of its own each time: one that `clear` sends back must not end what came after under the same name.
        self._marks += 1
        size = self._chunk
        self._waiting.extend(SendAudio(ulaw[at : at + size]) for at in range(0, len(ulaw), size))
        self._waiting.append(_End(name, f"{name}.{self._marks}"))

    def clear(self) -> bool:
        """Forget everything. True when the other side may hold unplayed audio, so `clear` must be sent."""
        held = bool(self._pending) or bool(self._waiting)
        self._waiting.clear()
        self._pending.clear()
        self._played_until = 0.0
        return held

    @property
    def idle(self) -> bool:
        """Everything was sent."""
        return not self._waiting

    def due(self, now: float) -> list[SendAudio | SendMark]:
        """What to send at `now`: never more than the lead is unplayed then."""
        send: list[SendAudio | SendMark] = []
        while self._waiting:
            item = self._waiting[0]
            end = max(self._played_until, now)
            if isinstance(item, SendAudio):
                end += audio.seconds(item.ulaw)
                if end > now + self._lead + _JITTER_S:
                    break
                self._played_until = end
                send.append(item)
            else:
                self._pending[item.mark] = (item.name, end)
                send.append(SendMark(item.mark))
            self._waiting.popleft()
        return send

    def returned(self, mark: str) -> str | None:
        """A mark came back: the name of what was played to its end, None when it had been cleared."""
        name, _ = self._pending.pop(mark, (None, 0.0))
        return name

    def overdue(self, now: float) -> list[str]:
        """Names of what must have been played although its mark never came back, each reported once."""
        late = [mark for mark, (_, end) in self._pending.items() if now > end + LOST_MARK_S]
        return [self._pending.pop(mark)[0] for mark in late]

"""What a leg's party will hear: audio in order, and what is to happen when it has been played. Pure.

The clock is the caller of `pull`, once every 20 ms. Audio pulled at one tick has been heard by the next, so what
follows it is called then, and a leg with nothing left to play or playing calls it at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from voicebot.audio import FRAME_BYTES, RATE
from voicebot.switchboard.result import Kind

Done = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Piece:
    """Audio played within one frame. `label` is the text of <Say>, the address of <Play>."""

    ulaw: bytes
    kind: Kind
    label: str


@dataclass(slots=True)
class _Audio:
    ulaw: bytes
    kind: Kind
    label: str
    at: int = 0


class Playback:
    """The playback buffer of one leg."""

    def __init__(self) -> None:
        self._queue: deque[_Audio | Done] = deque()
        self._reached: list[Done] = []
        self._playing = False
        self._bytes = 0

    @property
    def buffered_s(self) -> float:
        """Seconds still to be played."""
        return self._bytes / RATE

    @property
    def idle(self) -> bool:
        """Nothing is waiting or being played."""
        return not (self._queue or self._reached or self._playing)

    def add(self, ulaw: bytes, kind: Kind, label: str = "") -> None:
        """Play `ulaw` after everything else."""
        if ulaw:
            self._queue.append(_Audio(ulaw, kind, label))
            self._bytes += len(ulaw)

    def then(self, done: Done) -> None:
        """Call `done` when everything before has been played or cleared; at once when there is nothing."""
        if self.idle:
            done()
        else:
            self._queue.append(done)

    def clear(self) -> None:
        """Drop what has not been played, and call what was waiting for it, in order."""
        waiting = self._reached + [item for item in self._queue if not isinstance(item, _Audio)]
        self._queue.clear()
        self._reached = []
        self._playing = False
        self._bytes = 0
        for done in waiting:
            done()

    def pull(self) -> list[Piece]:
        """What is played in the next 20 ms: pieces of 160 bytes together, fewer when the buffer runs dry."""
        for done in self._take_reached():
            done()
        pieces: list[Piece] = []
        room = FRAME_BYTES
        while self._queue:
            head = self._queue[0]
            if not isinstance(head, _Audio):
                self._reached.append(head)
                self._queue.popleft()
                continue
            if not room:
                break
            part = head.ulaw[head.at : head.at + room]
            head.at += len(part)
            room -= len(part)
            self._bytes -= len(part)
            pieces.append(Piece(part, head.kind, head.label))
            if head.at == len(head.ulaw):
                self._queue.popleft()
        self._playing = bool(pieces)
        return pieces

    def _take_reached(self) -> list[Done]:
        """What follows the audio of the last tick."""
        reached, self._reached = self._reached, []
        while self._queue and not isinstance(self._queue[0], _Audio):
            reached.append(cast(Done, self._queue.popleft()))
        self._playing = bool(self._queue)
        return reached

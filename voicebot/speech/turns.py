"""Whose audio a worker hears next. Pure.

Callers who have finished or paused wait for their words; those who still speak wait for nothing. When a worker is
behind, the first go first: what it decodes for the others meanwhile would make nobody's answer earlier.
"""

from __future__ import annotations

from collections import deque

from voicebot.speech.wire import Kind, Message

_AWAITED = frozenset({Kind.CUT, Kind.FINISH})
"""Somebody waits for what comes back."""


class Turns:
    """Messages that wait for a worker: of one call in the order they came; among calls the one whose words have been
    awaited longest, else the one whose message has waited longest.
    """

    def __init__(self) -> None:
        self._calls: dict[int, deque[tuple[int, Message]]] = {}
        self._awaited: dict[int, int] = {}
        """Call → how many words are awaited of it; who has waited longest comes first."""
        self._came = 0

    def __bool__(self) -> bool:
        return bool(self._calls)

    def put(self, message: Message) -> None:
        """One more."""
        self._came += 1
        self._calls.setdefault(message.call, deque()).append((self._came, message))
        if message.kind in _AWAITED:
            self._awaited[message.call] = self._awaited.get(message.call, 0) + 1

    def take(self) -> Message:
        """The next one. Raises `ValueError` when there is none."""
        call = next(iter(self._awaited), None)
        if call is None:
            call = min(self._calls, key=lambda one: self._calls[one][0][0])
        waiting = self._calls[call]
        _, message = waiting.popleft()
        if not waiting:
            del self._calls[call]
        if message.kind in _AWAITED:
            left = self._awaited.pop(call) - 1
            if left:
                self._awaited[call] = left  # behind those who have waited since
        return message

"""A call watched: every event and command is told, with its time, to whoever shows or keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from voicebot.call import CallLog, Line, Promise
from voicebot.dialogue.commands import Command, Kept
from voicebot.events import CallEnded, Event

Tell = Callable[[float, Event | Command], None]
"""Told of each thing with the seconds since the call began."""


class TimedLine(Line, Protocol):
    """A line that knows its own time."""

    @property
    def now(self) -> float:
        """Seconds since the call began."""


class Watched:
    """A line and its log, both `voicebot.call.Line` and `voicebot.call.CallLog`, that tell what passes through them.

    What has to be committed is told once it is.
    """

    def __init__(self, line: TimedLine, record: CallLog, tell: Tell) -> None:
        self._line = line
        self._record = record
        self._tell = tell
        self.ended = False
        """The call has come to its end, and not to a fault of the line."""

    def events(self) -> Iterator[Event]:
        """The events of the line."""
        for event in self._line.events():
            self._tell(self._line.now, event)
            self.ended = isinstance(event, CallEnded)
            yield event

    def perform(self, command: Command) -> None:
        """Have the line do it."""
        self._tell(self._line.now, command)
        self._line.perform(command)

    def event(self, event: Event) -> None:
        """Have the record note it."""
        self._record.event(event)

    def commit(self, command: Kept) -> Promise | None:
        """Have the record keep it. Raises `StoreLost` when it cannot."""
        promise = self._record.commit(command)
        self._tell(self._line.now, command)
        return promise

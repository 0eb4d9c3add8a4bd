"""The pump of one call, and the two things it joins to the dialogue: a line and a log.

`run_call` is the whole story of a call: events come from the line, the dialogue answers with commands, what must
be durable is committed, and only then is anything said. It never raises for a fault of ours: the dialogue is told,
and the caller is handed to a person.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Protocol

from voicebot.dialogue import Dialogue
from voicebot.dialogue.commands import Command, OpenTicket, RecordTurn
from voicebot.errors import StoreLost
from voicebot.events import CallEnded, Event, Fault, FaultOccurred

log = logging.getLogger(__name__)


class Line(Protocol):
    """A way to be on the phone with someone: Twilio, a microphone, a script."""

    def events(self) -> Iterator[Event]:
        """What happens, as it happens. Ends after exactly one `CallEnded`, or when the call goes on elsewhere
        (a hand-over that leaves this line)."""

    def perform(self, command: Command) -> None:
        """Do it, without blocking; completion comes back as an event."""


class CallLog(Protocol):
    """The record of one call."""

    def event(self, event: Event) -> None:
        """Note an event. Never raises: a record that cannot be written must not disturb the call."""

    def commit(self, command: OpenTicket | RecordTurn) -> None:
        """Make it durable before returning. Raises `StoreLost` when it cannot."""

    def command(self, command: Command, dialogue: Dialogue) -> None:
        """Note a command that is about to be performed, with the dialogue's state after it, so that the call
        can go on in another process. Raises `StoreLost` when that state was needed and could not be kept."""


def run_call(line: Line, dialogue: Dialogue, record: CallLog) -> None:
    """Run one call to its end on `line`. Returns when the line has no more events."""
    for event in line.events():
        record.event(event)
        _react(line, dialogue, record, event)
        if isinstance(event, CallEnded):
            return


def _react(line: Line, dialogue: Dialogue, record: CallLog, event: Event) -> None:
    """Let the dialogue decide and have it done; a fault on the way becomes the next event, once for each kind."""
    for attempt in (event, None, None):
        if attempt is None:
            attempt = fault
        try:
            for command in dialogue.receive(attempt):
                _carry_out(line, dialogue, record, command)
            return
        except StoreLost as error:
            log.error("the record is lost: %s", error)
            fault = FaultOccurred(Fault.STORE)
        except Exception:
            log.exception("a fault during %s", type(attempt).__name__)
            fault = FaultOccurred(Fault.BUG)

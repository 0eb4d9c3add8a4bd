"""The pump of one call, and the two things it joins to the dialogue: a line and a log.

`run_call` is the whole story of a call: events come from the line, the dialogue answers with commands, what must
be durable is committed, and only then is anything said. It never raises for a fault of ours: the dialogue is told,
and the caller is handed to a person.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from voicebot.dialogue import Dialogue
from voicebot.dialogue.commands import (
    Command,
    HandOver,
    Kept,
    OpenTicket,
    Reason,
    RecordRating,
    RecordTurn,
    RememberGreen,
    SendText,
    WantCallback,
)
from voicebot.errors import StoreLost
from voicebot.events import CallEnded, Event, Fault, FaultOccurred, TicketStored

log = logging.getLogger(__name__)

_MOST_FAULTS = 4
"""Faults in a row on one event: the store, a bug while handing over without it, and one to spare."""


_LAST_RESORT = HandOver(Reason.FAULT, None, "", direct=True)

_KEPT = (OpenTicket, WantCallback, RecordRating, RememberGreen, SendText, RecordTurn)


@dataclass(frozen=True, slots=True)
class Promise:
    """A stored ticket, as the caller may be told of it."""

    number: str
    by: datetime
    """When a person will have called, aware."""
    open_now: bool
    """The office is open at this moment."""
    at: datetime
    """When it was stored, aware."""


class Line(Protocol):
    """A way to be on the phone with someone: Twilio, a microphone, a script."""

    def events(self) -> Iterator[Event]:
        """What happens, as it happens. Ends after exactly one `CallEnded`, or when the call goes on elsewhere
        (a hand-over that leaves this line).
        """

    def perform(self, command: Command) -> None:
        """Do it, without blocking; completion comes back as an event."""


class CallLog(Protocol):
    """The record of one call."""

    def event(self, event: Event) -> None:
        """Note an event. Never raises: a record that cannot be written must not disturb the call."""

    def commit(self, command: Kept) -> Promise | None:
        """Make it durable before returning; of a ticket, what may be promised. Raises `StoreLost` when it cannot."""


def run_call(line: Line, dialogue: Dialogue, record: CallLog) -> None:
    """Run one call to its end on `line`. Returns when the line has no more events."""
    try:
        for event in line.events():
            record.event(event)
            react(line, dialogue, record, event)
            if isinstance(event, CallEnded):
                return
    except Exception:
        log.exception("the line broke")
        react(line, dialogue, record, FaultOccurred(Fault.BUG))


def react(line: Line, dialogue: Dialogue, record: CallLog, event: Event) -> None:
    """Let the dialogue decide and have it done; a fault on the way becomes the next event.

    When even that fails again and again, a person is rung without asking the dialogue.
    """
    for _ in range(_MOST_FAULTS):
        try:
            _decide(line, dialogue, record, event)
            return
        except StoreLost as error:
            log.error("the record is lost: %s", error)
            event = FaultOccurred(Fault.STORE)
        except Exception:
            log.exception("a fault during %s", type(event).__name__)
            event = FaultOccurred(Fault.BUG)
    log.critical("a person takes over from a dialogue that failed %d times in a row", _MOST_FAULTS)
    try:
        line.perform(_LAST_RESORT)
    except Exception:
        log.exception("not even a person can be rung")


def _decide(line: Line, dialogue: Dialogue, record: CallLog, event: Event) -> None:
    for command in dialogue.receive(event):
        if isinstance(command, _KEPT):
            promise = _keep(record, command)
            if promise is not None:
                stored = TicketStored(promise.number, promise.by, promise.open_now, promise.at)
                record.event(stored)
                _decide(line, dialogue, record, stored)
        else:
            line.perform(command)


def _keep(record: CallLog, command: Kept) -> Promise | None:
    """Durable before audible: what we owe is stored before what follows it is said. The rest is kept when it can be."""
    try:
        return record.commit(command)
    except StoreLost as error:
        if isinstance(command, OpenTicket | WantCallback | RememberGreen | SendText):
            raise
        log.error("%s is not kept yet: %s", type(command).__name__, error)
        return None

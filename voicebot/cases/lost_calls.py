"""Nobody is lost because the line was down: the provider's own list of calls is compared with our record.

A call whose end never reached us is ended; one we never heard of is written down; and whoever was heard by nobody gets
a ticket, as if they had asked for a person, and is called back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.errors import OperatorError, RemoteError
from voicebot.events import EndReason
from voicebot.store.record import Record

log = logging.getLogger(__name__)

LOOK_BACK: Final = timedelta(hours=24)
"""How far back the provider is asked when the line starts: as long as it may have been down."""
OVERLAP: Final = timedelta(hours=5)
"""And later: longer than a call can last (four hours)."""
SETTLED: Final = timedelta(seconds=15)
"""The end of a call is told by several requests in any order; before that nothing is concluded from one of them."""


@dataclass(frozen=True, slots=True)
class ListedCall:
    """An incoming call that is over, as the provider lists it."""

    id: str
    number: str
    """The caller's, E.164; empty when withheld."""
    line_number: str
    started: datetime
    seconds: float | None


class CallList(Protocol):
    """The provider's list."""

    def ended_calls(self, since: datetime) -> Sequence[ListedCall]:
        """Incoming calls that began since then and are over. Raises `OperatorError` or `RemoteError`."""


class LostCalls:
    """The job. `release` ends what still rings for a call. `run` may raise `StoreLost`."""

    def __init__(
        self,
        record: Record,
        calls: CallList,
        now: Callable[[], datetime],
        release: Callable[[str], object] = lambda call: None,
        *,
        words: str,
    ) -> None:
        """`words`: what the ticket says, for the clerk."""
        self._record = record
        self._calls = calls
        self._now = now
        self._release = release
        self._words = words
        self._back = LOOK_BACK

    def run(self) -> int:
        """Compare, and see to whom the line failed: how many tickets were opened."""
        self._compare()
        lost = self._record.unserved(self._now() - SETTLED)
        for call in lost:
            command = OpenTicket(TicketKind.CALL, Reason.FAULT, call.department, call.topic, self._words)
            self._record.open_ticket(call.id, command)
            self._record.call_ended(call.id, EndReason.CONNECTION_LOST, call.seconds)
            log.error("call %s was served by nobody: a ticket stands for it", call.id)
        return len(lost)

    def _compare(self) -> None:
        now = self._now()
        try:
            listed = self._calls.ended_calls(now - self._back)
        except (OperatorError, RemoteError) as error:
            log.error("the provider's list of calls cannot be had: %s", error)
            return
        over = self._record.over_among([call.id for call in listed])
        for call in listed:
            if call.id in over:
                continue
            log.error("call %s ended without our knowledge", call.id)
            self._record.call_started(call.id, call.number, call.line_number)
            self._record.began_at(call.id, call.started)
            met = self._record.has_met(call.id)
            reason = EndReason.CONNECTED_AND_OVER if met else EndReason.CONNECTION_LOST
            self._record.call_ended(call.id, reason, call.seconds)
            self._release(call.id)
        self._back = OVERLAP

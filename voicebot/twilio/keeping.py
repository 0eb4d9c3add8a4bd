"""Keeps where calls stand in the record, for whichever replica answers next.

What cannot be stored just now is kept in this process: a database that was locked for a moment must not undo what the
caller asked for.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from voicebot.errors import StaleState, StoreLost
from voicebot.store.record import Record
from voicebot.twilio.leaving import Standing, standing_from

log = logging.getLogger(__name__)

MOST_UNSAVED = 1000
"""Calls remembered without the record; more than are ever on at once in one process."""
_TRIES = 4
"""Two webhooks of one call rarely meet, four never do."""


@dataclass(frozen=True, slots=True)
class _Kept:
    standing: Standing | None
    version: int


class Keeping:
    """Where every call stands. Used by all threads."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._unsaved: OrderedDict[str, Standing] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, call: str) -> Standing | None:
        """Where the call stands; None when nothing is known. Raises `StoreLost`."""
        unsaved = self._remembered(call)
        try:
            return _newer(unsaved, self._stored(call).standing)
        except StoreLost:
            if unsaved is None:
                raise
            return unsaved

    def change(self, call: str, change: Callable[[Standing | None], Standing | None]) -> Standing | None:
        """Let `change` decide on where the call stands and store it, unless it says None. Returns what stood before.

        `change` may be asked again when another process was faster. Raises `StoreLost`.
        """
        for _ in range(_TRIES):
            kept = self._stored(call)
            before = _newer(self._remembered(call), kept.standing)
            after = change(before)
            if after is None:
                return before
            try:
                self._record.save_state(call, after.to_dict(), version=kept.version)
            except StaleState:
                continue
            self.forget(call)
            return before
        raise StoreLost("state-contended", f"call {call}: its state changes faster than it can be saved")

    def remember(self, call: str, standing: Standing) -> None:
        """Keep in this process what could not be stored."""
        with self._lock:
            self._unsaved[call] = standing
            self._unsaved.move_to_end(call)
            while len(self._unsaved) > MOST_UNSAVED:
                self._unsaved.popitem(last=False)

    def forget(self, call: str) -> None:
        """The record knows better, or the call is over."""
        with self._lock:
            self._unsaved.pop(call, None)

    def _remembered(self, call: str) -> Standing | None:
        with self._lock:
            return self._unsaved.get(call)

    def _stored(self, call: str) -> _Kept:
        kept = self._record.kept_state(call)
        if kept is None:
            return _Kept(None, 0)
        try:
            return _Kept(standing_from(kept.state), kept.version)
        except (KeyError, TypeError, ValueError) as error:
            log.error("call %s: where it stood cannot be read: %r", call, error)
            return _Kept(None, kept.version)


def _newer(unsaved: Standing | None, stored: Standing | None) -> Standing | None:
    if unsaved and stored:
        return unsaved if unsaved.stream >= stored.stream else stored
    return unsaved or stored

"""Where a call is between two webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voicebot.errors import StaleState
from voicebot.store.models import CallState
from voicebot.store.shelf import Shelf


@dataclass(frozen=True, slots=True)
class KeptState:
    """The state of a call and which save it is from."""

    state: dict[str, Any]
    version: int


class States(Shelf):
    """States of calls, as JSON-able data whose meaning is the caller's of this."""

    def save_state(self, call: str, state: Mapping[str, Any], *, version: int | None = None) -> int:
        """Keep where the call is; durable on return. The new version.

        With `version`, raises `StaleState` when it is not the one that stands there (0: none stands there), so that of
        two webhooks at once the second decides again on what the first left. Raises `StoreLost`.
        """
        with self._database.writing() as session:
            self._locked_call(session, call)
            row = session.get(CallState, call)
            standing = row.version if row else 0
            if version is not None and version != standing:
                raise StaleState(call, version, standing)
            if row is None:
                row = CallState(call_id=call)
                session.add(row)
            row.state, row.version, row.saved_at = dict(state), standing + 1, self._now()
            return standing + 1

    def kept_state(self, call: str) -> KeptState | None:
        """Where the call is, with the version to save against. Raises `StoreLost`."""
        with self._database.reading() as session:
            row = session.get(CallState, call)
            return KeptState(row.state, row.version) if row else None

    def load_state(self, call: str) -> dict[str, Any] | None:
        """Where the call is; None when nothing was kept. Raises `StoreLost`."""
        kept = self.kept_state(call)
        return kept.state if kept else None

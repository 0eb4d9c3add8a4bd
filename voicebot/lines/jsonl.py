"""A call as JSON, one line for each event and command. Pure but for the function it writes with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from voicebot.dialogue.commands import COMMANDS, Command
from voicebot.events import Event, SilenceHeard

LEAST_SILENCE_S = 0.5
"""Shorter silences are not worth a line."""
RENAMED = {"kind": "ticket"}
"""Fields that would hide one of ours: the kind of an `OpenTicket`."""


def as_json(at: float, item: Event | Command) -> dict[str, Any]:
    """``{"t", "kind": "event" | "command", "name", …}`` with every field of the event or command."""
    kind = "command" if isinstance(item, COMMANDS) else "event"
    values = {RENAMED.get(name, name): value for name, value in _plain(item).items()}
    return {"t": round(at, 2), "kind": kind, "name": type(item).__name__, **values}


def _plain(value: Any) -> Any:
    """Data that JSON knows. Numbers keep four decimals."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, frozenset)):
        return [_plain(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


class JsonLines:
    """Writes a call line by line as it happens. Silences that follow each other become one."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._silence: tuple[float, float] = (0.0, 0.0)

    def __call__(self, at: float, item: Event | Command) -> None:
        """Write it; a silence only once something else happens."""
        if isinstance(item, SilenceHeard):
            self._silence = (at, self._silence[1] + item.seconds)
            return
        since, silence = self._silence
        if silence + 1e-6 >= LEAST_SILENCE_S:
            self._put(since, SilenceHeard(silence))
        self._silence = (0.0, 0.0)
        self._put(at, item)

    def _put(self, at: float, item: Event | Command) -> None:
        self._write(json.dumps(as_json(at, item), ensure_ascii=False))

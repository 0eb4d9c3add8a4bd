"""The call as a state machine: events in, commands out. Pure.

`Dialogue.receive(event)` returns what should happen; it does nothing itself. The table of states and events is in
`table.py`, what an utterance means in `utterance.py`, every change of memory in `conversation.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voicebot.config import Tuning
from voicebot.dialogue.commands import Clip, Command
from voicebot.dialogue.conversation import Conversation, Knowledge
from voicebot.dialogue.memory import Memory, State, memory_from
from voicebot.dialogue.script import Script
from voicebot.dialogue.table import TABLE
from voicebot.events import Event

__all__ = ["Dialogue", "Knowledge", "Script", "State"]


class Dialogue:
    """One call. Give it each event in order; do what it returns, in order."""

    def __init__(self, knowledge: Knowledge, script: Script, tuning: Tuning, memory: Memory | None = None) -> None:
        self._call = Conversation(knowledge, script, tuning, memory or Memory())

    @classmethod
    def restore(cls, knowledge: Knowledge, script: Script, tuning: Tuning, snapshot: Mapping[str, Any]) -> Dialogue:
        """Go on with a call from its `snapshot`, in another process perhaps."""
        return cls(knowledge, script, tuning, memory_from(snapshot))

    def snapshot(self) -> dict[str, Any]:
        """The call's memory as JSON-able data."""
        return self._call.memory.to_dict()

    @property
    def state(self) -> State:
        """Where the call is."""
        return self._call.memory.state

    def receive(self, event: Event) -> list[Command]:
        """What should happen now. Never raises for any event in any state, short of a bug."""
        return TABLE[self.state][type(event)](self._call, event)

    def whisper(self) -> tuple[Clip, ...]:
        """What the person who picks up hears first: why the caller comes, and about what."""
        return self._call.whisper()

"""What the calls of one emulated Twilio share. State only; `exchange.py` makes it and places calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

from voicebot.switchboard.callee import Directory
from voicebot.switchboard.clock import Clock
from voicebot.switchboard.node import Node
from voicebot.switchboard.options import Options, Target
from voicebot.switchboard.recordings import RecordingStore

if TYPE_CHECKING:
    from voicebot.switchboard.call import Call, Go
    from voicebot.switchboard.conference import Conference
    from voicebot.switchboard.queueing import WaitingLine
    from voicebot.switchboard.ringing import Attempt

    Verb = Callable[[Call, Node], Awaitable[Go | None]]


@dataclass(slots=True)
class Board:
    """Shared by all calls. `verbs` performs TwiML; `background` holds what outlives the verb that began it."""

    options: Options
    target: Target
    clock: Clock
    session: aiohttp.ClientSession
    verbs: Mapping[str, Verb]
    directory: Directory = field(default_factory=Directory)
    recordings: RecordingStore = field(default_factory=RecordingStore)
    api_url: str = ""
    """What stands before ``/2010-04-01`` in the addresses of this account's resources."""
    calls: dict[str, Call] = field(default_factory=dict)
    conferences: dict[str, Conference] = field(default_factory=dict)
    queues: dict[str, WaitingLine] = field(default_factory=dict)
    outbound: list[Attempt] = field(default_factory=list)
    """Legs the line placed over REST, also those that are over."""
    unattached: dict[str, Attempt] = field(default_factory=dict)
    """Those of them, by leg, of which it is not yet known whose call they belong to."""
    messages: list[dict[str, str]] = field(default_factory=list)
    """Text messages the line sent over REST."""
    background: set[asyncio.Task[Any]] = field(default_factory=set)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` beside everything else; `settle` waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)
        return task

    async def settle(self) -> None:
        """Wait for all background work (callbacks, recordings, other legs), and what it begins. Raises its errors."""
        while self.background:
            await asyncio.gather(*self.background)

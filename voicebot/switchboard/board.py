"""What the calls of one emulated Twilio share. State only; `exchange.py` makes it and places calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

from voicebot.switchboard.callee import Directory
from voicebot.switchboard.clock import Clock
from voicebot.switchboard.node import Node
from voicebot.switchboard.options import Options, Target
from voicebot.switchboard.recordings import RecordingStore

_OF_THIS_CALL: ContextVar[set[asyncio.Task[Any]]] = ContextVar("of_this_call")

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
    ended: list[Call] = field(default_factory=list)
    """Legs that are over, in the order in which they ended."""
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
        """Run `work` beside everything else. It belongs to the call that is being placed in this context, if any."""
        task = asyncio.get_running_loop().create_task(work)
        for group in (self.background, _OF_THIS_CALL.get(None)):
            if group is not None:
                group.add(task)
                task.add_done_callback(group.discard)
        return task

    @contextmanager
    def placing(self) -> Iterator[set[asyncio.Task[Any]]]:
        """What is spawned inside belongs to one call: the set of it, without what is done."""
        mine: set[asyncio.Task[Any]] = set()
        token = _OF_THIS_CALL.set(mine)
        try:
            yield mine
        finally:
            _OF_THIS_CALL.reset(token)

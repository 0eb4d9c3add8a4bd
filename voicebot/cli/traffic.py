"""Callers with questions, many at a time, and how long each waited for an answer. For `voicebot evaluate`."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from voicebot.audio import RATE
from voicebot.speech.callers import caller_items
from voicebot.switchboard import sound
from voicebot.switchboard.caller import Act, At, Cue, HangUp, Idle, Into, Say, say_file
from voicebot.switchboard.result import CallResult

CUT_S = 0.1
"""Sound of the line that begins so much before the caller's last voiced frame has cut them off."""
LONGEST_S = 40.0
"""Seconds of the longest turn; whatever is wrong, the call ends after so many for each."""


@dataclass(slots=True)
class Waits:
    """What callers waited after what they said."""

    seconds: list[float] = field(default_factory=list)
    unanswered: int = 0
    """Questions after which nothing was heard at all."""
    failed: int = 0
    """Calls that had an error, or ended otherwise than by their caller."""

    @property
    def turns(self) -> int:
        """Questions that got a sound in reply."""
        return len(self.seconds)

    def add(self, result: CallResult) -> None:
        """Count a call. What was said into a message, or while the line still spoke and went on, has no wait."""
        self.failed += bool(result.errors) or result.answered is None or result.ended_by != "caller"
        for item in result.latencies:
            if not item.is_wait:
                continue
            if item.seconds is not None:
                self.seconds.append(item.seconds)
            else:
                self.unanswered += 1

    def ms(self, percent: float) -> int | None:
        """A percentile, in milliseconds; None when nothing was measured."""
        return round(float(np.percentile(self.seconds, percent)) * 1000) if self.seconds else None


def questions(callers: Path) -> list[Say]:
    """The sample callers that ask something the sample FAQ answers. Raises `ContentError` and `OperatorError`."""
    return [
        say_file(callers / item["file"], text=item["text"])
        for item in caller_items(callers)
        if "-" in item.get("expect", "")
    ]


def asking(said: Sequence[Say], *, barge_in_s: float | None = None, pause: float = 0.8) -> list[Act]:
    """A caller who asks these one after the other: each when the line has finished, or `barge_in_s` into its speech."""
    cue: Cue = Idle(pause) if barge_in_s is None else Into(barge_in_s)
    acts: list[Act] = [Say(one.audio, one.name, cue, one.text) for one in said]
    return [*acts, HangUp(Into(0.5)), HangUp(At(LONGEST_S * (1 + len(said))))]


def some(said: Sequence[Say], turns: int, seed: int) -> list[Say]:
    """`turns` of these, drawn at random without repeating one before all had their turn."""
    dice = random.Random(seed)
    drawn: list[Say] = []
    while len(drawn) < turns:
        drawn += dice.sample(said, len(said))
    return drawn[:turns]


async def at_once(
    place: Callable[[int], Awaitable[CallResult]], calls: int, lines: int, told: Callable[[int], None] = lambda n: None
) -> list[CallResult]:
    """Place `calls` calls, `lines` of them at the same time. `place` is given the number of the call."""
    free = asyncio.Semaphore(lines)

    async def one(number: int) -> CallResult:
        async with free:
            result = await place(number)
            told(1)
            return result

    return list(await asyncio.gather(*(one(number) for number in range(calls))))


def last_voiced_s(ulaw: bytes) -> float:
    """Seconds until the last voiced frame of a recording."""
    return sound.voiced_span(ulaw)[1] / RATE

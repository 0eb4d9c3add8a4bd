"""One attempt to reach somebody: initiated, ringing, picked up or not, with the callbacks of its progress."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from voicebot.switchboard.board import Board
from voicebot.switchboard.call import Call
from voicebot.switchboard.callee import Behaviour, Callee
from voicebot.switchboard.form import Identity, Status
from voicebot.switchboard.result import DialRecord

_OUTCOMES: dict[Behaviour, Status] = {Behaviour.BUSY: "busy", Behaviour.FAILED: "failed"}


@dataclass(slots=True)
class Progress:
    """The status callbacks one leg was asked to send."""

    url: str = ""
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})
    sent: int = 0


@dataclass(slots=True)
class Attempt:
    """A leg on its way to somebody. Make it with `attempt`."""

    leg: Call
    callee: Callee
    record: DialRecord
    progress: Progress = field(default_factory=Progress)
    task: asyncio.Task[None] | None = None
    """Of a leg placed over REST, what carries it out."""

    def attach(self, parent: Call) -> None:
        """Note the leg on the record of the call it belongs to."""
        parent.result.dials.append(self.record)
        parent.result.legs.append(self.leg.result)

    async def ring(self, limit_s: float) -> bool:
        """Let it ring for at most `limit_s` call seconds; True when it is picked up."""
        board, callee = self.leg.board, self.callee
        self._move("initiated", "initiated")
        await board.clock.sleep(board.options.setup_s)
        if callee.behaviour is not Behaviour.FAILED:
            self._move("ringing", "ringing")
        if callee.behaviour is Behaviour.NO_ANSWER or callee.pickup_s > limit_s:
            await board.clock.sleep(limit_s)
            await self.end("no-answer")
            return False
        await board.clock.sleep(callee.pickup_s)
        if not callee.picks_up:
            await self.end(_OUTCOMES[callee.behaviour])
            return False
        _ = self.leg.phone
        self.record.answered = self.leg.now
        self._move("in-progress", "answered")
        return True

    async def end(self, status: Status, by: str = "line") -> None:
        """The leg is over; a second time changes nothing."""
        if self.record.end is not None:
            return
        self.leg.result.status = status
        await self.leg.finish(by)
        self.record.end = self.leg.now
        self._move(status, "completed")

    @property
    def duration_s(self) -> float:
        """Call seconds since it was picked up."""
        if self.record.answered is None:
            return 0.0
        return (self.record.end or self.leg.now) - self.record.answered

    def _move(self, status: Status, event: str) -> None:
        self.leg.result.status = self.record.status = status
        if not self.progress.url or event not in self.progress.events:
            return
        extra = {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self.progress.sent),
            "Timestamp": format_datetime(datetime.now(UTC)),
        }
        if event == "completed":
            extra |= {"CallDuration": str(round(self.duration_s)), "Duration": str(-(-round(self.duration_s) // 60))}
        self.progress.sent += 1
        self.leg.asking.callback(self.progress.url, self.progress.method, self.leg.fields(extra))


def attempt(board: Board, identity: Identity, callee: Callee) -> Attempt:
    """A new leg to `identity.to`."""
    leg = Call(board, identity, callee.script())
    return Attempt(leg, callee, DialRecord(leg.now, identity.to, leg.sid, str(callee.behaviour)))


def events_of(attributes: Mapping[str, str]) -> frozenset[str]:
    """The progress events an element asks for."""
    return frozenset(attributes.get("statusCallbackEvent", "completed").replace(",", " ").split())

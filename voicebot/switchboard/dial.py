"""<Dial>: ring one or more numbers, whisper to who picks up, and connect the one who takes the call."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from voicebot.switchboard import recording
from voicebot.switchboard.account import new_sid
from voicebot.switchboard.call import Call, Go, HungUp, Replaced
from voicebot.switchboard.conference import conference
from voicebot.switchboard.form import Identity, Status
from voicebot.switchboard.node import Node
from voicebot.switchboard.phone import Bridge
from voicebot.switchboard.queueing import dequeue
from voicebot.switchboard.recordings import Recorder
from voicebot.switchboard.ringing import Attempt, Progress, attempt, events_of


@dataclass(slots=True)
class Outcome:
    """How a <Dial> ended. `sid` is empty when no leg was ever placed."""

    status: str
    sid: str = ""
    duration_s: float = 0.0
    bridged: bool = False
    recording_url: str = ""

    def fields(self) -> dict[str, str]:
        """For `action`."""
        fields = {"DialCallStatus": self.status, "DialBridged": "true" if self.bridged else "false"}
        if self.sid:
            fields |= {"DialCallSid": self.sid, "DialCallDuration": str(round(self.duration_s))}
        if self.recording_url:
            fields["RecordingUrl"] = self.recording_url
        return fields


async def dial(call: Call, node: Node) -> Go | None:
    """Connect the party with somebody else; `action` learns how that went."""
    action = Go(call.address(node.get("action")), node.get("method", "POST")) if node.get("action") else None
    nouns = node.children or (Node("Number", {}, (node.text,), node.line),)
    try:
        match nouns[0].name:
            case "Conference":
                fields = await conference(call, nouns[0], leave_on_star=node.get("hangupOnStar") == "true")
            case "Queue":
                fields = await dequeue(call, nouns[0], _timeout(call, node))
            case _:
                fields = (await _numbers(call, node, nouns)).fields()
    except (asyncio.CancelledError, HungUp):
        if call.over and action and call.board.options.dial_action_after_hangup:
            await call.tell(Go(action.url, action.method, {"DialCallStatus": "canceled", "DialBridged": "false"}))
        raise
    return Go(action.url, action.method, fields) if action else None


def _timeout(call: Call, node: Node) -> float:
    return float(node.get("timeout", "30")) + call.board.options.dial_extra_s


async def _numbers(call: Call, node: Node, nouns: Sequence[Node]) -> Outcome:
    shown = node.get("callerId") or call.identity.from_
    options, identity = call.board.options, call.identity
    if shown not in (identity.from_, identity.to, call.board.target.number, *options.owned_numbers):
        call.asking.problem(13214, "error", f"caller id {shown} is neither of this call nor owned or verified")
        return Outcome("failed")
    for noun in nouns:
        if noun.name != "Number":
            call.asking.problem(0, "error", f"this emulator cannot dial <{noun.name}>")
    numbers = [noun for noun in nouns if noun.name == "Number"]
    if node.get("answerOnBridge") != "true":
        _ = call.phone
    if call.answered:
        call.phone.ringing = True
    try:
        return await _Dialling(call, node, numbers, shown).run()
    finally:
        if call.answered:
            call.phone.ringing = False


class _Dialling:
    """The legs of one <Dial>, of which at most one is connected. `shown` is the caller id."""

    def __init__(self, call: Call, node: Node, nouns: Sequence[Node], shown: str) -> None:
        self._call = call
        self._node = node
        self._nouns = nouns
        self._shown = shown
        self._attempts: list[Attempt] = []
        self._declined: Attempt | None = None
        self._tasks: dict[asyncio.Task[bool], Attempt] = {}

    async def run(self) -> Outcome:
        """Ring all at once, or one after the other; the outcome of the one that counts."""
        try:
            if self._node.get("sequential") == "true":
                for noun in self._nouns:
                    made = self._begin(noun)
                    if await self._try(made, noun):
                        return await self._bridge(made)
                return self._failed()
            winner = await self._race()
            return await self._bridge(winner) if winner else self._failed()
        finally:
            await self._end_others(None)

    def _begin(self, noun: Node) -> Attempt:
        """A leg to one number."""
        call = self._call
        account = call.board.options.account.sid
        identity = Identity(account, new_sid("CA"), self._shown, noun.text, "outbound-dial", parent=call.sid)
        made = attempt(call.board, identity, call.board.directory.find(noun.text, noun.get("sendDigits")))
        made.attach(call)
        if noun.get("statusCallback"):
            url = call.address(noun.get("statusCallback"))
            made.progress = Progress(url, noun.get("statusCallbackMethod", "POST"), events_of(noun.attributes))
        self._attempts.append(made)
        return made

    async def _race(self) -> Attempt | None:
        loop = asyncio.get_running_loop()
        for noun in self._nouns:
            made = self._begin(noun)
            self._tasks[loop.create_task(self._try(made, noun))] = made
        waiting = set(self._tasks)
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if not task.cancelled() and task.result():
                    await self._end_others(self._tasks[task])
                    return self._tasks[task]
        return None

    async def _end_others(self, keep: Attempt | None) -> None:
        """Hang up every leg but one."""
        for task, made in self._tasks.items():
            if made is not keep and not task.done():
                task.cancel()
                await asyncio.wait({task})
        for made in self._attempts:
            if made is not keep:
                await made.end("completed" if made.record.answered is not None else "canceled")

    async def _try(self, made: Attempt, noun: Node) -> bool:
        """Ring one number and whisper to who picks up; True when they take the call."""
        if not await made.ring(_timeout(self._call, self._node)):
            return False
        if self._call.board.options.pickup_cancels:
            await self._end_ringing(made)
        if not noun.get("url"):
            return True
        try:
            whisper = Go(self._call.address(noun.get("url")), noun.get("method", "POST"))
            await made.leg.follow(whisper, "whisper")
        except (HungUp, Replaced) as ended:
            self._declined = made
            await made.end("completed", ended.by if isinstance(ended, HungUp) else "rest")
            return False
        return True

    async def _end_ringing(self, picked: Attempt) -> None:
        for task, made in self._tasks.items():
            if made is not picked and made.record.answered is None:
                task.cancel()
                await made.end("canceled")

    async def _bridge(self, made: Attempt) -> Outcome:
        """Connect both, until either hangs up."""
        call, leg, node = self._call, made.leg, self._node
        bridge = Bridge()
        call.phone.ringing = False
        bridge.join(call.phone)
        bridge.join(leg.phone)
        made.record.bridged = True
        began = call.now
        recorder = Recorder(both=True) if node.get("record", "do-not-record").startswith(("record", "true")) else None
        if recorder:
            call.phone.taps.append(recorder.tap)
        star = asyncio.Event()

        def listener(key: str) -> None:
            if key == "*" and node.get("hangupOnStar") == "true":
                star.set()

        call.key_listeners.append(listener)
        by = "line"
        try:
            with suppress(TimeoutError):
                await call.board.clock.within(leg.during(star.wait()), float(node.get("timeLimit", "14400")))
        except HungUp as ended:
            by = ended.by
        except Replaced:
            by = "rest"
        finally:
            call.key_listeners.remove(listener)
            bridge.leave(leg.phone)
            bridge.leave(call.phone)
            if recorder:
                call.phone.taps.remove(recorder.tap)
            await made.end("completed", by)
        kept = recording.keep(call, node, recorder.audio(trim=False), "DialVerb") if recorder else {}
        return Outcome("completed", leg.sid, call.now - began, True, kept.get("RecordingUrl", ""))

    def _failed(self) -> Outcome:
        """Nobody took the call: who declined counts first, then the kindest word for the others."""
        if self._declined:
            made = self._declined
            return Outcome(self._call.board.options.declined_status, made.leg.sid, made.duration_s)
        ranks: list[Status] = ["no-answer", "busy", "failed"]
        for status in ranks:
            for made in self._attempts:
                if made.record.status == status:
                    return Outcome(status, made.leg.sid)
        return Outcome("failed")

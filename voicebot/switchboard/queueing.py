"""<Enqueue> and <Dial><Queue>: callers who wait in line, and who takes the first of them."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from voicebot.switchboard.account import new_sid
from voicebot.switchboard.call import Call, Go, Left
from voicebot.switchboard.node import Node
from voicebot.switchboard.phone import Bridge


@dataclass(slots=True)
class Waiting:
    """A caller in line. `taken` gets who dequeued them and what they hear first; `over` when the talk has ended."""

    call: Call
    since: float
    taken: asyncio.Future[tuple[Call, Go | None]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class WaitingLine:
    """A queue, made when first named."""

    sid: str = field(default_factory=lambda: new_sid("QU"))
    waiting: deque[Waiting] = field(default_factory=deque)
    waits: list[float] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)


async def enqueue(call: Call, node: Node) -> Go | None:
    """Wait in line until somebody takes the call, or the party leaves; `action` learns how that ended."""
    line = call.board.queues.setdefault(node.text, WaitingLine())
    action = Go(call.address(node.get("action")), node.get("method", "POST")) if node.get("action") else None
    most = int(node.get("maxQueueSize", "1000"))
    me = Waiting(call, call.now)
    if len(line.waiting) >= most:
        result = "queue-full"
    else:
        _ = call.phone
        line.waiting.append(me)
        line.arrived.set()
        result = await _wait(call, node, line, me, most)
    fields = {"QueueResult": result, "QueueSid": line.sid, "QueueTime": str(round(call.now - me.since))}
    return Go(action.url, action.method, fields) if action else None


async def _wait(call: Call, node: Node, line: WaitingLine, me: Waiting, most: int) -> str:
    """Hear the wait TwiML until taken; the QueueResult."""
    base = call.base_url
    music = asyncio.ensure_future(_music(call, node, line, me, most))
    both: set[asyncio.Future[object]] = {music, me.taken}  # type: ignore[arg-type]
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not me.taken.done():
            music.result()
    except Left:
        return "leave"
    finally:
        music.cancel()
        await asyncio.wait({music})
        call.base_url = base
        if me in line.waiting:
            line.waiting.remove(me)
    line.waits.append(call.now - me.since)
    other, first = me.taken.result()
    bridge = Bridge()
    try:
        if first:
            await call.follow(first, "dequeue")
        bridge.join(call.phone)
        bridge.join(other.phone)
        await me.over.wait()
    finally:
        bridge.leave(other.phone)
        bridge.leave(call.phone)
        me.over.set()
        call.base_url = base
    return "bridged"


async def _music(call: Call, node: Node, line: WaitingLine, me: Waiting, most: int) -> None:
    """The wait TwiML, asked again whenever it runs out; silence for an empty address, Twilio's own music without."""
    url = call.address(node.get("waitUrl")) if node.get("waitUrl") else ""
    while url:
        average = sum(line.waits) / len(line.waits) if line.waits else 0.0
        fields = {
            "QueuePosition": str(line.waiting.index(me) + 1),
            "QueueSid": line.sid,
            "QueueTime": str(round(call.now - me.since)),
            "AvgQueueTime": str(round(average)),
            "CurrentQueueSize": str(len(line.waiting)),
            "MaxQueueSize": str(most),
        }
        await call.follow(Go(url, node.get("waitUrlMethod", "POST"), fields), "wait")
        await call.board.clock.sleep(0.1)
    await asyncio.Event().wait()


async def dequeue(call: Call, node: Node, timeout_s: float) -> dict[str, str]:
    """Take the first in line, waiting for one until the timeout of <Dial>; the fields of its `action`."""
    _ = call.phone
    line = call.board.queues.setdefault(node.text, WaitingLine())
    try:
        await call.board.clock.within(_somebody(line), timeout_s)
    except TimeoutError:
        return {"DialCallStatus": "no-answer", "DialBridged": "false"}
    first = line.waiting.popleft()
    fields = {
        "QueueSid": line.sid,
        "CallSid": first.call.sid,
        "QueueTime": str(round(call.now - first.since)),
        "DequeingCallSid": call.sid,
    }
    url = node.get("url")
    go = Go(call.address(url), node.get("method", "POST"), fields) if url else None
    began = call.now
    first.taken.set_result((call, go))
    try:
        await first.over.wait()
    finally:
        first.over.set()
    duration = str(round(call.now - began))
    return {
        "DialCallStatus": "completed",
        "DialCallSid": first.call.sid,
        "DialCallDuration": duration,
        "DialBridged": "true",
    }


async def _somebody(line: WaitingLine) -> None:
    while not line.waiting:
        line.arrived.clear()
        await line.arrived.wait()

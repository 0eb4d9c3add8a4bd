"""<Dial><Conference>: a room where legs of different calls hear each other."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from voicebot.switchboard.account import new_sid
from voicebot.switchboard.board import Board
from voicebot.switchboard.call import Call, Go, HungUp
from voicebot.switchboard.node import Node
from voicebot.switchboard.phone import Bridge

_EVENTS = {
    "start": "conference-start",
    "end": "conference-end",
    "join": "participant-join",
    "leave": "participant-leave",
}


@dataclass(slots=True)
class Conference:
    """A room. It starts when two are in it and one of them may start it; until then each hears their wait music."""

    name: str
    sid: str = field(default_factory=lambda: new_sid("CF"))
    bridge: Bridge = field(default_factory=Bridge)
    members: dict[Call, Node] = field(default_factory=dict)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    events: int = 0

    def ready(self) -> bool:
        """It can start."""
        starters = [node for node in self.members.values() if node.get("startConferenceOnEnter", "true") == "true"]
        return len(self.members) > 1 and bool(starters)

    def tell(self, event: str, about: Call) -> None:
        """The status callback of every member who asked for it: once an address."""
        self.events += 1
        told: set[str] = set()
        for member, node in self.members.items():
            url = node.get("statusCallback")
            wanted = node.get("statusCallbackEvent", "start end").replace(",", " ").split()
            address = member.address(url) if url else ""
            if event in wanted and address not in told:
                told.add(address)
                member.asking.callback(address, node.get("statusCallbackMethod"), self._fields(event, about))

    def _fields(self, event: str, about: Call) -> dict[str, str]:
        node = self.members[about]
        fields = {
            "AccountSid": about.identity.account,
            "ConferenceSid": self.sid,
            "FriendlyName": self.name,
            "StatusCallbackEvent": _EVENTS[event],
            "SequenceNumber": str(self.events),
            "Timestamp": format_datetime(datetime.now(UTC)),
        }
        if event in ("join", "leave"):
            fields |= {
                "CallSid": about.sid,
                "Muted": node.get("muted", "false"),
                "Hold": "false",
                "Coaching": "false",
                "StartConferenceOnEnter": node.get("startConferenceOnEnter", "true"),
                "EndConferenceOnExit": node.get("endConferenceOnExit", "false"),
                "ParticipantLabel": node.get("participantLabel"),
            }
        return fields


async def conference(call: Call, node: Node, *, leave_on_star: bool) -> dict[str, str]:
    """Be in the room until it ends or the party leaves by star; the fields of the `action` of <Dial>."""
    room = call.board.conferences.setdefault(node.text, Conference(node.text))
    gone = asyncio.Event()

    def listener(key: str) -> None:
        if leave_on_star and key == "*":
            gone.set()

    call.key_listeners.append(listener)
    _ = call.phone
    room.members[call] = node
    _attach(call.board, room)
    room.tell("join", call)
    if room.ready() and not room.started.is_set():
        room.started.set()
        room.tell("start", call)
    if room.started.is_set():
        for made in call.board.outbound:
            made.record.bridged = made.record.bridged or made.leg in room.members
    try:
        ends = {asyncio.ensure_future(event.wait()) for event in (room.ended, gone)}
        inside = asyncio.ensure_future(_inside(call, room, node))
        try:
            await asyncio.wait({*ends, inside}, return_when=asyncio.FIRST_COMPLETED)
            if inside.done():
                inside.result()
        finally:
            for task in (*ends, inside):
                task.cancel()
            await asyncio.wait({*ends, inside})
    finally:
        call.key_listeners.remove(listener)
        _leave(call, room, node)
    return {"DialCallStatus": "answered", "DialBridged": "true" if room.started.is_set() else "false"}


async def _inside(call: Call, room: Conference, node: Node) -> None:
    """Wait for the start with the music asked for, then talk."""
    starting = asyncio.ensure_future(room.started.wait())
    music = asyncio.ensure_future(_music(call, node))
    try:
        await asyncio.wait({starting, music}, return_when=asyncio.FIRST_COMPLETED)
        if music.done():
            music.result()
    finally:
        music.cancel()
        starting.cancel()
        await asyncio.wait({starting, music})
    if node.get("muted") != "true":
        room.bridge.join(call.phone)
    await asyncio.Event().wait()


async def _music(call: Call, node: Node) -> None:
    """The wait TwiML again and again; without one, Twilio's own music, which is not recorded as heard."""
    url = node.get("waitUrl")
    base = call.base_url
    while url:
        try:
            await call.follow(Go(call.address(url), node.get("waitMethod", "POST")), "wait")
        except HungUp as ended:
            if ended.by == "fault":
                break
            raise
        finally:
            call.base_url = base
        await call.board.clock.sleep(0.1)
    await asyncio.Event().wait()


def _attach(board: Board, room: Conference) -> None:
    """Whoever the line rang belongs to the caller they meet here."""
    callers = [member for member in room.members if member.identity.direction == "inbound"]
    for member in room.members:
        made = board.unattached.pop(member.sid, None) if callers else None
        if made:
            made.attach(callers[0])


def _leave(call: Call, room: Conference, node: Node) -> None:
    room.bridge.leave(call.phone)
    room.tell("leave", call)
    last = len(room.members) == 1
    if (last or node.get("endConferenceOnExit") == "true") and not room.ended.is_set():
        room.tell("end", call)
        room.ended.set()
        with suppress(KeyError):
            del call.board.conferences[room.name]
    del room.members[call]

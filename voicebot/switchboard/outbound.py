"""Calls that the line places over REST."""

from __future__ import annotations

from dataclasses import dataclass

from voicebot.switchboard.account import new_sid
from voicebot.switchboard.board import Board
from voicebot.switchboard.call import Call, Go, HungUp, Replaced
from voicebot.switchboard.callee import Behaviour
from voicebot.switchboard.form import Identity
from voicebot.switchboard.ringing import Attempt, Progress, attempt


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for. `step` is the TwiML performed with whoever picks up, or where it is."""

    to: str
    from_: str
    step: Go | bytes
    timeout_s: float
    callback: str
    callback_method: str
    events: frozenset[str]
    detect_machine: bool


def place_outbound(board: Board, order: Order) -> Call:
    """Queue a call; it goes on by itself."""
    identity = Identity(board.options.account.sid, new_sid("CA"), order.from_, order.to, "outbound-api")
    made = attempt(board, identity, board.directory.find(order.to))
    inbound = [call for call in board.calls.values() if call.identity.direction == "inbound"]
    if len(inbound) == 1:
        made.attach(inbound[0])
    else:
        board.unattached[made.leg.sid] = made
    made.progress = Progress(order.callback, order.callback_method, order.events)
    now = made.leg.now
    begins = max([now, *(other.record.t + 1 / board.options.calls_per_s for other in board.outbound)])
    made.record.t = begins
    board.outbound.append(made)
    made.task = board.spawn(_carry_out(board, made, order, begins))
    return made.leg


async def _carry_out(board: Board, made: Attempt, order: Order, begins: float) -> None:
    leg = made.leg
    by = "line"
    try:
        await leg.during(board.clock.until(begins))
        picked_up = await leg.during(made.ring(order.timeout_s))
        if picked_up:
            await leg.run(_first(made, order))
            by = leg.result.ended_by
    except HungUp as ended:
        await made.end("canceled", ended.by)
    except Replaced:
        await made.end("canceled", "rest")
    await made.end("completed", by)


def _first(made: Attempt, order: Order) -> Go | bytes:
    if isinstance(order.step, bytes) or not order.detect_machine:
        return order.step
    machine = made.callee.behaviour is Behaviour.VOICEMAIL
    return Go(order.step.url, order.step.method, {"AnsweredBy": "machine_start" if machine else "human"})

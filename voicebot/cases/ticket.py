"""A ticket (工单): what may happen to it, and what it is then. Pure.

Owner is the first person responsible (首接负责) until it is resolved: it can be handed on only to someone who takes it,
and never back into a pool.
"""

from __future__ import annotations

from typing import Final

from voicebot.errors import VoicebotError
from voicebot.store.words import Change, Matter, TicketState

NEXT: Final[dict[TicketState, dict[Change, TicketState]]] = {
    TicketState.OPEN: {
        Change.ASSIGN: TicketState.ASSIGNED,
        Change.TRY: TicketState.OPEN,
        Change.CONNECT: TicketState.RESOLVED,
    },
    TicketState.ASSIGNED: {
        Change.ASSIGN: TicketState.ASSIGNED,
        Change.TRY: TicketState.ASSIGNED,
        Change.CONTACT: TicketState.CONTACTED,
        Change.RESOLVE: TicketState.RESOLVED,
        Change.CONNECT: TicketState.RESOLVED,
    },
    TicketState.CONTACTED: {
        Change.ASSIGN: TicketState.ASSIGNED,
        Change.TRY: TicketState.CONTACTED,
        Change.CONTACT: TicketState.CONTACTED,
        Change.RESOLVE: TicketState.RESOLVED,
        Change.CONNECT: TicketState.RESOLVED,
    },
    TicketState.REOPENED: {
        Change.ASSIGN: TicketState.ASSIGNED,
        Change.TRY: TicketState.REOPENED,
        Change.CONTACT: TicketState.CONTACTED,
        Change.RESOLVE: TicketState.RESOLVED,
        Change.CONNECT: TicketState.RESOLVED,
    },
    TicketState.RESOLVED: {Change.CONFIRM: TicketState.CONFIRMED, Change.REOPEN: TicketState.REOPENED},
    TicketState.CONFIRMED: {Change.REOPEN: TicketState.REOPENED},
}
"""What may follow what."""

ANYWHERE: Final = frozenset({Change.NOTE, Change.JOIN, Change.REMIND, Change.ESCALATE})
"""Changes that leave the state as it is."""

NEEDS_WHY: Final = frozenset({Change.REOPEN, Change.TRY, Change.NOTE, Change.RESOLVE})
"""Changes that say nothing without a reason."""

STATES: Final = {
    TicketState.OPEN: "待认领",
    TicketState.ASSIGNED: "已认领",
    TicketState.CONTACTED: "已联系",
    TicketState.RESOLVED: "已办结",
    TicketState.CONFIRMED: "已确认",
    TicketState.REOPENED: "重新办理",
}
MATTERS: Final = {
    Matter.CONSULTATION: "咨询",
    Matter.REQUEST: "办事",
    Matter.COMPLAINT: "投诉",
    Matter.EMERGENCY: "紧急",
}
CHANGES: Final = {
    Change.OPEN: "登记",
    Change.ASSIGN: "认领",
    Change.CONTACT: "联系上",
    Change.TRY: "没有联系上",
    Change.RESOLVE: "办结",
    Change.CONFIRM: "确认",
    Change.REOPEN: "重新办理",
    Change.CONNECT: "接通",
    Change.JOIN: "再次来电",
    Change.NOTE: "备注",
    Change.REMIND: "提醒",
    Change.ESCALATE: "上报",
}


class ChangeRefused(VoicebotError):
    """This cannot happen to this ticket now. The message is Chinese, for the clerk."""


def after(number: str, state: TicketState, change: Change, why: str = "") -> TicketState:
    """The state after a change of ticket `number`. Raises `ChangeRefused`: ``wrong-state`` or ``why-missing``."""
    follows = state if change in ANYWHERE else NEXT[state].get(change)
    if follows is None:
        raise ChangeRefused("wrong-state", f"工单 {number} {STATES[state]}，不能改成“{CHANGES[change]}”")
    if change in NEEDS_WHY and not why.strip():
        raise ChangeRefused("why-missing", f"“{CHANGES[change]}”要写明情况")
    return follows

"""What a call would come to if it ended now: one table, so that a call whose end we never see still counts. Pure."""

from __future__ import annotations

from voicebot.dialogue.commands import Decision, RecordTurn
from voicebot.store.words import CallOutcome

_SETTLED = frozenset({CallOutcome.HANDED_OVER, CallOutcome.MESSAGE, CallOutcome.CONNECTED})
"""Whoever asked for a person is not served by an answer of ours."""

_AFTER_TURN = {
    Decision.ANSWERED: CallOutcome.ANSWERED,
    Decision.ASKED_CONFIRM: CallOutcome.UNSURE,
    Decision.ASKED_CHOICE: CallOutcome.UNSURE,
    Decision.ASKED_REPHRASE: CallOutcome.UNSURE,
    Decision.HANDED_OVER: CallOutcome.HANDED_OVER,
}
"""Decisions that are not here leave a call where it stood."""

_ASKED_BACK = frozenset({"confirming", "choosing"})
"""The states of `voicebot.dialogue` in which a reply answers a question of ours."""


def after_turn(before: CallOutcome, turn: RecordTurn) -> CallOutcome:
    """Where the call stands after a turn."""
    if before in _SETTLED:
        return before
    if turn.decision is Decision.ANSWERED and turn.outcome is None and turn.state in _ASKED_BACK:
        return CallOutcome.CONFIRMED
    return _AFTER_TURN.get(turn.decision, before)


def after_ticket(before: CallOutcome) -> CallOutcome:
    """Where the call stands once a person is owed to the caller."""
    return before if before in _SETTLED else CallOutcome.HANDED_OVER


def after_message(before: CallOutcome, seconds: float) -> CallOutcome:
    """Where the call stands after a message of that length."""
    return CallOutcome.MESSAGE if seconds > 0 and before is not CallOutcome.CONNECTED else before

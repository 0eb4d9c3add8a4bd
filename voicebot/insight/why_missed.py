"""Why nobody talked with a caller who wanted a person. Pure; the order of the questions is the rule (``figures.toml``
says it in words, which are shown where the figures are).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voicebot.dialogue.commands import Reason
from voicebot.events import EndReason, TransferOutcome
from voicebot.staffing.calendar import ZONE, Calendar
from voicebot.store.words import Missed

EARLY_S: Final = 15.0
"""GB/T 33358: a person should answer within 15 s. Who leaves before that has not given anybody that time."""

FAULTS: Final = frozenset({Reason.SPEECH_FAULT, Reason.STORE_FAULT, Reason.FAQ_FAULT, Reason.FAULT})


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt to reach somebody."""

    outcome: TransferOutcome | None
    rung: bool = True
    """A phone was rung; otherwise it only says that there was nobody, or nobody free."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides about one call that nobody took."""

    wanted_at: datetime
    waited_s: float | None
    """Seconds until the caller was gone; None when that is not known."""
    end: EndReason | None
    reason: Reason | None
    """Why a person was wanted."""
    attempts: Sequence[Tried]
    """In order."""


def why_missed(call: Facts, calendar: Calendar) -> Missed:
    """The reason: exactly one."""
    rung = [one.outcome for one in call.attempts if one.rung]
    broken = bool(rung) and set(rung) == {TransferOutcome.FAILED}
    if call.end is EndReason.CONNECTION_LOST or broken or (call.reason in FAULTS and not rung):
        return Missed.FAULT
    if not calendar.is_open(call.wanted_at):
        return _closed(call.wanted_at, calendar)
    if call.end is EndReason.CALLER_HUNG_UP and call.waited_s is not None and call.waited_s < EARLY_S:
        return Missed.LEFT_EARLY
    if rung and call.reason is not Reason.BUSY:
        return _of_phones(rung)
    nobody_there = any(one.outcome is TransferOutcome.NOBODY for one in call.attempts)
    return Missed.LEFT_DESK if nobody_there and call.reason is not Reason.BUSY else Missed.OVER_CAPACITY


def left_waiting(call: Facts) -> bool:
    """The caller hung up while a phone rang, or before any could; not after hearing that nobody comes."""
    last = call.attempts[-1].outcome if call.attempts else TransferOutcome.CALLER_LEFT
    return call.end is EndReason.CALLER_HUNG_UP and last is TransferOutcome.CALLER_LEFT


def _closed(at: datetime, calendar: Calendar) -> Missed:
    spans = calendar.open_spans(at.astimezone(ZONE).date())
    before = any(end <= at for _, end in spans)
    after = any(start > at for start, _ in spans)
    return Missed.LUNCH if before and after else Missed.AFTER_HOURS


def _of_phones(rung: Sequence[TransferOutcome | None]) -> Missed:
    """Of phones that rang. One that still rang when the caller hung up says nothing of its own beside another."""
    outcomes = set(rung) - {TransferOutcome.FAILED, TransferOutcome.CALLER_LEFT}
    if not outcomes or outcomes & {TransferOutcome.NO_ANSWER, None}:
        return Missed.NO_ANSWER
    return Missed.BUSY if TransferOutcome.BUSY in outcomes else Missed.LEFT_DESK

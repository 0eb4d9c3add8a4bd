"""Calls, attempts to reach a person, and what each came to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voicebot.events import Caller, EndReason, TransferOutcome
from voicebot.store.models import Attempt, Call, Turn
from voicebot.store.numbers import NumberKey
from voicebot.store.owed import still_owed, talked
from voicebot.store.promised import CallableAt, promise_callbacks
from voicebot.store.seal import Seal
from voicebot.store.shelf import Shelf
from voicebot.store.waits import note_gone, note_met
from voicebot.store.words import CallOutcome, Channel

_PRESUMED = frozenset({TransferOutcome.CALLER_LEFT, TransferOutcome.FAILED})
"""Outcomes we write down when a call ends before its attempt did; the news that it was accepted may still come."""


class Calls(Shelf):
    """What webhooks and lines tell of a call. Each may be told twice, late, or before the call itself."""

    _numbers: NumberKey
    _seal: Seal
    _callable_at: CallableAt

    def number_of(self, call: str) -> str:
        """The caller's number in E.164 form, while somebody owes them a call; empty otherwise. Raises `StoreLost`."""
        with self._database.reading() as session:
            row = session.get(Call, call)
            return self._seal.open(row.caller_sealed) if row else ""

    def call_started(
        self, call: str, number: str = "", line_number: str = "", channel: str = Channel.TWILIO, faq_version: str = ""
    ) -> None:
        """A call came in from `number`, which is not kept, only its hash and last four digits. Raises `StoreLost`."""
        with self._database.writing() as session:
            row = self._locked_call(session, call, Channel(channel))
            note_caller(row, self._numbers.caller(number))
            if not row.ended_at and not row.caller_sealed:
                row.caller_sealed = self._seal.close(self._numbers.full(number))
            row.line_number = row.line_number or line_number
            row.faq_version = row.faq_version or faq_version

    def call_ended(self, call: str, reason: EndReason, seconds: float | None = None) -> None:
        """The call is over; `seconds` is its length if the provider told it. Raises `StoreLost`."""
        due_at = self._callable_at(self._now())
        with self._database.writing() as session:
            end_call(session, self._locked_call(session, call), self._now(), reason, seconds, due_at=due_at)

    # Attempts

    def attempt_started(self, call: str, whom: str = "", leg: str = "") -> None:
        """Somebody is being rung. `whom` is a post or role, never a number. Raises `StoreLost`."""
        with self._database.writing() as session:
            row = self._locked_call(session, call)
            latest = _latest_attempt(session, call)
            if latest is None or latest.outcome is not None or (latest.whom, latest.leg) != (whom, leg):
                session.add(Attempt(call_id=row.id, whom=whom, leg=leg, started_at=self._now()))

    def transfer_accepted(self, call: str) -> None:
        """Whoever is being rung pressed 1. Raises `StoreLost`."""
        with self._database.writing() as session:
            row = self._locked_call(session, call)
            attempt = _latest_attempt(session, call)
            if attempt is None or attempt.outcome not in (None, TransferOutcome.ACCEPTED, *_PRESUMED):
                attempt = Attempt(call_id=row.id, started_at=self._now())
                session.add(attempt)
            attempt.accepted_at = attempt.accepted_at or self._now()
            if attempt.outcome in _PRESUMED:
                end_attempt(session, row, self._now(), attempt, TransferOutcome.ACCEPTED)

    def was_accepted(self, call: str) -> bool:
        """Whether the latest person rung pressed 1. Raises `StoreLost`."""
        with self._database.reading() as session:
            attempt = _latest_attempt(session, call)
            return attempt is not None and attempt.accepted_at is not None

    def attempt_ended(self, call: str, outcome: TransferOutcome) -> None:
        """How the latest attempt ended. Raises `StoreLost`."""
        with self._database.writing() as session:
            end_latest_attempt(session, self._locked_call(session, call), self._now(), outcome)

    # Reading

    def call(self, call: str) -> Call | None:
        """The call's row. Raises `StoreLost`."""
        with self._database.reading() as session:
            return session.get(Call, call)

    def turns_of(self, call: str) -> list[Turn]:
        """What was said, in order. Raises `StoreLost`."""
        with self._database.reading() as session:
            return list(session.scalars(select(Turn).where(Turn.call_id == call).order_by(Turn.n)))

    def attempts_of(self, call: str) -> list[Attempt]:
        """Who was rung, in order. Raises `StoreLost`."""
        with self._database.reading() as session:
            return list(session.scalars(select(Attempt).where(Attempt.call_id == call).order_by(Attempt.id)))


# Steps of a transaction that holds the call's row


def note_caller(row: Call, caller: Caller) -> None:
    """Keep who calls, once it is known."""
    row.caller_key = row.caller_key or caller.key
    row.caller_last4 = row.caller_last4 or caller.last4
    row.green = row.green or caller.green


def end_call(
    session: Session,
    row: Call,
    now: datetime,
    reason: EndReason,
    seconds: float | None = None,
    *,
    due_at: datetime | None = None,
) -> None:
    """The first news of the end counts, but any reason is better than a lost connection. Whoever is owed something is
    called back, from `due_at` on; nobody else's number is kept.
    """
    if row.ended_at is None:
        row.ended_at = now
    if row.end_reason in (None, EndReason.CONNECTION_LOST):
        row.end_reason = reason
    if seconds is not None or row.seconds is None:
        row.seconds = seconds if seconds is not None else (row.ended_at - row.started_at).total_seconds()
    note_gone(row)
    attempt = _latest_attempt(session, row.id)
    if attempt is not None and attempt.outcome is None:
        left = TransferOutcome.CALLER_LEFT if reason is EndReason.CALLER_HUNG_UP else TransferOutcome.FAILED
        end_attempt(session, row, now, attempt, TransferOutcome.ACCEPTED if has_talked(attempt) else left)
    if still_owed(session, row.id):
        promise_callbacks(session, row, now, due_at or now)
    elif row.end_reason is not EndReason.CONNECTION_LOST:  # the line failed them: `Unserved` sees to it
        row.caller_sealed = ""


def has_talked(attempt: Attempt) -> bool:
    """They accepted, and the caller came: a plain <Dial> brings both together by itself."""
    return attempt.accepted_at is not None and (attempt.bridged_at is not None or not attempt.person)


def end_latest_attempt(session: Session, row: Call, now: datetime, outcome: TransferOutcome) -> None:
    """The same news twice is one attempt; news of an attempt we did not know of is kept too."""
    attempt = _latest_attempt(session, row.id)
    if attempt is not None and attempt.person and not (has_talked(attempt) and outcome is TransferOutcome.ACCEPTED):
        return  # of a leg of ours the provider has told us, or will
    late = outcome is TransferOutcome.ACCEPTED and attempt is not None and attempt.outcome in _PRESUMED
    if attempt is None or (attempt.outcome not in (None, outcome) and not late):
        attempt = Attempt(call_id=row.id, started_at=now)
        session.add(attempt)
    if attempt.outcome is not outcome:
        end_attempt(session, row, now, attempt, outcome)


def end_attempt(session: Session, row: Call, now: datetime, attempt: Attempt, outcome: TransferOutcome) -> None:
    """The bridge closes the ticket of the call; every other outcome leaves it open."""
    attempt.outcome, attempt.ended_at = outcome, attempt.ended_at or now
    if outcome is TransferOutcome.ACCEPTED:
        if row.outcome is not CallOutcome.CONNECTED:
            note_met(row, attempt)
        row.outcome = CallOutcome.CONNECTED
        talked(session, row.id, now, "来电已接通人工")


def _latest_attempt(session: Session, call: str) -> Attempt | None:
    return session.scalars(select(Attempt).where(Attempt.call_id == call).order_by(Attempt.id.desc()).limit(1)).first()

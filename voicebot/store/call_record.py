"""The record of one call, as `voicebot.call` wants it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from voicebot.call import Promise
from voicebot.dialogue.commands import (
    Decision,
    Kept,
    OpenTicket,
    RecordRating,
    RecordTurn,
    RememberGreen,
    SendText,
    WantCallback,
)
from voicebot.errors import StoreLost
from voicebot.events import CallEnded, CallStarted, Event, MessageTaken, TransferEnded
from voicebot.points import mark
from voicebot.store.calls import end_call, end_latest_attempt, note_caller
from voicebot.store.codec import heard_to_json, ranking_to_json
from voicebot.store.database import Database
from voicebot.store.green import KEPT
from voicebot.store.models import Call, GreenNumber, Turn
from voicebot.store.owed import ensure_ticket
from voicebot.store.promised import CallableAt, at_once, promise_callbacks
from voicebot.store.shelf import Shelf, changed, insert_once
from voicebot.store.standing import after_message, after_turn
from voicebot.store.terms import Terms, TermsOf, plain_terms
from voicebot.store.texts_wanted import want_text
from voicebot.store.waits import note_wanted
from voicebot.store.words import Channel

log = logging.getLogger(__name__)

T = TypeVar("T")


class CallRecord(Shelf):
    """A `voicebot.call.CallLog`. Used by one thread; several may follow each other for one call, also elsewhere.

    The database is touched for what changes the record, at most once for each thing the caller says; everything else
    is counted and written along with that.
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        call: str,
        *,
        channel: Channel,
        faq_version: str,
        department_of: Callable[[str], str | None],
        terms: TermsOf = plain_terms,
        callable_at: CallableAt = at_once,
    ) -> None:
        super().__init__(database, now)
        self._terms = terms
        self._callable_at = callable_at
        self._call = call
        self._channel = channel
        self._faq_version = faq_version
        self._department_of = department_of
        self._events: Counter[str] = Counter()
        self._turn: int | None = None
        self._first_audio: float | None = None
        self._latencies: dict[int, float] = {}
        self._late: list[Callable[[Session, Call], object]] = []

    def event(self, event: Event) -> None:
        """Note an event. Never raises."""
        try:
            self._events[type(event).__name__] += 1
            if isinstance(event, CallStarted | TransferEnded | MessageTaken | CallEnded):
                at = self._now()
                due_at = self._callable_at(at)
                # The end of a ring told late might be taken for the end of another one.
                write = self._change if isinstance(event, TransferEnded) else self._sooner_or_later
                write(lambda session, row: self._note(session, row, event, at, due_at))
        except Exception:  # a record that cannot be written must not disturb the call, whatever the reason
            log.exception("call %s: %s was not kept", self._call, type(event).__name__)

    def commit(self, command: Kept) -> Promise | None:
        """Make it durable before returning; of a ticket, what may be promised. Raises `StoreLost`.

        A turn or a rating that could not be written is tried again along with whatever is written next.
        """
        match command:
            case OpenTicket():
                terms = self._terms(command, self._now())
                mark("ticket-wanted")
                promise = self._change(lambda session, row: self._open_ticket(session, row, command, terms))
                mark("ticket-stored")
                return promise
            case RecordTurn():
                at = self._now()
                self._turn = self._sooner_or_later(
                    lambda session, row: self._add_turn(session, row, command, at, again=False),
                    lambda session, row: self._add_turn(session, row, command, at, again=True),
                )
            case RecordRating(score):
                self._sooner_or_later(lambda session, row: self._rate(row, score))
            case RememberGreen():
                self._change(lambda session, row: self._remember(session, row))
            case SendText(entry):
                self._change(lambda session, row: want_text(session, row, entry, self._now()))
            case WantCallback():
                due_at = self._callable_at(self._now())
                self._change(lambda session, row: promise_callbacks(session, row, self._now(), due_at))
        return None

    def _open_ticket(self, session: Session, row: Call, command: OpenTicket, terms: Terms) -> Promise:
        now = self._now()
        ticket = ensure_ticket(session, row, now, command, terms)
        return Promise(ticket.number, ticket.promise or terms.respond_by, terms.open_now, now)

    def _rate(self, row: Call, score: int) -> None:
        row.rating = score

    def _remember(self, session: Session, row: Call) -> None:
        """The caller's own consent; a withheld number cannot be remembered."""
        now = self._now()
        if row.caller_key:
            consent = f"来电人本人在通话 {row.id} 中同意"
            values = {"consent": consent, "registered_at": now, "expires_at": now + KEPT}
            if not insert_once(session, GreenNumber, caller_key=row.caller_key, **values):
                changed(session, update(GreenNumber).where(GreenNumber.caller_key == row.caller_key).values(**values))

    def audio_began(self, seconds: float) -> None:
        """The caller hears us, so many seconds after they stopped speaking (or after the stream began). The first
        time in each turn counts. Kept with the next thing that is written; touches no database itself.
        """
        if self._turn is not None:
            self._latencies.setdefault(self._turn, seconds)
        elif self._first_audio is None:
            self._first_audio = seconds

    def _sooner_or_later(
        self, change: Callable[[Session, Call], T], late: Callable[[Session, Call], T] | None = None
    ) -> T:
        try:
            return self._change(change)
        except StoreLost:
            self._late.append(late or change)
            raise

    def _change(self, change: Callable[[Session, Call], T]) -> T:
        with self._database.writing() as session:
            row = self._locked_call(session, self._call, self._channel)
            self._write_notes(session, row)
            for late in self._late:
                self._write_late(session, row, late)
            result = change(session, row)
        self._events.clear()
        self._latencies.clear()
        self._late.clear()
        return result

    def _write_late(self, session: Session, row: Call, late: Callable[[Session, Call], object]) -> None:
        """What comes after it must not fail because of it: a promise may be among that."""
        try:
            with session.begin_nested():
                late(session, row)
        except Exception:
            log.exception("call %s: something said earlier is lost", self._call)

    def _write_notes(self, session: Session, row: Call) -> None:
        row.events = dict(Counter(row.events) + self._events)
        row.faq_version = row.faq_version or self._faq_version
        if row.first_audio_s is None:
            row.first_audio_s = self._first_audio
        for n, seconds in self._latencies.items():
            the_turn = (Turn.call_id == self._call) & (Turn.n == n)
            changed(session, update(Turn).where(the_turn).values(answer_latency_s=seconds))

    def _note(
        self,
        session: Session,
        row: Call,
        event: CallStarted | TransferEnded | MessageTaken | CallEnded,
        at: datetime,
        due_at: datetime,
    ) -> None:
        match event:
            case CallStarted(caller):
                note_caller(row, caller)
            case TransferEnded(outcome):
                end_latest_attempt(session, row, at, outcome)
            case MessageTaken(seconds):
                row.outcome = after_message(row.outcome, seconds)
            case CallEnded(reason):
                end_call(session, row, at, reason, due_at=due_at)

    def _add_turn(self, session: Session, row: Call, command: RecordTurn, at: datetime, again: bool) -> int:
        at_s = max(0.0, (at - row.started_at).total_seconds())
        same = select(Turn.n).where(Turn.call_id == self._call, Turn.at_s == at_s, Turn.state == command.state)
        if again and (known := session.scalar(same.limit(1))):  # it was written, and the connection lost after that
            return known
        n = (session.scalar(select(func.max(Turn.n)).where(Turn.call_id == self._call)) or 0) + 1
        session.add(
            Turn(
                call_id=self._call,
                n=n,
                at_s=at_s,
                state=command.state,
                heard=heard_to_json(command.heard),
                key=command.key,
                outcome=command.outcome,
                ranking=ranking_to_json(command.ranking),
                decision=command.decision,
                entry=command.entry,
                audio_s=command.audio_s,
                decode_s=command.decode_s,
                said=command.said,
            )
        )
        row.outcome = after_turn(row.outcome, command)
        if command.decision is Decision.HANDED_OVER:
            note_wanted(row, at)
        if command.decision is Decision.ANSWERED:
            row.answers += 1
        if command.decision is Decision.ANSWERED and command.entry:
            row.topic = command.entry
            row.department = self._department_of(command.entry) or row.department
        return n

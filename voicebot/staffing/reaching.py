"""Bringing a person to a caller who waits: whom to ring next, for how long, and what the caller should know.

Everything that must survive a crash is in the record (`voicebot.store.rings`): who waits since when, who was rung and
what came of it. So a second `Reaching` for the same call, after the process died or the stream broke, goes on where
the first one stopped. Nothing here waits or looks at a clock of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from voicebot.errors import OperatorError, RemoteError, StoreLost
from voicebot.events import (
    Event,
    Fault,
    FaultOccurred,
    PersonAccepted,
    Stage,
    TransferEnded,
    TransferOutcome,
    TransferProgressed,
)
from voicebot.points import mark
from voicebot.staffing import queue
from voicebot.staffing.legs import Legs
from voicebot.staffing.plan import DESK, Office, Rung, plan, plan_complaint
from voicebot.staffing.roster import Role
from voicebot.store.models import Attempt
from voicebot.store.record import Record
from voicebot.store.rings import Claim, Whom

log = logging.getLogger(__name__)

STEP_S = 0.5
"""Between two looks at what became of a phone that rings; news that came to this process are looked at at once."""
SEEN_S = 4.0
"""How often the record is told that the caller is still there."""
LATE_S = 5.0
"""The provider rings a little longer than it was told."""
UNSURE_S = 4.0
"""A process died between writing down an attempt and ringing: without a sign of life by then nobody was rung."""
OFFER_AGAIN_S = 60.0
_TROUBLE = (OperatorError, RemoteError)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for."""

    department: str | None
    caller_id: str
    """The number staff see: the line's own."""
    green: bool = False
    urgent: bool = False
    complaint: bool = False
    """About that department: nobody of it is rung."""


def room_of(call: str) -> str:
    """The conference in which a caller and a person meet. Holds nothing personal."""
    return f"case-{call}"


class Reaching:
    """One caller who waits. Call `step` again and again; it says when."""

    def __init__(
        self,
        call: str,
        request: Request,
        office: Callable[[], Office],
        record: Record,
        legs: Legs,
        now: Callable[[], datetime],
        end_later: Callable[[str], None] = lambda leg: None,
    ) -> None:
        """`end_later` is told of a leg that could not be ended now."""
        self._call = call
        self._request = request
        self._office = office
        self._record = record
        self._legs = legs
        self._now = now
        self._end_later = end_later
        self._since: datetime | None = None
        self._seen = now()
        self._current: int | None = None
        self._leg = ""
        """Of the phone that rings, as far as it is known here."""
        self._tried: set[str] = set()
        self._outcome: TransferOutcome | None = None
        """How the latest attempt ended."""
        self._rung = self._refused = 0
        """Phones that rang, and requests the provider would not or could not carry out."""
        self._stage: Stage | None = None
        self._told: datetime | None = None
        self._offered: datetime | None = None

    def step(self) -> tuple[list[Event], float]:
        """Do what is due: what happened, and seconds until something is due again."""
        try:
            return self._step(self._now())
        except StoreLost as error:
            log.error("call %s: nobody can be reached without the record: %s", self._call, error)
            self._drop_leg()
            return [FaultOccurred(Fault.STORE)], STEP_S

    def stop(self, outcome: TransferOutcome) -> None:
        """Ring nobody any more. Never raises."""
        try:
            row = self._record.attempt(self._current) if self._current is not None else None
            if row is not None:
                self._record.refuse(row.id, outcome)
                self._end(row)
            self._record.leave(self._call)
        except StoreLost as error:
            log.error("call %s: that nobody is to be rung was not kept: %s", self._call, error)

    def _drop_leg(self) -> None:
        """The provider rings by itself from now on, perhaps the same person: their phone must be free."""
        leg, self._leg = self._leg, ""
        try:
            if leg:
                self._legs.end(leg)
        except _TROUBLE as error:
            log.error("call %s: a leg could not be ended: %s", self._call, error)
            with suppress(StoreLost):
                self._end_later(leg)

    def _step(self, now: datetime) -> tuple[list[Event], float]:
        if self._since is None:
            self._since = self._take_over() or now
        if now - self._seen >= timedelta(seconds=SEEN_S):
            self._seen = now
            self._record.seen(self._call)
        if self._current is not None:
            row = self._record.attempt(self._current)
            self._leg = row.leg if row is not None and row.outcome is None else ""
            if row is not None and row.outcome is None:
                if row.accepted_at is not None:
                    mark("accept-noticed")
                    return [PersonAccepted(room_of(self._call))], STEP_S
                self._watch(row, now)
                self._withdraw(row, now)
            if row is not None and self._still_on(row.id):
                return self._progress(now, self._stage or Stage.RINGING), STEP_S
        return self._next(now)

    def _take_over(self) -> datetime | None:
        """What another process left: since when the caller waits, whom it tried, whose phone rings."""
        since = self._record.waiting_since(self._call)
        for row in self._record.attempts_of(self._call):
            if not row.person:
                continue
            if row.outcome is None:
                self._current = row.id
            elif row.accepted_at is not None and row.bridged_at is None:
                self._tried.add(row.person)  # took the call and never came: not once more
            elif since is not None and row.started_at >= since:
                self._tried.add(row.person)
                self._outcome = row.outcome
                self._rung += 1
        self._tried |= self._record.handers_on(self._call)
        return since

    # The phone that rings

    def _watch(self, row: Attempt, now: datetime) -> None:
        """Our own clock, for whatever the provider does not say."""
        policy = self._office().transfer
        if not (row.leg or row.rang_at or row.picked_up_at):
            if now - row.started_at >= timedelta(seconds=UNSURE_S):
                self._give_up(row, TransferOutcome.FAILED)
        elif row.picked_up_at is not None:
            if now - row.picked_up_at >= timedelta(seconds=policy.whisper_s):
                self._give_up(row, TransferOutcome.VOICEMAIL)
        elif now - row.started_at >= timedelta(seconds=policy.ring_s + LATE_S):
            self._give_up(row, TransferOutcome.NO_ANSWER)

    def _withdraw(self, row: Attempt, now: datetime) -> None:
        """The caller has begun to complain while a phone of the unit complained of was ringing."""
        if self._request.complaint and row.person not in {r.person.id for r in self._plan(self._office(), now)}:
            self._give_up(row, TransferOutcome.DECLINED)

    def _give_up(self, row: Attempt, outcome: TransferOutcome) -> None:
        self._record.refuse(row.id, outcome)
        self._end(row)

    def _still_on(self, attempt: int) -> bool:
        row = self._record.attempt(attempt)
        if row is None or row.outcome is None:
            return row is not None
        self._current = None
        self._outcome = row.outcome
        if row.leg or row.rang_at or row.picked_up_at:
            self._tried.add(row.person)
        return False

    def _end(self, row: Attempt) -> None:
        if not row.leg:
            return
        try:
            self._legs.end(row.leg)
        except _TROUBLE as error:
            log.error("call %s: a leg could not be ended: %s", self._call, error)
            self._end_later(row.leg)

    # Whom next

    def _next(self, now: datetime) -> tuple[list[Event], float]:
        office = self._office()
        waited = (now - (self._since or now)).total_seconds()
        while True:
            rungs = self._rungs(office, now, waited)
            if not rungs:
                return self._nobody(), STEP_S
            if waited >= office.transfer.most_wait_s:
                return self._in_vain(TransferOutcome.BUSY), STEP_S
            claim = self._claim(office, rungs)
            mark("person-claimed")
            if claim.attempt is None:
                return self._progress(now, Stage.WAITING, claim, office), STEP_S
            if self._ring(claim.attempt, rungs[claim.person], office):
                self._current = claim.attempt.id
                stage = Stage.NEXT if self._rung else Stage.RINGING
                self._rung += 1
                return self._progress(now, stage), STEP_S
            self._tried.add(claim.attempt.person)
            self._outcome = TransferOutcome.FAILED
            self._refused += 1

    def _rungs(self, office: Office, now: datetime, waited: float) -> dict[str, Rung]:
        """Who may still be rung, by the id they are engaged under, in order."""
        left = [rung for rung in self._plan(office, now) if rung.person.id not in self._tried]
        desk = any(rung.role != str(Role.LEAD) for rung in left)
        if desk and waited < office.transfer.lead_after_s:
            left = [rung for rung in left if rung.role != str(Role.LEAD)]
        found: dict[str, Rung] = {}
        for rung in left:
            lines = office.transfer.desk_lines if rung.person.id == DESK else 1
            found |= {rung.person.id if n == 1 else f"{rung.person.id}#{n}": rung for n in range(1, lines + 1)}
        return found

    def _plan(self, office: Office, now: datetime) -> tuple[Rung, ...]:
        department = self._request.department
        if self._request.complaint:
            return plan_complaint(department, office.unit_over(department), office, now)
        return plan(department, office, now)

    def _claim(self, office: Office, rungs: Mapping[str, Rung]) -> Claim:
        wants = {key: Whom(rung.person.id, rung.role, rung.person.name) for key, rung in rungs.items()}
        return self._record.claim_person(
            self._call,
            wants,
            queue.assign,
            green=self._request.green,
            urgent=self._request.urgent,
            ring_s=office.transfer.ring_s,
        )

    def _ring(self, attempt: Attempt, rung: Rung, office: Office) -> bool:
        """Make the phone ring. A leg that cannot be written down is ended by `step`: nobody would know of it."""
        try:
            leg = self._legs.ring(attempt.id, rung.person.number, self._request.caller_id, office.transfer.ring_s)
        except _TROUBLE as error:
            log.error("call %s: %s cannot be rung: %s", self._call, rung.role, error)
            self._record.refuse(attempt.id, TransferOutcome.FAILED)
            return False
        self._leg = leg
        mark("leg-placed")
        self._record.rang(attempt.id, leg)
        mark("leg-kept")
        return True

    def _nobody(self) -> list[Event]:
        """Everybody was tried, or nobody is there."""
        if self._refused and not self._rung:
            return [FaultOccurred(Fault.PHONE)]
        return self._in_vain(TransferOutcome.NOBODY)

    def _in_vain(self, otherwise: TransferOutcome) -> list[Event]:
        """Nobody came. Who handed the caller on and stayed on the line takes them back."""
        if self._record.take_back(self._call):
            return [PersonAccepted(room_of(self._call))]
        self._record.leave(self._call)
        return [TransferEnded(self._outcome or otherwise)]

    # What the caller should know

    def _progress(
        self, now: datetime, stage: Stage, claim: Claim | None = None, office: Office | None = None
    ) -> list[Event]:
        policy = (office or self._office()).transfer
        waited = (now - (self._since or now)).total_seconds()
        due = self._told is None or (now - self._told).total_seconds() >= policy.announce_every_s
        again = stage is Stage.NEXT and self._stage is not Stage.NEXT
        if stage is self._stage and not due and not again:
            return []
        offered = (now - self._offered).total_seconds() if self._offered else OFFER_AGAIN_S
        offer = waited >= policy.offer_callback_s and offered >= OFFER_AGAIN_S
        self._stage, self._told = stage, now
        self._offered = now if offer else self._offered
        position = minutes = 0
        if stage is Stage.WAITING and claim is not None:
            where = queue.place(self._call, claim.waiters, policy.handling_s)
            position, minutes = where.position, where.minutes
        return [TransferProgressed(stage, waited, position, minutes, offer)]

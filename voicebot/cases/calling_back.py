"""Calls back, placed: whom to ring for a caller we owe a call, when, and how often.

Staff are rung first; only who presses 1 is connected, and only then the caller's phone rings. Everything that must
survive a crash is in the record (`voicebot.store.callbacks`); this looks at what is due and takes the next step, in as
many processes as there are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from voicebot.dialogue.commands import TicketKind
from voicebot.errors import OperatorError, RemoteError, SettingsError, StoreLost
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.legs import Legs, NoLegs
from voicebot.staffing.plan import DESK, Office, Rung, people_of, plan, plan_complaint
from voicebot.staffing.policy import CallbackPolicy
from voicebot.store.callbacks import DueCallback
from voicebot.store.case_models import CallbackTry
from voicebot.store.models import Ticket
from voicebot.store.record import Record
from voicebot.store.rings import Whom
from voicebot.store.words import CALLER_RUNG, CallbackOutcome, Kind

log = logging.getLogger(__name__)

MARGIN_S: Final = 60.0
"""From staff's picking up to the caller's phone ringing, at most: nobody is rung so shortly before the end."""
MOST_LOST: Final = 3
"""So often in one round nobody tells us what became of a phone; then it is over."""
LOOK_AGAIN: Final = timedelta(hours=1)
"""Where nobody is on duty the roster is looked at again after this at the latest."""


def permitted(policy: CallbackPolicy, at: datetime) -> bool:
    """Whether callers may be called at that moment."""
    clock = at.astimezone(ZONE).time()
    if policy.start < policy.end:
        return policy.start <= clock < policy.end
    return clock >= policy.start or clock < policy.end


def next_permitted(policy: CallbackPolicy, at: datetime) -> datetime:
    """The first moment from `at` on at which callers may be called."""
    if permitted(policy, at):
        return at
    local = at.astimezone(ZONE)
    opens = datetime.combine(local.date(), policy.start, ZONE)
    return opens if opens >= local else opens + timedelta(days=1)


class CallingBack:
    """The job. `line_number` is shown to staff and callers (E.164); empty: the number the caller had called."""

    def __init__(
        self,
        record: Record,
        office: Callable[[], Office],
        legs: Legs,
        line_number: str,
        now: Callable[[], datetime],
    ) -> None:
        self._record = record
        self._office = office
        self._legs = legs
        self._line_number = line_number
        self._now = now

    def run(self) -> int:
        """Do what is due: how many phones of staff were made to ring. Raises `StoreLost`."""
        office, now = self._office(), self._now()
        self._give_up_on_silent()
        self._record.promise_missed(next_permitted(office.callback, now))
        due = sorted(self._record.callbacks_due(), key=lambda one: one.ticket.kind is not TicketKind.EMERGENCY)
        rung = 0
        try:
            for one in due:
                rung += self._see_to(one, office, now)
        except OperatorError as error:
            log.error("callbacks: the provider cannot be reached, trying again later: %s", error)
        return rung

    def _give_up_on_silent(self) -> None:
        """A lease has run out: the leg, if there is one, must not outlive it."""
        for attempt in self._record.silent_callbacks():
            if not self._record.callback_lost(attempt.id):
                continue
            log.warning("callback %d: no news of try %d", attempt.callback_id, attempt.id)
            if attempt.leg:
                self._end(attempt.leg)

    def _end(self, leg: str) -> None:
        try:
            self._legs.end(leg)
        except (OperatorError, RemoteError) as error:
            log.error("a leg could not be ended: %s", error)
            self._record.post(Kind.END_LEG, f"end-leg:{leg}", {"leg": leg})

    # One callback

    def _see_to(self, due: DueCallback, office: Office, now: datetime) -> bool:
        """The next step for one callback: whether a phone rings now."""
        policy = office.callback
        why = self._only_by_hand(due, policy)
        if why:
            self._record.callback_by_hand(due, why)
        elif _caller_rang(due):
            self._end_round(due, policy)
        else:
            soon = now + timedelta(seconds=office.transfer.ring_s + MARGIN_S)
            if permitted(policy, now) and permitted(policy, soon):
                return self._ring_somebody(due, office, now)
            self._record.put_off_callback(due, next_permitted(policy, now if not permitted(policy, now) else soon))
        return False

    def _only_by_hand(self, due: DueCallback, policy: CallbackPolicy) -> str:
        """Why the line cannot call this caller itself; empty when it can."""
        if isinstance(self._legs, NoLegs):
            return "本系统没有接电话运营商"
        if not policy.by_provider:
            return "运营商打不通市民的电话"
        if not (self._line_number or due.line_number):
            return "没有可以显示的线路号码"
        if any(attempt.outcome is CallbackOutcome.UNREACHABLE for attempt in due.tries):
            return "来电人的号码打不通"
        if not self._record.number_of(due.callback.call_id).startswith("+"):
            return "没有能拨打的号码"
        return ""

    def _end_round(self, due: DueCallback, policy: CallbackPolicy) -> None:
        """It was in vain: again later, or by hand."""
        rounds = due.callback.tries + 1
        if rounds >= policy.most_tries:
            self._record.callback_by_hand(due, f"自动回电{rounds}次没有接通", rounds=1)
            return
        last = max((attempt.ended_at for attempt in due.tries if attempt.ended_at), default=self._now())
        self._record.next_round(due, next_permitted(policy, last + timedelta(seconds=policy.spacing_s)))

    def _ring_somebody(self, due: DueCallback, office: Office, now: datetime) -> bool:
        rungs = self._rungs(due.ticket, office, now)
        tried = {attempt.person for attempt in due.tries if attempt.outcome is not CallbackOutcome.LOST}
        left = {key: rung for key, rung in rungs.items() if rung.person.id not in tried}
        if not left:
            self._nobody(due, office, now)
            return False
        taken = self._record.people_taken()  # many may be due for few: who cannot be claimed is not fought over
        wants = {
            key: Whom(rung.person.id, rung.role, rung.person.name) for key, rung in left.items() if key not in taken
        }
        attempt = self._record.claim_callback(due, wants) if wants else None
        if attempt is None:
            return False
        rung = next(rung for rung in left.values() if rung.person.id == attempt.person)
        return self._ring(due, attempt, rung, office.transfer.ring_s)

    def _nobody(self, due: DueCallback, office: Office, now: datetime) -> None:
        """Everybody was tried, or nobody is there."""
        if due.tries:
            self._end_round(due, office.callback)
        elif due.ticket.kind is TicketKind.COMPLAINT and due.ticket.unit not in office.roster.departments():
            self._record.callback_by_hand(due, "投诉由上级监督部门回电")
        else:
            self._record.put_off_callback(due, next_permitted(office.callback, _next_duty(due.ticket, office, now)))

    def _ring(self, due: DueCallback, attempt: CallbackTry, rung: Rung, ring_s: float) -> bool:
        """Make the phone ring. A leg that cannot be written down is ended again: nobody would know of it. Raises
        `OperatorError` when the provider cannot be reached.
        """
        try:
            leg = self._legs.ring_for_callback(
                attempt.id, rung.person.number, self._line_number or due.line_number, ring_s
            )
        except RemoteError as error:
            log.error("callback %d: %s cannot be rung: %s", due.callback.id, rung.role, error)
            self._record.refuse_callback(attempt.id, CallbackOutcome.STAFF_FAILED)
            return False
        except OperatorError:
            self._record.refuse_callback(attempt.id, CallbackOutcome.LOST)
            raise
        try:
            self._record.callback_rang(attempt.id, leg, ring_s)
        except StoreLost:
            self._legs.end(leg)
            raise
        return True

    # Whom

    def _rungs(self, ticket: Ticket, office: Office, now: datetime) -> Mapping[str, Rung]:
        """Who may be rung, by the id they are engaged under: whoever answers for the ticket first, if on duty."""
        anyone = {rung.person.id: rung for rung in plan(None, office, now)}
        if ticket.kind is TicketKind.COMPLAINT:
            theirs = people_of(office, ticket.department)
            complaint = plan_complaint(ticket.department, ticket.unit, office, now)
            order = [rung for rung in complaint if rung.person.id != DESK]
            anyone = {person: rung for person, rung in anyone.items() if person not in theirs}
        else:
            order = list(plan(ticket.department, office, now))
        owner = anyone.get(ticket.owner or "")
        found: dict[str, Rung] = {}
        for rung in [owner, *order] if owner else order:
            lines = office.transfer.desk_lines if rung.person.id == DESK else 1
            for n in range(1, lines + 1):
                found.setdefault(rung.person.id if n == 1 else f"{rung.person.id}#{n}", rung)
        return found


def _caller_rang(due: DueCallback) -> bool:
    """The caller was tried in this round, or nobody knows what becomes of our tries."""
    lost = [attempt for attempt in due.tries if attempt.outcome is CallbackOutcome.LOST]
    accepted = any(attempt.accepted_at for attempt in lost)
    return accepted or len(lost) >= MOST_LOST or any(attempt.outcome in CALLER_RUNG for attempt in due.tries)


def _next_duty(ticket: Ticket, office: Office, now: datetime) -> datetime:
    """When somebody may be there again: when the office opens, and no later than the roster is looked at again."""
    try:
        opens = office.calendar_of(ticket.department).next_open(now)
    except SettingsError as error:
        log.error("callbacks: %s", error)
        opens = now + LOOK_AGAIN
    return min(opens, now + LOOK_AGAIN) if opens > now else now + LOOK_AGAIN

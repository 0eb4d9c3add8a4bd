"""The record of the line: everything the parts of this package can do, behind one name."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from voicebot.events import Caller
from voicebot.store.accounts import AccountBook
from voicebot.store.asked import Asked
from voicebot.store.audit import AuditLog
from voicebot.store.calendar_days import OfficeDays
from voicebot.store.call_record import CallRecord
from voicebot.store.callbacks import Callbacks
from voicebot.store.calls import Calls
from voicebot.store.case_list import CaseList
from voicebot.store.casebook import Casebook
from voicebot.store.counting import Counting
from voicebot.store.database import Database
from voicebot.store.dial_list import DialList
from voicebot.store.drafts import Drafts
from voicebot.store.duty import Duties
from voicebot.store.gaps import Gaps
from voicebot.store.green import GreenChannel
from voicebot.store.handing_on import HandingOn
from voicebot.store.live import Live
from voicebot.store.messages import Messages
from voicebot.store.models import Call
from voicebot.store.numbers import NumberKey
from voicebot.store.promised import CallableAt, at_once
from voicebot.store.retention import Retention
from voicebot.store.ring_news import RingNews
from voicebot.store.rings import Rings
from voicebot.store.seal import NoSeal, Seal
from voicebot.store.states import States
from voicebot.store.tallies import Tallies
from voicebot.store.terms import TermsOf, plain_terms
from voicebot.store.texting import Texting
from voicebot.store.tickets import Tickets
from voicebot.store.unserved import Unserved
from voicebot.store.webhooks import Webhooks
from voicebot.store.words import Channel


def _unknown_department(entry: str) -> str | None:
    return None


def _nobody(number: str) -> bool:
    return False


class Record(
    Asked,
    Calls,
    Tickets,
    States,
    Webhooks,
    GreenChannel,
    Retention,
    Messages,
    Texting,
    Rings,
    RingNews,
    HandingOn,
    Casebook,
    Duties,
    OfficeDays,
    Tallies,
    Unserved,
    Callbacks,
    DialList,
    AccountBook,
    AuditLog,
    CaseList,
    Live,
    Drafts,
    Counting,
    Gaps,
):
    """The record, shared by all calls and threads. Every method but `for_call` may raise `StoreLost`."""

    def __init__(
        self,
        database: Database,
        numbers: NumberKey,
        now: Callable[[], datetime],
        *,
        department_of: Callable[[str], str | None] = _unknown_department,
        pause: Callable[[float], None] = time.sleep,
        terms: TermsOf = plain_terms,
        seal: Seal | None = None,
        callable_at: CallableAt = at_once,
        textable: Callable[[str], bool] = _nobody,
    ) -> None:
        """`now` gives aware datetimes; `department_of` knows the department of an FAQ entry; `pause` waits seconds;
        `terms` settles who answers for a ticket and by when; without a `seal` no number is kept and nobody is called
        back; `callable_at` says when callers may be called next; `textable`, whether a text message could reach a
        number.
        """
        super().__init__(database, now)
        self._numbers = numbers
        self._pause = pause
        self._terms = terms
        self._seal = seal or NoSeal()
        self._department_of = department_of
        self._callable_at = callable_at
        self._textable = textable

    @property
    def database(self) -> Database:
        """For questions about the whole record (`voicebot.insight`)."""
        return self._database

    def ping(self) -> None:
        """Check that the record can be written."""
        self._database.ping()

    def caller(self, call: str) -> Caller:
        """Who is on this call, and whether they are green: remembered, or back soon about something unresolved."""
        row = self.call(call)
        if row is None:
            return Caller()
        remembered = self.is_green(row.caller_key)
        green = remembered or self.recent_unresolved(row.caller_key, before=call) is not None
        return Caller(row.caller_key, row.caller_last4, green, remembered, self._may_text(row))

    def _may_text(self, row: Call) -> bool:
        number = self._seal.open(row.caller_sealed)
        return self._textable(number) and not self.sms_stopped(number)

    def for_call(self, call: str, *, channel: Channel = Channel.TWILIO, faq_version: str = "") -> CallRecord:
        """The record of one call, a `voicebot.call.CallLog`; touches no database yet."""
        return CallRecord(
            self._database,
            self._now,
            call,
            channel=channel,
            faq_version=faq_version,
            department_of=self._department_of,
            terms=self._terms,
            callable_at=self._callable_at,
        )

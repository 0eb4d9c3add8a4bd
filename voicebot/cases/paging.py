"""What staff have to be told reaches them as a text message too, where the line may send one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from voicebot.cases.delivery import SmsPolicy
from voicebot.staffing.plan import Office
from voicebot.store.outbox import enqueue
from voicebot.store.seal import Seal
from voicebot.store.words import Kind

Page = Callable[[Session, str, str, str, datetime], bool]
"""In an open transaction: tell the person with that id, once under a key, those words: whether it will be tried."""


def no_page(session: Session, person: str, key: str, words: str, now: datetime) -> bool:
    """Nobody is told beyond the list of notices."""
    return False


def sms_page(office: Callable[[], Office], seal: Seal, policy: SmsPolicy) -> Page:
    """By text message, to the number in the roster: who is on it has agreed to be reached there."""

    def page(session: Session, person: str, key: str, words: str, now: datetime) -> bool:
        known = office().roster.person(person)
        if policy.sender is None or known is None or not policy.may_write(known.number):
            return False
        body = {"to": seal.close(known.number), "text": words, "sms_ok": True}
        return enqueue(session, Kind.SMS, f"sms:{key}", body, now)

    return page

"""What people write on the public page: a request becomes a ticket on the same terms as a call; a ticket is looked up.

A request is a row of the record like a text message (channel WEB, its id ours), so that the ticket, its deadlines, its
first responsible person and retention are those of any other. Nobody has proved that the number is theirs: a request
joins no ticket, and tells nothing of one.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from voicebot.dialogue import Knowledge
from voicebot.dialogue.commands import Decision, OpenTicket, Reason, RecordTurn, TicketKind
from voicebot.errors import VoicebotError
from voicebot.events import EndReason, typed
from voicebot.matching.types import Outcome, Understanding
from voicebot.staffing.policy import PublicPolicy
from voicebot.store.models import Ticket
from voicebot.store.numbers import ticket_id
from voicebot.store.record import Record
from voicebot.store.tallies import Limit
from voicebot.store.words import Channel

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
MOST_WRITTEN: Final = 500
"""Characters of a request."""
_STATE: Final = "web"
_KINDS: Final = {Outcome.COMPLAINT: TicketKind.COMPLAINT, Outcome.EMERGENCY: TicketKind.EMERGENCY}
_REASONS: Final = {TicketKind.COMPLAINT: Reason.COMPLAINT, TicketKind.EMERGENCY: Reason.EMERGENCY}


class Limited(StrEnum):
    """Whose limit is used up."""

    ADDRESS = "address"
    NUMBER = "number"
    TICKET = "ticket"
    ALL = "all"


class TooMany(VoicebotError):
    """A limit is used up; nothing was stored and nothing told."""

    def __init__(self, limited: Limited) -> None:
        super().__init__("too-many", f"a limit of the public page is used up: {limited}")
        self.limited = limited


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wrote, checked."""

    id: str
    """Made with the form, so that sending it twice is one request."""
    text: str
    number: str
    """Telephone number, however it was written."""
    name: str = ""
    department: str | None = None
    topic: str | None = None
    """FAQ entry that did not help."""
    complaint: bool = False
    in_writing: bool = False
    """Wants a text message rather than a call."""


def leave_request(record: Record, known: Knowledge, policy: PublicPolicy, request: Request, address: str) -> Ticket:
    """The ticket of the request, durable. Raises `TooMany` and `StoreLost`."""
    stored = record.tickets_of(request.id)
    if stored:
        return stored[0]
    understanding = known.understand(typed(request.text))
    kind = TicketKind.COMPLAINT if request.complaint else TicketKind.CALL
    kind = _KINDS.get(understanding.outcome, kind)
    if kind is not TicketKind.EMERGENCY:  # danger is never turned away
        _take(record, _request_limits(record, policy, request, address))
    record.call_started(request.id, request.number, channel=Channel.WEB)
    log = record.for_call(request.id, channel=Channel.WEB)
    topic, department = _about(request, understanding, known)
    ranking, outcome = understanding.ranking, understanding.outcome
    if not record.turns_of(request.id):
        log.commit(RecordTurn(typed(request.text), None, outcome, ranking, Decision.HANDED_OVER, topic, _STATE))
    reason = _REASONS.get(kind, Reason.NOT_SOLVED if request.topic else Reason.ASKED)
    log.commit(OpenTicket(kind, reason, department, topic, _summary(request, kind, topic, known)))
    record.call_ended(request.id, EndReason.LINE_HUNG_UP, 0.0)
    return record.tickets_of(request.id)[0]


def keep_unanswered(
    record: Record, policy: PublicPolicy, text: str, understanding: Understanding, address: str
) -> bool:
    """Keep a question that got no answer, without who asked it: whether it was kept. Raises `StoreLost`."""
    who = record.blind("address", address)
    limits = [
        Limit(f"question:{who}", policy.kept_questions_per_hour, HOUR),
        Limit("question", policy.all_kept_questions_per_hour, HOUR),
    ]
    if record.take(limits) is not None:
        return False
    question = f"web-{uuid.uuid4().hex}"
    heard, outcome = typed(text[:MOST_WRITTEN]), understanding.outcome
    turn = RecordTurn(heard, None, outcome, understanding.ranking, Decision.ASKED_REPHRASE, None, _STATE)
    record.for_call(question, channel=Channel.WEB).commit(turn)
    record.call_ended(question, EndReason.LINE_HUNG_UP, 0.0)
    return True


@dataclass(frozen=True, slots=True)
class Standing:
    """What whoever knows a ticket's number and four digits of the telephone may see of it."""

    ticket: Ticket
    late: bool
    """The promised time is over and nobody has spoken with them."""


def check_ticket(
    record: Record, policy: PublicPolicy, number: str, last4: str, address: str, now: datetime
) -> Standing | None:
    """How a ticket stands; None for a pair that does not belong together. Only such pairs count against the limits.

    Raises `TooMany` and `StoreLost`.
    """
    who, which = record.blind("address", address), ticket_id(number)
    limits = {
        Limit(f"check:{who}", policy.checks_failed_per_hour, HOUR): Limited.ADDRESS,
        Limit(f"check-ticket:{which}", policy.checks_failed_per_ticket, DAY): Limited.TICKET,
        Limit("check", policy.all_checks_failed_per_hour, HOUR): Limited.ALL,
    }
    _take(record, limits)  # before looking, so that many guesses at once are not more guesses
    ticket = record.ticket_of_number_ending(number, last4)
    if ticket is None:
        return None
    record.give_back(list(limits))
    owed = ticket.promise if ticket.first_response_at is None or ticket.promised_by else None
    return Standing(ticket, late=owed is not None and owed < now and ticket.closed_at is None)


def _take(record: Record, limits: Mapping[Limit, Limited]) -> None:
    used_up = record.take(list(limits))
    if used_up is not None:
        raise TooMany(limits[used_up])


def _request_limits(record: Record, policy: PublicPolicy, request: Request, address: str) -> dict[Limit, Limited]:
    who, number = record.blind("address", address), record.number_key(request.number)
    return {
        Limit(f"request:{who}", policy.requests_per_hour, HOUR): Limited.ADDRESS,
        Limit(f"request-number:{number}", policy.requests_per_number, DAY): Limited.NUMBER,
        Limit("request", policy.all_requests_per_hour, HOUR): Limited.ALL,
    }


def _about(request: Request, understanding: Understanding, known: Knowledge) -> tuple[str | None, str | None]:
    """Entry and department: as chosen, else as understood where that is likely enough to be asked about."""
    topic = request.topic if request.topic and request.topic in known.faq else None
    department = request.department
    likely = understanding.outcome in (Outcome.ANSWER, Outcome.CONFIRM)
    best = understanding.ranking.best
    if topic is None and likely and best is not None and best.entry in known.faq:
        found = known.faq[best.entry]
        if department in (None, found.department):
            topic = found.id
    if department is None and topic is not None:
        department = known.faq[topic].department
    return topic, department


def _summary(request: Request, kind: TicketKind, topic: str | None, known: Knowledge) -> str:
    """One Chinese line for whoever works on it, all that was written in it."""
    what = {TicketKind.COMPLAINT: "网上投诉", TicketKind.EMERGENCY: "网上留言，紧急情况"}.get(kind, "网上留言")
    name = f"，称呼：{request.name}" if request.name else ""
    how = "，请发短信联系（听不清或不便说话），不要打电话" if request.in_writing else ""
    asked = f"看过“{known.faq[topic].question}”，没有解决。" if topic and topic == request.topic else ""
    return f"{what}{name}{how}。{asked}原文：{request.text}"

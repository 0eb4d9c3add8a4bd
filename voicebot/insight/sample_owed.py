"""Tickets of a generated month: who has them, what staff did about them until now, calls back."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from voicebot.content import data_text
from voicebot.dialogue.commands import Reason, TicketKind
from voicebot.faq.entry import Entry, Faq
from voicebot.insight.period import Period
from voicebot.staffing.calendar import Calendar
from voicebot.staffing.plan import Office
from voicebot.store.case_models import Callback, TicketCall, TicketHistory
from voicebot.store.columns import Base
from voicebot.store.models import Ticket
from voicebot.store.words import (
    SETTLED,
    CallbackOutcome,
    CallbackState,
    CallOutcome,
    Change,
    Channel,
    Matter,
    TicketState,
)

TOLD: Final = 4
"""A reminder and three escalations."""

Story = list[tuple[datetime, Change, TicketState]]
"""What happened to a ticket, in order."""
MATTERS: Final = {TicketKind.COMPLAINT: Matter.COMPLAINT, TicketKind.EMERGENCY: Matter.EMERGENCY}


@dataclass(frozen=True, slots=True)
class Manner:
    """How a unit works."""

    answers: float
    """Chance that whoever is rung answers."""
    prompt: float
    """Chance that a ticket is dealt with in time."""
    lunch: float
    """Chance that somebody answers at lunch."""


MANNERS: Final = (
    Manner(0.92, 0.95, 0.35),
    Manner(0.85, 0.9, 0.15),
    Manner(0.62, 0.6, 0.02),
    Manner(0.88, 0.93, 0.2),
    Manner(0.75, 0.8, 0.05),
)
"""Departments take turns: one answers well, one lets phones ring."""


def sample_words() -> dict[str, Any]:
    """The packaged words of the sample."""
    return tomllib.loads(data_text("sample.toml"))


@dataclass(slots=True)
class Rows:
    """Rows on their way into the record."""

    rows: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, model: type[Base], **values: Any) -> None:
        """One more row of a table."""
        self.rows.setdefault(model, []).append(values)


class Owed:
    """What the calls of a generated month leave to be done, and what staff did about it."""

    def __init__(self, faq: Faq, office: Office, period: Period, seed: int, now: datetime, first_ticket: int) -> None:
        self.random = Random(seed)
        self.words = sample_words()
        self.faq, self.office, self.period, self.now = faq, office, period, now
        self.next_ticket = first_ticket
        self.names = {department.id: department.name for department in faq.departments}
        ids = [department.id for department in faq.departments]
        self.manners = {id_: MANNERS[n % len(MANNERS)] for n, id_ in enumerate(ids)}
        entries = list(faq.entries)
        self.random.shuffle(entries)
        self.entries = entries
        self.popular = [1.0 / (rank + 3) for rank in range(len(entries))]
        self.recent: list[tuple[str, str, Entry]] = []
        """Callers of late: key, last four digits, what they asked."""

    # What is owed

    def ticket(
        self, rows: Rows, row: dict[str, Any], entry: Entry | None, kind: TicketKind, reason: Reason, said: str
    ) -> None:
        """The ticket of a call, with its history and the call back that is owed."""
        calendar = self.office.calendar_of(row["department"])
        summary = self.words["mark"] + self._summary(entry, kind, row["department"], said)
        ticket = self._opened(row, kind, calendar) | {"reason": reason, "summary": summary}
        connected = row["outcome"] is CallOutcome.CONNECTED and kind is TicketKind.CALL
        story: Story = [(ticket["created_at"], Change.OPEN, TicketState.OPEN)]
        if connected:
            ticket |= {"first_response_at": row["ended_at"], "closed_at": row["ended_at"]}
            story.append((row["ended_at"], Change.CONNECT, TicketState.RESOLVED))
        else:
            story += self._work(ticket, calendar)
        for due, told in (("respond_by", "told"), ("resolve_by", "told_resolve")):
            ticket[told] = TOLD if ticket[due] < self.now else 0  # or all of it would be told when the desk opens
        state = story[-1][2]
        if state is TicketState.RESOLVED and ticket["closed_at"] < self.now - timedelta(days=8):
            state = TicketState.CONFIRMED
            story.append((ticket["closed_at"] + timedelta(days=7), Change.CONFIRM, state))
        ticket["state"] = state
        rows.add(Ticket, **ticket)
        rows.add(TicketCall, call_id=row["id"], kind=kind, ticket_id=ticket["id"])
        self._history(rows, ticket, story)
        if not connected and row["channel"] is Channel.TWILIO and row["caller_key"]:
            self._callback(rows, ticket)

    def _opened(self, row: dict[str, Any], kind: TicketKind, calendar: Calendar) -> dict[str, Any]:
        """A ticket as it is when a call opens it."""
        made, department = row["wanted_at"], row["department"]
        matter = MATTERS.get(kind, Matter.CONSULTATION)
        complaint = kind is TicketKind.COMPLAINT
        id_, self.next_ticket = self.next_ticket, self.next_ticket + 1
        return {
            "id": id_,
            "call_id": row["id"],
            "kind": kind,
            "matter": matter,
            "department": department,
            "topic": row["topic"],
            "caller_key": row["caller_key"],
            "unit": self.office.unit_over(department) if complaint else department or "",
            "owner": None if complaint or not department else f"{department}-a",
            "created_at": made,
            "respond_by": calendar.add(made, self.office.tickets.first_response),
            "resolve_by": calendar.add_days(calendar.next_open(made), self.office.tickets.days(matter)),
            "first_response_at": None,
            "closed_at": None,
            "tries": 0,
            "told": 0,
            "told_resolve": 0,
            "reopened": 0,
            "justified": None,
            "missed": None,
        }

    def _history(self, rows: Rows, ticket: Mapping[str, Any], story: Story) -> None:
        before: TicketState | None = None
        for at, change, after in story:
            rows.add(
                TicketHistory,
                ticket_id=ticket["id"],
                at=at,
                who=ticket["owner"] or "line",
                change=change,
                before=before,
                after=after,
                owner=ticket["owner"],
                why=self.words["history"].get(change, ""),
            )
            before = after

    def _summary(self, entry: Entry | None, kind: TicketKind, department: str | None, said: str) -> str:
        words: Mapping[str, str] = self.words["summary"]
        if kind is TicketKind.COMPLAINT:
            return words["complaint"].format(department=self.names.get(department or "", "总值班台"))
        if kind is TicketKind.EMERGENCY:
            return words["emergency"]
        question = entry.question if entry else said
        return words["call"].format(question=question) if question else words["unknown"]

    def _work(self, ticket: dict[str, Any], calendar: Calendar) -> Story:
        """What staff did about it until now, in order."""
        random = self.random
        manner = self.manners.get(ticket["department"] or "", MANNERS[1])
        prompt = random.random() < manner.prompt
        first = ticket["respond_by"] - timedelta(minutes=random.uniform(5, 90))
        if not prompt:
            first = calendar.add(ticket["respond_by"], timedelta(hours=random.uniform(0.3, 6)))
        first = max(first, ticket["created_at"] + timedelta(minutes=2))
        done = ticket["resolve_by"] - timedelta(hours=random.uniform(0.5, 9))
        if random.random() > manner.prompt + 0.03:
            done = calendar.add(ticket["resolve_by"], timedelta(hours=random.uniform(1, 40)))
        done = max(done, first + timedelta(minutes=5))
        story: Story = []
        if ticket["owner"]:
            story.append((ticket["created_at"], Change.ASSIGN, TicketState.ASSIGNED))
        if first >= self.now:
            return story or [(ticket["created_at"], Change.NOTE, TicketState.OPEN)]
        ticket["first_response_at"] = first
        ticket["tries"] = random.choice((1, 1, 1, 2, 3))
        story.append((first, Change.CONTACT, TicketState.CONTACTED))
        if done < self.now:
            ticket["closed_at"] = done
            story.append((done, Change.RESOLVE, TicketState.RESOLVED))
            if ticket["matter"] is Matter.COMPLAINT:
                ticket |= {"justified": random.random() < 0.6, "missed": True}
            if random.random() < 0.03 and done + timedelta(days=1) < self.now:
                again = done + timedelta(days=1)
                ticket |= {
                    "reopened": 1,
                    "closed_at": None,
                    "first_response_at": None,
                    "respond_by": calendar.add(again, self.office.tickets.first_response),
                    "resolve_by": calendar.add_days(calendar.next_open(again), 5),
                }
                story.append((again, Change.REOPEN, TicketState.REOPENED))
        return story

    def _callback(self, rows: Rows, ticket: Mapping[str, Any]) -> None:
        reached = ticket["first_response_at"] is not None or ticket["state"] in SETTLED
        by_hand = not reached and self.random.random() < 0.3
        state = CallbackState.DONE if reached else CallbackState.BY_HAND if by_hand else CallbackState.DUE
        rows.add(
            Callback,
            ticket_id=ticket["id"],
            call_id=ticket["call_id"],
            state=state,
            due_at=self.office_hours(ticket["created_at"]),
            tries=ticket["tries"],
            person=ticket["owner"] or "",
            outcome=CallbackOutcome.REACHED if reached else None,
            created_at=ticket["created_at"],
            ended_at=(ticket["first_response_at"] or ticket["closed_at"]) if reached else None,
        )

    def office_hours(self, at: datetime) -> datetime:
        """When somebody would be called back."""
        return self.office.calendar.next_open(at)

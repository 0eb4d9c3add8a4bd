"""Random months: rows as the line might have left them, and many it hardly would."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import strategies as st
from sqlalchemy import delete, insert

from voicebot.dialogue.commands import Reason, TicketKind
from voicebot.events import EndReason, TransferOutcome
from voicebot.staffing.calendar import ZONE
from voicebot.store.case_models import TicketCall
from voicebot.store.models import Attempt, Call, Ticket
from voicebot.store.words import CallOutcome, Channel, Matter, TicketState

START = datetime(2026, 2, 26, tzinfo=ZONE).astimezone(UTC)
DAYS = 36
"""From some days before March to some after it; 2 March is a Monday."""
NOW = datetime(2026, 4, 2, 11, 0, tzinfo=ZONE).astimezone(UTC)
EDGES = (0, 30599, 30600, 43199, 43200, 45600, 48600, 63000, 86399)
"""Seconds of the day at which something begins or ends: midnight, office hours, lunch."""
WAITS = (None, 0.0, 3.0, 14.999, 15.0, 15.001, 30.0, 30.001, 200.0)


class Month:
    """One month from a seed. Few callers and few moments, so that calls meet: a day apart to the second, at night."""

    def __init__(self, seed, size):
        self.random = Random(seed)
        self.calls, self.attempts, self.tickets, self.links = [], [], [], []
        for n in range(size):
            call = self._call(n)
            self.calls.append(call)
            self.attempts += [self._attempt(call) for _ in range(self.random.choice((0, 0, 1, 2, 3)))]
            for kind in TicketKind:
                if self.random.random() < 0.2:
                    self.links.append({"call_id": call["id"], "kind": kind, "ticket_id": self._about(call, kind)})

    def _moment(self):
        random = self.random
        if self.calls and random.random() < 0.4:  # beside another one
            hours = random.choice((0, 1, -3, 24, -24, 30))
            beside = random.choice(self.calls)["started_at"] + timedelta(hours=hours)
            return beside + timedelta(seconds=random.choice((0, 0, 1, -1)))
        second = random.choice(EDGES) if random.random() < 0.3 else random.randrange(86400)
        return START + timedelta(days=random.randrange(DAYS), seconds=second)

    def _call(self, n):
        random = self.random
        started = self._moment()
        outcome = random.choice([*CallOutcome, CallOutcome.CONNECTED, CallOutcome.HANDED_OVER, CallOutcome.ANSWERED])
        wanted = random.choice((None, 0, 5, 60)) if outcome is not CallOutcome.CONNECTED else random.choice((0, 5, 60))
        return {
            "id": f"CA{n}",
            "channel": random.choice([Channel.TWILIO] * 8 + [Channel.SMS, Channel.SCRIPT]),
            "started_at": started,
            "ended_at": random.choice([started + timedelta(seconds=random.randrange(1, 900))] * 19 + [None]),
            "caller_key": random.choice(["", *"abcdefgh"]),
            "end_reason": random.choice([None, *EndReason, EndReason.CALLER_HUNG_UP, EndReason.CALLER_HUNG_UP]),
            "outcome": outcome,
            "department": random.choice([None, "rsj", "gjj"]),
            "topic": random.choice([None, "rsj-001", "rsj-002", "gjj-002"]),
            "rating": random.choice([None, 1, 2, 3, 4, 5]),
            "handed_on": random.choice([0, 0, 0, 1]),
            "answers": random.choice([0, 1, 2]),
            "wanted_at": None if wanted is None else started + timedelta(seconds=wanted),
            "reason": random.choice([None, *Reason]),
            "waited_s": random.choice(WAITS) if wanted is not None else None,
        }

    def _attempt(self, call):
        random = self.random
        begun = call["started_at"] + timedelta(seconds=random.randrange(60))
        return {
            "call_id": call["id"],
            "person": random.choice(["", "w1"]),
            "leg": random.choice(["", "CAleg"]),
            "started_at": begun,
            "ended_at": random.choice([None, begun, begun + timedelta(seconds=20)]),
            "outcome": random.choice([None, *TransferOutcome]),
        }

    def _about(self, call, kind):
        """The id of a new ticket, or of one that is there."""
        random = self.random
        if self.tickets and random.random() < 0.3:
            return random.choice(self.tickets)["id"]
        made = call["started_at"]

        def later():
            hours = random.choice((None, 0, 0, 1, 2, 26, 48, 400))
            return None if hours is None else made + timedelta(hours=hours)

        self.tickets.append(
            {
                "id": len(self.tickets) + 1,
                "call_id": call["id"],
                "kind": kind,
                "matter": Matter.CONSULTATION,
                "reason": Reason.KEY,
                "summary": "",
                "unit": random.choice(["", "rsj", "gjj", "局办公室"]),
                "state": random.choice(list(TicketState)),
                "created_at": made,
                "respond_by": later(),
                "resolve_by": later(),
                "first_response_at": later(),
                "closed_at": later(),
                "reopened": random.choice([0, 0, 0, 1]),
            }
        )
        return len(self.tickets)

    @property
    def rows(self):
        """Calls, attempts, tickets, and which call is about which ticket."""
        return self.calls, self.attempts, self.tickets, self.links


months = st.builds(Month, st.integers(0, 2**32), st.sampled_from([400, 200, 50, 10, 2, 1, 0]))


def write(database, month):
    """The month and nothing else stands in the record."""
    with database.writing() as session:
        for model in (TicketCall, Ticket, Attempt, Call):
            session.execute(delete(model))
        for model, rows in zip((Call, Attempt, Ticket, TicketCall), month.rows, strict=True):
            if rows:
                session.execute(insert(model), rows)

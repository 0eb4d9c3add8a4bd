"""Random months: rows as the line might have left them, and many it hardly would."""

from datetime import UTC, datetime, timedelta

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

# Few moments, so that calls meet: at midnight, at the edges of office hours, a day apart to the second.
_days = st.integers(0, DAYS - 1)
_times = st.sampled_from(["00:00:00", "08:29:59", "08:30:00", "11:59:59", "12:00:00", "12:40:00", "13:30:00"]) | (
    st.builds(lambda h, m, s: f"{h:02d}:{m:02d}:{s:02d}", st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
)
moments = st.builds(
    lambda day, time: (
        datetime.fromisoformat(f"2026-01-01T{time}+08:00").astimezone(UTC)
        + (START - datetime(2025, 12, 31, 16, tzinfo=UTC))
        + timedelta(days=day)
    ),
    _days,
    _times,
)
seconds = st.sampled_from([0.0, 3.0, 14.999, 15.0, 15.001, 30.0, 31.0, 200.0])
departments = st.sampled_from([None, "rsj", "gjj"])
topics = st.sampled_from([None, "rsj-001", "gjj-002"])


@st.composite
def _calls(draw, n):
    started = draw(moments)
    length = timedelta(seconds=draw(st.integers(1, 900)))
    wanted = draw(st.none() | st.integers(0, 200))
    outcome = draw(st.sampled_from(CallOutcome))
    if outcome is CallOutcome.CONNECTED and wanted is None:
        wanted = 5  # the record sees to that
    return {
        "id": f"CA{n}",
        "channel": draw(st.sampled_from([Channel.TWILIO] * 6 + [Channel.SMS, Channel.SCRIPT])),
        "started_at": started,
        "ended_at": draw(st.sampled_from([started + length] * 9 + [None])),
        "caller_key": draw(st.sampled_from(["", "a", "b", "c"])),
        "end_reason": draw(st.none() | st.sampled_from(EndReason)),
        "outcome": outcome,
        "department": draw(departments),
        "topic": draw(topics),
        "rating": draw(st.none() | st.integers(1, 5)),
        "handed_on": draw(st.sampled_from([0, 0, 1])),
        "answers": draw(st.integers(0, 2)),
        "wanted_at": None if wanted is None else started + timedelta(seconds=wanted),
        "reason": draw(st.none() | st.sampled_from(Reason)),
        "waited_s": draw(st.none() | seconds) if wanted is not None else None,
    }


@st.composite
def _attempts(draw, call):
    begun = call["started_at"] + timedelta(seconds=draw(st.integers(0, 60)))
    return {
        "call_id": call["id"],
        "person": draw(st.sampled_from(["", "w1"])),
        "leg": draw(st.sampled_from(["", "CAleg"])),
        "started_at": begun,
        "ended_at": draw(st.sampled_from([None, begun, begun + timedelta(seconds=20)])),
        "outcome": draw(st.none() | st.sampled_from(TransferOutcome)),
    }


@st.composite
def _tickets(draw, n, call, kind):
    made = call["started_at"]
    later = st.none() | st.sampled_from([0, 1, 2, 26, 48, 400]).map(lambda h: made + timedelta(hours=h))
    return {
        "id": n,
        "call_id": call["id"],
        "kind": kind,
        "matter": Matter.CONSULTATION,
        "reason": Reason.KEY,
        "summary": "",
        "unit": draw(st.sampled_from(["", "rsj", "gjj", "局办公室"])),
        "state": draw(st.sampled_from(TicketState)),
        "created_at": made,
        "respond_by": draw(later),
        "resolve_by": draw(later),
        "first_response_at": draw(later),
        "closed_at": draw(later),
        "reopened": draw(st.sampled_from([0, 0, 0, 1])),
    }


@st.composite
def months(draw):
    """A month: rows of calls, attempts, tickets, and which call is about which ticket."""
    calls = [draw(_calls(n)) for n in range(draw(st.integers(0, 14)))]
    attempts = [draw(_attempts(call)) for call in calls for _ in range(draw(st.integers(0, 3)))]
    tickets, links = [], []
    for call in calls:
        for kind in draw(st.sets(st.sampled_from(TicketKind), max_size=2)):
            if tickets and draw(st.booleans()):
                about = draw(st.sampled_from(tickets))["id"]
            else:
                tickets.append(draw(_tickets(len(tickets) + 1, call, kind)))
                about = len(tickets)
            links.append({"call_id": call["id"], "kind": kind, "ticket_id": about})
    return calls, attempts, tickets, links


def write(database, month):
    """The month and nothing else stands in the record."""
    calls, attempts, tickets, links = month
    with database.writing() as session:
        for model in (TicketCall, Ticket, Attempt, Call):
            session.execute(delete(model))
        for model, rows in ((Call, calls), (Attempt, attempts), (Ticket, tickets), (TicketCall, links)):
            if rows:
                session.execute(insert(model), rows)

"""A month of calls that never took place: for a demonstration of the desk, and for measuring its speed.

Everything is drawn from a seed, marked as a sample in its ids and words, and plausible: working days and hours, lunch
breaks in which nobody answers, units that keep their deadlines and others that do not. The questions are those of the
FAQ that is served.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import func, insert, select

from voicebot.dialogue.commands import Decision, Reason, TicketKind
from voicebot.events import EndReason, TransferOutcome
from voicebot.faq.entry import Department, Entry, Faq
from voicebot.insight.period import Period
from voicebot.insight.sample_owed import MANNERS, Owed, Rows, sample_words
from voicebot.matching.types import Outcome
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.plan import Office
from voicebot.staffing.roster import Absence, Person, Role, Roster, Shift
from voicebot.store.case_models import Callback, TicketCall, TicketHistory
from voicebot.store.database import Database
from voicebot.store.models import Attempt, Call, Ticket, Turn
from voicebot.store.words import (
    CallOutcome,
    Channel,
)

PREFIX: Final = "SAMPLE-"
"""Begins the id of every generated call."""
HOURS: Final = (1, 0, 0, 0, 0, 1, 2, 5, 46, 100, 96, 70, 22, 34, 74, 82, 66, 26, 5, 5, 4, 3, 2, 1)
"""Calls by hour of a working day, in proportion."""
WEEKDAYS: Final = (1.25, 1.05, 1.0, 0.98, 0.95, 0.22, 0.15)
FREE_DAY: Final = 0.15
CHUNK: Final = 2_000
TALKS_S: Final = 150.0


def sample_roster(departments: Sequence[Department], period: Period) -> Roster:
    """Somebody first, somebody behind and a lead for every department, named by their posts; one is on leave."""
    words = sample_words()["role"]
    people: list[Person] = []
    shifts: list[Shift] = []
    week = frozenset(range(5))
    for n, department in enumerate(departments):
        for role, letter in ((Role.A, "a"), (Role.B, "b"), (Role.LEAD, "l")):
            number = f"+1500555{1000 + 10 * n + 'abl'.index(letter)}"
            also = frozenset({departments[n - 1].id}) if role is Role.B else frozenset()
            people.append(Person(f"{department.id}-{letter}", f"{department.name}{words[role]}", number, also))
            start, end = (time(9, 0), time(11, 0)) if role is Role.LEAD else (time(8, 30), time(17, 30))
            if role is Role.B and n % 3 == 2:
                start = time(13, 0)  # one department has no backup in the morning
            shifts.append(Shift(f"{department.id}-{letter}", department.id, role, start, end, week))
    away = Absence(people[0].id, period.end - timedelta(days=3), period.end + timedelta(days=2), "年休假")
    return Roster(tuple(people), tuple(shifts), (away,))


ORDER: Final = (Call, Turn, Attempt, Ticket, TicketCall, TicketHistory, Callback)


def fill(database: Database, faq: Faq, office: Office, period: Period, calls: int, seed: int, now: datetime) -> int:
    """Put so many calls of a period, up to `now`, into a record: how many tickets came of them. Raises `StoreLost`."""
    with database.reading() as session:
        first = (session.scalar(select(func.max(Ticket.id))) or 0) + 1
    month = _Month(faq, office, period, seed, now, first)
    moments = month.moments(calls)
    numbered = enumerate(moments, 1)
    while chunk := list(islice(numbered, CHUNK)):
        rows = Rows()
        for n, at in chunk:
            month.call(rows, n, at)
        with database.writing() as session:
            for model in ORDER:
                if found := rows.rows.get(model):
                    session.execute(insert(model), found)
    return month.next_ticket - first


class _Month(Owed):
    """Draws calls, one by one, in the order of time."""

    def moments(self, calls: int) -> list[datetime]:
        """When people call, in order, in UTC."""
        cells: list[tuple[date, int]] = []
        weights: list[float] = []
        for day in self.period.each_day:
            working = self.office.calendar.is_working_day(day)
            share = max(WEEKDAYS[day.weekday()], 0.9) if working else min(WEEKDAYS[day.weekday()], FREE_DAY)
            for hour, weight in enumerate(HOURS):
                if datetime.combine(day, time(hour), ZONE) < self.now - timedelta(hours=2):
                    cells.append((day, hour))
                    weights.append(share * weight)
        found = []
        for day, hour in self.random.choices(cells, weights, k=calls) if cells else ():
            second = self.random.randrange(3600)
            found.append(datetime.combine(day, time(hour), ZONE).astimezone(UTC) + timedelta(seconds=second))
        return sorted(found)

    # One call

    def call(self, rows: Rows, n: int, at: datetime) -> None:
        """Everything about one call."""
        random = self.random
        key, last4, entry = self._caller(n)
        row: dict[str, Any] = {
            "id": f"{PREFIX}{n:06d}",
            "channel": Channel.TWILIO if random.random() < 0.985 else random.choice((Channel.SMS, Channel.WEB)),
            "started_at": at,
            "caller_key": key,
            "caller_last4": last4,
            "line_number": "+15005550000",
            "green": random.random() < 0.04,
            "first_audio_s": round(random.uniform(0.1, 0.6), 2),
            "department": entry.department,
            "topic": entry.id,
            "rating": None,
            "handed_on": 0,
            "answers": 0,
            "wanted_at": None,
            "reason": None,
            "waited_s": None,
            "events": {},
            "end_reason": EndReason.CALLER_HUNG_UP,
        }
        draw = random.random()
        if row["channel"] is not Channel.TWILIO or draw < 0.185 or row["green"]:
            self._wants_a_person(rows, row, entry, at)
        elif draw < 0.245:
            self._not_understood(rows, row, at)
        elif draw < 0.30:
            row |= {"outcome": CallOutcome.LEFT_EARLY, "department": None, "topic": None}
            row["ended_at"] = at + timedelta(seconds=random.uniform(1, 9))
        else:
            self._answered(rows, row, entry, at)
        row["seconds"] = (row["ended_at"] - at).total_seconds()
        rows.add(Call, **row)

    def _caller(self, n: int) -> tuple[str, str, Entry]:
        random = self.random
        if self.recent and random.random() < 0.14:
            return random.choice(self.recent)
        (entry,) = random.choices(self.entries, self.popular)
        key = hashlib.sha256(f"{PREFIX}{n}".encode()).hexdigest() if random.random() < 0.96 else ""
        found = (key, f"{random.randrange(10_000):04d}" if key else "", entry)
        self.recent = [*self.recent[-150:], found] if key else self.recent
        return found

    def _turn(self, rows: Rows, row: Mapping[str, Any], n: int, text: str, entry: Entry | None, did: Decision) -> None:
        random = self.random
        sure = random.uniform(0.9, 0.99) if did is Decision.ANSWERED else random.uniform(0.05, 0.45)
        rows.add(
            Turn,
            call_id=row["id"],
            n=n,
            at_s=8.0 + 12.0 * (n - 1),
            state="listening",
            heard=[{"text": text, "confidence": round(random.uniform(0.7, 0.98), 3), "words": []}],
            key=None,
            outcome=Outcome.ANSWER if did is Decision.ANSWERED else Outcome.UNSURE,
            ranking=[{"entry": entry.id, "question": entry.question, "probability": round(sure, 3), "phrasing": text}]
            if entry
            else [],
            decision=did,
            entry=entry.id if entry else None,
            audio_s=2.4,
            decode_s=0.2,
            said=entry.answer if entry and did is Decision.ANSWERED else None,
            answer_latency_s=round(random.uniform(0.3, 0.9), 2),
        )

    def _answered(self, rows: Rows, row: dict[str, Any], entry: Entry, at: datetime) -> None:
        random = self.random
        self._turn(rows, row, 1, random.choice(entry.phrasings), entry, Decision.ANSWERED)
        row["outcome"] = CallOutcome.ANSWERED if random.random() < 0.87 else CallOutcome.CONFIRMED
        row["answers"] = 1 if random.random() < 0.85 else 2
        row["ended_at"] = at + timedelta(seconds=random.uniform(25, 70))
        if random.random() < 0.3:
            (row["rating"],) = random.choices((5, 4, 3, 2, 1), (52, 24, 14, 6, 4))

    def _not_understood(self, rows: Rows, row: dict[str, Any], at: datetime) -> None:
        random = self.random
        asked = self.words["unanswered"]
        (text,) = random.choices(list(asked), list(asked.values()))
        for n in (1, 2):
            self._turn(rows, row, n, text, None, Decision.ASKED_REPHRASE)
        row |= {"department": None, "topic": None}
        if random.random() < 0.6:
            self._wants_a_person(rows, row, None, at, said=text, reason=Reason.NOT_UNDERSTOOD)
            return
        row |= {"outcome": CallOutcome.UNSURE, "ended_at": at + timedelta(seconds=random.uniform(20, 45))}

    # People

    def _wants_a_person(
        self,
        rows: Rows,
        row: dict[str, Any],
        entry: Entry | None,
        at: datetime,
        said: str = "",
        reason: Reason | None = None,
    ) -> None:
        random = self.random
        wanted = at + timedelta(seconds=random.uniform(4, 35))
        kind = TicketKind.COMPLAINT if reason is None and random.random() < 0.04 else TicketKind.CALL
        if kind is TicketKind.CALL and random.random() < 0.003:
            kind = TicketKind.EMERGENCY
        given = {TicketKind.COMPLAINT: Reason.COMPLAINT, TicketKind.EMERGENCY: Reason.EMERGENCY}
        drawn = random.choices((Reason.KEY, Reason.ASKED, Reason.SILENCE), (6, 3, 1))[0]
        reason = reason or given.get(kind) or (Reason.GREEN if row["green"] else drawn)
        if entry is not None and not row["green"] and random.random() < 0.4:
            self._turn(rows, row, 1, random.choice(entry.phrasings), entry, Decision.ANSWERED)
            row["answers"] = 1
        row |= {"wanted_at": wanted, "reason": reason}
        if row["channel"] is Channel.TWILIO:
            self._ring(rows, row, wanted)
        else:
            row |= {"outcome": CallOutcome.HANDED_OVER, "ended_at": wanted, "waited_s": 0.0}
        self.ticket(rows, row, entry, kind, reason, said)

    def _ring(self, rows: Rows, row: dict[str, Any], wanted: datetime) -> None:
        """Ring whoever is on duty, one after the other, until somebody answers or the caller has had enough."""
        random, now = self.random, wanted
        department = row["department"]
        calendar = self.office.calendar_of(department)
        is_open = calendar.is_open(wanted)
        manner = self.manners.get(department or "", MANNERS[1])
        patience = random.expovariate(1 / 75.0)
        if is_open and random.random() < 0.03:  # everybody talks
            return self._gone(row, wanted, patience, nobody=False)
        lunch = not is_open and time(11, 30) < wanted.astimezone(ZONE).time() < time(13, 30)
        if not is_open and not (lunch and calendar.is_working_day(wanted.astimezone(ZONE).date())):
            rows.add(Attempt, **_attempt(row, "", "", wanted, wanted, TransferOutcome.NOBODY))
            return self._gone(row, wanted, patience, nobody=True)
        chance = manner.answers if is_open else manner.lunch
        for role, letter in ((Role.A, "a"), (Role.B, "b")):
            person = f"{department or next(iter(self.names))}-{letter}"
            rings = random.uniform(3, 16)
            if random.random() < chance * (1.0 if role is Role.A else 0.7):
                return self._talk(rows, row, person, role, now, rings)
            outcome = random.choices(
                (TransferOutcome.NO_ANSWER, TransferOutcome.BUSY, TransferOutcome.DECLINED, TransferOutcome.FAILED),
                (70, 20, 8, 2),
            )[0]
            rings = 20.0 if outcome is TransferOutcome.NO_ANSWER else random.uniform(1, 5)
            left = (now - wanted).total_seconds() + rings > patience
            ended = max(
                now + timedelta(seconds=1), min(now + timedelta(seconds=rings), wanted + timedelta(seconds=patience))
            )
            rows.add(
                Attempt,
                **_attempt(row, person, role, now, ended, TransferOutcome.CALLER_LEFT if left else outcome),
            )
            now = ended
            if left:
                row |= {"outcome": CallOutcome.HANDED_OVER, "ended_at": now}
                row["waited_s"] = (now - wanted).total_seconds()
                return None
        return self._gone(row, wanted, (now - wanted).total_seconds() + 15.0, nobody=True)

    def _talk(self, rows: Rows, row: dict[str, Any], person: str, role: Role, now: datetime, rings: float) -> None:
        random = self.random
        picked = now + timedelta(seconds=rings * 0.6)
        met = now + timedelta(seconds=rings)
        ended = met + timedelta(seconds=max(20.0, random.gauss(TALKS_S, 60.0)))
        more = {"rang_at": now, "picked_up_at": picked, "accepted_at": picked, "bridged_at": met}
        rows.add(Attempt, **_attempt(row, person, role, now, ended, TransferOutcome.ACCEPTED) | more)
        row |= {"outcome": CallOutcome.CONNECTED, "ended_at": ended, "end_reason": EndReason.CONNECTED_AND_OVER}
        row["waited_s"] = (met - row["wanted_at"]).total_seconds()
        row["handed_on"] = 1 if random.random() < 0.04 else 0
        if random.random() < 0.45:
            (row["rating"],) = random.choices((5, 4, 3, 2, 1), (60, 22, 10, 5, 3))

    def _gone(self, row: dict[str, Any], wanted: datetime, seconds: float, *, nobody: bool) -> None:
        random = self.random
        ended = wanted + timedelta(seconds=seconds)
        outcome, end = CallOutcome.HANDED_OVER, EndReason.CALLER_HUNG_UP
        if nobody and random.random() < 0.45:
            outcome, end = CallOutcome.MESSAGE, EndReason.LINE_HUNG_UP
        elif nobody and random.random() < 0.3:
            end = EndReason.LINE_HUNG_UP
        if random.random() < 0.01:
            end = EndReason.CONNECTION_LOST
        row |= {"outcome": outcome, "ended_at": ended, "end_reason": end, "waited_s": seconds}


def _attempt(
    row: Mapping[str, Any], person: str, role: str, start: datetime, end: datetime, outcome: TransferOutcome
) -> dict[str, Any]:
    return {
        "call_id": row["id"],
        "whom": person,
        "person": person,
        "role": str(role),
        "leg": "",
        "started_at": start,
        "rang_at": None,
        "picked_up_at": None,
        "accepted_at": None,
        "bridged_at": None,
        "ended_at": end,
        "outcome": outcome,
    }

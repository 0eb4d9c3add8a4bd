"""Each call that is over is weighed once: why nobody came, whether the caller called again, whether they got through
that day. It is kept with the call, so that the figures stay when the caller's number is forgotten, and so that a later
change of office hours does not rewrite what happened.

Any number of workers may weigh; the same call weighed twice comes out the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.orm import Session, load_only

from voicebot.insight.why_missed import Facts, Tried, left_waiting, why_missed
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.plan import Office
from voicebot.store.database import Database
from voicebot.store.models import Attempt, Call
from voicebot.store.rings import LONGEST_TALK
from voicebot.store.words import CallOutcome, Channel

SETTLED: Final = timedelta(seconds=60)
"""News of an end come by several requests in any order."""
AGAIN: Final = timedelta(hours=24)
"""Who calls about the same thing within this was not helped."""
BATCH: Final = 400
_SEEN: Final = (Call.caller_key, Call.started_at, Call.topic, Call.wanted_at, Call.outcome)


@dataclass(frozen=True, slots=True)
class Seen:
    """One call of a caller, as far as their other calls are concerned."""

    id: str
    at: datetime
    topic: str | None
    wanted: bool
    talked: bool


@dataclass(frozen=True, slots=True)
class Weight:
    """What is known of a call beside the caller's other calls."""

    again: bool
    first_today: bool
    got_through: bool


def weights(calls: Sequence[Seen]) -> dict[str, Weight]:
    """All telephone calls of one caller, weighed against each other. Pure."""
    days: dict[Any, list[Seen]] = defaultdict(list)
    ordered = sorted(calls, key=lambda call: (call.at, call.id))
    for call in ordered:
        if call.wanted:
            days[call.at.astimezone(ZONE).date()].append(call)
    first = {day[0].id: any(call.talked for call in day) for day in days.values()}
    return {
        call.id: Weight(
            again=any(_about_the_same(call, later) for later in ordered[n + 1 :] if later.at - call.at <= AGAIN),
            first_today=call.id in first,
            got_through=first.get(call.id, False),
        )
        for n, call in enumerate(ordered)
    }


def _about_the_same(one: Seen, other: Seen) -> bool:
    """A call of which nobody knows what it was about is taken to be about the same thing."""
    return one.topic is None or other.topic is None or one.topic == other.topic


class Weighing:
    """The job; also run before figures are shown. `run` may raise `StoreLost`."""

    def __init__(self, database: Database, office: Callable[[], Office], now: Callable[[], datetime]) -> None:
        self._database = database
        self._office = office
        self._now = now

    def run(self) -> int:
        """Weigh whatever is over: how many calls."""
        total = 0
        while found := self._batch():
            total += found
        return total

    def _batch(self) -> int:
        now = self._now()
        with self._database.reading() as session:
            pending = list(session.scalars(_pending(now).limit(BATCH)))
            if not pending:
                return 0
            values = self._missed(session, pending, now)
            values = _merged(values, _neighbours(session, pending, now))
        with self._database.writing() as session:
            session.execute(update(Call), values)
        return len(pending)

    def _missed(self, session: Session, calls: Sequence[Call], now: datetime) -> list[dict[str, Any]]:
        office = self._office()
        missed = [call for call in calls if call.wanted_at and call.outcome is not CallOutcome.CONNECTED]
        attempts = _attempts(session, [call.id for call in missed])
        rows = []
        for call in calls:
            row: dict[str, Any] = {"id": call.id, "weighed_at": now, "missed": None, "left_waiting": False}
            if call.wanted_at and call.outcome is not CallOutcome.CONNECTED:
                facts = Facts(call.wanted_at, call.waited_s, call.end_reason, call.reason, attempts[call.id])
                row["missed"] = why_missed(facts, office.calendar_of(call.department))
                row["left_waiting"] = call.outcome is CallOutcome.HANDED_OVER and left_waiting(facts)
            rows.append(row)
        return rows


def _over(now: datetime) -> ColumnElement[bool]:
    """A call whose end nobody told is over when none can last longer."""
    return or_(Call.ended_at < now - SETTLED, Call.started_at < now - LONGEST_TALK)


def _pending(now: datetime) -> Select[Any]:
    """Over, and not weighed since there was news of them."""
    return select(Call).where(Call.weighed_at.is_(None), _over(now)).order_by(Call.started_at)


def _attempts(session: Session, calls: Sequence[str]) -> dict[str, list[Tried]]:
    found: dict[str, list[Tried]] = defaultdict(list)
    columns = (Attempt.call_id, Attempt.outcome, Attempt.person, Attempt.leg, Attempt.started_at, Attempt.ended_at)
    rows = session.execute(select(*columns).where(Attempt.call_id.in_(calls)).order_by(Attempt.id))
    for call, outcome, person, leg, started, ended in rows:
        # News that nobody was there, or nobody free, stands as an attempt that began and ended at once.
        found[call].append(Tried(outcome, rung=bool(person or leg) or started != ended))
    return found


def _neighbours(session: Session, calls: Sequence[Call], now: datetime) -> list[dict[str, Any]]:
    """The weights of these calls, and of the same callers' calls around them."""
    phone = [call for call in calls if call.channel is Channel.TWILIO]
    moments: dict[str, list[datetime]] = defaultdict(list)
    for call in phone:
        moments[call.caller_key].append(call.started_at)
    alone = [call for call in phone if not call.caller_key]
    result = [{"id": call.id, **asdict(weights([_seen(call)])[call.id])} for call in alone]
    for caller, seen in _of_callers(session, moments, now).items():
        weighed = weights(seen)
        near = [one for one in seen if any(abs(moment - one.at) <= AGAIN for moment in moments[caller])]
        result += [{"id": one.id, **asdict(weighed[one.id])} for one in near]
    return result


def _of_callers(session: Session, moments: Mapping[str, Sequence[datetime]], now: datetime) -> dict[str, list[Seen]]:
    """Calls of known callers around these moments: a day before and behind, and what those hang on in turn."""
    known = sorted(caller for caller in moments if caller)
    every = [moment for caller in known for moment in moments[caller]]
    found: dict[str, list[Seen]] = defaultdict(list)
    if known:
        around = Call.started_at.between(min(every) - 2 * AGAIN, max(every) + 2 * AGAIN)
        theirs = select(Call).where(Call.channel == Channel.TWILIO, Call.caller_key.in_(known), around, _over(now))
        for call in session.scalars(theirs.options(load_only(*_SEEN))):
            found[call.caller_key].append(_seen(call))
    return found


def _seen(call: Call) -> Seen:
    return Seen(call.id, call.started_at, call.topic, call.wanted_at is not None, call.outcome is CallOutcome.CONNECTED)


def _merged(one: Iterable[dict[str, Any]], other: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of one call together, ordered by it, so that two workers never wait for each other crosswise."""
    rows: dict[str, dict[str, Any]] = {}
    for row in (*one, *other):
        rows.setdefault(row["id"], {}).update(row)
    return [rows[id_] for id_ in sorted(rows)]

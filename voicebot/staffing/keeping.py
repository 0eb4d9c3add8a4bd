"""The duty roster in and out of the record, and the office as it is just now."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from voicebot.errors import VoicebotError
from voicebot.staffing.plan import Office
from voicebot.staffing.roster import Absence, Person, Role, Roster, Shift
from voicebot.store.duty import Duties

log = logging.getLogger(__name__)

FRESH_S = 5.0
"""How old what is known of the office may be: a change reaches every replica within that time."""


def body_of(roster: Roster) -> dict[str, Any]:
    """A roster as JSON."""
    return {
        "people": [
            {"id": p.id, "name": p.name, "number": p.number, "departments": sorted(p.departments)}
            for p in roster.people
        ],
        "shifts": [
            {
                "person": s.person,
                "department": s.department,
                "role": str(s.role),
                "start": s.start.isoformat(),
                "end": s.end.isoformat(),
                "weekdays": sorted(s.weekdays),
                "day": s.day.isoformat() if s.day else None,
            }
            for s in roster.shifts
        ],
        "absences": [
            {"person": a.person, "start": a.start.isoformat(), "end": a.end.isoformat(), "why": a.why}
            for a in roster.absences
        ],
    }


def roster_of(body: Mapping[str, Any]) -> Roster:
    """The roster that `body_of` wrote. Raises `KeyError` or `ValueError` for anything else."""
    return Roster(
        tuple(Person(p["id"], p["name"], p["number"], frozenset(p["departments"])) for p in body.get("people", ())),
        tuple(
            Shift(
                s["person"],
                s["department"],
                Role(s["role"]),
                time.fromisoformat(s["start"]),
                time.fromisoformat(s["end"]),
                frozenset(s["weekdays"]),
                date.fromisoformat(s["day"]) if s["day"] else None,
            )
            for s in body.get("shifts", ())
        ),
        tuple(
            Absence(a["person"], datetime.fromisoformat(a["start"]), datetime.fromisoformat(a["end"]), a["why"])
            for a in body.get("absences", ())
        ),
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """A roster, and which version of it this is."""

    version: int
    roster: Roster


def load(duties: Duties) -> Kept:
    """The roster in force. Raises `StoreLost`."""
    version, body = duties.roster()
    return Kept(version, roster_of(body))


def save(duties: Duties, roster: Roster, *, who: str, why: str, based_on: int) -> int:
    """Put a roster in force: its version. Raises `StoreLost`, and `RosterChanged` as `Duties.save_roster` does."""
    return duties.save_roster(body_of(roster), who=who, why=why, based_on=based_on)


class OfficeKeeper:
    """Calls `load` every few seconds at most; what cannot be loaded leaves the last good office in force, so that a
    broken file or a lost database never keeps a phone from ringing.
    """

    def __init__(self, load: Callable[[], Office], clock: Callable[[], float], first: Office) -> None:
        """`clock` counts seconds; `first` serves until something could be loaded."""
        self._load = load
        self._clock = clock
        self._lock = threading.Lock()
        self._office = first
        self._loaded_at: float | None = None
        self._told = ""

    def __call__(self) -> Office:
        """The office. Never raises."""
        with self._lock:
            if self._loaded_at is None or self._clock() - self._loaded_at >= FRESH_S:
                self._loaded_at = self._clock()
                self._refresh()
            return self._office

    def _refresh(self) -> None:
        problem = ""
        try:
            self._office = self._load()
        except VoicebotError as error:
            problem = str(error)
        except Exception as error:
            problem = repr(error)
        if problem and problem != self._told:
            log.error("the roster, calendar or policy cannot be read, the last good one stays in force: %s", problem)
        self._told = problem

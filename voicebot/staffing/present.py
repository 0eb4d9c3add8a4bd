"""Who is on duty just now, and whether they are free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from voicebot.staffing.plan import Office, on_duty
from voicebot.staffing.roster import Person
from voicebot.store.duty_models import Engagement


class State(StrEnum):
    """What somebody on duty is doing."""

    FREE = "free"
    RINGING = "ringing"
    TALKING = "talking"


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody on duty."""

    person: Person
    duties: tuple[tuple[str, str], ...]
    """Department and role (``A``, ``B``, ``lead``), in the roster's order of departments."""
    state: State
    since: datetime | None
    """Since when their phone rings or they talk; None when they are free."""


def present(office: Office, engaged: Mapping[str, Engagement], at: datetime, unit: str | None = None) -> list[Present]:
    """Everybody on duty, by who is rung first; of one department when given. Nobody twice."""
    duties: dict[str, list[tuple[str, str]]] = {}
    people: dict[str, Person] = {}
    for department in office.roster.departments():
        if unit in (None, department):
            for rung in on_duty(office, department, at):
                people[rung.person.id] = rung.person
                duties.setdefault(rung.person.id, []).append((department, rung.role))
    found = []
    for person in people.values():
        row = engaged.get(person.id)
        state = State.FREE if row is None else State.TALKING if row.talking else State.RINGING
        found.append(Present(person, tuple(duties[person.id]), state, row.since if row else None))
    return found

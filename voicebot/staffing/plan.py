"""Who is rung for a caller, in which order. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from voicebot.staffing.calendar import Calendar
from voicebot.staffing.policy import CallbackPolicy, TransferPolicy
from voicebot.staffing.roster import Person, Roster

DESK = "desk"
"""The general desk, as a person's id and a role."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One person to ring."""

    person: Person
    role: str
    """``A``, ``B``, ``lead`` or ``desk``."""


@dataclass(frozen=True, slots=True)
class Office:
    """Who works when, at one moment of its keeping."""

    roster: Roster = field(default_factory=Roster)
    calendar: Calendar = field(default_factory=Calendar)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    """Of departments that have hours of their own."""
    transfer: TransferPolicy = field(default_factory=TransferPolicy)
    callback: CallbackPolicy = field(default_factory=CallbackPolicy)
    desk_number: str = ""
    """E.164 of the general desk; empty when there is none."""

    def calendar_of(self, department: str | None) -> Calendar:
        """The working calendar of a department."""
        return self.calendars.get(department or "", self.calendar)

"""The days an office itself settles: free, worked, shut for some hours; over public holidays and files. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Any

from voicebot.staffing.calendar import Span


class What(StrEnum):
    """What is settled about a day."""

    FREE = "free"
    WORKING = "working"
    CLOSED = "closed"
    """Shut for some hours, or the whole day, once."""


@dataclass(frozen=True, slots=True)
class OfficeDay:
    """One day that the office has settled."""

    day: date
    what: What
    why: str
    department: str = ""
    """Of one department only; empty: the whole office."""
    spans: tuple[Span, ...] = ()
    """Of `CLOSED`: when; none for the whole day."""


@dataclass(frozen=True, slots=True)
class OfficeDays:
    """Everything the office has settled."""

    days: tuple[OfficeDay, ...] = ()
    known: frozenset[int] = frozenset()
    """Years whose public holidays are all among the days."""


def office_days_of(body: Mapping[str, Any]) -> OfficeDays:
    """What `body_of` wrote. Raises `KeyError` or `ValueError` for anything else."""
    days = [
        OfficeDay(
            date.fromisoformat(one["day"]),
            What(one["what"]),
            one["why"],
            one["department"],
            tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in one["spans"]),
        )
        for one in body.get("days", ())
    ]
    return OfficeDays(tuple(days), frozenset(body.get("known", ())))


def body_of(office: OfficeDays) -> dict[str, Any]:
    """As JSON."""
    days = [
        {
            "day": one.day.isoformat(),
            "what": str(one.what),
            "why": one.why,
            "department": one.department,
            "spans": [[f"{a:%H:%M}", f"{b:%H:%M}"] for a, b in one.spans],
        }
        for one in sorted(office.days, key=lambda one: (one.day, one.department))
    ]
    return {"days": days, "known": sorted(office.known)}


def documents_of(office: OfficeDays) -> list[dict[str, Any]]:
    """In the form of ``calendar.toml``, to be merged over the files one after the other: days that are worked apart
    from the rest, for each list takes its days out of the other one that came before.
    """
    working = [one for one in office.days if one.what is What.WORKING]
    others = [one for one in office.days if one.what is not What.WORKING]
    return [_document(working), _document(others) | ({"known": sorted(office.known)} if office.known else {})]


def _document(days: list[OfficeDay]) -> dict[str, Any]:
    document = _settings(one for one in days if not one.department)
    departments = sorted({one.department for one in days} - {""})
    if departments:
        document["department"] = {
            name: _settings(one for one in days if one.department == name) for name in departments
        }
    return document


def _settings(days: Iterable[OfficeDay]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for one in days:
        if one.what is What.CLOSED:
            spans = [f"{a:%H:%M}-{b:%H:%M}" for a, b in one.spans]
            settings.setdefault("closed", {})[one.day.isoformat()] = spans
        else:
            settings.setdefault(str(one.what), []).append(one.day)
    return settings


def settled(office: OfficeDays, day: OfficeDay) -> OfficeDays:
    """With one more day; what was settled about the same day of the same department goes."""
    return OfficeDays((*_besides(office, day), day), office.known)


def unsettled(office: OfficeDays, day: OfficeDay) -> OfficeDays:
    """Without that day."""
    return OfficeDays(tuple(_besides(office, day)), office.known)


def _besides(office: OfficeDays, day: OfficeDay) -> Iterable[OfficeDay]:
    return (one for one in office.days if (one.day, one.department) != (day.day, day.department))

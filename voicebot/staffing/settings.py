"""Calendar and policy from parsed TOML documents. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import time, timedelta
from typing import Any, TypeVar

from voicebot.errors import SettingsError
from voicebot.staffing.calendar import Calendar, calendar_from
from voicebot.staffing.policy import CallbackPolicy, PublicPolicy, TicketPolicy, TransferPolicy
from voicebot.store.words import Matter


@dataclass(frozen=True, slots=True)
class Rules:
    """What is written in ``policy.toml``."""

    transfer: TransferPolicy = field(default_factory=TransferPolicy)
    callback: CallbackPolicy = field(default_factory=CallbackPolicy)
    tickets: TicketPolicy = field(default_factory=TicketPolicy)
    public: PublicPolicy = field(default_factory=PublicPolicy)


def calendars_from(documents: Sequence[Mapping[str, Any]]) -> tuple[Calendar, dict[str, Calendar]]:
    """The office's calendar and those of departments with hours of their own, from ``calendar.toml`` files.

    Later documents win, setting by setting; days of theirs are added. ``[department.rsj]`` holds what differs for a
    department. Raises `SettingsError` with every problem.
    """
    office: dict[str, Any] = {}
    own: dict[str, dict[str, Any]] = {}
    for document in documents:
        common = {name: value for name, value in document.items() if name != "department"}
        office = _merged(office, common)
        for department, differs in document.get("department", {}).items():
            own[department] = _merged(own.get(department, {}), differs)
    problems: list[str] = []

    def made(where: str, document: Mapping[str, Any]) -> Calendar:
        try:
            return calendar_from(document)
        except SettingsError as error:
            problems.extend(f"{where}{problem}" for problem in error.problems)
            return Calendar()

    calendar = made("", office)
    calendars = {name: made(f"department.{name}: ", _merged(office, differs)) for name, differs in own.items()}
    if problems:
        raise SettingsError(problems)
    return calendar, calendars


def _merged(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Lists of days and tables grow, anything else is replaced."""
    merged = dict(before)
    for name, value in after.items():
        if name in ("working", "free", "known") and isinstance(value, list):
            merged[name] = [*before.get(name, []), *value]
        elif isinstance(value, Mapping):
            merged[name] = {**before.get(name, {}), **value}
        else:
            merged[name] = value
    for one, other in (("working", "free"), ("free", "working")):  # the later word on a day counts
        if one in after and other in merged and other not in after:
            merged[other] = [day for day in merged[other] if day not in after[one]]
    return merged


def rules_from(documents: Sequence[Mapping[str, Any]]) -> Rules:
    """The policies from ``policy.toml`` files; later ones win, setting by setting. Raises `SettingsError` with every
    problem.
    """
    problems: list[str] = []
    rules = Rules()
    for document in documents:
        for unknown in sorted(document.keys() - {"transfer", "callback", "tickets", "public"}):
            problems.append(f"policy: unknown table {unknown}")
        rules = Rules(
            _changed(rules.transfer, document.get("transfer", {}), "transfer", problems),
            _changed(rules.callback, document.get("callback", {}), "callback", problems),
            _changed(rules.tickets, document.get("tickets", {}), "tickets", problems),
            _changed(rules.public, document.get("public", {}), "public", problems),
        )
    if problems:
        raise SettingsError(problems)
    return rules


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ValueError
    return float(value)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _time(value: Any) -> time:
    return value if isinstance(value, time) else time.fromisoformat(str(value))


def _days(value: Any) -> dict[Matter, int]:
    return {Matter(name): _count(days) for name, days in dict(value).items()}


_READERS: dict[str, Callable[[Any], Any]] = {
    "float": _seconds,
    "int": _count,
    "bool": _flag,
    "time": _time,
    "timedelta": lambda value: timedelta(hours=_seconds(value)),
    "Mapping[Matter, int]": _days,
}
"""By the written type of a policy's field; a stretch of working time is given in hours."""


_Policy = TypeVar("_Policy", TransferPolicy, CallbackPolicy, TicketPolicy, PublicPolicy)


def _changed(policy: _Policy, table: Mapping[str, Any], name: str, problems: list[str]) -> _Policy:
    known = {known.name: _READERS[str(known.type)] for known in fields(policy)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            problems.append(f"policy: {name}: unknown setting {key}")
            continue
        try:
            values[key] = known[key](value)
        except (ValueError, TypeError):
            problems.append(f"policy: {name}.{key} cannot be {value!r}")
    return replace(policy, **values)

"""Deadlines in working time, and who is told when they pass."""

from datetime import datetime, timedelta

import pytest

from voicebot.cases.deadlines import Level, deadlines, due_notices, notices
from voicebot.staffing.calendar import ZONE, Calendar
from voicebot.staffing.policy import TicketPolicy
from voicebot.store.words import Matter

OFFICE = Calendar()


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


DEADLINES = {
    "a consultation on Friday evening": (
        Matter.CONSULTATION,
        "2026-11-20 17:20",
        ("2026-11-23 10:20", "2026-11-24 17:30"),
    ),
    "a request": (Matter.REQUEST, "2026-11-23 09:00", ("2026-11-23 11:00", "2026-11-30 17:30")),
    "in the night before National Day": (
        Matter.CONSULTATION,
        "2026-09-30 22:00",
        ("2026-10-08 10:30", "2026-10-10 17:30"),
    ),
}


@pytest.mark.parametrize(("matter", "created", "expected"), DEADLINES.values(), ids=DEADLINES.keys())
def test_deadlines(matter, created, expected):
    found = deadlines(matter, at(created), OFFICE, TicketPolicy())

    assert (found.respond_by, found.resolve_by) == tuple(at(text) for text in expected)


def test_policy_of_an_office():
    found = deadlines(
        Matter.COMPLAINT, at("2026-11-23 09:00"), OFFICE, TicketPolicy(timedelta(hours=1), {Matter.COMPLAINT: 1})
    )

    assert (found.respond_by, found.resolve_by) == (at("2026-11-23 10:00"), at("2026-11-24 17:30"))


def test_reminder_and_escalation():
    created, due = at("2026-11-20 16:30"), at("2026-11-23 09:30")

    assert [(n.level, n.at) for n in notices(created, due, OFFICE)] == [
        (Level.OWNER, at("2026-11-20 17:30")),
        (Level.BACKUP, at("2026-11-23 09:30")),
        (Level.LEAD, at("2026-11-23 10:30")),
        (Level.SUPERVISOR, at("2026-11-23 11:30")),
    ]


@pytest.mark.parametrize(
    ("now", "told", "levels"),
    [
        ("2026-11-20 17:00", 0, []),
        ("2026-11-21 10:00", 0, ["owner"]),
        ("2026-11-21 10:00", 1, []),
        ("2026-11-23 10:45", 1, ["backup", "lead"]),
        ("2026-11-24 09:00", 4, []),
    ],
)
def test_each_notice_is_sent_once(now, told, levels):
    created, due = at("2026-11-20 16:30"), at("2026-11-23 09:30")

    assert [n.level for n in due_notices(created, due, OFFICE, told=told, now=at(now))] == levels

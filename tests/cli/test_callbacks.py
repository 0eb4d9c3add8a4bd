"""`voicebot callbacks`, as clerks use it without the desk."""

import json
from datetime import datetime, timedelta

import pytest

from tests.open_hours import CALLS_AT_ANY_HOUR
from voicebot import wiring
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.events import EndReason
from voicebot.staffing.calendar import ZONE

CALLER = "+15005550009"


@pytest.fixture
def record(run):
    run.data.mkdir()
    (run.data / "policy.toml").write_text(CALLS_AT_ANY_HOUR)
    env = {"VOICEBOT_DATA": str(run.data), "VOICEBOT_SECRET": "a secret for tests only"}
    return wiring.open_record(wiring.settings(env))


@pytest.fixture
def ticket(record):
    """The open ticket of a call that is over."""
    record.call_started("CA1", CALLER, "+15005550001")
    ticket = record.open_ticket("CA1", OpenTicket(TicketKind.CALL, Reason.KEY, None, None, "来电人按零"))
    record.call_ended("CA1", EndReason.CALLER_HUNG_UP)
    return ticket


def listed(run, *arguments):
    return [json.loads(line) for line in run("callbacks", "list", *arguments, "--json")[1].splitlines()]


def changes(record, ticket):
    return [(str(line.change), line.who) for line in record.history_of(ticket.id)][1:]


def test_without_a_provider_it_is_dialled_by_hand(run, record, ticket):
    assert [(one["state"], one["ticket"], one["caller"]) for one in listed(run)] == [("due", ticket.number, "0009")]
    assert listed(run, "--by-hand") == []

    assert json.loads(run("callbacks", "run", "--json")[1]) == {"rung": 0, "owed": 1, "by_hand": 1}
    (one,) = listed(run, "--by-hand")
    assert CALLER[1:] not in run("callbacks", "list")[1]
    assert run("callbacks", "number", one["callback"], "--as", "w1")[1].strip() == CALLER
    assert run("callbacks", "done", one["callback"], "no-answer", "--as", "w1")[0] == 0
    assert "上次没有人接" in run("callbacks", "list")[1]
    assert run("callbacks", "done", one["callback"], "reached", "--as", "w2", "--why", "已告知材料")[0] == 0

    assert "没有要回的电话" in run("callbacks", "list")[1]
    assert changes(record, ticket)[-4:] == [("note", "line"), ("note", "w1"), ("try", "w1"), ("resolve", "w2")]


def test_again_by_the_line_and_dropped(run, record, ticket):
    run("callbacks", "run")
    (one,) = listed(run, "--by-hand")
    fresh = json.loads(run("callbacks", "retry", one["callback"], "--as", "w1", "--json")[1])["callback"]

    assert [(o["callback"], o["state"]) for o in listed(run)] == [(fresh, "due")]
    assert run("callbacks", "drop", fresh, "--as", "w1", "--why", "已当面办好")[0] == 0
    assert listed(run) == []
    assert [ticket.id for ticket in record.open_tickets()] == [ticket.id], "dropping settles nothing"


@pytest.mark.parametrize(
    "arguments",
    [
        ["done", 99, "reached", "--as", "w1"],
        ["retry", 99, "--as", "w1"],
        ["drop", 99, "--as", "w1", "--why", "x"],
        ["number", 99, "--as", "w1"],
    ],
)
def test_what_is_not_there(run, arguments):
    code, out = run("callbacks", *arguments)

    assert (code, "没有这个回电" in out) == (1, True)


def test_an_outcome_that_dialling_cannot_have(run, ticket):
    assert run("callbacks", "done", 1, "staff-voicemail", "--as", "w1")[0] == 2


def test_outside_the_hours_for_calling_the_number_is_not_shown(run, record, ticket):
    run("callbacks", "run")
    now = datetime.now(ZONE)
    start, end = (f"{now + timedelta(hours=n):%H:%M}" for n in (2, 3))
    (run.data / "policy.toml").write_text(f'[callback]\nstart = "{start}"\nend = "{end}"\n')

    code, out = run("callbacks", "number", 1, "--as", "w1")
    assert (code, CALLER in out, f"{start} 到 {end}" in out) == (1, False, True)
    assert run("callbacks", "number", 1, "--as", "w1", "--anyway") == (0, f"{CALLER}\n")
    assert "回电时间以外" in record.history_of(ticket.id)[-1].why

"""What a line does beside the calls, by what it has."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from voicebot.jobs import jobs_of
from voicebot.staffing.legs import NoLegs
from voicebot.store.seal import Seal
from voicebot.twilio.rest import Rest

ALWAYS = {"deadlines", "weighing", "forgetting", "calendar", "counting", "gaps"}
PHONE = {"messages", "legs"}


def jobs(bot):
    return {job.name: job for job in jobs_of(bot, Seal("a secret for tests only"), threading.Event())}


@pytest.mark.parametrize(
    ("env", "provider", "names"),
    [
        ({"VOICEBOT_CALLBACKS": "manual"}, False, ALWAYS | PHONE),
        ({}, False, ALWAYS | PHONE | {"calls back"}),
        ({}, True, ALWAYS | PHONE | {"calls back", "lost calls"}),
        ({"TWILIO_ACCOUNT_SID": "", "TWILIO_AUTH_TOKEN": "", "VOICEBOT_CALLBACKS": "manual"}, False, ALWAYS),
    ],
)
def test_which(make_bot, env, provider, names):
    bot = make_bot(**env)
    found = jobs(replace(bot, legs=Rest(bot.settings) if provider else NoLegs()))

    assert set(found) - {"texts"} == names
    assert all(job.every_s > 0 for job in found.values())


@pytest.mark.parametrize(("year", "told"), [(2026, []), (2090, [2090])])
def test_a_year_whose_holidays_nobody_knows_is_told_every_day(make_bot, caplog, year, told):
    bot = replace(make_bot(), now=lambda: datetime(year, 3, 2, 2, 0, tzinfo=UTC))

    assert jobs(bot)["calendar"].run() == told
    assert [record.args for record in caplog.records] == [(one,) for one in told]


def test_forgetting_runs_on_an_empty_record(make_bot):
    assert jobs(make_bot())["forgetting"].run() == 0

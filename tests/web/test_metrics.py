"""The line as it is now, for Prometheus."""

import pytest

from tests.desk import sample
from tests.desk.conftest import make_bot
from tests.store.conftest import Clock
from voicebot.web import create_app


@pytest.fixture
def office(tmp_path):
    clock = Clock()
    clock.time = sample.NOW
    bot, database = make_bot(tmp_path, clock)
    sample.fill(bot.record, clock, tmp_path)
    yield create_app(bot).test_client(), database
    database.close()


def gauges(client):
    lines = client.get("/metrics").get_data(as_text=True).splitlines()
    return {line.split()[0]: float(line.split()[1]) for line in lines if not line.startswith("#")}


def test_what_is_going_on_is_counted(office):
    client, _ = office
    assert gauges(client) == {
        "voicebot_speech_ready": 1,
        "voicebot_faq_entries": 95,
        "voicebot_record_ready": 1,
        "voicebot_calls_live": 2,
        "voicebot_callers_waiting": 1,
        "voicebot_people_engaged": 0,
        "voicebot_tickets_open": 6,
        "voicebot_tickets_overdue": 1,
        "voicebot_callbacks_owed": 5,
    }


def test_a_lost_record_is_a_figure_too(office, tmp_path):
    client, database = office
    database.close()
    for file in tmp_path.glob("voicebot.sqlite3*"):
        file.write_bytes(b"no database at all" * 100)
    found = gauges(client)
    assert (found["voicebot_record_ready"], "voicebot_tickets_open" in found) == (0, False)


@pytest.mark.parametrize(
    "asked",
    [{"environ_base": {"REMOTE_ADDR": "192.0.2.1"}}, {"headers": {"X-Forwarded-For": "192.0.2.1"}}],
    ids=["from elsewhere", "through a proxy"],
)
def test_nobody_else_is_told(office, asked):
    assert office[0].get("/metrics", **asked).status_code == 404

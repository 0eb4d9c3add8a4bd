"""A bot on a real record with small fakes for hearing and voice, and Twilio asking for its pages."""

import contextlib
import shutil
import sqlite3

import pytest

from tests.dialogue.conftest import KNOWLEDGE, SCRIPT, TUNING
from tests.store.conftest import SECRET, Clock
from tests.twilio.asking import ACCOUNT, DESK, PUBLIC, TOKEN, Twilio
from tests.twilio.world import FakeEars, FakeVoice
from voicebot.bot import Bot
from voicebot.config import settings_from
from voicebot.store.database import Database
from voicebot.store.numbers import NumberKey
from voicebot.store.record import Record
from voicebot.web import create_app


@pytest.fixture(scope="session")
def empty_record(tmp_path_factory):
    """An SQLite file with our tables."""
    file = tmp_path_factory.mktemp("record") / "empty.sqlite3"
    database = Database(f"sqlite:///{file}")
    database.upgrade()
    database.close()
    return file


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def record(empty_record, tmp_path, clock):
    file = tmp_path / "voicebot.sqlite3"
    shutil.copy(empty_record, file)
    database = Database(f"sqlite:///{file}")
    yield Record(database, NumberKey(SECRET), clock, pause=clock.pass_)
    database.close()


@pytest.fixture
def make_bot(tmp_path, record):
    """A bot from what differs: settings by environment name, and `record`, `ears` or `voice`."""

    def make(*, knowledge=KNOWLEDGE, record=record, ears=None, voice=None, **env):
        env = {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "VOICEBOT_PUBLIC_URL": PUBLIC,
            "VOICEBOT_DESK_NUMBER": DESK,
        } | env
        settings = settings_from(env, data=tmp_path, faq=tmp_path, recordings=tmp_path)
        return Bot(settings, TUNING, SCRIPT, lambda: knowledge, ears or FakeEars([]), voice or FakeVoice(), record)

    return make


@pytest.fixture
def make_twilio(make_bot):
    """Twilio, calling a line made as by `make_bot`."""
    return lambda **differs: Twilio(create_app(make_bot(**differs)).test_client())


@pytest.fixture
def twilio(make_twilio):
    return make_twilio()


@pytest.fixture
def database_rows(tmp_path, record):
    """How many rows a table has, counted behind the record's back."""

    def count(table):
        with contextlib.closing(sqlite3.connect(tmp_path / "voicebot.sqlite3")) as connection:
            return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

    return count

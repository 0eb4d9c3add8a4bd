"""A bot for the pages that need no telephone."""

from datetime import UTC, datetime

import pytest

from tests.dialogue.conftest import KNOWLEDGE, SCRIPT, TUNING
from tests.twilio.world import FakeEars, FakeVoice
from voicebot.bot import Bot
from voicebot.config import settings_from
from voicebot.web import create_app


class FineRecord:
    database = None

    def ping(self):
        pass


def fixed():
    """A moment of a year whose holidays are known."""
    return datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
def make_client(tmp_path):
    """A client of an application made from what differs: `knowledge`, `ears`, `record`, settings by their name."""

    def make(*, knowledge=KNOWLEDGE, ears=None, record=None, now=fixed, hearing=None, **env):
        settings = settings_from(env, data=tmp_path, faq=tmp_path, recordings=tmp_path)
        ears, record = ears or FakeEars([]), record or FineRecord()
        return create_app(
            Bot(settings, TUNING, SCRIPT, lambda: knowledge, ears, FakeVoice(), record, now=now, hearing=hearing)
        ).test_client()

    return make

"""One real recogniser for all tests that need one."""

import pytest

from tests.lines.world import TUNING
from voicebot.speech import models
from voicebot.speech.pool import SpeechPool


@pytest.fixture(scope="module")
def pool():
    """One worker with the bundled model."""
    with SpeechPool(models.find("bundled"), workers=1, tuning=TUNING) as pool:
        assert pool.wait_ready(60)
        yield pool


@pytest.fixture
def ear(pool):
    """A real ear for one call."""
    ear = pool.open()
    yield ear
    ear.close()

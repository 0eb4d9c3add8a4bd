"""Real Vosk with the bundled model on real audio: the sample callers."""

import json
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voicebot import content
from voicebot.config import tuning_from
from voicebot.events import UtteranceHeard
from voicebot.speech import models
from voicebot.speech.pool import SpeechPool

CALLERS = Path(__file__).parents[2] / "recordings" / "callers"
QUIET = np.zeros(8000, np.int16)


def caller(name):
    """A sample caller, int16 at 8000 Hz, with a second of silence after."""
    pcm, rate = soundfile.read(CALLERS / f"{name}.wav", dtype="int16")
    assert rate == 8000
    return np.concatenate((pcm, QUIET))


def say(ear, pcm):
    """Let an ear hear this in telephone frames."""
    for start in range(0, len(pcm), 160):
        ear.hear(pcm[start : start + 160])


def heard(events):
    """The best reading of each utterance among events."""
    return [
        event.hypotheses[0].text if event.hypotheses else "" for event in events if isinstance(event, UtteranceHeard)
    ]


def listen(ear, pcm):
    """What an ear makes of this, once it has settled."""
    say(ear, pcm)
    assert ear.settle(20)
    return ear.events()


def until(condition, timeout=20.0):
    """Wait for something that other processes bring about; what it returned, once that is true."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return found


def gather(ear, wanted, timeout=20.0):
    """Events of an ear until one of the wanted type is among them."""
    events = []
    until(lambda: events.extend(ear.events()) or any(isinstance(event, wanted) for event in events), timeout)
    return events


@pytest.fixture(scope="session")
def tuning():
    return tuning_from(tomllib.loads(content.data_text("tuning.toml")))


@pytest.fixture(scope="session")
def bundled():
    return models.find("bundled")


@pytest.fixture
def new_pool(bundled, tuning):
    """Makes ready pools that are closed after the test."""
    pools = []

    def make(workers=1, model=bundled, ready=True, **options):
        pool = SpeechPool(model, workers, tuning, **options)
        pools.append(pool)
        pool.start()
        if ready:
            assert pool.wait_ready(20)
            until(lambda: len(pool.pids) == workers)
        return pool

    yield make
    for pool in pools:
        pool.close()


@pytest.fixture(scope="module")
def pool(bundled, tuning):
    """One ready pool for tests that leave it as it was."""
    with SpeechPool(bundled, 1, tuning) as pool:
        assert pool.wait_ready(20)
        yield pool


@pytest.fixture
def parse_json():
    """The one JSON object a command printed."""

    def parse(result):
        assert result.exit_code == 0, result.output
        [line] = result.stdout.splitlines()
        return json.loads(line)

    return parse

"""The ear without words."""

import numpy as np
import pytest

from tests.lines.world import tone
from voicebot.events import SilenceHeard, SpeechStarted, UtteranceHeard
from voicebot.lines.plain_ear import PlainEar

SOUND = np.concatenate((tone(0.5, 0), tone(1.0), tone(2.0, 100)))


@pytest.mark.parametrize("size", [1, 160, 331, 8000, len(SOUND)])
def test_loud_is_voice_in_pieces_of_any_size(size):
    ear, events = PlainEar(), []
    for start in range(0, len(SOUND), size):
        ear.hear(SOUND[start : start + size])
        events += ear.events()
    assert events == [SilenceHeard(0.5), SpeechStarted(), UtteranceHeard((), 1.0), SilenceHeard(0.5), SilenceHeard(0.5)]


def test_the_pace_is_the_silence_that_ends_it():
    ear = PlainEar()
    ear.pace(1.6)
    ear.hear(np.concatenate((tone(1.0), tone(1.5, 0))))
    assert ear.events() == [SpeechStarted()]
    ear.hear(tone(0.2, 0))
    assert ear.events() == [UtteranceHeard((), 1.0)]

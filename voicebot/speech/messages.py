"""Hearing a message that was left, as gently as one more caller: nobody who is on the phone waits for it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from voicebot import audio
from voicebot.audio import RATE
from voicebot.errors import SpeechLost
from voicebot.events import RecogniserLost, UtteranceHeard
from voicebot.speech import nbest
from voicebot.speech.files import read_audio
from voicebot.speech.pool import SpeechPool

_PIECE_S: Final = 0.5
_PAUSE: Final = 1.6
"""Seconds of silence that end an utterance: as for files."""
_SETTLE_S: Final = 20.0
"""Seconds the recogniser may take for the last words."""


def hear_message(pool: SpeechPool, path: Path, stop: threading.Event) -> str:
    """The words in a sound file, given to a worker no faster than a caller speaks; empty when there are none.

    Takes as long as the file lasts. Raises `OperatorError` for a file that is no sound, `SpeechLost` with
    ``speech-lost`` when nobody can listen now or `stop` was set, ``speech-died`` when this audio ended a worker.
    """
    samples, rate = read_audio(path)
    pcm = audio.float_to_pcm(audio.resample(samples, rate, RATE))
    piece = round(_PIECE_S * RATE)
    ear = pool.open()
    try:
        ear.pace(_PAUSE)
        ear.whole = True
        for start in range(0, len(pcm), piece):
            ear.hear(pcm[start : start + piece])
            if stop.wait(_PIECE_S):
                raise SpeechLost("speech-lost", "the line is being stopped")
        ear.finish()
        settled = ear.settle(_SETTLE_S)
        events = ear.events()
    finally:
        ear.close()
    if not settled or any(isinstance(event, RecogniserLost) for event in events):
        raise SpeechLost("speech-died", "a recogniser ended while it heard this message")
    whole = nbest.join(event.hypotheses for event in events if isinstance(event, UtteranceHeard))
    return whole[0].text if whole else ""

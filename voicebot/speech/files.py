"""Audio files through the same ears as calls: read any sound file, hear all of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from voicebot import audio
from voicebot.audio import RATE, Pcm
from voicebot.errors import OperatorError, SpeechLost
from voicebot.events import Hypotheses, RecogniserLost, UtteranceHeard
from voicebot.speech import nbest
from voicebot.speech.pool import SpeechPool

WIDE = 16000
"""Hertz. What Vosk's wide-band models are made for; nothing above helps them."""
_PAUSE = 1.6
"""Seconds of silence that end an utterance of a file: longer than on a call, since nobody waits for an answer and the
recogniser profits from the whole sentence."""
_SLOWEST = 20.0
"""Seconds of wall clock allowed for one second of audio, on a machine that does much else."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in a file."""

    alternatives: Hypotheses
    """Readings of the whole file, best first; empty when there were no words."""
    audio_s: float
    """Seconds of audio."""
    elapsed_s: float
    """Seconds of wall clock it took to hear it."""

    @property
    def text(self) -> str:
        """The best reading."""
        return self.alternatives[0].text if self.alternatives else ""


def read_audio(path: Path) -> tuple[npt.NDArray[np.float32], int]:
    """A sound file's samples, mono, -1 to 1, shape (n,), and its rate in hertz. Raises `OperatorError`."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        why = "没有这个文件" if not path.exists() else f"读不出声音（{error}）"
        raise OperatorError("audio-unreadable", f"{path}：{why}") from error
    return samples.mean(axis=1, dtype=np.float32), int(rate)


def hear_file(pool: SpeechPool, path: Path, *, telephone: bool = False) -> Heard:
    """Hear a sound file of any rate; with `telephone`, as 8 kHz µ-law. Raises `OperatorError` and `SpeechLost`."""
    samples, rate = read_audio(path)
    if telephone:
        return hear_samples(pool, audio.ulaw_to_pcm(audio.telephone(samples, rate)), RATE)
    to = WIDE if rate >= WIDE else RATE
    return hear_samples(pool, audio.float_to_pcm(audio.resample(samples, rate, to)), to)


def hear_samples(pool: SpeechPool, pcm: Pcm, rate: int = RATE) -> Heard:
    """Hear int16 samples, shape (n,), at 8000 or 16000 Hz, as fast as a worker can.

    Raises `SpeechLost`: with ``speech-died`` when this audio, or something else, ended the worker.
    """
    started = time.monotonic()
    seconds = len(pcm) / rate
    ear = pool.open(rate)
    try:
        ear.pace(_PAUSE)
        ear.whole = True
        ear.hear(pcm)
        ear.finish()
        done = ear.settle(10 + _SLOWEST * seconds)
        events = ear.events()
    finally:
        ear.close()
    if not done or any(isinstance(event, RecogniserLost) for event in events):
        raise SpeechLost("speech-died", "识别进程在听这段声音时中止")
    whole = nbest.join(event.hypotheses for event in events if isinstance(event, UtteranceHeard))
    return Heard(whole, round(seconds, 3), round(time.monotonic() - started, 3))

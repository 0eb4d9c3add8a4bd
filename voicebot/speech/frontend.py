"""One call's frames before anything is decided: key tones blanked, loudness levelled, voice told from noise. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voicebot.audio import FRAME_S, RATE, Pcm
from voicebot.speech.gain import Leveller
from voicebot.speech.tones import is_key_tone
from voicebot.speech.vad import VoiceActivity


@dataclass(frozen=True, slots=True)
class Prepared:
    """One frame."""

    pcm: Pcm
    """As the recogniser is to hear it."""
    voiced: bool
    stirring: bool
    """See `VoiceActivity.stirring`."""


class FrontEnd:
    """Prepares the audio of one call; `rate` is 8000 or 16000 Hz. The answers lag as `VoiceActivity`'s do."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._size = round(rate * FRAME_S)
        self._rest = np.zeros(0, np.int16)
        self._leveller = Leveller()
        self._activity = VoiceActivity()

    def frames(self, pcm: Pcm) -> list[Pcm]:
        """The whole frames that there are with this audio, int16 of any length; what is left waits for more."""
        samples = np.concatenate((self._rest, pcm))
        whole = len(samples) - len(samples) % self._size
        self._rest = samples[whole:]
        return list(samples[:whole].reshape(-1, self._size))

    def prepare(self, frame: Pcm) -> Prepared:
        """The next frame."""
        narrow = self._narrow(frame)
        if is_key_tone(narrow):
            frame, narrow = np.zeros_like(frame), np.zeros_like(narrow)
        else:
            frame = self._leveller.level(frame)
        voiced = self._activity.voiced(narrow)
        return Prepared(frame, voiced, self._activity.stirring)

    def _narrow(self, frame: Pcm) -> Pcm:
        """The frame at 8000 Hz, well enough to tell whether there is a voice."""
        if self._rate == RATE:
            return frame
        return np.asarray(frame.reshape(-1, 2).sum(axis=1, dtype=np.int32) // 2, dtype=np.int16)

"""What a simulated line says, how long that takes, and the loudspeaker it comes out of, if there is one."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from voicebot import audio
from voicebot.dialogue.commands import Clip
from voicebot.faq import duration

SLOWER = 1.25
"""The slow pace takes this much longer."""
BEEP_S = 0.4
_BEEP_HZ = 1000.0
_RING_HZ = 450.0
_RING_ON_S = 1.0
_RING_PERIOD_S = 5.0
"""The ringback tone of mainland China: 450 Hz, 1 s on and 4 s off."""
_TONE_LEVEL = 0.12
"""Share of full scale: clearly heard, not startling."""


class Voice(Protocol):
    """Where audio comes from."""

    def audio(self, clip: Clip, slow: bool) -> bytes | None:
        """µ-law of a clip, None when there is none."""


class Speaker(Protocol):
    """A loudspeaker. No method blocks."""

    @property
    def latency(self) -> float:
        """Seconds between `play` and the sound being heard."""

    def play(self, ulaw: bytes) -> None:
        """Play this after what is already waiting."""

    def hush(self) -> None:
        """Be quiet at once and forget what is waiting."""


class Mouth:
    """Says clips: aloud where there is a loudspeaker, and always with the time it takes."""

    def __init__(self, voice: Voice | None = None, speaker: Speaker | None = None) -> None:
        self._voice = voice
        self._speaker = speaker

    def say(self, clips: tuple[Clip, ...], slow: bool) -> float:
        """Say clips one after the other; the seconds until they will have been heard."""
        lasts = 0.0
        for clip in clips:
            ulaw = self._voice.audio(clip, slow) if self._voice else None
            if ulaw is None:
                lasts += spoken_seconds(clip.text, slow)
            else:
                lasts += audio.seconds(ulaw)
                self._play(ulaw)
        return lasts + (self._speaker.latency if self._speaker and clips else 0.0)

    def beep(self) -> float:
        """The tone before a message is recorded; its seconds."""
        self._play(_tone(_BEEP_HZ, BEEP_S))
        return BEEP_S

    def ring(self, seconds: float) -> float:
        """The ringing a caller hears while a desk is rung; its seconds."""
        period = _tone(_RING_HZ, _RING_ON_S) + audio.silence(_RING_PERIOD_S - _RING_ON_S)
        periods = int(seconds // _RING_PERIOD_S) + 1
        self._play((period * periods)[: round(seconds * audio.RATE)])
        return seconds

    def hush(self) -> None:
        """Be quiet at once."""
        if self._speaker:
            self._speaker.hush()

    def _play(self, ulaw: bytes) -> None:
        if self._speaker:
            self._speaker.play(ulaw)


def spoken_seconds(text: str, slow: bool = False) -> float:
    """About how long saying `text` takes."""
    return duration.seconds(text) * (SLOWER if slow else 1.0)


def _tone(hertz: float, lasts: float) -> bytes:
    at = np.arange(round(lasts * audio.RATE)) / audio.RATE
    return audio.pcm_to_ulaw(audio.float_to_pcm((_TONE_LEVEL * np.sin(2 * np.pi * hertz * at)).astype(np.float32)))

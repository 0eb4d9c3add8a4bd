"""Telephone keys in the audio: is this frame a DTMF pair (ITU-T Q.23)? Pure.

The provider reports keys by themselves; their tones may be in the audio too, and must be heard neither as speech nor
as words.
"""

from __future__ import annotations

import numpy as np

from voicebot.audio import RATE, Pcm

_LOW = (697.0, 770.0, 852.0, 941.0)
_HIGH = (1209.0, 1336.0, 1477.0, 1633.0)
_SHARE = 0.8
"""Least share of the frame's energy in its two strongest key frequencies. Vowels stay below: their energy is in more
than two harmonics, and those are not at these frequencies."""
_TWIST = 10.0
"""Most by which one tone's energy may exceed the other's, as a factor (10 dB; Q.24 asks for 4 to 8 dB)."""
_QUIETEST = 100.0
"""Least root mean square, int16 scale (-50 dBFS; Q.24 asks for -29 dBm)."""


def _waves(samples: int) -> np.ndarray[tuple[int, int], np.dtype[np.complex64]]:
    frequencies = np.array(_LOW + _HIGH)
    phase = 2j * np.pi * frequencies[:, None] * np.arange(samples)[None, :] / RATE
    return np.exp(phase).astype(np.complex64)


_WAVES = _waves(160)


def is_key_tone(frame: Pcm) -> bool:
    """The frame, int16, shape (160,) at 8000 Hz, is a key's tone pair and little else."""
    samples = frame.astype(np.float32)
    energy = float(samples @ samples)
    if energy < len(samples) * _QUIETEST**2:
        return False
    # A sine of amplitude A has |sum|^2 = (n A / 2)^2 and energy n A^2 / 2, hence the factor 2 / n.
    found = np.abs(_WAVES @ samples) ** 2 * (2 / len(samples))
    low, high = float(found[:4].max()), float(found[4:].max())
    return low + high > _SHARE * energy and max(low, high) < _TWIST * min(low, high)

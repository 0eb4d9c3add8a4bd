"""Sounds of a telephone line, and telling speech from quiet. Pure.

Tones: ITU-T Q.23 (keys), and the 1000 Hz beep that asks to speak.
"""

from __future__ import annotations

import random

import numpy as np

from voicebot.audio import FRAME_BYTES, RATE, float_to_pcm, pcm_to_ulaw, ulaw_to_pcm

_QUIET = bytes(code for code in range(256) if abs(int(ulaw_to_pcm(bytes([code]))[0])) < 160)
"""µ-law codes below -46 dBFS."""
_LOUD_BYTES = 8
"""Samples above the threshold that make a 20 ms frame audible."""
_NOISE = (0x7E, 0x7F, 0xFE, 0xFF)
_LOW = {row: frequency for row, frequency in zip(("123A", "456B", "789C", "*0#D"), (697, 770, 852, 941), strict=True)}
_HIGH = (1209, 1336, 1477, 1633)

PLAIN_SILENCE = b"\x7e" * FRAME_BYTES
"""Silence as captured on a real call: not 0xFF."""


def audible(ulaw: bytes) -> bool:
    """Somebody listening would hear something in these 20 ms or less."""
    return len(ulaw.translate(None, _QUIET)) >= _LOUD_BYTES


def comfort_noise(dice: random.Random) -> bytes:
    """20 ms of a quiet line: samples within one step of zero."""
    return bytes(dice.choices(_NOISE, k=FRAME_BYTES))


def voiced_span(ulaw: bytes) -> tuple[int, int]:
    """First and one past the last byte of what is said in a recording, in whole frames; (0, 0) when it is silent.

    A frame belongs to the speech when it is within 30 dB of the loudest, so a recording's own noise is not speech.
    """
    if not ulaw:
        return 0, 0
    padded = ulaw_to_pcm(ulaw.ljust(-(-len(ulaw) // FRAME_BYTES) * FRAME_BYTES, b"\xff")).astype(np.float64)
    energy = np.sqrt(np.mean(padded.reshape(-1, FRAME_BYTES) ** 2, axis=1))
    voiced = np.flatnonzero(energy >= max(energy.max() * 10 ** (-30 / 20), 40.0))
    if not voiced.size:
        return 0, 0
    return int(voiced[0]) * FRAME_BYTES, min(int(voiced[-1] + 1) * FRAME_BYTES, len(ulaw))


def tone(frequencies: tuple[float, ...], seconds: float, level: float = 0.35) -> bytes:
    """A sum of sines as µ-law; `level` of full scale."""
    time = np.arange(round(seconds * RATE)) / RATE
    wave = np.mean([np.sin(2 * np.pi * frequency * time) for frequency in frequencies], axis=0)
    return pcm_to_ulaw(float_to_pcm((level * wave).astype(np.float32)))


def key_tone(key: str) -> bytes:
    """100 ms of a telephone key."""
    for row, low in _LOW.items():
        if key in row:
            return tone((low, _HIGH[row.index(key)]), 0.1)
    raise ValueError(f"not a telephone key: {key!r}")


def beep() -> bytes:
    """The tone before a recording."""
    return tone((1000.0,), 0.4)

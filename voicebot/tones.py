"""Tones of the telephone, made here. Pure."""

from __future__ import annotations

from functools import cache

import numpy as np

from voicebot.audio import RATE, pcm_to_ulaw

RINGBACK_HZ = 450.0
ON_S = 1.0
OFF_S = 4.0


@cache
def ringback(seconds: float) -> bytes:
    """The Chinese ringback tone (GB 3380: 450 Hz, 1 s on, 4 s off) as µ-law, about -20 dBm0."""
    t = np.arange(round(seconds * RATE)) / RATE
    on = (t % (ON_S + OFF_S)) < ON_S
    return pcm_to_ulaw((np.sin(2 * np.pi * RINGBACK_HZ * t) * 3300.0 * on).astype(np.int16))

"""Make speech equally loud on the telephone, whoever recorded it. Pure array work.

Levels are dB relative to a full-scale RMS of 1.0 (so a full-scale sine is -3.01). The speech level is the *active*
level in the manner of ITU-T P.56: the mean power while somebody speaks, pauses left out, within the telephone band.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Mono, -1 to 1, shape (n,)."""

SPEECH_DB = -20.0
"""Active level of what the line says: well above line noise, with room for peaks 15 dB higher."""
PEAK_DB = -1.0
"""No sample is louder: µ-law clips at full scale."""
LEAD_S = 0.05
"""Seconds of silence kept before the speech."""
TAIL_S = 0.12
"""Seconds kept after it."""

_FRAME_S = 0.02
_MARGIN_DB = 15.9  # P.56: a frame counts as active down to this much below the active level
_HANGOVER = 10  # frames (0.2 s, P.56) that stay active after speech, so that pauses between words count
_QUIET_DB = -60.0  # below this a recording holds no speech, only noise that must not be pulled up


def active_level(samples: Samples, rate: int) -> float:
    """Active speech level in dB; minus infinity for silence."""
    power = _frame_power(samples, round(_FRAME_S * rate))
    level = float(power.mean()) if power.size else 0.0
    for _ in range(20):  # settles within a few rounds: each drops only what is quieter than the last estimate allows
        active = _hangover(power > level * 10 ** (-_MARGIN_DB / 10))
        if not active.any():
            return float("-inf")
        settled, level = level, float(power[active].mean())
        if abs(level - settled) <= 1e-6 * level:
            break
    return 10 * float(np.log10(level)) if level > 0 else float("-inf")


def normalise(samples: Samples, rate: int, level_db: float = SPEECH_DB, peak_db: float = PEAK_DB) -> Samples:
    """The same speech at `level_db`, rumble below the telephone band removed, peaks held under `peak_db`.

    What holds no speech is returned as it is.
    """
    speech = high_pass(samples, rate)
    level = active_level(speech, rate)
    if level < _QUIET_DB:
        return samples
    return limit(np.asarray(speech * 10 ** ((level_db - level) / 20), dtype=np.float32), rate, peak_db)


def limit(samples: Samples, rate: int, peak_db: float = PEAK_DB) -> Samples:
    """Hold peaks under `peak_db` by turning the level down smoothly for 5 ms around them; nothing is clipped."""
    ceiling = 10 ** (peak_db / 20)
    need = np.minimum(1.0, ceiling / np.maximum(np.abs(samples), 1e-9))
    if need.size == 0 or need.min() >= 1.0:
        return samples
    reach = max(1, round(0.005 * rate))
    window = 2 * reach + 1
    lowest = np.lib.stride_tricks.sliding_window_view(np.pad(need, 2 * reach, constant_values=1.0), window).min(axis=1)
    gain = np.convolve(lowest, np.full(window, 1 / window), mode="valid")
    return np.asarray(samples * gain, dtype=np.float32)


def high_pass(samples: Samples, rate: int, start: float = 120.0, full: float = 240.0) -> Samples:
    """Remove what a telephone does not carry: nothing below `start` Hz, everything from `full` Hz on."""
    if samples.size == 0:
        return samples
    spectrum = np.fft.rfft(samples)
    ramp = np.clip((np.fft.rfftfreq(samples.size, 1 / rate) - start) / (full - start), 0, 1)
    return np.fft.irfft(spectrum * np.sin(ramp * np.pi / 2) ** 2, samples.size).astype(np.float32)


def trim(samples: Samples, rate: int, lead: float = LEAD_S, tail: float = TAIL_S) -> Samples:
    """Cut or pad the silence around the speech to `lead` and `tail` seconds; silence is returned as it is."""
    frame = max(1, round(0.005 * rate))
    power = _frame_power(samples, frame)
    level = active_level(samples, rate)
    if level == float("-inf"):
        return samples
    loud = np.flatnonzero(power > 10 ** ((level - 35) / 10))
    start = loud[0] * frame - round(lead * rate)
    end = (loud[-1] + 1) * frame + round(tail * rate)
    kept = samples[max(0, start) : end]
    return np.pad(kept, (max(0, -start), max(0, end - samples.size))).astype(np.float32)


def _frame_power(samples: Samples, frame: int) -> npt.NDArray[np.float64]:
    """Mean square of each frame, shape (frames,); the last one is padded with zeros."""
    padded = np.pad(samples.astype(np.float64), (0, -samples.size % frame))
    return np.asarray((padded.reshape(-1, frame) ** 2).mean(axis=1))


def _hangover(active: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Active frames and those up to 0.2 s after one."""
    frames = np.arange(active.size)
    last = np.maximum.accumulate(np.where(active, frames, -_HANGOVER - 1))
    return frames - last <= _HANGOVER

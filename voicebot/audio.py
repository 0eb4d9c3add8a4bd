"""Telephone audio as values: G.711 µ-law, 8 kHz, mono, in 20 ms frames. No files, no devices.

µ-law follows ITU-T G.711 (tables as in the reference implementation, bias 132, clip 32635).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import soxr

Pcm = npt.NDArray[np.int16]
"""Samples, int16, shape (n,)."""

RATE = 8000
"""Hertz."""
FRAME_S = 0.02
"""Seconds in one frame."""
FRAME_BYTES = 160
"""µ-law bytes in one frame, one per sample."""
ULAW_SILENCE = 0xFF
"""The µ-law byte for zero. Real lines also send 0x7E and 0x7F for silence."""


def _decode_table() -> Pcm:
    code = ~np.arange(256, dtype=np.uint8)
    exponent = ((code >> 4) & 7).astype(np.int32)
    mantissa = (code & 15).astype(np.int32)
    magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84
    return np.asarray(np.where(code & 0x80, -magnitude, magnitude), dtype=np.int16)


def _encode_table() -> npt.NDArray[np.uint8]:
    sample = np.arange(-32768, 32768, dtype=np.int32)
    magnitude = np.minimum(np.abs(sample), 32635) + 0x84
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 15
    sign = np.where(sample < 0, 0x80, 0)
    return np.asarray((~(sign | (exponent << 4) | mantissa)) & 0xFF, dtype=np.uint8)


_DECODE = _decode_table()
_ENCODE = _encode_table()


def ulaw_to_pcm(ulaw: bytes) -> Pcm:
    """Decode µ-law bytes to int16 samples, shape (len(ulaw),)."""
    return _DECODE[np.frombuffer(ulaw, dtype=np.uint8)]


def pcm_to_ulaw(pcm: Pcm) -> bytes:
    """Encode int16 samples, shape (n,), to n µ-law bytes."""
    return _ENCODE[pcm.astype(np.int32) + 32768].tobytes()


def seconds(ulaw: bytes) -> float:
    """Duration of µ-law audio in seconds."""
    return len(ulaw) / RATE


def silence(duration: float) -> bytes:
    """µ-law silence of `duration` seconds, rounded to whole samples."""
    return bytes([ULAW_SILENCE]) * round(duration * RATE)


def frames(ulaw: bytes) -> Iterator[bytes]:
    """Cut into 20 ms frames of 160 bytes; the last one is padded with silence."""
    for start in range(0, len(ulaw), FRAME_BYTES):
        yield ulaw[start : start + FRAME_BYTES].ljust(FRAME_BYTES, bytes([ULAW_SILENCE]))


def resample(samples: npt.NDArray[np.float32], rate: int, to: int = RATE) -> npt.NDArray[np.float32]:
    """Resample mono float samples, shape (n,), from `rate` to `to` hertz (soxr, high quality)."""
    if rate == to:
        return samples
    return np.asarray(soxr.resample(samples, rate, to), dtype=np.float32)


def float_to_pcm(samples: npt.NDArray[np.float32]) -> Pcm:
    """Float samples in -1..1, shape (n,), to int16; louder is clipped."""
    return np.asarray(np.clip(np.rint(samples * 32767.0), -32768, 32767), dtype=np.int16)


def pcm_to_float(pcm: Pcm) -> npt.NDArray[np.float32]:
    """int16 samples to float in -1..1."""
    return np.asarray(pcm / 32768.0, dtype=np.float32)


def telephone(samples: npt.NDArray[np.float32], rate: int) -> bytes:
    """Pass mono float samples in -1..1 through a telephone: 8 kHz µ-law bytes."""
    return pcm_to_ulaw(float_to_pcm(resample(samples, rate)))

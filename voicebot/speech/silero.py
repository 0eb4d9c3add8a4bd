"""How likely 32 ms of 8 kHz audio hold speech: Silero VAD's 8 kHz network, in numpy.

The network is small enough (0.2 million weights) that numpy runs a chunk in about 0.1 ms, so no runtime for neural
networks is needed. Weights and their origin: ``voicebot/data/silero``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voicebot.errors import ModelError

Floats = npt.NDArray[np.float32]

CHUNK = 256
"""Samples at 8000 Hz in one chunk."""
_CONTEXT = 32
_WINDOW, _HOP = 128, 64
_BINS = _WINDOW // 2 + 1
_HIDDEN = 128
_LET = np.r_[0:256, 384:512]  # of the four gates, those with a sigmoid
_WEIGHTS = Path(__file__).resolve().parent.parent / "data" / "silero" / "vad-8k.npz"


@cache
def weights() -> dict[str, Floats]:
    """The weights, read once and shared by all calls. Raises `ModelError` when the package is incomplete."""
    try:
        with np.load(_WEIGHTS) as arrays:
            return {name: np.asarray(arrays[name], dtype=np.float32, order="C") for name in arrays.files}
    except (OSError, ValueError) as error:
        raise ModelError("model-missing", f"安装不完整，缺少语音检测数据 {_WEIGHTS}，请重新安装 voicebot") from error


class Silero:
    """The network with the state of one call."""

    def __init__(self) -> None:
        self._weights = weights()
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._context = np.zeros(_CONTEXT, np.float32)
        self._hidden = np.zeros(_HIDDEN, np.float32)
        self._cell = np.zeros(_HIDDEN, np.float32)

    def probability(self, chunk: Floats) -> float:
        """Probability that the chunk, shape (256,), -1 to 1, holds speech; it must follow the one before."""
        encoded = self._encode(self._spectrum(chunk))
        gates = np.concatenate((encoded, self._hidden)) @ self._weights["lstm"] + self._weights["lstm_bias"]
        let_in, keep, let_out = _sigmoid(gates[_LET]).reshape(3, _HIDDEN)
        self._cell = keep * self._cell + let_in * np.tanh(gates[256:384])
        self._hidden = let_out * np.tanh(self._cell)
        score = np.maximum(self._hidden, 0) @ self._weights["out"] + self._weights["out_bias"]
        return float(_sigmoid(score))

    def _spectrum(self, chunk: Floats) -> Floats:
        """Magnitudes, shape (4, 65), of the chunk with the end of the one before, mirrored at its own end."""
        heard = np.concatenate((self._context, chunk))
        self._context = heard[-_CONTEXT:]
        mirrored = np.concatenate((heard, heard[-2 : -_CONTEXT - 2 : -1]))
        parts = np.lib.stride_tricks.sliding_window_view(mirrored, _WINDOW)[::_HOP] @ self._weights["basis"]
        return np.asarray(np.hypot(parts[:, :_BINS], parts[:, _BINS:]), dtype=np.float32)

    def _encode(self, spectrum: Floats) -> Floats:
        """Four convolutions over time, the middle two with stride 2: 4, 2 and then 1 step are left."""
        w = self._weights
        padded = np.zeros((6, _BINS), np.float32)
        padded[1:5] = spectrum
        four = np.maximum(np.hstack((padded[0:4], padded[1:5], padded[2:6])) @ w["conv0"] + w["bias0"], 0)
        padded = np.zeros((5, _HIDDEN), np.float32)
        padded[1:] = four
        two = np.maximum(np.hstack((padded[0:3:2], padded[1:4:2], padded[2:5:2])) @ w["conv1"] + w["bias1"], 0)
        one = np.maximum(two.reshape(-1) @ w["conv2"] + w["bias2"], 0)
        return np.asarray(np.maximum(one @ w["conv3"] + w["bias3"], 0), dtype=np.float32)


def _sigmoid(x: Floats) -> Floats:
    # tanh form: no overflow for large negative x.
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * x), dtype=np.float32)

"""This machine's microphone and loudspeaker, through PortAudio. Both are optional: what is missing is said clearly."""

from __future__ import annotations

import importlib
import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import soxr

from voicebot import audio
from voicebot.audio import Pcm
from voicebot.errors import DeviceError

log = logging.getLogger(__name__)

BLOCK_S = 0.02
"""Seconds of audio in one block from the microphone."""


def sound_system(load: Callable[[], Any] = lambda: importlib.import_module("sounddevice")) -> Any:
    """The `sounddevice` module. Raises `DeviceError` when it or the PortAudio library is missing."""
    try:
        return load()
    except ImportError as error:
        message = "没有安装麦克风支持。请运行：pip install 'voicebot[mic]'。也可以不用麦克风，用 --text 打字。"
        raise DeviceError("sounddevice-missing", message) from error
    except OSError as error:
        message = (
            "系统里没有 PortAudio 音频库。Debian/Ubuntu 请运行：sudo apt install libportaudio2；"
            "macOS 请运行：brew install portaudio。也可以不用麦克风，用 --text 打字。"
        )
        raise DeviceError("portaudio-missing", message) from error


class Microphone:
    """The default microphone, while the block lasts, as a `voicebot.lines.microphone.Handset`."""

    def __init__(self, system: Any) -> None:
        """Raises `DeviceError` when there is no microphone."""
        self._items: queue.SimpleQueue[bytes | str | DeviceError] = queue.SimpleQueue()
        self._rate = _rate(system, "input")
        self._resampler = None
        if self._rate != audio.RATE:
            # Medium quality holds back 35 ms at most, high quality 130 ms; the telephone band hears no difference.
            self._resampler = soxr.ResampleStream(self._rate, audio.RATE, 1, "int16", quality="MQ")
        self._open = False
        self._stream = _opened(
            system,
            "input",
            lambda: system.RawInputStream(
                samplerate=self._rate,
                blocksize=round(BLOCK_S * self._rate),
                channels=1,
                dtype="int16",
                callback=self._arrived,
                finished_callback=self._finished,
            ),
        )

    def __enter__(self) -> Microphone:
        self._open = True
        self._stream.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        self._stream.close()

    def typed(self, character: str) -> None:
        """A character was typed. Any thread."""
        self._items.put(character)

    def next(self, timeout: float) -> Pcm | str | None:
        """The next audio or typed character; None when there was none in time. Raises `DeviceError`."""
        try:
            item = self._items.get(timeout=timeout)
        except queue.Empty:
            return None
        if isinstance(item, DeviceError):
            raise item
        if isinstance(item, str):
            return item
        pcm = np.frombuffer(item, np.int16)
        return pcm if self._resampler is None else np.asarray(self._resampler.resample_chunk(pcm), np.int16)

    def _arrived(self, data: Any, frames: int, at: Any, status: Any) -> None:
        """PortAudio's thread: only hand it over."""
        self._items.put(bytes(data))

    def _finished(self) -> None:
        """PortAudio's thread: the stream ended, and we did not end it."""
        if self._open:
            self._items.put(DeviceError("microphone-lost", "麦克风断开了。"))


class Loudspeaker:
    """The default loudspeaker, while the block lasts, as a `voicebot.lines.mouth.Speaker`."""

    def __init__(self, system: Any) -> None:
        """Raises `DeviceError` when there is no loudspeaker."""
        self._rate = _rate(system, "output")
        self._lock = threading.Lock()
        self._waiting = bytearray()
        self._stream = _opened(
            system,
            "output",
            lambda: system.RawOutputStream(
                samplerate=self._rate, channels=1, dtype="int16", latency="low", callback=self._wanted
            ),
        )

    def __enter__(self) -> Loudspeaker:
        self._stream.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    @property
    def latency(self) -> float:
        """Seconds between `play` and the sound being heard."""
        return float(self._stream.latency)

    def play(self, ulaw: bytes) -> None:
        """Play this after what is already waiting."""
        samples = audio.resample(audio.pcm_to_float(audio.ulaw_to_pcm(ulaw)), audio.RATE, self._rate)
        with self._lock:
            self._waiting += audio.float_to_pcm(samples).tobytes()

    def hush(self) -> None:
        """Be quiet at once and forget what is waiting."""
        with self._lock:
            self._waiting.clear()

    def _wanted(self, out: Any, frames: int, at: Any, status: Any) -> None:
        """PortAudio's thread: fill the block, with silence where nothing waits."""
        size = len(out)
        with self._lock:
            data = bytes(self._waiting[:size])
            del self._waiting[:size]
        out[:] = data.ljust(size, b"\0")


_MISSING = {
    "input": ("microphone-missing", "没有找到麦克风。请接上麦克风或耳麦再试，或者用 --text 打字、用 --wav 放录音。"),
    "output": ("loudspeaker-missing", "没有找到扬声器或耳机，线路的话只显示文字。"),
}
_UNUSABLE = {
    "input": ("microphone-unusable", "打不开麦克风（可能被别的程序占用，或没有权限）"),
    "output": ("loudspeaker-unusable", "打不开扬声器或耳机"),
}


def _rate(system: Any, kind: str) -> int:
    """8000 Hz where the device can do it, else its own rate. Raises `DeviceError` when there is no such device."""
    try:
        own = int(system.query_devices(kind=kind)["default_samplerate"])
    except (system.PortAudioError, ValueError) as error:
        raise DeviceError(*_MISSING[kind]) from error
    check = system.check_input_settings if kind == "input" else system.check_output_settings
    try:
        check(samplerate=audio.RATE, channels=1, dtype="int16")
    except (system.PortAudioError, ValueError):
        return own
    return audio.RATE


def _opened(system: Any, kind: str, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except (system.PortAudioError, ValueError) as error:
        code, message = _UNUSABLE[kind]
        raise DeviceError(code, f"{message}：{error}") from error

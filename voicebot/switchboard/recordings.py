"""Recordings that the emulated Twilio made, and the tap that makes them."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field

import numpy as np
import soundfile

from voicebot.audio import FRAME_S, RATE, pcm_to_ulaw, seconds, ulaw_to_pcm
from voicebot.switchboard import sound


@dataclass(slots=True)
class Recording:
    """A recording; its file exists only when it is `ready`, some time after it was made."""

    sid: str
    call_sid: str
    ulaw: bytes = field(repr=False)
    ready: bool = False

    def file(self, kind: str) -> bytes:
        """As a ``WAV`` or ``MP3`` file, 8 kHz mono."""
        out = io.BytesIO()
        soundfile.write(out, ulaw_to_pcm(self.ulaw), RATE, format=kind)
        return out.getvalue()


@dataclass(slots=True)
class RecordingStore:
    """All recordings of the account, by identifier. A deleted one is gone."""

    by_sid: dict[str, Recording] = field(default_factory=dict)

    def add(self, recording: Recording) -> None:
        """Keep a recording."""
        self.by_sid[recording.sid] = recording

    def ready(self, sid: str) -> Recording | None:
        """A recording whose file exists."""
        recording = self.by_sid.get(sid)
        return recording if recording and recording.ready else None


class Recorder:
    """A tap of a phone that records the party (with `both`, also what it hears) until it is `done`.

    `timeout_s` of silence or `max_s` end it, and so does `stop`. Seconds are of audio.
    """

    def __init__(self, *, timeout_s: float | None = None, max_s: float | None = None, both: bool = False) -> None:
        self.done: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Why it ended: a key, ``silence``, ``length``."""
        self._frames: list[bytes] = []
        self._quiet_s = 0.0
        self._timeout_s = timeout_s
        self._max_s = max_s
        self._both = both

    def tap(self, frame: bytes, heard: bytes) -> None:
        """The next 20 ms."""
        if self.done.done():
            return
        self._frames.append(_mixed(frame, heard) if self._both else frame)
        self._quiet_s = 0.0 if sound.audible(frame) else self._quiet_s + FRAME_S
        if self._timeout_s is not None and self._quiet_s >= self._timeout_s:
            self.stop("silence")
        elif self._max_s is not None and len(self._frames) * FRAME_S >= self._max_s:
            self.stop("length")

    def stop(self, why: str) -> None:
        """End it; a second time changes nothing."""
        if not self.done.done():
            self.done.set_result(why)

    def audio(self, *, trim: bool) -> bytes:
        """What was recorded, without the silence at both ends if `trim`; silence alone is kept."""
        ulaw = b"".join(self._frames)
        first, last = sound.voiced_span(ulaw) if trim else (0, len(ulaw))
        return ulaw[first:last] or ulaw


def whole_seconds(ulaw: bytes) -> str:
    """A duration as Twilio gives it: whole seconds, as text."""
    return str(max(1, round(seconds(ulaw)))) if ulaw else "0"


def _mixed(one: bytes, other: bytes) -> bytes:
    total = ulaw_to_pcm(one).astype(np.int32) + ulaw_to_pcm(other)
    return pcm_to_ulaw(np.clip(total, -32768, 32767).astype(np.int16))

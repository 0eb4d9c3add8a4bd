"""What an answer sounds like: its recording, else speech rendered for the moment, else nothing and why."""

from __future__ import annotations

import hashlib
import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from voicebot.dialogue.commands import Clip
from voicebot.errors import VoicebotError
from voicebot.speech.recordings import replace_file, wav_bytes
from voicebot.speech.render import SPEED, VOICE, Speech

log = logging.getLogger(__name__)

MOST_KEPT = 200
"""Rendered trials kept on disk."""


class Sound(StrEnum):
    """What there is to hear."""

    RECORDED = "recorded"
    """A recording the line would play for just this text."""
    RENDERED = "rendered"
    """Speech made for this trial."""
    WORKING = "working"
    """It is being made."""
    NONE = "none"
    """Nothing: no recording, and no synthesis on this machine."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Heard:
    """What there is to hear of a text."""

    sound: Sound
    key: str = ""
    """To ask for the audio with."""
    why: str = ""


class Recordings(Protocol):
    """The line's recordings."""

    def audio(self, clip: Clip, slow: bool = False) -> bytes | None:
        """µ-law that says the clip, if there is any."""


class Listening:
    """Finds or makes audio. Synthesis runs in a process of its own, one text at a time; what it made is kept."""

    def __init__(self, voice: Recordings, folder: Path) -> None:
        """`folder`: where trials are kept."""
        self._voice = voice
        self._folder = folder
        self._lock = threading.Lock()
        self._working: dict[str, Future[bytes]] = {}
        self._one: ThreadPoolExecutor | None = None

    def hear(self, name: str, text: str, *, make: bool = True) -> Heard:
        """What there is to hear of this text under a recording's name (``answers/rsj-001``). `make`: begin to speak it
        when nothing is there and synthesis is installed.
        """
        if not text.strip():
            return Heard(Sound.NONE, why="还没有答案")
        if self._voice.audio(Clip(name, text)) is not None:
            return Heard(Sound.RECORDED, name)
        key = hashlib.sha256(text.encode()).hexdigest()[:32]
        if self._file(key).exists():
            return Heard(Sound.RENDERED, key)
        with self._lock:
            working = self._working.get(key)
            if working is None:
                return self._begin(key, text) if make else Heard(Sound.NONE)
            if not working.done():
                return Heard(Sound.WORKING, key)
            del self._working[key]
        return self._finished(key, working)

    def wav(self, key: str, text: str = "") -> bytes | None:
        """The audio of a key that `hear` gave (`text`: of a recording), as a WAV file."""
        if "/" in key:
            audio = self._voice.audio(Clip(key, text))
            return wav_bytes(audio) if audio is not None else None
        if len(key) == 32 and key.isalnum() and self._file(key).exists():
            return self._file(key).read_bytes()
        return None

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.wav"

    def _begin(self, key: str, text: str) -> Heard:
        try:
            from voicebot.speech import kokoro  # the extra [tts]

            weights = kokoro.find_weights(None)
        except (ImportError, VoicebotError) as error:
            log.info("no synthesis here: %s", error)
            return Heard(Sound.NONE, why="这台机器没有装语音合成")
        from voicebot.speech.render_jobs import rendered

        def make() -> bytes:
            for _, result in rendered([Speech(key, text, VOICE, SPEED)], weights, 1):
                if isinstance(result, bytes):
                    return result
                raise result
            raise RuntimeError("nothing was rendered")

        if self._one is None:
            self._one = ThreadPoolExecutor(1, "trial-voice")
        self._working[key] = self._one.submit(make)
        return Heard(Sound.WORKING, key)

    def _finished(self, key: str, work: Future[bytes]) -> Heard:
        try:
            audio = work.result()
        except VoicebotError as error:
            return Heard(Sound.FAILED, why=error.message)
        except Exception as error:  # whatever the synthesis died of: the clerk is told, the desk goes on
            log.exception("a trial could not be spoken")
            return Heard(Sound.FAILED, why=type(error).__name__)
        replace_file(self._file(key), wav_bytes(audio))
        for old in sorted(self._folder.glob("*.wav"), key=lambda one: one.stat().st_mtime)[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
        return Heard(Sound.RENDERED, key)

"""What a simulated caller does, turn by turn, and where turns come from: options, WAV files, typed lines."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import soundfile

from voicebot import audio
from voicebot.audio import Pcm
from voicebot.errors import ContentError

KEYS = "0123456789*#"
"""The keys of a telephone."""
TYPED_STAY_S = 4.0
"""Seconds an empty typed line stays silent: longer than the silence the line accepts before it asks."""


@dataclass(frozen=True, slots=True)
class Said:
    """Says this; recognition is skipped and certain."""

    text: str


@dataclass(frozen=True, slots=True)
class Sounded:
    """Plays this into the telephone: int16 at 8000 Hz."""

    name: str
    pcm: Pcm


@dataclass(frozen=True, slots=True)
class Pressed:
    """Presses a key when it is the caller's turn."""

    key: str


@dataclass(frozen=True, slots=True)
class Stayed:
    """Stays on the line and says nothing."""

    seconds: float


Turn = Said | Sounded | Pressed | Stayed


@dataclass(frozen=True, slots=True, order=True)
class TimedKey:
    """A key pressed at a moment of the call, whatever is going on."""

    at: float
    """Seconds from the start of the call."""
    key: str


def key_from(text: str) -> Pressed | TimedKey:
    """``0`` is a key on the caller's turn, ``0@2.5`` one 2.5 s into the call. Raises `ValueError` for anything else."""
    key, at, moment = text.strip().partition("@")
    if len(key) != 1 or key not in KEYS:
        raise ValueError(text)
    if not at:
        return Pressed(key)
    seconds = float(moment)
    if not 0.0 <= seconds < float("inf"):
        raise ValueError(text)
    return TimedKey(seconds, key)


def sounded(path: Path) -> Sounded:
    """A sound file of any rate and channels, as a telephone passes it on: 8 kHz µ-law.

    Raises `ContentError` when it cannot be read.
    """
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise ContentError("sound-unreadable", f"读不了声音文件 {path}：{error}") from error
    return Sounded(path.name, audio.ulaw_to_pcm(audio.telephone(samples.mean(axis=1), int(rate))))


def typed_turns(lines: Iterable[str]) -> Iterator[Turn]:
    """Turns from typed lines, each read when it is the caller's turn: text, a key, nothing (silence) or q (hang up)."""
    for line in lines:
        text = unicodedata.normalize("NFKC", line).strip()
        if text in ("q", "Q"):
            return
        if not text:
            yield Stayed(TYPED_STAY_S)
        elif len(text) == 1 and text in KEYS:
            yield Pressed(text)
        else:
            yield Said(text)

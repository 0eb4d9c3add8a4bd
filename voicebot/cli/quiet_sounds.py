"""Sounds of a telephone line on which nobody speaks: silence, noise, music, tones. Made up, and from real files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from voicebot import audio
from voicebot.audio import RATE
from voicebot.speech.callers import office_noise
from voicebot.switchboard import sound
from voicebot.switchboard.caller import read_telephone

PIECE_S: Final = 60.0
"""Seconds made at a time."""
KEYS: Final = "0123456789*#"
Sound = Iterator[bytes]
"""µ-law, piece by piece, without end."""


def sounds_of(recordings: Path, noise: Sequence[Path], music: Sequence[Path]) -> dict[str, Sound]:
    """A sound of each kind, made up, with real files where they are given. Raises `OperatorError`."""
    noises = [read_telephone(path) for path in (recordings / "callers" / "noise-office.wav", *noise)]
    return {
        "silence": _silence(),
        "noise": _noise([audio.pcm_to_float(audio.ulaw_to_pcm(one)) for one in noises]),
        "music": _music([audio.pcm_to_float(audio.ulaw_to_pcm(read_telephone(path))) for path in music]),
        "tones": _tones(),
    }


def _ulaw(samples: npt.NDArray[Any]) -> bytes:
    return audio.pcm_to_ulaw(audio.float_to_pcm(np.asarray(samples, dtype=np.float32)))


def _silence() -> Sound:
    """Dead lines, idle code, comfort noise from -75 to -50 dBFS."""
    dice = np.random.default_rng(1)
    for number in cycle(range(6)):
        count = round(PIECE_S * RATE)
        if number == 0:
            yield audio.silence(PIECE_S)
        elif number == 1:
            yield sound.PLAIN_SILENCE * round(PIECE_S / 0.02)
        else:
            yield _ulaw(dice.normal(0, 10 ** (dice.uniform(-75, -50) / 20), count))


def _looped(clips: Sequence[npt.NDArray[np.float32]], dice: np.random.Generator) -> npt.NDArray[np.float32]:
    """A piece of one of these, from anywhere in it, at another level."""
    clip = clips[int(dice.integers(len(clips)))]
    count = round(PIECE_S * RATE)
    start = int(dice.integers(len(clip)))
    piece = np.resize(np.roll(clip, -start), count)
    peak = float(np.sqrt(np.mean(piece**2))) or 1.0
    return np.asarray(piece / peak * 10 ** (dice.uniform(-45, -18) / 20), dtype=np.float32)


def _noise(clips: Sequence[npt.NDArray[np.float32]]) -> Sound:
    """Offices, hiss, hum, rumble, at many levels."""
    dice = np.random.default_rng(2)
    count = round(PIECE_S * RATE)
    for number in cycle(range(4)):
        level = 10 ** (dice.uniform(-45, -18) / 20)
        if number == 0:
            yield _ulaw(dice.normal(0, level, count))
        elif number == 1:
            yield _ulaw(office_noise(count, int(dice.integers(1 << 30))) * level)
        else:
            yield _ulaw(_looped(clips, dice))


def _music(clips: Sequence[npt.NDArray[np.float32]]) -> Sound:
    """Melodies over chords, made up, and real ones where there are any."""
    dice = np.random.default_rng(3)
    for number in cycle(range(2)):
        real = clips and number
        yield _ulaw(_looped(clips if real else [_melody(dice)], dice))


def _melody(dice: np.random.Generator) -> npt.NDArray[np.float32]:
    """A minute of notes with overtones and decay over slow chords, in a pentatonic scale."""
    count = round(PIECE_S * RATE)
    out = np.zeros(count, np.float32)
    beat = float(dice.uniform(0.2, 0.6))
    scale = [0, 2, 4, 7, 9]
    for start in np.arange(0.0, PIECE_S - 2.0, beat):
        chord = start % (4 * beat) < beat / 2
        steps = dice.choice(scale, 3 if chord else 1) + 12 * dice.integers(-1, 2)
        length = round((4 * beat if chord else dice.uniform(0.8, 2.0) * beat) * RATE)
        time = np.arange(length) / RATE
        begin = round(start * RATE)
        for step in np.atleast_1d(steps):
            pitch = 262.0 * 2 ** (float(step) / 12)
            note = sum(np.sin(2 * np.pi * k * pitch * time) / k**1.5 for k in range(1, 6)) * np.exp(-3 * time)
            out[begin : begin + length] += np.asarray(note, np.float32)[: count - begin]
    return out


def _tones() -> Sound:
    """Keys, ringing, busy and other signals of the telephone, each some seconds, with quiet between."""
    dice = np.random.default_rng(4)
    while True:
        parts: list[bytes] = []
        while sum(map(len, parts)) < PIECE_S * RATE:
            parts.append(_signal(dice) + audio.silence(float(dice.uniform(0.3, 4.0))))
        yield b"".join(parts)[: round(PIECE_S * RATE)]


def _signal(dice: np.random.Generator) -> bytes:
    level = float(10 ** (dice.uniform(-30, -6) / 20))
    match int(dice.integers(6)):
        case 0:
            keys = dice.choice(list(KEYS), int(dice.integers(1, 8)))
            return b"".join(sound.key_tone(str(key)) + audio.silence(float(dice.uniform(0.05, 0.5))) for key in keys)
        case 1:
            return (sound.tone((450.0,), 1.0, level) + audio.silence(4.0)) * 2  # ringing, as in China
        case 2:
            return (sound.tone((450.0,), 0.35, level) + audio.silence(0.35)) * 8  # busy
        case 3:
            return sound.tone((440.0, 480.0), 2.0, level)
        case 4:
            return sound.beep()
        case _:
            return sound.tone((float(dice.uniform(300, 3000)),), float(dice.uniform(0.1, 3.0)), level)

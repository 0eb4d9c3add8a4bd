"""Synthetic speech for training: sentences spoken by Kokoro's voices and blends of them, as shards on disk.

A shard is a folder with FLAC files (16 kHz) and ``manifest.jsonl``, the form `voicebot evaluate speech` reads too.
Shards are written by one process each and can be stopped and continued at any time: every line is a finished file.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from voicebot.audio import resample
from voicebot.errors import VoicebotError
from voicebot.speech.kokoro import RATE, Kokoro, Samples, load_style

WIDE = 16_000
"""Hertz of the files."""
MANIFEST = "manifest.jsonl"
HELD = ("zf_xiaoni", "zm_yunxi", "bf_emma", "am_michael")
"""Voices no training hears, alone or in a blend: two Mandarin, two with an accent. They are the test."""
SPEEDS = (0.7, 1.4)
TEST_SPEEDS = (0.85, 1.2)
Draw = Callable[[random.Random], str]
BLENDS = (0.0, 0.0, 0.25, 0.4, 0.5)
"""Shares of a second voice: two voices in five are pure."""
MANDARIN = 0.6
"""Share of utterances whose main voice is Mandarin."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice or a blend of two."""

    voice: str
    other: str
    share: float
    """Of `other`."""
    speed: float

    @property
    def name(self) -> str:
        """As manifests name it."""
        return f"{self.voice}+{self.share:g}*{self.other}" if self.share else self.voice


def draw_speaker(voices: Sequence[str], rng: random.Random) -> Speaker:
    """A speaker made of these voices (Mandarin ones begin with ``z``)."""
    mandarin = [voice for voice in voices if voice.startswith("z")]
    main = rng.choice(mandarin if mandarin and rng.random() < MANDARIN else voices)
    return Speaker(main, rng.choice(voices), rng.choice(BLENDS), rng.uniform(*SPEEDS))


class Shard:
    """A folder of finished recordings and its manifest, open for more."""

    def __init__(self, folder: Path, kokoro: Kokoro, styles: Mapping[str, Samples]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._kokoro, self._styles = folder, kokoro, styles
        self._manifest = folder / MANIFEST
        lines = self._manifest.read_text("utf-8").splitlines() if self._manifest.exists() else []
        self.done = [json.loads(line) for line in lines]

    @property
    def hours(self) -> float:
        """Hours of speech there are."""
        return float(sum(line["seconds"] for line in self.done)) / 3600

    def add(self, name: str, speaker: Speaker, facts: Mapping[str, Any]) -> None:
        """Say ``facts["text"]``, store it and all `facts`. What cannot be said is left out."""
        try:
            samples = say(self._kokoro, facts["text"], speaker, self._styles)
        except VoicebotError:
            return
        soundfile.write(self._folder / name, samples, WIDE)
        seconds, speed = round(len(samples) / WIDE, 2), round(speaker.speed, 2)
        line = {"audio": name, **facts, "seconds": seconds, "voice": speaker.name, "speed": speed}
        with self._manifest.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
        self.done.append(line)


def speak_hours(shard: Shard, hours: float, seed: int, voices: Sequence[str], sentence: Draw) -> None:
    """Fill the shard with sentences by all kinds of speakers, up to this many hours."""
    rng = random.Random(f"{seed} {len(shard.done)}")
    while shard.hours < hours:
        text, speaker = sentence(rng), draw_speaker(voices, rng)
        shard.add(f"{seed:03d}-{len(shard.done):06d}.flac", speaker, {"text": text})


def speak_texts(shard: Shard, texts: Sequence[Mapping[str, Any]], part: int, parts: int, voices: Sequence[str]) -> None:
    """Every text by every voice, at any speed a caller has; this shard takes every so many-th of them."""
    there = {line["audio"] for line in shard.done}
    for number in range(part, len(texts) * len(voices), parts):
        name = f"{number:06d}.flac"
        if name not in there:
            voice, speed = voices[number % len(voices)], random.Random(number).uniform(*TEST_SPEEDS)
            shard.add(name, Speaker(voice, voice, 0.0, speed), texts[number // len(voices)])


def say(kokoro: Kokoro, text: str, speaker: Speaker, styles: Mapping[str, Samples]) -> Samples:
    """Samples at 16 kHz with their peak at -3 dB. Raises `ContentError` when the text cannot be said."""
    style = (1 - speaker.share) * styles[speaker.voice] + speaker.share * styles[speaker.other]
    samples = resample(kokoro.say(text, style, speaker.speed), RATE, WIDE)
    return np.asarray(samples / max(1e-3, float(np.abs(samples).max())) * 0.7, dtype=np.float32)


def read_styles(voices: Path, names: Sequence[str]) -> dict[str, Samples]:
    """Style vectors by voice. Raises `OSError` or `KeyError` for a voice that is not there."""
    return {name: load_style(voices, name) for name in names}


def voices_in(voices: Path) -> list[str]:
    """Names of all voices in a folder or archive, as `load_style` takes them."""
    if voices.is_dir():
        return sorted(path.stem for path in voices.glob("*.bin"))
    with np.load(voices) as archive:
        return sorted(archive.files)

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


def speak_shard(
    folder: Path,
    hours: float,
    seed: int,
    kokoro: Kokoro,
    styles: Mapping[str, Samples],
    sentence: Callable[[random.Random], str],
    told: Callable[[float], None] = lambda hours: None,
) -> float:
    """Fill the shard up to this many hours; how many it has. What cannot be said is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / MANIFEST
    done = [json.loads(line) for line in manifest.read_text("utf-8").splitlines()] if manifest.exists() else []
    spoken, number = sum(line["seconds"] for line in done), len(done)
    rng = random.Random(f"{seed} {number}")
    with manifest.open("a", encoding="utf-8") as lines:
        while spoken < hours * 3600:
            text, speaker = sentence(rng), draw_speaker(sorted(styles), rng)
            try:
                samples = say(kokoro, text, speaker, styles)
            except VoicebotError:
                continue
            name = f"{seed:03d}-{number:06d}.flac"
            soundfile.write(folder / name, samples, WIDE)
            seconds = len(samples) / WIDE
            facts = {"audio": name, "text": text, "seconds": round(seconds, 2), "voice": speaker.name}
            lines.write(json.dumps({**facts, "speed": round(speaker.speed, 2)}, ensure_ascii=False) + "\n")
            lines.flush()
            spoken, number = spoken + seconds, number + 1
            told(spoken / 3600)
    return spoken / 3600


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

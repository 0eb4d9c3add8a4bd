"""Sample callers for the demo and the tests: ``recordings/callers/manifest.json`` says who says what; made heard here.

Each item of the list has ``file``, ``text``, ``voice``, ``speed``, ``origin`` and ``licence``; optionally ``snr_db``,
for one who calls from a noisy office. An item without text is noise alone. They are never the line's own voice.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from voicebot.audio import RATE, pcm_to_float, ulaw_to_pcm
from voicebot.errors import ContentError
from voicebot.speech.loudness import Samples, limit, normalise, trim
from voicebot.speech.recordings import MANIFEST, pcm_ulaw, replace_file, wav_bytes
from voicebot.speech.render import Speech

CALLER_DB = -23.0
"""Active level: callers are quieter than the line."""
_AROUND_S = 0.3  # seconds before and after the words


def caller_items(folder: Path) -> list[dict[str, Any]]:
    """The list of callers. Raises `ContentError` when it cannot be read."""
    try:
        items: list[dict[str, Any]] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise ContentError("callers", f"来电录音清单 {folder / MANIFEST} 读不出来：{fault}") from fault
    return items


def missing_callers(folder: Path) -> tuple[Speech, ...]:
    """Callers whose file is not there. Remove a file to have it made again."""
    return tuple(
        Speech(item["file"], item["text"], item["voice"], item["speed"])
        for item in caller_items(folder)
        if item["text"] and not (folder / item["file"]).exists()
    )


def put_caller(folder: Path, speech: Speech, audio: bytes) -> None:
    """Store a caller's rendered words, quieter than the line's and in the noise its item asks for."""
    item = next(item for item in caller_items(folder) if item["file"] == speech.name)
    samples = normalise(trim(pcm_to_float(ulaw_to_pcm(audio)), RATE, _AROUND_S, _AROUND_S), RATE, CALLER_DB)
    if "snr_db" in item:
        noise = office_noise(samples.size, seed=len(speech.text))
        samples = limit(samples + noise * 10 ** ((CALLER_DB - item["snr_db"]) / 20), RATE)
    replace_file(folder / speech.name, wav_bytes(pcm_ulaw(samples)))


def put_noise(folder: Path, seconds: float = 5.0, level_db: float = -38.0) -> None:
    """Store the items without text: an office with the phone off the hook, nobody speaking into it."""
    for item in caller_items(folder):
        if not item["text"]:
            noise = office_noise(round(seconds * RATE), seed=1) * 10 ** (level_db / 20)
            replace_file(folder / item["file"], wav_bytes(pcm_ulaw(limit(noise.astype(np.float32), RATE))))


def office_noise(samples: int, seed: int) -> Samples:
    """Made-up office noise at 8 kHz, RMS 1: ventilation (pink), mains hum, keys being hit, a chair now and then."""
    rng = np.random.default_rng(seed)
    frequency = np.fft.rfftfreq(samples, 1 / RATE)
    pink = np.fft.irfft(np.fft.rfft(rng.standard_normal(samples)) / np.sqrt(np.maximum(frequency, 50)), samples)
    noise = pink / pink.std()
    time = np.arange(samples) / RATE
    noise += 0.3 * np.sin(2 * np.pi * 100 * time) + 0.15 * np.sin(2 * np.pi * 300 * time)
    for start in np.flatnonzero(rng.random(samples) < 5 / RATE):  # five key strokes a second
        stroke = rng.standard_normal(160) * np.exp(-np.arange(160) / 25) * rng.uniform(1, 4)
        noise[start : start + 160] += stroke[: samples - start]
    creak = np.sin(2 * np.pi * np.cumsum(np.linspace(180, 420, 2400)) / RATE) * np.hanning(2400) * 2
    creaks = int(rng.integers(0, max(1, samples - 2400)))
    noise[creaks : creaks + 2400] += creak[: samples - creaks]
    return np.asarray(noise / noise.std(), dtype=np.float32)

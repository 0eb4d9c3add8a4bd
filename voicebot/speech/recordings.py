"""The recordings folder: µ-law WAV files, and the manifest that says which of them we rendered.

A WAV that the manifest does not know, or whose content it does not know, was recorded by staff: it is theirs, wins
whatever the text says, and is never touched. ``manifest.json`` maps a name such as ``prompts/greeting`` or
``slow/prompts/greeting`` (path without suffix) to what was rendered.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

import numpy as np
import soundfile

from voicebot.audio import RATE, pcm_to_ulaw, resample, telephone, ulaw_to_pcm
from voicebot.errors import ContentError
from voicebot.speech.loudness import SPEECH_DB, Samples, normalise, trim

MANIFEST = "manifest.json"
SLOW = "slow"
"""Subfolder of the slow set."""
SLOW_GAIN_DB = 3.0
"""The slow set is this much louder."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the manifest says of one file we rendered."""

    text: str
    voice: str
    speed: float
    sha256: str
    """Of the whole file."""
    seconds: float


class Origin(StrEnum):
    """Whose a file is."""

    MISSING = "missing"
    OURS = "ours"
    STAFF = "staff"


def path_of(folder: Path, name: str) -> Path:
    """Where the recording of that name is kept. Raises `ValueError` for a name that leaves the folder."""
    parts = PurePosixPath(name).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise ValueError(f"not a recording's name: {name!r}")
    return folder.joinpath(*parts[:-1], parts[-1] + ".wav")


def origin(path: Path, rendered: Rendered | None) -> Origin:
    """Whose the file at `path` is, given what the manifest says of it."""
    try:
        content = path.read_bytes()
    except OSError:
        return Origin.MISSING
    return Origin.OURS if rendered and hashlib.sha256(content).hexdigest() == rendered.sha256 else Origin.STAFF


def load_manifest(folder: Path) -> dict[str, Rendered]:
    """The manifest of a recordings folder; empty when there is none. Raises `ContentError` when it is damaged."""
    path = folder / MANIFEST
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {name: Rendered(**fields) for name, fields in document.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as fault:
        raise ContentError("manifest-damaged", f"录音清单 {path} 读不出来：{fault}") from fault


def save_manifest(folder: Path, manifest: Mapping[str, Rendered]) -> None:
    """Replace the manifest in one step, sorted by name so that versions compare line by line."""
    lines = (
        f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(asdict(manifest[name]), ensure_ascii=False)}"
        for name in sorted(manifest)
    )
    replace_file(folder / MANIFEST, ("{\n" + ",\n".join(lines) + "\n}\n").encode())


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_of(path)
    partial.write_bytes(content)
    os.replace(partial, path)


def partial_of(path: Path) -> Path:
    """Where a file waits until it is whole."""
    return path.with_name(f".{path.name}.part")


def wav_bytes(ulaw: bytes) -> bytes:
    """A WAV file of 8 kHz mono µ-law (format tag 7 with its `fact` chunk, RFC 2361), data padded to an even length."""
    fmt = b"\x07\x00\x01\x00" + RATE.to_bytes(4, "little") * 2 + b"\x01\x00\x08\x00\x00\x00"
    chunks = [(b"fmt ", fmt), (b"fact", len(ulaw).to_bytes(4, "little")), (b"data", ulaw)]
    body = b"WAVE" + b"".join(tag + len(c).to_bytes(4, "little") + c + b"\x00" * (len(c) % 2) for tag, c in chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def read_rendered(path: Path) -> bytes:
    """µ-law bytes of a file we rendered, as they are."""
    pcm, _ = soundfile.read(path, dtype="int16")
    return pcm_to_ulaw(pcm)


def read_staff(path: Path, level_db: float = SPEECH_DB) -> bytes:
    """µ-law bytes of a WAV of any format, mixed to mono, made as loud as our own, long silences around it cut.

    Raises `ContentError` when it is no audio or holds none.
    """
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as fault:
        raise ContentError("recording-unreadable", f"录音 {path} 打不开，请另存为 WAV：{fault}") from fault
    mono = np.asarray(samples.mean(axis=1), dtype=np.float32)
    if not mono.size:
        raise ContentError("recording-empty", f"录音 {path} 是空的，请重新录制。")
    return pcm_ulaw(trim(normalise(resample(mono, rate), RATE, level_db), RATE))


def louder(ulaw: bytes, gain_db: float = SLOW_GAIN_DB) -> bytes:
    """The same speech `gain_db` louder, peaks held back rather than clipped."""
    samples = np.asarray(ulaw_to_pcm(ulaw) / 32768.0, dtype=np.float32)
    return pcm_ulaw(normalise(samples, RATE, SPEECH_DB + gain_db))


def pcm_ulaw(samples: Samples) -> bytes:
    """µ-law bytes of samples at 8 kHz."""
    return telephone(samples, RATE)

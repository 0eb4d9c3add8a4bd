"""Keeps aside the audio that killed a recogniser, so that the fault can be found. It is a caller's voice: only the
owner may read it, and only the newest few are kept.
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

import numpy as np
import soundfile

log = logging.getLogger(__name__)

KEPT = 20
"""Files."""


def keep(folder: Path, pcm: bytes, rate: int) -> Path | None:
    """Write int16 samples as a µ-law WAV; None when there are none or they cannot be written. Never raises."""
    if not pcm:
        return None
    name = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{time.monotonic_ns()}.wav"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / name
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            soundfile.write(file, np.frombuffer(pcm, np.int16), rate, subtype="ULAW", format="WAV")
        for old in sorted(folder.glob("*.wav"), key=lambda wav: wav.stat().st_mtime_ns)[:-KEPT]:
            old.unlink(missing_ok=True)
    except (OSError, soundfile.SoundFileError) as error:
        log.error("audio that killed a recogniser could not be kept: %s", error)
        return None
    return path

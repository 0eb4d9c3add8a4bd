"""What the line says, as telephone audio: looks a clip up in the recordings folders. No synthesis happens here.

For each folder in turn, and in it for a slow call the slow set before the normal one: a recording made by staff wins
whatever the text says; one that we rendered counts only while it says just what the clip says. Nothing found means
None, and the line falls back to synthesis by the telephone provider.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from voicebot.dialogue.commands import Clip
from voicebot.errors import ContentError
from voicebot.speech.loudness import SPEECH_DB
from voicebot.speech.recordings import (
    MANIFEST,
    SLOW,
    SLOW_GAIN_DB,
    Origin,
    Rendered,
    load_manifest,
    louder,
    origin,
    path_of,
    read_rendered,
    read_staff,
)

_log = logging.getLogger(__name__)

_CACHE_BYTES = 64 << 20  # about twice the whole sample set

_Stamp = tuple[int, int]
"""Modification time in ns and size of a file: when it differs, the file is another one."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A file as it was at `stamp`."""

    stamp: _Stamp
    manifest: _Stamp | None
    text: str | None
    """What we rendered it from; None when staff recorded it."""
    audio: bytes | None
    """µ-law; None when it cannot be used."""


class Voice:
    """The recordings of the line. Safe to use from many threads; picks up changed files by itself."""

    def __init__(self, folders: Sequence[Path], cache_bytes: int = _CACHE_BYTES) -> None:
        """Earlier folders win. `cache_bytes` bounds the audio kept in memory."""
        self._folders = tuple(folders)
        self._cache_bytes = cache_bytes
        self._cache: OrderedDict[tuple[Path, bool], _Loaded] = OrderedDict()
        self._held = 0
        self._manifests: dict[Path, tuple[_Stamp | None, dict[str, Rendered] | None]] = {}
        self._lock = threading.Lock()

    def audio(self, clip: Clip, slow: bool = False) -> bytes | None:
        """µ-law audio at 8 kHz that says `clip`, or None when there is none that does.

        Slow means 25 % slower and 3 dB louder; where only the normal recording exists it is played louder.
        """
        for folder in self._folders:
            for loaded in self._candidates(folder, clip.name, slow):
                if loaded.audio is not None and (loaded.text is None or loaded.text == clip.text):
                    return loaded.audio
        return None

    def _candidates(self, folder: Path, name: str, slow: bool) -> Iterator[_Loaded]:
        for file_name, loud in ((f"{SLOW}/{name}", True), (name, True)) if slow else ((name, False),):
            try:
                path = path_of(folder, file_name)
                found = path.stat()
            except (OSError, ValueError):
                continue
            yield self._load(folder, file_name, path, (found.st_mtime_ns, found.st_size), loud)

    def _load(self, folder: Path, name: str, path: Path, stamp: _Stamp, loud: bool) -> _Loaded:
        with self._lock:
            manifest_stamp, manifest = self._manifest(folder)
            loaded = self._cache.get((path, loud))
            if loaded is None or loaded.stamp != stamp or loaded.manifest != manifest_stamp:
                text, audio = _read(path, name, manifest, loud)
                loaded = self._keep((path, loud), _Loaded(stamp, manifest_stamp, text, audio))
            else:
                self._cache.move_to_end((path, loud))
            return loaded

    def _keep(self, key: tuple[Path, bool], loaded: _Loaded) -> _Loaded:
        """Put it in the cache; the longest unused leave when it is full."""
        old = self._cache.pop(key, None)
        self._held += len(loaded.audio or b"") - len(old.audio or b"" if old else b"")
        self._cache[key] = loaded
        while self._held > self._cache_bytes and len(self._cache) > 1:
            _, gone = self._cache.popitem(last=False)
            self._held -= len(gone.audio or b"")
        return loaded

    def _manifest(self, folder: Path) -> tuple[_Stamp | None, dict[str, Rendered] | None]:
        """The folder's manifest as it is now; None when it is damaged, for then nobody knows whose a file is."""
        try:
            found = (folder / MANIFEST).stat()
            stamp: _Stamp | None = (found.st_mtime_ns, found.st_size)
        except OSError:
            stamp = None
        known = self._manifests.get(folder)
        if known is None or known[0] != stamp:
            try:
                known = (stamp, load_manifest(folder))
            except ContentError as fault:
                _log.error("%s", fault)
                known = (stamp, None)
            self._manifests[folder] = known
        return known


def _read(path: Path, name: str, manifest: dict[str, Rendered] | None, loud: bool) -> tuple[str | None, bytes | None]:
    """What a file says (None: staff recorded it) and its audio (None: unusable)."""
    if manifest is None:
        return None, None
    rendered = manifest.get(name)
    try:
        if rendered and origin(path, rendered) is Origin.OURS:
            audio = read_rendered(path)
            return rendered.text, louder(audio) if loud and not name.startswith(f"{SLOW}/") else audio
        return None, read_staff(path, SPEECH_DB + (SLOW_GAIN_DB if loud else 0.0))
    except (ContentError, OSError) as fault:
        _log.warning("%s", fault)
        return None, None

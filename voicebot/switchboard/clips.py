"""Recognising the line's own recordings in what was heard, by exact µ-law bytes: what it says need not be trusted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from voicebot.audio import RATE, frames
from voicebot.errors import ContentError
from voicebot.switchboard import sound
from voicebot.switchboard.caller import read_telephone
from voicebot.switchboard.result import Heard

KEY_BYTES = RATE // 2
"""The first half second of a clip's speech finds it."""
LEAST_BYTES = RATE // 50
"""A clip with less speech than a frame is not looked for."""
_SOUNDS = frozenset({".wav", ".flac"})


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording. `ulaw` begins with its first sound that is not plain silence."""

    name: str
    text: str
    ulaw: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """A clip in what was heard: where, and how much of it, in bytes."""

    at: int
    length: int
    clip: Clip

    @property
    def whole(self) -> bool:
        """It was heard to its end, give or take the silence there."""
        rest = self.clip.ulaw[self.length :]
        return not rest.strip(b"\xff\x7f")


class ClipIndex:
    """Finds clips."""

    def __init__(self, clips: Iterable[Clip]) -> None:
        self._clips = [clip for clip in clips if len(clip.ulaw) >= LEAST_BYTES]

    def find(self, ulaw: bytes) -> list[Found]:
        """The clips in `ulaw`, in order and without overlap; of clips that begin alike, the one heard longest."""
        found = [Found(at, _common(clip.ulaw, ulaw, at), clip) for clip in self._clips for at in _places(clip, ulaw)]
        found.sort(key=lambda item: (item.at, -item.length, len(item.clip.ulaw)))
        result: list[Found] = []
        for item in found:
            if not result or item.at >= result[-1].at + result[-1].length:
                result.append(item)
        return result

    def name(self, heard: Iterable[Heard]) -> list[Heard]:
        """The same, with sound cut where a known recording begins, and each recording named."""
        return [part for piece in heard for part in (self._named(piece) if piece.kind in _RECORDED else (piece,))]

    def _named(self, piece: Heard) -> Iterator[Heard]:
        """The recordings in one piece of sound, and what is audible around them."""
        ulaw = bytes(piece.audio)
        done = 0
        for item in self.find(ulaw):
            yield from _unknown(piece, done, item.at)
            done = item.at + item.length
            cut = "" if item.whole else "…"
            text = item.clip.text + cut if item.clip.text else ""
            yield replace(_part(piece, item.at, done), text=text, clips=[item.clip.name + cut])
        yield from _unknown(piece, done, len(ulaw)) if done else (piece,)


_RECORDED = ("media", "play")


def _unknown(piece: Heard, begin: int, end: int) -> Iterator[Heard]:
    if any(sound.audible(frame) for frame in frames(bytes(piece.audio[begin:end]))):
        yield _part(piece, begin, end)


def _part(piece: Heard, begin: int, end: int) -> Heard:
    """Part of a piece of sound. Its times are counted in bytes, so they leave out pauses of the network inside it."""
    until = piece.end if end == len(piece.audio) else piece.t + end / RATE
    return replace(piece, t=piece.t + begin / RATE, end=until, audio=piece.audio[begin:end])


def _places(clip: Clip, ulaw: bytes) -> Iterable[int]:
    key = clip.ulaw[:KEY_BYTES]
    at = ulaw.find(key)
    while at >= 0:
        yield at
        at = ulaw.find(key, at + len(key))


def _common(clip: bytes, ulaw: bytes, at: int) -> int:
    """How many bytes of the clip follow each other from `at`."""
    end = min(len(clip), len(ulaw) - at)
    if clip[:end] == ulaw[at : at + end]:
        return end
    low, high = 0, end
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if clip[:middle] == ulaw[at : at + middle] else (low, middle)
    return low


def clips_from(folder: Path) -> ClipIndex:
    """All WAV and FLAC files below `folder`, with their texts from any ``manifest.json`` there.

    Raises `ContentError` for a manifest that is not JSON, `OperatorError` for a file that is not sound.
    """
    texts = texts_in(folder)
    clips = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _SOUNDS:
            ulaw = read_telephone(path).lstrip(b"\xff\x7f")
            name = path.relative_to(folder).with_suffix("").as_posix()
            clips.append(Clip(name, texts.get(path, ""), ulaw))
    return ClipIndex(clips)


def texts_in(folder: Path) -> dict[Path, str]:
    """What is said in each sound file below `folder`, as far as a ``manifest.json`` there tells.

    Raises `ContentError`.
    """
    texts: dict[Path, str] = {}
    for manifest in sorted(folder.rglob("manifest.json")):
        try:
            for file, text in _entries(json.loads(manifest.read_text("utf-8"))):
                path = manifest.parent / file
                texts[path if path.suffix.lower() in _SOUNDS else path.with_name(path.name + ".wav")] = text
        except (ValueError, OSError) as error:
            raise ContentError("bad-manifest", f"{manifest}: {error}") from error
    return texts


def _entries(manifest: Any) -> Iterable[tuple[str, str]]:
    """File (with or without suffix) and text of each entry, whether the manifest is a list, a mapping by name, or
    holds either under one of its keys.
    """
    if isinstance(manifest, list):
        for entry in manifest:
            if isinstance(entry, Mapping) and isinstance(entry.get("text"), str):
                file = entry.get("file") or entry.get("path") or entry.get("name") or entry.get("id")
                if isinstance(file, str):
                    yield file, entry["text"]
    elif isinstance(manifest, Mapping):
        for name, entry in manifest.items():
            if isinstance(entry, str):
                yield name, entry
            elif isinstance(entry, Mapping) and isinstance(entry.get("text"), str):
                file = entry.get("file", name)
                yield str(file), entry["text"]
            else:
                yield from _entries(entry)

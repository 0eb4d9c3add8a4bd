"""Keep the recordings folder in step with what the line says: render what is missing or changed, remove orphans.

What staff recorded is never written or removed. The manifest is saved with every file, before the file takes its
place, so that a run may be stopped anywhere and nothing of ours is ever taken for a staff recording.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from voicebot.audio import RATE, resample, seconds
from voicebot.dialogue.commands import Clip
from voicebot.dialogue.script import answer_clip, question_clip
from voicebot.errors import ContentError
from voicebot.faq.entry import Entry
from voicebot.speech.loudness import SPEECH_DB, Samples, normalise, trim
from voicebot.speech.recordings import (
    SLOW,
    SLOW_GAIN_DB,
    Origin,
    Rendered,
    load_manifest,
    origin,
    partial_of,
    path_of,
    pcm_ulaw,
    save_manifest,
    wav_bytes,
)
from voicebot.speech.spoken import spoken

VOICE = "zf_xiaoxiao"
"""Of the four Mandarin women: as low as any (median 231 Hz; zf_xiaoyi 289), the most even in pace."""
SPEED = 1.0
"""About 5 characters a second, as slow as keeps a usual answer well under 25 s."""
SLOW_FACTOR = 0.8
"""The slow set takes 25 % longer."""

LIMITS_S = {"prompts/greeting": 8.0}
"""Longest duration of a recording in seconds; one that would take longer is spoken faster."""
_FASTER = (1.0, 1.04, 1.08, 1.12, 1.16, 1.2)  # beyond that it is no longer understood by everyone

SOURCE_RATE = 24_000
"""Hertz of a `Say`."""
Say = Callable[[str, str, float], Samples]
"""A synthesiser: (text, voice, speed) to samples at 24 kHz. Raises `ContentError` for what it cannot read."""


@dataclass(frozen=True, slots=True)
class Speech:
    """One recording to be had."""

    name: str
    """As in the manifest: ``prompts/greeting``, ``slow/prompts/greeting``."""
    text: str
    voice: str
    speed: float

    @property
    def slow(self) -> bool:
        """It belongs to the slow set."""
        return self.name.startswith(f"{SLOW}/")

    def made(self, rendered: Rendered | None) -> bool:
        """It is what was rendered."""
        return rendered is not None and (rendered.text, rendered.voice, rendered.speed) == (
            self.text,
            self.voice,
            self.speed,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be done to a recordings folder."""

    missing: tuple[Speech, ...] = ()
    stale: tuple[Speech, ...] = ()
    """Rendered from other words, in another voice or at another speed."""
    orphans: tuple[str, ...] = ()
    """Names we rendered that nothing says any more."""
    staff: tuple[str, ...] = ()
    """Names recorded by staff: left alone."""
    fresh: int = 0

    @property
    def done(self) -> bool:
        """Nothing is left to do."""
        return not (self.missing or self.stale or self.orphans)


def clips(prompts: Mapping[str, str], words: Iterable[str], entries: Iterable[Entry]) -> Iterator[Clip]:
    """Everything the line can say: prompts, number words, then the FAQ's questions and answers."""
    yield from (Clip(f"prompts/{name}", text) for name, text in prompts.items())
    yield from (Clip(f"prompts/numbers/{word}", word) for word in words)
    for entry in entries:
        yield from (question_clip(entry), answer_clip(entry))


def speeches(said: Iterable[Clip], voice: str = VOICE, speed: float = SPEED) -> tuple[Speech, ...]:
    """What has to be recorded for these clips: the normal set first, then the slow one."""
    normal = tuple(Speech(clip.name, clip.text, voice, speed) for clip in said)
    slow_speed = round(speed * SLOW_FACTOR, 4)
    return normal + tuple(Speech(f"{SLOW}/{speech.name}", speech.text, voice, slow_speed) for speech in normal)


def plan(folder: Path, wanted: Sequence[Speech]) -> Plan:
    """Compare the folder with what is wanted. Raises `ContentError` when its manifest is damaged."""
    manifest = load_manifest(folder)
    found: dict[str, list[Speech]] = {"missing": [], "stale": [], "staff": [], "fresh": []}
    for speech in wanted:
        rendered = manifest.get(speech.name)
        whose = origin(path_of(folder, speech.name), rendered)
        state = {Origin.MISSING: "missing", Origin.STAFF: "staff"}.get(whose)
        found[state or ("fresh" if speech.made(rendered) else "stale")].append(speech)
    return Plan(
        tuple(found["missing"]),
        tuple(found["stale"]),
        tuple(sorted(manifest.keys() - {speech.name for speech in wanted})),
        tuple(speech.name for speech in found["staff"]),
        len(found["fresh"]),
    )


def synthesise(speech: Speech, say: Say) -> bytes:
    """µ-law audio of a speech: trimmed, as loud as its set asks, within its limit. Raises `ContentError`."""
    limit = LIMITS_S.get(speech.name, float("inf"))
    for faster in _FASTER:
        audio = _spoken_at(speech, speech.speed * faster, say)
        if seconds(audio) <= limit:
            return audio
    raise ContentError("too-long", f"这句话要在 {limit:g} 秒以内，请缩短：{speech.text}")


def _spoken_at(speech: Speech, speed: float, say: Say) -> bytes:
    samples = resample(say(spoken(speech.text), speech.voice, speed), SOURCE_RATE)
    level = SPEECH_DB + (SLOW_GAIN_DB if speech.slow else 0.0)
    audio = pcm_ulaw(normalise(trim(samples, RATE), RATE, level))
    if not audio:
        raise ContentError("unspeakable", f"合成语音没有读出任何声音：{speech.text}")
    return audio


def put(folder: Path, speech: Speech, audio: bytes) -> bool:
    """Store a rendered speech; False when staff recorded one of that name meanwhile.

    The order matters: our old file goes, then the manifest names the new one, then it takes its place. Stopped in
    between, the file is missing and rendered again; no moment leaves a file of ours that the manifest does not know.
    """
    manifest = load_manifest(folder)
    path = path_of(folder, speech.name)
    if origin(path, manifest.get(speech.name)) is Origin.STAFF:
        return False
    content = wav_bytes(audio)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_of(path)
    partial.write_bytes(content)
    path.unlink(missing_ok=True)
    digest = hashlib.sha256(content).hexdigest()
    manifest[speech.name] = Rendered(speech.text, speech.voice, speech.speed, digest, round(seconds(audio), 2))
    save_manifest(folder, manifest)
    partial.replace(path)
    return True


def remove_orphans(folder: Path, names: Iterable[str]) -> None:
    """Remove what we rendered under these names, and forget it; a staff recording of that name stays."""
    manifest = load_manifest(folder)
    for name in names:
        path = path_of(folder, name)
        if origin(path, manifest.pop(name, None)) is Origin.OURS:
            path.unlink()
            _remove_empty(path.parent, folder)
    save_manifest(folder, manifest)


def remove_partials(folder: Path) -> None:
    """Remove what a stopped run left half written."""
    for partial in folder.glob("**/.*.part"):
        partial.unlink(missing_ok=True)


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent

"""People who hesitate, dictate, take a breath: are they let finish? Through the real ear and the real dialogue.

Each utterance is fed as fast as the recogniser takes it, and the recogniser is waited for after every tenth of a
second of audio: whatever can close an utterance does so at the earliest moment it ever could on a call.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voicebot import audio
from voicebot.audio import FRAME_BYTES, RATE, Pcm, ulaw_to_pcm
from voicebot.cli.traffic import CUT_S, last_voiced_s, questions
from voicebot.config import Tuning
from voicebot.dialogue import Dialogue, Knowledge, Script
from voicebot.dialogue.commands import Listen
from voicebot.events import CallStarted, Event, UtteranceHeard
from voicebot.speech.listening import CallEar
from voicebot.speech.pool import SpeechPool
from voicebot.switchboard import sound
from voicebot.switchboard.caller import read_telephone

SYNC_FRAMES = 5
AFTER_S = 3.0
"""Seconds of silence after an utterance: whatever wait is chosen ends in it."""
SPLITS = (0.3, 0.5, 0.7)
"""Where in a sentence its speaker stops, as a share of it; moved to the quietest spot near there."""
BREATHS = (0.3, 0.4, 0.5)
"""Seconds of a pause with nothing in it. From 0.6 s on it ends an utterance, by design."""
THOUGHTS = (0.3, 0.6, 0.9)
"""Seconds of a pause after “那个”, “就是说”."""
FILLERS = ("filler-that.wav", "filler-that-man.wav", "filler-well.wav", "filler-well-man.wav")
DIGITS = ("digits-one.wav", "digits-two.wav", "digits-three.wav")


@dataclass(frozen=True, slots=True)
class Hesitation:
    """An utterance with a pause in it."""

    kind: str
    name: str
    ulaw: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one."""

    hesitation: Hesitation
    ended_s: float | None
    """Seconds of its audio after which it was taken for finished; None when it never was."""
    heard: str

    @property
    def cut_off(self) -> bool:
        """Taken for finished before its speaker had finished."""
        return self.ended_s is not None and self.ended_s < last_voiced_s(self.hesitation.ulaw) - CUT_S


def hesitations(callers: Path, most: int, seed: int = 1) -> list[Hesitation]:
    """At most `most` utterances from the sample callers, of all kinds. Raises `ContentError` and `OperatorError`."""
    said = {one.name: _spoken(one.audio) for one in questions(callers)}
    fillers = {name: _spoken(read_telephone(callers / name)) for name in FILLERS}
    digits = [_spoken(read_telephone(callers / name)) for name in DIGITS]
    dice = random.Random(seed)
    kinds = [
        list(_breaths(said)),
        list(_thoughts(said, fillers)),
        list(_openings(said, fillers)),
        list(_digits(digits)),
    ]
    for kind in kinds:
        dice.shuffle(kind)
    return [one for row in itertools.zip_longest(*kinds) for one in row if one][:most]


def _breaths(said: dict[str, bytes]) -> Iterator[Hesitation]:
    for (name, ulaw), share, pause in itertools.product(said.items(), SPLITS, BREATHS):
        first, rest = _parted(ulaw, share)
        yield Hesitation("breath", f"{name} {share} {pause}s", first + audio.silence(pause) + rest)


def _thoughts(said: dict[str, bytes], fillers: dict[str, bytes]) -> Iterator[Hesitation]:
    for (name, ulaw), share, pause, (filler, um) in itertools.product(said.items(), SPLITS, THOUGHTS, fillers.items()):
        first, rest = _parted(ulaw, share)
        parts = (first, audio.silence(0.15), um, audio.silence(pause), rest)
        yield Hesitation("thought", f"{name} {share} {filler} {pause}s", b"".join(parts))


def _openings(said: dict[str, bytes], fillers: dict[str, bytes]) -> Iterator[Hesitation]:
    for (name, ulaw), pause, (filler, um) in itertools.product(said.items(), THOUGHTS, fillers.items()):
        yield Hesitation("opening", f"{filler} {pause}s {name}", um + audio.silence(pause) + ulaw)


def _digits(groups: Sequence[bytes]) -> Iterator[Hesitation]:
    pauses = [0.3 + 0.05 * n for n in range(13)]
    for one, two in itertools.product(pauses, pauses):
        parts = (groups[0], audio.silence(one), groups[1], audio.silence(two), groups[2])
        yield Hesitation("digits", f"{one:.2f}s {two:.2f}s", b"".join(parts))


def _spoken(ulaw: bytes) -> bytes:
    """Without the silence around it."""
    begin, end = sound.voiced_span(ulaw)
    return ulaw[begin:end]


def _parted(ulaw: bytes, share: float) -> tuple[bytes, bytes]:
    """A sentence in two, at its quietest spot within 0.2 s of that share of it, without the quiet there."""
    frames = len(ulaw) // FRAME_BYTES
    pcm = ulaw_to_pcm(ulaw[: frames * FRAME_BYTES]).astype(np.float64).reshape(frames, FRAME_BYTES)
    energy = np.convolve((pcm**2).mean(axis=1), np.ones(3) / 3, "same")
    middle = round(frames * share)
    low = max(1, middle - 10)
    at = (low + int(np.argmin(energy[low : middle + 11]))) * FRAME_BYTES
    return _spoken(ulaw[:at]), _spoken(ulaw[at:])


@dataclass(frozen=True, slots=True)
class Room:
    """What an utterance is heard with."""

    pool: SpeechPool
    knowledge: Knowledge
    script: Script
    tuning: Tuning


def judge_all(
    room: Room, cases: Sequence[Hesitation], workers: int, told: Callable[[int], None] = lambda n: None
) -> list[Verdict]:
    """Let each be heard, as many at a time as there are workers."""

    def one(case: Hesitation) -> Verdict:
        verdict = judge(room, case)
        told(1)
        return verdict

    with ThreadPoolExecutor(workers) as threads:
        return list(threads.map(one, cases))


def judge(room: Room, case: Hesitation) -> Verdict:
    """Let one be heard, as a call's first utterance. Raises `SpeechLost` when nobody listens."""
    dialogue = Dialogue(room.knowledge, room.script, room.tuning)
    ear = room.pool.open()
    try:
        _do(ear, dialogue, [CallStarted()])
        pcm = np.concatenate((ulaw_to_pcm(case.ulaw), _quiet(AFTER_S)))
        for count, start in enumerate(range(0, len(pcm) - FRAME_BYTES, FRAME_BYTES), 1):
            ear.hear(pcm[start : start + FRAME_BYTES])
            if count % SYNC_FRAMES == 0:
                ear.catch_up(30.0)
            events = ear.events()
            for event in events:
                if isinstance(event, UtteranceHeard):
                    heard = event.hypotheses[0].text if event.hypotheses else ""
                    return Verdict(case, count * FRAME_BYTES / RATE, heard)
            _do(ear, dialogue, events)
    finally:
        ear.close()
    return Verdict(case, None, "")


def _do(ear: CallEar, dialogue: Dialogue, events: Sequence[Event]) -> None:
    for event in events:
        for command in dialogue.receive(event):
            if isinstance(command, Listen):
                ear.pace(command.pace.end_silence)


def _quiet(seconds: float) -> Pcm:
    """A quiet line."""
    return np.random.default_rng(1).normal(0, 4, round(seconds * RATE)).astype(np.int16)

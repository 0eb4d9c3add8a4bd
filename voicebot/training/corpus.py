"""Speech with its text for training: manifests on disk, texts as units, batches drawn from them."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voicebot.audio import resample
from voicebot.errors import ContentError
from voicebot.speech.files import read_audio
from voicebot.speech.units import spell

WIDE = 16_000
"""Hertz of all samples here."""
LONGEST_S = 12.0
"""Longer recordings are left out: a batch is as long as its longest."""
FRAMES = 25
"""Network outputs for each second, at the least: CTC needs one for each unit."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One recording in memory."""

    samples: npt.NDArray[np.int16]
    units: tuple[int, ...]
    """Unit numbers as the network has them: 0 is blank."""


def spelling(text: str, units: Mapping[str, int]) -> tuple[int, ...] | None:
    """A text as network outputs, word by word as the synthesiser and the graph spell it; None if it cannot be spelt."""
    import jieba

    jieba.setLogLevel(logging.WARNING)
    spelt: list[int] = []
    for word in jieba.lcut("".join(ch for ch in text if ch.isalnum())):
        part = spell(word, units)
        if part is None:
            return None
        spelt += (unit - 1 for unit in part)
    return tuple(spelt) or None


class Corpus:
    """Recordings of one or more manifests, each read once; manifests still being written may be read again."""

    def __init__(self, manifests: Sequence[Path], units: Mapping[str, int]) -> None:
        self.utterances: list[Utterance] = []
        self.hours = 0.0
        self._manifests = manifests
        self._units = units
        self._lines = dict.fromkeys(manifests, 0)
        self.read_more()

    def read_more(self) -> None:
        """Read what has been added to the manifests. Raises `ContentError` for a manifest that is not there."""
        for manifest in self._manifests:
            try:
                lines = manifest.read_text("utf-8").splitlines()
            except OSError as error:
                raise ContentError("bad-manifest", f"{manifest}：读不出来（{error.strerror}）") from error
            for line in lines[self._lines[manifest] :]:
                self._add(manifest.parent, json.loads(line))
            self._lines[manifest] = len(lines)

    def _add(self, folder: Path, facts: Mapping[str, str]) -> None:
        units = spelling(facts["text"], self._units)
        if units is None:
            return
        samples, rate = read_audio(folder / facts["audio"])
        wide = resample(samples, rate, WIDE)
        seconds = len(wide) / WIDE
        if seconds <= LONGEST_S and len(units) < seconds * FRAMES:
            self.utterances.append(Utterance((wide * 32767).clip(-32768, 32767).astype(np.int16), units))
            self.hours += seconds / 3600


def draw(corpora: Iterable[tuple[Corpus, float]], size: int, rng: random.Random) -> list[Utterance]:
    """A batch: from each corpus its share, utterances of nearly the same length together."""
    batch: list[Utterance] = []
    length = rng.choices((2.0, 3.0, 4.5, 7.0), (2, 4, 3, 1))[0] * WIDE
    for corpus, share in corpora:
        wanted = round(size * share)
        some = rng.sample(corpus.utterances, min(4 * wanted, len(corpus.utterances)))
        batch += sorted(some, key=lambda utterance: abs(len(utterance.samples) - length))[:wanted]
    return batch

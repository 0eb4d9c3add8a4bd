"""Training by CTC (Graves et al. 2006): steps, checkpoints, held-out errors. It may be stopped at any time and goes on.

What the first network learnt from many human voices is its greatest value here, and synthetic speech wears it off.
Hence the deeper a layer, the slower it learns (`Plan.decay`), the deepest not at all (`Plan.learning`), and human
speech has its fixed share of every batch however little there is. The checkpoint that hears held-out people best is
kept as well.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from rapidfuzz.distance import Levenshtein
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from voicebot.audio import telephone as by_telephone
from voicebot.audio import ulaw_to_pcm
from voicebot.training.corpus import WIDE, Corpus, Utterance, draw
from voicebot.training.features import BINS, mfcc
from voicebot.training.network import Network
from voicebot.training.telephone import Channel, upsample

LAST, BEST, CURVE = "last.pt", "best.pt", "curve.jsonl"
_SPEEDS = (0.85, 0.92, 1.0, 1.0, 1.08, 1.18)
_WARPS = (0.84, 0.88, 0.92, 0.96, 1.0, 1.04, 1.08, 1.12, 1.16, 1.2)
_AROUND = 4000  # at most so many samples of silence before and after the words


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train."""

    steps: int
    batch: int = 24
    rate: float = 1.5e-3
    """Learning rate of the output layer; it falls along a cosine from step `warm` to the last."""
    warm: int = 100
    decay: float = 0.85
    """Each layer below the output learns so much slower than the one above it."""
    learning: int = 8
    """How many layers learn at all, counted from the output."""
    human: float = 0.5
    """Share of human speech in each batch."""
    check: int = 100
    """Steps between checkpoints."""
    reuse: int = 4
    """How often a batch is used once it went through the channel and the layers that do not learn, which is most of the
    work (data echoing, Choi et al. 2019)."""
    dropout: float = 0.1
    """See `Network.dropout`."""
    average: float = 0.99
    """How much of the averaged network is kept at each step. The average hears strangers much better than the network
    itself, which small batches of loud augmentation push about (Polyak and Juditsky 1992)."""
    kept: int = 150
    """How many such batches are kept to draw from."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A batch as the learning layers see it."""

    inner: Tensor
    units: Tensor
    lengths: Tensor


class Trainer:
    """A network being trained, with its state in a folder."""

    def __init__(self, network: Network, plan: Plan, folder: Path, noises: Sequence[Tensor], seed: int = 0) -> None:
        self.network, self.plan, self.step, self.best = network, plan, 0, math.inf
        self._folder = folder
        self._rng = random.Random(seed)
        self._drawn = torch.Generator().manual_seed(seed)
        self._channel = Channel(list(noises), self._drawn)
        self._fixed = max(0, len(network.linears) + 2 - plan.learning)
        groups = []
        for depth, tensors in network.depths():
            if depth >= plan.learning:
                for tensor in tensors:
                    tensor.requires_grad_(False)
            else:
                groups.append({"params": tensors, "scale": plan.decay**depth})
        self._optimiser = torch.optim.AdamW(groups, lr=plan.rate, weight_decay=1e-4, betas=(0.9, 0.98))
        self._average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(plan.average))
        self._average.update_parameters(network)
        network.dropout = plan.dropout
        self.averaged.eval()

    @property
    def averaged(self) -> Network:
        """What is measured and kept: the network averaged over its last steps."""
        network: Network = self._average.module
        return network

    def resume(self) -> bool:
        """Take up the last checkpoint of the folder, if there is one."""
        if not (self._folder / LAST).is_file():
            return False
        state = torch.load(self._folder / LAST, weights_only=True)
        self.network.load(state["learning"])
        self._average.load_state_dict({"module.usual": torch.zeros(BINS), **state["average"]})
        self._optimiser.load_state_dict(state["optimiser"])
        self.step, self.best = state["step"], state["best"]
        self._rng.seed(self.step)
        self._drawn.manual_seed(self.step)
        return True

    def begin(self, corpora: Sequence[tuple[Corpus, float]]) -> None:
        """Fit a network to the features it will see, where that has not been done."""
        if not self.network.levels:
            self.network.level(self._features(draw(corpora, 64, self._rng)).flatten(0, 1))
        if self.network.fresh:
            self.network.centre()
        self.averaged.load_state_dict(self.network.state_dict())

    def run(self, corpora: Sequence[tuple[Corpus, float]]) -> Iterator[float]:
        """Train to the end of the plan; gives each step's loss per unit."""
        echoes: list[_Prepared] = []
        while self.step < self.plan.steps:
            if len(echoes) < 8 or self._rng.random() * self.plan.reuse < 1:
                echoes.append(self._prepare(draw(corpora, self.plan.batch, self._rng)))
                del echoes[: -self.plan.kept]
                yield self._step(echoes[-1])
            else:
                yield self._step(self._rng.choice(echoes))

    def _prepare(self, batch: list[Utterance]) -> _Prepared:
        features = self._features(batch)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            inner = self.network.below(features, self._fixed)
        lengths = torch.tensor([len(utterance.units) for utterance in batch])
        return _Prepared(inner, torch.tensor([unit for utterance in batch for unit in utterance.units]), lengths)

    def _step(self, batch: _Prepared) -> float:
        self._set_rate()
        with torch.autocast("cpu", torch.bfloat16):
            scores = self.network.above(batch.inner, self._fixed)
        likelihoods = scores.float().log_softmax(2).transpose(0, 1)
        units, lengths = batch.units, batch.lengths
        frames = torch.full_like(lengths, len(likelihoods))
        losses = F.ctc_loss(likelihoods, units, frames, lengths, reduction="none", zero_infinity=True)
        loss = (losses / lengths).mean()
        self._optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        self._optimiser.step()
        self._average.update_parameters(self.network)
        self.step += 1
        return float(loss.detach())

    def _set_rate(self) -> None:
        plan = self.plan
        done = self.step / plan.steps
        rate = plan.rate * min(1.0, (self.step + 1) / plan.warm) * max(0.02, 0.5 + 0.5 * math.cos(math.pi * done))
        for group in self._optimiser.param_groups:
            group["lr"] = rate * group["scale"]

    def _features(self, batch: list[Utterance]) -> Tensor:
        with torch.no_grad():
            sounds = [self._spoken(utterance) for utterance in batch]
            longest = 2 * math.ceil(max(map(len, sounds)) / 2)
            padded = torch.stack([F.pad(sound, (0, longest - len(sound))) for sound in sounds])
            warps = self._rng.choices(_WARPS, k=len(batch))
            return mfcc(self._channel(padded), warps, self._drawn)

    def _spoken(self, utterance: Utterance) -> Tensor:
        """The sound at another speed and pitch, with silence around it; CTC keeps a frame for each unit."""
        samples = utterance.samples.astype(np.float32)
        speed = self._rng.choice(_SPEEDS)
        if speed != 1 and len(utterance.units) * speed < 0.8 * len(samples) / WIDE * 25:
            samples = np.interp(np.arange(0, len(samples) - 1, speed), np.arange(len(samples)), samples)
        around = (self._rng.randrange(800, _AROUND), self._rng.randrange(1600, _AROUND))
        return F.pad(torch.from_numpy(samples.astype(np.float32)), around)

    def save(self, errors: dict[str, float], watched: str, facts: dict[str, Any]) -> None:
        """Write the checkpoint and the learning curve; keep it as the best if `watched` has never been lower."""
        state = {"network": self.averaged.state_dict(), "step": self.step}
        self._folder.mkdir(parents=True, exist_ok=True)
        if errors.get(watched, math.inf) < self.best:
            self.best = errors[watched]
            _put(self._folder / BEST, state)
        more = {"learning": self.network.state_dict(), "average": self._average.state_dict(), "best": self.best}
        _put(self._folder / LAST, {**state, **more, "optimiser": self._optimiser.state_dict()})
        with (self._folder / CURVE).open("a", encoding="utf-8") as curve:
            line = {"step": self.step, **errors, **facts, "time": round(time.time()), "plan": asdict(self.plan)}
            curve.write(json.dumps(line) + "\n")


def _put(path: Path, state: dict[str, Any]) -> None:
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


class Exam:
    """Held-out recordings heard over the telephone, without a language model: errors in units."""

    def __init__(self, utterances: Sequence[Utterance]) -> None:
        self._batches = []
        ordered = sorted(utterances, key=lambda utterance: len(utterance.samples))
        for start in range(0, len(ordered), 16):
            batch = ordered[start : start + 16]
            narrow = [_narrow(utterance) for utterance in batch]
            longest = max(map(len, narrow))
            padded = torch.stack([F.pad(sound, (2000, 2000 + longest - len(sound))) for sound in narrow])
            self._batches.append((mfcc(upsample(padded)), [utterance.units for utterance in batch]))

    def errors(self, network: Callable[[Tensor], Tensor]) -> float:
        """Edits over units."""
        edits = total = 0
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            for features, texts in self._batches:
                for best, units in zip(network(features).argmax(2).tolist(), texts, strict=True):
                    edits += Levenshtein.distance(heard(best), units)
                    total += len(units)
        return round(edits / max(1, total), 4)


def heard(best: Sequence[int]) -> list[int]:
    """Units from the best output of each frame: repeats are one, blanks none."""
    return [unit for unit, before in zip(best, [0, *best], strict=False) if unit and unit != before]


def _narrow(utterance: Utterance) -> Tensor:
    samples = np.asarray(utterance.samples / 32768, dtype=np.float32)
    pcm = ulaw_to_pcm(by_telephone(samples, WIDE))
    return torch.from_numpy(pcm.astype(np.float32))

"""MFCC features as Vosk computes them (Kaldi's defaults, 40 bins, 40 coefficients), for a batch of sounds at once.

Two things only training does: the mel filters may be warped (vocal-tract length), and bands and times may be hidden
(SpecAugment, Park et al. 2019) before the cosine transform, where a band is still a band.
"""

from __future__ import annotations

import math
from functools import cache

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from voicebot.training.corpus import WIDE

BINS = 40
SHIFT = 160
"""Samples between frames."""
_LENGTH, _FFT = 400, 512
_LOW, _HIGH = 20.0, 7600.0
_LIFTER = 22
_WINDOW, _USUALLY = 600, 200


def mfcc(samples: Tensor, warps: list[float] | None = None, hidden: torch.Generator | None = None) -> Tensor:
    """Features [batch, frames, 40] of samples [batch, n] (16 kHz, full scale 32768).

    `warps` stretches each sound's frequencies (1 is none); with `hidden`, random bands and times are hidden.
    """
    frames = samples.unfold(1, _LENGTH, SHIFT)
    frames = frames + torch.randn_like(frames)  # Kaldi's dither
    frames = frames - frames.mean(2, keepdim=True)
    frames = frames - 0.97 * torch.cat([frames[..., :1], frames[..., :-1]], 2)
    power = torch.fft.rfft(frames * _window(), _FFT).abs().square()
    filters = torch.stack([_filters(warp) for warp in warps or [1.0] * len(samples)])
    mel = torch.bmm(power, filters).clamp_min(torch.finfo(torch.float32).eps).log()
    if hidden is not None:
        mel = _hide(mel, hidden)
    return mel @ _cosines()


def levelled(features: Tensor, usual: Tensor) -> Tensor:
    """Features [batch, frames, 40] without what stays the same for a voice on its line: less the mean of the last 600
    frames up to each, filled up with up to 200 of the `usual` mean [40] (Kaldi's `OnlineCmvn` with Vosk's options).
    """
    total = features.cumsum(1)
    lately = torch.cat([total[:, :_WINDOW], total[:, _WINDOW:] - total[:, :-_WINDOW]], 1)
    count = torch.arange(1, features.shape[1] + 1, device=features.device).clamp(max=_WINDOW)[:, None]
    usually = (_WINDOW - count).clamp(max=_USUALLY)
    return features - (lately + usually * usual) / (count + usually)


def _hide(mel: Tensor, rng: torch.Generator) -> Tensor:
    """Each sound with up to two bands and up to two stretches of time replaced by its average."""
    mean = mel.mean((1, 2), keepdim=True)
    for axis, widest in ((2, 6), (2, 6), (1, 12), (1, 12)):
        size = mel.shape[axis]
        width = torch.randint(0, widest + 1, (len(mel), 1), generator=rng)
        start = (torch.rand(len(mel), 1, generator=rng) * (size - width)).long()
        place = torch.arange(size)[None]
        mask = (place >= start) & (place < start + width)
        mel = torch.where(mask[:, None, :] if axis == 2 else mask[:, :, None], mean, mel)
    return mel


@cache
def _window() -> Tensor:
    """Kaldi's "povey" window."""
    return torch.hann_window(_LENGTH, periodic=False) ** 0.85


@cache
def _filters(warp: float) -> Tensor:
    """Triangular mel filters [257, 40]; a warp above 1 reads the spectrum as if its frequencies were lower."""
    low, high = _mel(_LOW), _mel(_HIGH)
    edges = low + (high - low) / (BINS + 1) * torch.arange(BINS + 2, dtype=torch.float64)
    hertz = torch.arange(_FFT // 2, dtype=torch.float64) * WIDE / _FFT
    places = 1127.0 * torch.log(1 + _warped(hertz, warp) / 700.0)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rise = (places[:, None] - left) / (centre - left)
    fall = (right - places[:, None]) / (right - centre)
    filters = torch.minimum(rise, fall).clamp_min(0).float()
    return F.pad(filters, (0, 0, 0, 1))


def _warped(hertz: Tensor, warp: float) -> Tensor:
    """Frequencies divided by `warp` up to 4.8 kHz, then linearly back so that 8 kHz stays in place."""
    knee, end = 4800.0, WIDE / 2
    above = knee / warp + (hertz - knee) * (end - knee / warp) / (end - knee)
    return torch.where(hertz < knee, hertz / warp, above)


def _mel(hertz: float) -> float:
    return 1127.0 * math.log(1 + hertz / 700.0)


@cache
def _cosines() -> Tensor:
    """The cosine transform with Kaldi's liftering, [40 bins, 40 coefficients]."""
    bins, ceps = torch.arange(BINS, dtype=torch.float64), torch.arange(BINS, dtype=torch.float64)
    table = math.sqrt(2 / BINS) * torch.cos(math.pi / BINS * (bins[:, None] + 0.5) * ceps)
    table[:, 0] = math.sqrt(1 / BINS)
    return (table * (1 + 0.5 * _LIFTER * torch.sin(math.pi * ceps / _LIFTER))).float()

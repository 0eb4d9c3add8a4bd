"""What happens to a voice on its way into the line, for many at once: room, noise, band, level, codec, loss.

Everything is drawn at random for each sound. Samples are 16 kHz, full scale 32768, and stay so: a telephone sound goes
down to 8 kHz, through the codec, and up again with the very filter that Vosk applies to telephone calls.
"""

from __future__ import annotations

import math
from functools import cache

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

TELEPHONE = 0.8
"""Share of sounds that go through a telephone; the others stay wide-band."""
_FULL = 32768.0


class Channel:
    """Random telephone channels. `noises` are recordings (16 kHz, any level) that may be heard in the background."""

    def __init__(self, noises: list[Tensor], rng: torch.Generator) -> None:
        self._noises = noises
        self._rng = rng

    def __call__(self, samples: Tensor) -> Tensor:
        """Samples [batch, n] as they arrive, [batch, n]; `n` must be even."""
        samples = samples / samples.square().mean(1, keepdim=True).sqrt().clamp_min(1.0)
        samples = self._noise(self._room(samples))
        spectrum = torch.fft.rfft(samples)
        hertz = torch.linspace(0, 8000, spectrum.shape[1])
        spectrum = spectrum * self._tilt(hertz, len(samples))
        narrow = self._uniform(len(samples)) < TELEPHONE
        wide = torch.fft.irfft(spectrum, samples.shape[1])[~narrow]
        half = samples.shape[1] // 2
        band = spectrum[:, : half // 2 + 1] * self._band(hertz[: half // 2 + 1], len(samples))
        calls = torch.fft.irfft(band, half)[narrow] * 0.5
        out = torch.empty_like(samples)
        out[~narrow] = self._level(wide)
        out[narrow] = upsample(self._line(self._level(calls)))
        return out

    def _uniform(self, count: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        return low + (high - low) * torch.rand(count, generator=self._rng)

    def _room(self, samples: Tensor) -> Tensor:
        """One sound in seven in a room of 0.1 to 0.7 s reverberation."""
        batch, length = samples.shape
        time = torch.arange(9600) / 16000
        decay = torch.exp(-6.9 * time / self._uniform(batch, 0.1, 0.7)[:, None])
        echo = torch.randn(batch, 9600, generator=self._rng) * decay * (time > 0.002)
        share = self._uniform(batch, 0.05, 0.4) * (self._uniform(batch) < 0.15)
        echo *= share[:, None] / echo.square().sum(1, keepdim=True).sqrt()
        echo[:, 0] = 1
        size = length + 9600
        return torch.fft.irfft(torch.fft.rfft(samples, size) * torch.fft.rfft(echo, size), size)[:, :length]

    def _noise(self, samples: Tensor) -> Tensor:
        """Noise at 12 to 40 dB below half of the voices: recorded, coloured, or somebody else speaking."""
        batch, length = samples.shape
        noise = self._coloured(batch, length)
        for row, kind in enumerate(self._uniform(batch).tolist()):
            if kind < 0.45 and self._noises:
                source = self._noises[int(self._uniform(1) * len(self._noises))]
                start = int(self._uniform(1) * source.shape[0])
                noise[row] = source.roll(-start).repeat(length // len(source) + 1)[:length]
            elif kind < 0.6:
                noise[row] = samples[row - 1].roll(int(self._uniform(1) * length))
        noise = noise / noise.square().mean(1, keepdim=True).sqrt().clamp_min(1e-3)
        below = self._uniform(batch, 12, 40) + 100 * (self._uniform(batch) < 0.5)
        return samples + noise * torch.pow(10, -below / 20)[:, None]

    def _coloured(self, batch: int, length: int) -> Tensor:
        white = torch.fft.rfft(torch.randn(batch, length, generator=self._rng))
        hertz = torch.linspace(0, 8000, white.shape[1]).clamp_min(50)
        return torch.fft.irfft(white * hertz ** -self._uniform(batch)[:, None], length)

    def _tilt(self, hertz: Tensor, batch: int) -> Tensor:
        """Handsets: up to 2 dB an octave around 1 kHz, and a wide bump somewhere."""
        octaves = (hertz.clamp_min(100) / 1000).log2()
        slope = self._uniform(batch, -2, 2)[:, None] * octaves
        centre = self._uniform(batch, -1.5, 1.8)[:, None]
        bump = self._uniform(batch, -4, 4)[:, None] * torch.exp(-((octaves - centre) ** 2) / 0.5)
        return torch.pow(10, (slope + bump) / 20)

    def _band(self, hertz: Tensor, batch: int) -> Tensor:
        """From about 300 to about 3400 Hz, more or less steeply."""
        low, high = self._uniform(batch, 80, 350)[:, None], self._uniform(batch, 3250, 3950)[:, None]
        steep = self._uniform(batch, 2, 6)[:, None]
        below = 1 / (1 + (low / hertz.clamp_min(1)) ** (2 * steep)).sqrt()
        return below / (1 + (hertz / high) ** (8 * steep)).sqrt()

    def _level(self, samples: Tensor) -> Tensor:
        """From a whisper to overdriven: RMS -36 to -12 dB of full scale, clipped at full scale."""
        rms = samples.square().mean(1, keepdim=True).sqrt().clamp_min(1e-6)
        target = _FULL * torch.pow(10, self._uniform(len(samples), -36, -12) / 20)
        return (samples / rms * target[:, None]).clamp(-_FULL, _FULL - 1)

    def _line(self, samples: Tensor) -> Tensor:
        """8 kHz sounds through G.711 (µ-law or A-law, sometimes both), some of them with lost packets."""
        a_law = (self._uniform(len(samples)) < 0.4)[:, None]
        twice = (self._uniform(len(samples)) < 0.1)[:, None]
        coded = torch.where(a_law, alaw(samples), mulaw(samples))
        coded = torch.where(twice, mulaw(alaw(coded)), coded)
        packets = coded.unfold(1, 160, 160)
        loss = self._uniform(len(samples), 0.005, 0.06) * (self._uniform(len(samples)) < 0.1)
        lost = torch.rand(packets.shape[:2], generator=self._rng) < loss[:, None]
        kept = (~lost).repeat_interleave(160, 1)
        return coded * F.pad(kept.float(), (0, coded.shape[1] - kept.shape[1]), value=1.0)


def mulaw(samples: Tensor) -> Tensor:
    """Samples after G.711 µ-law coding and decoding (the smooth law; its segments differ by less than a step)."""
    unit = samples / _FULL
    code = torch.round(torch.log1p(255 * unit.abs()) / math.log(256) * 127)
    return unit.sign() * torch.expm1(code / 127 * math.log(256)) / 255 * _FULL


def alaw(samples: Tensor) -> Tensor:
    """Samples after G.711 A-law coding and decoding."""
    unit, a = samples / _FULL, 87.6
    scale = 1 + math.log(a)
    size = unit.abs()
    code = torch.where(size < 1 / a, a * size, 1 + torch.log((a * size).clamp_min(1.0))) / scale
    code = (torch.floor(code * 128) + 0.5) / 128 * scale
    return unit.sign() * torch.where(code < 1, code / a, torch.exp(code - 1) / a) * _FULL


def upsample(samples: Tensor) -> Tensor:
    """8 kHz [batch, n] to 16 kHz [batch, 2n] as Kaldi's `LinearResample` does for Vosk (6 zeros, 0.99 of the band)."""
    even, odd = _phases()
    padded = F.pad(samples[:, None], (8, 8))
    return torch.stack(
        [F.conv1d(padded, even)[:, 0, : samples.shape[1]], F.conv1d(padded, odd)[:, 0, : samples.shape[1]]], 2
    ).flatten(1)


@cache
def _phases() -> tuple[Tensor, Tensor]:
    """Filters of 17 taps for outputs at a sample and half-way to the next (feat/resample.cc, `FilterFunc`)."""
    cutoff, zeros = 0.99 * 4000, 6
    width = zeros / (2 * cutoff)
    filters = []
    for phase in (0.0, 0.5):
        time = (torch.arange(-8, 9, dtype=torch.float64) - phase) / 8000
        window = torch.where(time.abs() < width, 0.5 * (1 + torch.cos(2 * math.pi * cutoff / zeros * time)), 0.0)
        sinc = 2 * cutoff * torch.special.sinc(2 * cutoff * time)
        filters.append((window * sinc / 8000).float()[None, None])
    return filters[0], filters[1]

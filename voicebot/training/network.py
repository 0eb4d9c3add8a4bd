"""The acoustic network in PyTorch, loaded from a Kaldi nnet3 file and written back to one that Vosk loads.

Spliced MFCC (-1, 0, 1) → lda → tdnn1 → 14 TDNN-F layers (``y + 0.66 x``) → prefinal → one output for each unit, of
which the first is CTC's blank. Frames are thinned to a third after the fourth layer. It begins as a network of Vosk's
for another language (`vosk-model-small-ko-0.22`, Apache-2.0): its i-vector input is cut off and its output is new.
Batch normalisation keeps its statistics (Kaldi's test mode). The features are levelled first, as Vosk does when a model
has ``am/global_cmvn.stats``: voices and telephones differ most in what stays the same all the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from voicebot.training.features import BINS, levelled
from voicebot.training.nnet3 import Array, Component, Model

CONTEXT = 34
"""Frames repeated before and after a sound: the network's reach to each side."""
THINNING = 3
_THIN_FROM = 5  # tdnnf5 is the first layer that works on every third frame
_LAYERS = range(2, 16)
_BYPASS = 0.66


@dataclass(frozen=True, slots=True)
class Part:
    """A trained tensor and where it stands in the nnet3 file."""

    component: str
    token: str
    tensor: nn.Parameter


class Affine(nn.Module):
    """A linear or affine component, over one frame or two spliced ones."""

    def __init__(self, component: Component, thinning: int = 1) -> None:
        super().__init__()
        fields = {token for token, _ in component.fields}
        self.token = "<LinearParams>" if "<LinearParams>" in fields else "<Params>"
        self.name = component.name
        self.weight = nn.Parameter(torch.from_numpy(component.array(self.token)))
        bias = component.array("<BiasParams>") if "<BiasParams>" in fields else None
        self.bias = nn.Parameter(torch.from_numpy(bias)) if bias is not None and len(bias) else None
        offsets = component.value("<TimeOffsets>") if "<TimeOffsets>" in fields else [0]
        self.reach = abs(int(offsets[-1]) - int(offsets[0])) // thinning

    def forward(self, x: Tensor) -> Tensor:
        """[batch, frames, in] to [batch, frames - reach, out]."""
        if self.reach:
            x = torch.cat([x[:, : x.shape[1] - self.reach], x[:, self.reach :]], 2)
        return F.linear(x, self.weight, self.bias)

    def parts(self) -> Iterator[Part]:
        """What is trained."""
        yield Part(self.name, self.token, self.weight)
        if self.bias is not None:
            yield Part(self.name, "<BiasParams>", self.bias)


class Norm(nn.Module):
    """Batch normalisation with frozen statistics."""

    def __init__(self, component: Component) -> None:
        super().__init__()
        scale = (torch.from_numpy(component.array("<StatsVar>")) + 1e-3).rsqrt()
        self.scale = nn.Buffer(scale, persistent=False)
        self.shift = nn.Buffer(-torch.from_numpy(component.array("<StatsMean>")) * scale, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, frames, dim], normalised, in the precision it comes in: half the work when that is bfloat16."""
        return torch.addcmul(self.shift.to(x.dtype), x, self.scale.to(x.dtype))


class Network(nn.Module):
    """The acoustic network. Features [batch, frames, 40] to unit scores [batch, about frames / 3, units]."""

    def __init__(self, model: Model, outputs: int, usual: Array | None = None) -> None:
        super().__init__()
        self.usual = nn.Buffer(torch.zeros(BINS) if usual is None else torch.from_numpy(usual))
        """The usual mean of the features; all zeros for a network that takes them as they are."""
        lda = model["lda"]
        self.lda = nn.Buffer(torch.from_numpy(lda.array("<LinearParams>")[:, : 3 * BINS].copy()))
        self.lda_bias = nn.Parameter(torch.from_numpy(lda.array("<BiasParams>")))
        self.first, self.first_norm = Affine(model["tdnn1.affine"]), Norm(model["tdnn1.batchnorm"])
        names = [(f"tdnnf{layer}", THINNING if layer >= _THIN_FROM + 1 else 1) for layer in _LAYERS]
        self.linears = nn.ModuleList(Affine(model[f"{name}.linear"], thin) for name, thin in names)
        self.affines = nn.ModuleList(Affine(model[f"{name}.affine"], thin) for name, thin in names)
        self.norms = nn.ModuleList(Norm(model[f"{name}.batchnorm"]) for name, _ in names)
        self.prefinal = nn.ModuleList(
            (
                Affine(model["prefinal-l"]),
                Affine(model["prefinal-chain.affine"]),
                Affine(model["prefinal-chain.linear"]),
            )
        )
        self.prefinal_norms = nn.ModuleList(Norm(model[f"prefinal-chain.batchnorm{n}"]) for n in (1, 2))
        self.output = Affine(model["output.affine"])
        self.dropout = 0.0
        """In training each output of a TDNN-F layer is scaled, for a whole sound, by up to twice so much more or less
        (Kaldi's continuous dropout): the network does not learn to lean on what only one speaker shows."""
        self.fresh = len(self.output.weight) != outputs
        """Whether the output layer has learnt nothing yet."""
        if self.fresh:
            self.output.weight = nn.Parameter(torch.randn(outputs, self.output.weight.shape[1]) * 0.05)
            self.output.bias = nn.Parameter(torch.zeros(outputs))

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up tensors that were saved, also by a version that levelled nothing. Raises `RuntimeError`."""
        self.load_state_dict({"usual": torch.zeros(BINS), **state})

    @property
    def levels(self) -> bool:
        """Whether features are levelled."""
        return bool(self.usual.any())

    def level(self, features: Tensor) -> None:
        """Level features from now on, whose usual mean is that of these [frames, 40], which are heard as before."""
        self.level_by(features.mean(0))

    def level_by(self, usual: Tensor) -> None:
        """Level features by this usual mean [40] from now on, where they were not; a usual voice is heard as before."""
        with torch.no_grad():
            self.lda_bias.add_(self.lda @ usual.repeat(3))
            self.usual.copy_(usual)

    def centre(self) -> None:
        """Set the first bias so that levelled features have zero mean after the lda."""
        with torch.no_grad():
            self.lda_bias.zero_()

    def forward(self, features: Tensor) -> Tensor:
        """Unit scores before the softmax."""
        return self.above(self.below(features, 0), 0)

    def below(self, features: Tensor, layers: int) -> Tensor:
        """What the first layer and this many TDNN-F layers make of the features."""
        if self.levels:
            features = levelled(features, self.usual)
        x = F.pad(features.transpose(1, 2), (CONTEXT, CONTEXT), mode="replicate").transpose(1, 2)
        x = F.linear(torch.cat([x[:, :-2], x[:, 1:-1], x[:, 2:]], 2), self.lda, self.lda_bias)
        return self._through(self.first_norm(F.relu(self.first(x))), range(layers))

    def above(self, x: Tensor, layers: int) -> Tensor:
        """Unit scores from what `below` gave for the same number of layers."""
        x = self._through(x, range(layers, len(self.linears)))
        x = self.prefinal_norms[0](F.relu(self.prefinal[1](self.prefinal[0](x))))
        scores: Tensor = self.output(self.prefinal_norms[1](self.prefinal[2](x)))
        return scores

    def _through(self, x: Tensor, layers: range) -> Tensor:
        for k in layers:
            if _LAYERS[k] == _THIN_FROM:
                x = x[:, ::THINNING]
            linear, affine = self.linears[k], self.affines[k]
            y = self.norms[k](F.relu(affine(linear(x))))
            if self.dropout and self.training:
                noise = torch.rand(len(y), 1, y.shape[2], dtype=y.dtype)
                y = y * (1 + 2 * self.dropout * (2 * noise - 1))
            x = torch.add(y, x[:, linear.reach : x.shape[1] - affine.reach], alpha=_BYPASS)
        return x

    def depths(self) -> list[tuple[int, list[nn.Parameter]]]:
        """Trained tensors by how many layers they are from the output: 0 is the output itself."""
        layers: list[list[nn.Module]] = [[self.output], list(self.prefinal)]
        layers += [[self.linears[k], self.affines[k]] for k in reversed(range(len(self.linears)))]
        found = [
            (depth, [p for module in modules for p in module.parameters()]) for depth, modules in enumerate(layers)
        ]
        return [*found, (len(layers), [*self.first.parameters(), self.lda_bias])]

    def parts(self) -> Iterator[Part]:
        """Every trained tensor and where it stands in the nnet3 file."""
        yield Part("lda", "<BiasParams>", self.lda_bias)
        for module in self.modules():
            if isinstance(module, Affine):
                yield from module.parts()

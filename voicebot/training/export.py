"""The trained network as a folder that the unmodified `vosk` wheel loads.

Each unit has a one-state topology with a self-loop and an exit of the same output, so that transition ids of unit u
(from 1) are 2u-1 and 2u, as `voicebot.speech.graph` has them. The network's output is a log-softmax, and there is no
i-vector folder. The usual mean of the features stands in ``am/global_cmvn.stats``, for Kaldi's `OnlineCmvn`.
"""

from __future__ import annotations

import copy
import math
import shutil
from pathlib import Path

import numpy as np

from voicebot.errors import ModelError
from voicebot.training.features import BINS
from voicebot.training.network import Network
from voicebot.training.nnet3 import Array, Component, Model, encode, integer, integers, real, write

_SPLICE = "Append(Offset(input, -1), input, Offset(input, 1)"
_SOFTMAX = "output.log-softmax"


def transitions(units: int) -> bytes:
    """Kaldi's transition model for CTC units, everything before ``<Nnet3>``."""
    phones = list(range(1, units + 1))
    topology = integers([-1] + [0] * units) + integer(1)
    topology += integer(2) + integer(0) + integer(2) + integer(0) + real(0.5) + integer(1) + real(0.5)
    topology += integer(-1) + integer(0)
    triples = b"".join(integer(phone) + integer(0) + integer(phone - 1) for phone in phones)
    chances: Array = np.full(2 * units + 1, math.log(0.5), np.float32)
    chances[0] = 0
    return b"".join(
        (
            b"\0B<TransitionModel> <Topology> ",
            integers(phones) + topology,
            b"</Topology> <Triples> ",
            integer(units) + triples,
            b"</Triples> <LogProbs> ",
            encode(chances),
            b"</LogProbs> </TransitionModel> ",
        )
    )


def adapted(base: Model, network: Network, less_blank: float = 0.0) -> Model:
    """The file `base` with the network's numbers in it, without i-vector input and second output.

    CTC likes to say nothing; `less_blank` is taken off the score of blank, so that fewer words are missed.
    """
    model = copy.deepcopy(base)
    outputs = len(network.output.weight)
    model.transitions = transitions(outputs)
    model.config = _configuration(base.config)
    model.components = [component for component in model.components if "xent" not in component.name]
    model["lda"].put("<LinearParams>", network.lda.numpy())
    for part in network.parts():
        model[part.component].put(part.token, part.tensor.detach().numpy())
    bias = model["output.affine"].array("<BiasParams>").copy()
    bias[0] -= less_blank
    model["output.affine"].put("<BiasParams>", bias)
    if _SOFTMAX not in model:
        model.components.append(_softmax(base["output-xent.log-softmax"], outputs))
    return model


def _configuration(config: str) -> str:
    """Without the i-vector and the second output, with a log-softmax at the end."""
    lines = [line for line in config.split("\n") if "xent" not in line and "name=ivector" not in line]
    plain = "\n".join(lines).replace(f"{_SPLICE}, ReplaceIndex(ivector, t, 0))", f"{_SPLICE})")
    straight = "output-node name=output input=output.affine objective=linear"
    node = f"component-node name={_SOFTMAX} component={_SOFTMAX} input=output.affine"
    return plain.replace(straight, f"{node}\noutput-node name=output input={_SOFTMAX} objective=linear")


def _softmax(other: Component, outputs: int) -> Component:
    component = copy.deepcopy(other)
    component.name = _SOFTMAX
    component.put("<Dim>", integer(outputs))
    return component


def export(base: Model, network: Network, like: Path, target: Path, less_blank: float) -> None:
    """Write the model folder `target`: the network, and the rest (configuration, graph, card) as in `like`."""
    shutil.copytree(like, target, dirs_exist_ok=True)
    write(adapted(base, network, less_blank), target / "am" / "final.mdl")
    if network.levels:
        write_usual(target / "am" / USUAL, network.usual.numpy())
    else:
        (target / "am" / USUAL).unlink(missing_ok=True)


USUAL = "global_cmvn.stats"
"""Beside ``final.mdl``: sums of the features and of their squares, and how many frames (Kaldi's CMVN statistics)."""
_FRAMES = 10_000
_HEAD = b"\0BDM "


def write_usual(path: Path, usual: Array) -> None:
    """Write the usual mean of features [n] as Kaldi's statistics, a binary matrix of doubles; variance is unused."""
    mean = usual.astype(np.float64)
    stats = np.stack([np.append(mean, 1.0), np.append(mean**2 + 1.0, 0.0)]) * _FRAMES
    path.write_bytes(_HEAD + integer(len(stats)) + integer(stats.shape[1]) + stats.tobytes())


def read_usual(folder: Path) -> Array | None:
    """The usual mean beside a ``final.mdl``; None for a model that takes features as they are. Raises `ModelError`."""
    try:
        data = (folder / USUAL).read_bytes()
    except FileNotFoundError:
        return None
    head = len(_HEAD) + 2 * len(integer(0))
    try:
        stats = np.frombuffer(data[head:], "<f8").reshape(2, BINS + 1)
    except ValueError as error:
        raise ModelError("model-damaged", f"{folder / USUAL} 不是可用的统计") from error
    return (stats[0, :-1] / stats[0, -1]).astype(np.float32)

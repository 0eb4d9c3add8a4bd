r"""Kaldi's nnet3 model file (`am/final.mdl`, binary), read and written without Kaldi; the round trip is byte-exact.

The file is ``\0B<TransitionModel> … </TransitionModel> <Nnet3> ``, the network's configuration as text, its
components as tokens with values, and a tail (context, priors). Values are kept as they are encoded; only matrices and
vectors are decoded. See kaldi/src/nnet3/nnet-nnet.cc and kaldi/src/base/io-funcs.h.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voicebot.errors import ModelError

Array = npt.NDArray[np.float32]
Value = Array | list[int] | bytes
"""A matrix or vector, the integers of ``<TimeOffsets>``, or the bytes of anything else."""

_MATRIX, _VECTOR = b"FM ", b"FV "
_SPACE = b" \n\t"


@dataclass(slots=True)
class Component:
    """One component: its name, its type (``<NaturalGradientAffineComponent>``), and its tokens with their values."""

    name: str
    kind: str
    fields: list[tuple[str, list[Value]]] = field(default_factory=list)

    def array(self, token: str) -> Array:
        """The matrix or vector at this token. Raises `KeyError`."""
        value = self.value(token)
        if not isinstance(value, np.ndarray):
            raise KeyError(token)
        return value

    def value(self, token: str) -> Value:
        """The first value at this token. Raises `KeyError`."""
        for name, values in self.fields:
            if name == token and values:
                return values[0]
        raise KeyError(token)

    def put(self, token: str, value: Value) -> None:
        """Replace the first value at this token. Raises `KeyError`."""
        for name, values in self.fields:
            if name == token:
                values[0] = value
                return
        raise KeyError(token)


@dataclass(slots=True)
class Model:
    """A whole file."""

    transitions: bytes
    """Everything before ``<Nnet3>``."""
    config: str
    components: list[Component]
    tail: bytes

    def __getitem__(self, name: str) -> Component:
        return next(component for component in self.components if component.name == name)

    def __contains__(self, name: str) -> bool:
        return any(component.name == name for component in self.components)


def read(path: Path) -> Model:
    """The model in a file. Raises `ModelError` when it is not one, `OSError`."""
    data = path.read_bytes()
    try:
        start = data.index(b"<Nnet3> ")
        count_at = data.index(b"<NumComponents> ", start)
        reader = _Reader(data, count_at)
        reader.token()
        components = [_component(reader) for _ in range(struct.unpack("<i", reader.sized()[1:])[0])]
    except (ValueError, IndexError, struct.error) as error:
        raise ModelError("model-damaged", f"{path} 不是 Kaldi nnet3 模型：{error}") from error
    return Model(data[:start], data[start + 8 : count_at].decode(), components, data[reader.at :])


def write(model: Model, path: Path) -> None:
    """Write the model."""
    out = [model.transitions, b"<Nnet3> ", model.config.encode(), b"<NumComponents> ", integer(len(model.components))]
    for component in model.components:
        out.append(f"<ComponentName> {component.name} {component.kind} ".encode())
        for token, values in component.fields:
            out += [token.encode() + b" ", *map(encode, values)]
        out.append(f"</{component.kind[1:]} ".encode())
    path.write_bytes(b"".join([*out, model.tail]))


def integer(value: int) -> bytes:
    """A 32-bit integer as Kaldi writes it."""
    return b"\x04" + struct.pack("<i", value)


def real(value: float) -> bytes:
    """A 32-bit float as Kaldi writes it."""
    return b"\x04" + struct.pack("<f", value)


def integers(values: Sequence[int]) -> bytes:
    """A vector of 32-bit integers as Kaldi writes it."""
    return b"\x04" + struct.pack(f"<i{len(values)}i", len(values), *values)


def encode(value: Value) -> bytes:
    """A component's value as it stands in the file."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, list):
        return integers(value)
    sizes = b"".join(integer(size) for size in value.shape)
    return (_MATRIX if value.ndim == 2 else _VECTOR) + sizes + value.astype("<f4").tobytes()


class _Reader:
    """Bytes and a place in them."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def token(self) -> str:
        end = self.at
        while self.data[end] not in _SPACE:
            end += 1
        text = self.data[self.at : end].decode()
        self.at = end + 1
        return text

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]

    def sized(self) -> bytes:
        """A number with its size before it, both kept."""
        return self.take(1 + self.data[self.at])

    def array(self, dimensions: int) -> Array:
        self.take(3)
        shape = [struct.unpack("<i", self.sized()[1:])[0] for _ in range(dimensions)]
        return np.frombuffer(self.take(4 * int(np.prod(shape))), "<f4").reshape(shape).copy()

    def value(self, token: str) -> Value:
        head: Any = self.data[self.at : self.at + 3]
        if head in (_MATRIX, _VECTOR):
            return self.array(2 if head == _MATRIX else 1)
        if token == "<TimeOffsets>":  # noqa: S105
            count = struct.unpack("<i", self.sized()[1:])[0]
            return list(struct.unpack(f"<{count}i", self.take(4 * count)))
        if head[:1] in (b"\x04", b"\x08"):
            return self.sized()
        return self.take(1) if head[:1] in (b"T", b"F") else self.token().encode() + b" "


def _component(reader: _Reader) -> Component:
    if reader.token() != "<ComponentName>":
        raise ValueError("no component where one should be")
    component = Component(reader.token(), reader.token())
    end = f"</{component.kind[1:]}"
    while (token := reader.token()) != end:
        values: list[Value] = []
        while reader.data[reader.at] != ord("<"):
            values.append(reader.value(token))
        component.fields.append((token, values))
    return component

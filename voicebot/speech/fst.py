"""OpenFst files written without OpenFst: what Vosk loads as a dynamic graph (``HCLr.fst`` and ``Gr.fst``).

Two types of file: ``const`` (states and arcs as two tables) and ``olabel_lookahead``, which is a const transducer
with the set of output labels that each state can still reach. Vosk composes the two while it decodes and asks those
sets which paths are worth following. See OpenFst's const-fst.h, add-on.h and label-reachable.h. Pure but for writing
the file.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

STATE = np.dtype([("final", "<f4"), ("at", "<u4"), ("arcs", "<u4"), ("silent_in", "<u4"), ("silent_out", "<u4")])
"""A state: final cost, place of its first arc, how many arcs, and how many of them have an epsilon on either side."""
ARC = np.dtype([("input", "<i4"), ("output", "<i4"), ("cost", "<f4"), ("to", "<i4")])
"""An arc, with its two labels, its cost (-log of a probability) and the state it leads to."""

Arcs = npt.NDArray[np.void]

_MAGIC, _ADD_ON = 2125659606, 446681434
_EXPANDED, _ACCEPTOR, _NOT_ACCEPTOR = 0x1, 0x10000, 0x20000
_INPUT_SORTED, _OUTPUT_SORTED = 0x10000000, 0x40000000


@dataclass(frozen=True, slots=True)
class Fst:
    """A transducer over the tropical semiring, its arcs grouped by state."""

    start: int
    final: npt.NDArray[np.float32]
    """Final cost of each state; infinite when it is not final."""
    source: npt.NDArray[np.int32]
    """The state each arc leaves."""
    arcs: Arcs


def write_acceptor(fst: Fst, path: Path) -> None:
    """Write a grammar, sorted by input: every arc's labels are equal, or both epsilon."""
    path.write_bytes(_const(fst, "input", _EXPANDED | _ACCEPTOR | _INPUT_SORTED | _OUTPUT_SORTED))


def write_lookahead(fst: Fst, low: npt.NDArray[np.int32], high: npt.NDArray[np.int32], last: int, path: Path) -> None:
    """Write a transducer with the output labels each state reaches: from `low` to `high`, the latter not included.

    `last` is the number that stands for reaching the end; labels are below it.
    """
    spans = np.empty(len(low), np.dtype([("size", "<i8"), ("low", "<i4"), ("high", "<i4"), ("count", "<i4")]))
    spans["size"], spans["low"], spans["high"], spans["count"] = 1, low, high, high - low
    reachable = b"".join(
        (b"\0", b"\0", struct.pack("<i", last), struct.pack("<q", len(spans)), spans.tobytes())
    )  # of outputs, and without a table of new labels, since they are in order already
    path.write_bytes(
        b"".join(
            (
                _header("olabel_lookahead", 1, _EXPANDED | _NOT_ACCEPTOR | _OUTPUT_SORTED, -1, 0, 0),
                struct.pack("<i", _ADD_ON),
                _const(fst, "output", _EXPANDED | _NOT_ACCEPTOR | _OUTPUT_SORTED),
                b"\1\0\1",  # there is something added: nothing for inputs, something for outputs
                reachable,
            )
        )
    )


def _header(kind: str, version: int, properties: int, start: int, states: int, arcs: int) -> bytes:
    names = b"".join(struct.pack("<i", len(name)) + name.encode() for name in (kind, "standard"))
    return struct.pack("<i", _MAGIC) + names + struct.pack("<iiQqqq", version, 0, properties, start, states, arcs)


def _const(fst: Fst, by: str, properties: int) -> bytes:
    order = np.lexsort((fst.arcs[by], fst.source))
    arcs, source = fst.arcs[order], fst.source[order]
    states = np.zeros(len(fst.final), STATE)
    states["final"] = fst.final
    states["arcs"] = np.bincount(source, minlength=len(states))
    states["at"] = np.concatenate([[0], np.cumsum(states["arcs"])[:-1]])
    for side, field in (("input", "silent_in"), ("output", "silent_out")):
        states[field] = np.bincount(source[arcs[side] == 0], minlength=len(states))
    head = _header("const", 2, properties, fst.start, len(states), len(arcs))
    return head + states.tobytes() + arcs.tobytes()

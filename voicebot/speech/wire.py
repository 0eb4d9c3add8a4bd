"""What the pool and its worker processes say to each other over two pipes. Pure; imports next to nothing, because
every worker imports it.

A message is a header (kind, call, utterance, hertz, length) and `length` bytes. To the worker go `AUDIO` (int16),
`CUT` (finish the words so far, more may come), `FINISH` and `CLOSE`; back come `READY` or `FAILED` (text), then for
each message taken any number of `PARTIAL` (text), `SEGMENT` and `FINAL` (Vosk's JSON), and one `TAKEN`, in the order
the messages were given to it.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple, Protocol

_HEADER = struct.Struct("<BIIII")


class Kind(IntEnum):
    """What a message is."""

    AUDIO = 1
    FINISH = 2
    CLOSE = 3
    CUT = 4
    READY = 11
    FAILED = 12
    PARTIAL = 13
    SEGMENT = 14
    FINAL = 15
    TAKEN = 16


class Message(NamedTuple):
    """One message either way."""

    kind: Kind
    call: int = 0
    utterance: int = 0
    rate: int = 0
    """Hertz, of `AUDIO`."""
    body: bytes = b""


class Readable(Protocol):
    """A blocking byte stream."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; fewer only at the end."""


def encode(message: Message) -> bytes:
    """The bytes of a message."""
    kind, call, utterance, rate, body = message
    return _HEADER.pack(kind, call, utterance, rate, len(body)) + body


def read(stream: Readable) -> Message | None:
    """The next message; None when the other side is gone, in the middle of a message too."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    kind, call, utterance, rate, length = _HEADER.unpack(header)
    body = stream.read(length) if length else b""
    if len(body) < length:
        return None
    return Message(Kind(kind), call, utterance, rate, body)

"""What an HTTP answer means: TwiML, a sound to play, or a text to read out, by its content type. Pure."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from voicebot.audio import telephone
from voicebot.switchboard.node import Node
from voicebot.switchboard.twiml import BadDocument, Context, Document, read
from voicebot.switchboard.webhook import Reply

_TWIML = frozenset({"text/xml", "application/xml", "text/html"})
_SOUND = frozenset(
    "audio/mpeg audio/wav audio/wave audio/x-wav audio/aiff audio/x-aifc audio/x-aiff audio/x-gsm audio/gsm "
    "audio/ulaw".split()
)


def read_reply(reply: Reply, context: Context, *, strict: bool) -> Document:
    """The document in an answer. Raises `BadDocument` (12100 not TwiML, 12300 wrong content type)."""
    kind = media_type(reply.content_type)
    if kind in _TWIML:
        return read(reply.body, context, strict=strict)
    if kind in _SOUND:
        return Document((_hangup(),), audio=decode_sound(reply.body, kind))
    if kind == "text/plain":
        try:
            return read(reply.body, context, strict=strict)
        except BadDocument:
            text = reply.body.decode("utf-8", "replace")
            return Document((Node("Say", {}, (text,), 0), _hangup()))
    raise BadDocument(12300, f"content type {reply.content_type or 'missing'!r} is not TwiML")


def media_type(content_type: str) -> str:
    """The type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def decode_sound(body: bytes, kind: str) -> bytes:
    """A sound file as 8 kHz µ-law. Raises `BadDocument` (13420 a type Twilio does not play, 12400 a damaged file)."""
    if kind not in _SOUND:
        raise BadDocument(13420, f"cannot play content type {kind or 'missing'!r}")
    if kind == "audio/ulaw":
        return body
    try:
        samples, rate = soundfile.read(io.BytesIO(body), dtype="float32", always_2d=True)
    except (RuntimeError, TypeError) as error:
        raise BadDocument(12400, f"not a sound file: {error}") from error
    return telephone(np.ascontiguousarray(samples.mean(axis=1)), int(rate))


def _hangup() -> Node:
    return Node("Hangup", {}, (), 0)

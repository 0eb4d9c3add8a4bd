"""Written Chinese to what a speech synthesiser reads right: figures in words, no marks it would stumble over. Pure."""

from __future__ import annotations

import re

from voicebot.faq.duration import spelt

_DROPPED = re.compile(r"[《》〈〉“”‘’\"'「」『』【】]")
_PAUSES = re.compile(r"[（）()—…·/:：;；、，,]+\s*")


def spoken(text: str) -> str:
    """`text` as it is read aloud: one line a paragraph, numbers as `voicebot.faq.duration` counts them.

    A text that just stops ends on a comma: it is heard as part of something, not cut off.
    """
    text = _PAUSES.sub("，", _DROPPED.sub("", spelt(text)))
    lines = (line.strip("， \t") for line in text.splitlines())
    return "\n".join(line if line[-1] in "。！？!?" else f"{line}，" for line in lines if line)

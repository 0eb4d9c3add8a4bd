"""Packaged data files, read and parsed into the values that the pure core works with."""

from __future__ import annotations

import json
import tomllib

from voicebot.content import data_text
from voicebot.matching.lexicon import Lexicon, lexicon_from


def load_lexicon() -> Lexicon:
    """The word lists and learnt weights of matching. Raises `ContentError` when they are unusable."""
    return lexicon_from(tomllib.loads(data_text("matching.toml")), json.loads(data_text("matching.json")))

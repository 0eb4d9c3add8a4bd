"""Packaged data files, read and parsed into the values that the pure core works with."""

from __future__ import annotations

import json
import tomllib
from functools import cache

import numpy as np

from voicebot.content import data_file, data_text
from voicebot.matching.lexicon import Lexicon, lexicon_from
from voicebot.matching.meaning import Meanings, meanings_from
from voicebot.matching.model import document_from, untaught


def load_lexicon(*, taught: bool = True) -> Lexicon:
    """The word lists and learnt weights of matching; for learning anew without the weights. Raises `ContentError` when
    they are unusable.
    """
    learnt = json.loads(data_text("matching.json"))
    if not taught:
        learnt = document_from(untaught(learnt["common"]), {})
    return lexicon_from(tomllib.loads(data_text("matching.toml")), learnt, load_meanings())


@cache
def load_meanings() -> Meanings:
    """The packaged word vectors."""
    with data_file("meanings.npz").open("rb") as file, np.load(file, allow_pickle=False) as table:
        words = table["words"].tobytes().decode("utf-8").split("\n")
        return meanings_from(words, table["counts"].tolist(), table["vectors"])

"""Which words a speech model can write down at all: Vosk drops others from a grammar without a word (vosk-api#2045)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def vocabulary(model: Path) -> Callable[[str], bool]:
    """Whether a word is in the model's word list. `model` is a folder that `models.find` gave.

    The list is ``graph/words.txt``; a model with a look-ahead graph (``small-cn``) keeps it inside the graph, so it is
    loaded to be asked.
    """
    listed = model / "graph" / "words.txt"
    if listed.is_file():
        lines = listed.read_text(encoding="utf-8").splitlines()
        return frozenset(line.split(maxsplit=1)[0] for line in lines if line.strip()).__contains__
    return _asked(model)


def _asked(model: Path) -> Callable[[str], bool]:
    import vosk  # loads native code

    vosk.SetLogLevel(-1)
    loaded = vosk.Model(str(model))

    def knows(word: str) -> bool:
        return bool(loaded.vosk_model_find_word(word) >= 0)

    return knows

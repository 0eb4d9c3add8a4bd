"""What a model's language graph was built from, and so what of an office's questions it has never heard of.

`office.build` leaves the list beside the graph. The model in the package was built from the sample questions.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from voicebot import content
from voicebot.errors import ModelError
from voicebot.faq import Faq
from voicebot.faq.load import load_folder
from voicebot.speech import modelconf, models

log = logging.getLogger(__name__)

LIST = "office.json"
FOLDER = "office-model"
"""Of the office's own model, in the data folder of the line."""
_ACOUSTIC = "am/final.mdl"


def phrasings_of(faq: Faq) -> frozenset[str]:
    """Everything a graph learns of these questions: every phrasing and every keyword."""
    return frozenset(text for entry in faq.entries for text in (*entry.phrasings, *entry.keywords))


def note(model: Path, faq: Faq) -> None:
    """Leave word in a model's folder of what its graph was built from."""
    facts = {"acoustic": _digest(model), "phrasings": sorted(phrasings_of(faq))}
    (model / LIST).write_text(json.dumps(facts, ensure_ascii=False, indent=0), encoding="utf-8")


def unlearnt(model: Path, faq: Faq, today: date) -> tuple[str, ...]:
    """Phrasings and keywords that the graph was not built from; none for a model whose graph we cannot build."""
    if not (model / "graph" / "phones.txt").is_file():
        return ()
    known = _noted(model).get("phrasings")
    learnt: Iterable[str] = known if known is not None else phrasings_of(load_folder(content.sample_faq(), today))
    return tuple(sorted(phrasings_of(faq) - frozenset(learnt)))


def serving(name: str, data: Path) -> Path:
    """The folder of the model a line listens with: of the one in the package, the one built from it for this office if
    there is one. Raises `ModelError` as `models.find`.
    """
    base = models.find(name)
    own = data / FOLDER
    if base != models.find("bundled") or not own.is_dir():
        return base
    try:
        modelconf.check(own)
    except ModelError as error:
        log.error("the office's own model is not used: %s", error)
        return base
    if _noted(own).get("acoustic") == _digest(base):
        return own
    log.warning("%s was built on another acoustic model and is not used: run `voicebot model build`", own)
    return base


def built_at(name: str, data: Path) -> Path:
    """Where the model for this office is built: in the data folder, or in place for a model named by its own path."""
    base = models.find(name)
    return data / FOLDER if base == models.find("bundled") else base


def stamp(model: Path) -> tuple[int, ...]:
    """Differs whenever another model stands in the folder."""
    found = []
    for file in (model / LIST, model / _ACOUSTIC, *sorted((model / "graph").glob("*.fst"))):
        try:
            facts = file.stat()
        except OSError:
            continue
        found += [facts.st_ino, facts.st_mtime_ns, facts.st_size]
    return tuple(found)


def _noted(model: Path) -> dict[str, list[str] | str]:
    try:
        facts: dict[str, list[str] | str] = json.loads((model / LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts


def _digest(model: Path) -> str:
    return hashlib.sha256((model / _ACOUSTIC).read_bytes()).hexdigest()

"""Texts from files: general Mandarin to count, cut into words, and sentences to be spoken."""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from voicebot.errors import ContentError

_TAG = re.compile(r"/[A-Za-z]+(?=\s|$)")
_HAN = re.compile(r"[\u4e00-\u9fff]+")


def sentences_in(files: Iterable[Path]) -> Iterator[list[str]]:
    """Each run of at least two Chinese characters as words; part-of-speech tags (``word/n``) are taken off first.

    Text cut by others is put together and cut anew, so that all counts speak of the same words.
    """
    import jieba

    jieba.setLogLevel(logging.WARNING)
    for file in files:
        for line in file.read_text("utf-8", errors="ignore").splitlines():
            tagged = _TAG.search(line)
            plain = "".join(_TAG.sub("", line).split()) if tagged else line
            for run in _HAN.findall(unicodedata.normalize("NFKC", plain)):
                if len(run) > 1:
                    yield jieba.lcut(run, HMM=False)


def texts_in(files: Iterable[Path], entries: Collection[str]) -> list[dict[str, Any]]:
    """What to speak, with what the manifest is to say of it.

    Lines of JSON with a ``text`` are taken as they are. YAML files are lists of phrasings by what they are about
    (``tests/questions``): an entry's id, or else a kind of question that must not be answered (``"entry": null``).
    Raises `ContentError` for a file of another kind.
    """
    texts: list[dict[str, Any]] = []
    for file in files:
        if file.suffix == ".yaml":
            for key, phrasings in _phrasings(file).items():
                entry = key if key in entries else None
                texts += ({"text": phrasing, "entry": entry} for phrasing in phrasings)
        else:
            texts += (_line(file, line) for line in file.read_bytes().splitlines() if line.strip())
    return texts


def _phrasings(file: Path) -> dict[str, list[str]]:
    try:
        found = yaml.safe_load(file.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContentError("bad-texts", f"{file}：不是 UTF-8 的 YAML（{error}）") from error
    lists = found.values() if isinstance(found, dict) else [None]
    if not all(isinstance(texts, list) and all(isinstance(text, str) for text in texts) for texts in lists):
        raise ContentError("bad-texts", f"{file}：应当是“编号: [问法, 问法]”")
    return found


def _line(file: Path, line: bytes) -> dict[str, Any]:
    shown = line[:60].decode(errors="replace")
    try:
        found = json.loads(line)
    except ValueError as error:
        raise ContentError("bad-texts", f"{file}：不是 UTF-8 的 JSON：{shown}") from error
    if not isinstance(found, dict) or not isinstance(found.get("text"), str):
        raise ContentError("bad-texts", f"{file}：每行应当有 text：{shown}")
    return found

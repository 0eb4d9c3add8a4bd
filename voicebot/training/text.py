"""General Mandarin text for counting, cut into words."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

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

"""Where each entry stands in its file's text, so that one can be changed and the rest stays as it is. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from voicebot.faq.parse import parse
from voicebot.faq.tidy import tidy

_KEPT = 32  # files
NO_FILE = Path()
"""Of text that is in no file."""
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TITLE = re.compile(r" {0,3}# ")


@dataclass(frozen=True, slots=True)
class Block:
    """One entry in its file: from its heading to its last line that is not blank."""

    id: str
    line: int
    """Of its heading, 1-based."""
    start: int
    """Offset of the heading in the file's text."""
    end: int
    text: str
    """With ``\\n`` as line end, without one at the end."""


@lru_cache(_KEPT)
def blocks(text: str, file: Path = NO_FILE) -> tuple[Block, ...]:
    """Every entry of a file, in order. Two of the same id are both here. With the name under which the file is read
    elsewhere, it is not read twice.
    """
    lines = [found[0] for found in _LINE.finditer(text) if found[0]]
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    entries = sorted(parse(text, file).entries, key=lambda entry: entry.line)
    heads = {entry.line for entry in entries}
    bare = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), "\n".join(tidy(text))).split("\n")
    titles = {n for n, line in enumerate(bare, 1) if _TITLE.match(line)} - heads
    stops = [*sorted(heads | titles), len(lines) + 1]
    after = dict(pairwise(stops))
    return tuple(_block(entry.id, entry.line, after[entry.line], lines, starts) for entry in entries)


def _block(id_: str, line: int, stop: int, lines: list[str], starts: list[int]) -> Block:
    own = lines[line - 1 : stop - 1]
    while len(own) > 1 and not own[-1].strip():
        own.pop()
    plain = "".join(own)
    kept = plain.rstrip("\r\n")
    return Block(id_, line, starts[line - 1], starts[line - 1] + len(kept), plain_ends(kept))


def plain_ends(text: str) -> str:
    """`text` with a line feed as its only line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def line_end(text: str) -> str:
    """The line end a file uses; a line feed when it has none yet."""
    found = re.search(r"\r\n|\r|\n", text)
    return found[0] if found else "\n"

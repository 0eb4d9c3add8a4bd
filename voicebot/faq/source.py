"""A FAQ file's bytes as text and back, byte for byte, whatever editor wrote it. Pure."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from voicebot.errors import ContentError
from voicebot.faq.blocks import NO_FILE, Block, blocks, line_end
from voicebot.faq.load import decode

_CODECS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True, slots=True)
class Source:
    """What a file says, and how it is written."""

    text: str
    """With its own line ends."""
    mark: bytes = b""
    """Byte order mark, if any."""
    codec: str = "utf-8"
    file: Path = NO_FILE
    """How the clerk knows it."""

    def bytes_of(self, text: str) -> bytes:
        """`text` as this file would have it, mark and all. Raises `ContentError` for what its encoding cannot write."""
        try:
            return self.mark + text.encode(self.codec)
        except UnicodeEncodeError as error:
            letter = text[error.start]
            raise ContentError(
                "encoding", f"文件的编码（{self.codec}）里没有“{letter}”，请把文件另存为 UTF-8"
            ) from error

    def with_block(self, entry: str, block: str) -> bytes:
        """The file's bytes with the entry written so: in its place, at the end when it is new, taken out when `block`
        is empty. Everything else stays byte for byte. Raises `ContentError`.
        """
        found = self.block(entry)
        own = line_end(self.text)
        written = block.strip("\n").replace("\n", own)
        if found is None:
            start = end = len(self.text)
            gap = "" if self.text.endswith(own * 2) or not self.text else own if self.text.endswith(own) else own * 2
            written = f"{gap}{written}{own}" if written else ""
        else:
            start, end = found.start, found.end
            if not written:  # the blank lines after it go with it
                rest = self.text[end:]
                end += len(rest) - len(rest.lstrip("\r\n"))
        return self.bytes_of(self.text[:start] + written + self.text[end:])

    def block(self, entry: str) -> Block | None:
        """Where the entry stands; None when the file has none of that id."""
        return next((one for one in blocks(self.text, self.file) if one.id == entry), None)


def read_source(data: bytes, file: Path = NO_FILE) -> Source:
    """The file of these bytes. Raises `ContentError` when they are no text, or would not come back the same."""
    mark = next((mark for mark in _CODECS if data.startswith(mark)), b"")
    try:
        text, name = decode(data)
    except UnicodeDecodeError as error:
        raise ContentError("bad-encoding", "文件不是文本，请用记事本另存为 UTF-8 编码") from error
    codec = _CODECS.get(mark) or ("utf-8" if name == "UTF-8" else "gb18030")
    source = Source(text, mark, codec, file)
    if source.bytes_of(text) != data:
        raise ContentError("mixed-encoding", "文件里混着几种编码，请用记事本另存为 UTF-8 编码，再在这里改")
    return source

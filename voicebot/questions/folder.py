"""The FAQ folder as it stands on disk, which may be another than the one being served."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

from voicebot.errors import ContentError
from voicebot.faq.blocks import blocks
from voicebot.faq.entry import Department, Entry, Faq
from voicebot.faq.load import combine, read_file
from voicebot.faq.parse import ParsedFile
from voicebot.faq.source import Source, read_source

_Stamp = tuple[int, int, int]


class Folder:
    """Reads a file again only when it has changed. Safe to use from many threads."""

    def __init__(self, path: Path, today: Callable[[], date]) -> None:
        self.path = Path(os.path.abspath(path.expanduser()))
        self._today = today
        self._lock = threading.Lock()
        self._files: dict[str, tuple[_Stamp, ParsedFile]] = {}
        self._whole: tuple[object, Faq] = (None, Faq())
        self._blocks: dict[str, tuple[_Stamp, dict[str, str]]] = {}

    def faq(self) -> Faq:
        """Everything in the folder, served or not, with the problems of reading; empty when there is no folder."""
        with self._lock:
            stamps = self._stamps()
            seen = (self._today(), tuple(stamps.items()))
            if self._whole[0] != seen:
                files = [self._parsed(name, stamp) for name, stamp in stamps.items()]
                self._whole = (seen, combine(files, self._today()) if files else Faq())
            return self._whole[1]

    def files(self) -> list[ParsedFile]:
        """Every file, read."""
        with self._lock:
            return [self._parsed(name, stamp) for name, stamp in self._stamps().items()]

    def entry(self, entry: str) -> Entry | None:
        """The entry of that id, as on disk."""
        faq = self.faq()
        return faq[entry] if entry in faq else None

    def department(self, department: str) -> Department | None:
        """The department of that id."""
        return next((one for one in self.faq().departments if one.id == department), None)

    def read(self, file: str) -> tuple[bytes, Source]:
        """A file of the folder, as it is now. Raises `ContentError`."""
        try:
            data = self.place(file).read_bytes()
        except OSError as error:
            raise ContentError("unreadable", f"文件 {file} 打不开：{error.strerror or error}") from error
        return data, read_source(data, self._shown(file))

    def block(self, file: str, entry: str) -> str:
        """An entry's Markdown as it stands in a file now, lines ended by line feeds; empty when it is not there. Raises
        `ContentError`.
        """
        stamp = self._stamps().get(file)
        with self._lock:
            known = self._blocks.get(file)
        if known is None or known[0] != stamp or stamp is None:
            _, source = self.read(file)  # raises for a file that is not there
            found = {one.id: one.text for one in reversed(blocks(source.text, source.file))}  # of equal ids the first
            known = (stamp or (0, 0, 0), found)
            with self._lock:
                self._blocks[file] = known
        return known[1].get(entry, "")

    def place(self, file: str) -> Path:
        """Where a file of the folder is. Raises `ContentError` for a name that is none of its FAQ files."""
        if file not in self._stamps():
            raise ContentError("no-file", f"问答文件夹里没有 {file}")
        return self.path / file

    def _shown(self, file: str) -> Path:
        """The file's name in problems."""
        return Path(self.path.name) / file

    def _stamps(self) -> dict[str, _Stamp]:
        try:
            with os.scandir(self.path) as found:
                files = sorted((item.name, item.stat()) for item in found if _is_faq(item.name) and item.is_file())
        except OSError:
            return {}
        return {name: (facts.st_mtime_ns, facts.st_size, facts.st_ino) for name, facts in files}

    def _parsed(self, name: str, stamp: _Stamp) -> ParsedFile:
        known = self._files.get(name)
        if known is None or known[0] != stamp:
            known = (stamp, read_file(self.path / name, self._shown(name)))
            self._files[name] = known
        return known[1]


def _is_faq(name: str) -> bool:
    """As `voicebot.faq.load` chooses."""
    path = Path(name)
    return path.suffix.lower() == ".md" and path.stem.lower() != "readme" and not name.startswith((".", "~", "_"))

"""Keys typed on the terminal, one by one, without Enter."""

from __future__ import annotations

import os
import select
import threading
import unicodedata
from collections.abc import Callable
from typing import Any

try:
    import termios
    import tty
except ImportError:  # Windows: there are no keys then, everything else works
    termios = None  # type: ignore[assignment]


class Keyboard:
    """Reads a terminal or pipe while the block lasts, and gives every character to `typed`.

    The terminal is as it was when the block ends. Full-width digits of a Chinese input method count as digits.
    """

    def __init__(self, descriptor: int, typed: Callable[[str], None]) -> None:
        self._descriptor = descriptor
        self._typed = typed
        self._thread: threading.Thread | None = None
        self._before: Any = None

    def __enter__(self) -> Keyboard:
        if termios is None:
            return self
        if os.isatty(self._descriptor):
            self._before = termios.tcgetattr(self._descriptor)
            tty.setcbreak(self._descriptor)
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._read, name="keyboard", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread is None:
            return
        os.close(self._stop_write)
        self._thread.join()
        os.close(self._stop_read)
        if self._before is not None:
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)

    def _read(self) -> None:
        while True:
            ready, _, _ = select.select([self._descriptor, self._stop_read], [], [])
            data = b"" if self._stop_read in ready else os.read(self._descriptor, 64)
            if not data:
                return
            for character in unicodedata.normalize("NFKC", data.decode("utf-8", "ignore")):
                self._typed(character)

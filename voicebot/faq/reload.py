"""Watches the FAQ folder; a good version is handed on, a bad edit is reported and the last good version stays."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from watchfiles import watch

from voicebot.faq.entry import Faq, Problem
from voicebot.faq.faults import problem
from voicebot.faq.lint import load_checked
from voicebot.faq.load import servable

log = logging.getLogger(__name__)

_Seen = tuple[object, ...]


class FaqWatcher:
    """Reloads the folder in its own thread when a file changes, and when a new day makes entries valid or expired.

    File system events only make it quick: what counts is whether names, times or sizes differ from what was loaded
    last, looked at every `poll` seconds as well. So a network drive without events, a deleted and recreated folder or
    a missed event cost a moment, never an update.
    """

    current: Faq
    """The last good version; before the first one, what stands in faultless entries. Replaced, never changed."""
    problems: tuple[Problem, ...]
    """Of the files as they are now: also those of a bad edit that is not being served."""

    def __init__(
        self,
        folder: Path,
        *,
        on_good: Callable[[Faq], None],
        on_bad: Callable[[tuple[Problem, ...]], None],
        today: Callable[[], date] = date.today,
        poll: float = 2.0,
        settle: float = 0.2,
    ) -> None:
        """`settle`: seconds without a change before files are read, so that half-written ones are left alone.

        The callbacks run in the watcher's thread, the first in that of `start`.
        """
        self.current = Faq()
        self.problems = ()
        self._folder = Path(os.path.abspath(folder.expanduser()))
        self._on_good = on_good
        self._on_bad = on_bad
        self._today = today
        self._poll = poll
        self._settle = settle
        self._seen: _Seen = ()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="faq-watcher", daemon=True)

    def start(self) -> None:
        """Load once, here, and watch from now on. A watcher is started once."""
        self._refresh()
        self._thread.start()

    def stop(self) -> None:
        """End the thread; may be called twice, and without `start`."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                watched = self._identity()
                for _ in self._changes():
                    self._refresh()
                    if self._identity() != watched:
                        break  # deleted, or another folder under the same name: watch what is there now
            except (OSError, RuntimeError) as error:  # nothing there to watch, or the system has no watches left
                log.debug("FAQ folder is not watched just now: %s", error)
                self._stop.wait(self._poll)
                self._refresh()

    def _changes(self) -> Iterator[object]:
        """Yields when something may have changed, at least every `poll` seconds, until stopped."""
        # The parent as well: only it tells that the folder was renamed or came back.
        places = [place for place in (self._folder, self._folder.parent) if place.is_dir()]
        settle = round(self._settle * 1000)
        return watch(
            *places,
            watch_filter=None,
            recursive=False,
            step=settle,
            debounce=10 * settle,
            rust_timeout=round(self._poll * 1000),
            yield_on_timeout=True,
            stop_event=self._stop,
            raise_interrupt=False,
        )

    def _refresh(self) -> None:
        """Load the folder if it is not what was loaded last."""
        seen = self._signature()
        if seen == self._seen:
            return
        self._seen = seen  # taken before reading: what changes meanwhile is read again
        try:
            faq = load_checked(self._folder, self._today())
            if not faq.errors:
                self._on_good(faq)
                self.current, self.problems = faq, faq.problems
                return
            problems = faq.problems
            if not self.current.entries:
                self.current = servable(faq)
        except Exception as error:  # whatever it is, the line must go on with the last good version
            log.exception("FAQ could not be reloaded")
            problems = (problem("load-failed", Path(self._folder.name), 1, reason=f"{type(error).__name__}: {error}"),)
        self.problems = problems
        self._on_bad(problems)

    def _signature(self) -> _Seen:
        try:
            with os.scandir(self._folder) as found:
                files = sorted((item.name, *_facts(item)) for item in found)
        except OSError:
            return (self._today(), None)
        return (self._today(), *files)

    def _identity(self) -> tuple[int, int] | None:
        try:
            facts = self._folder.stat()
        except OSError:
            return None
        return facts.st_dev, facts.st_ino


def _facts(item: os.DirEntry[str]) -> tuple[int, int, int]:
    try:
        facts = item.stat()
    except OSError:  # gone, or a link to nowhere
        return 0, 0, 0
    return facts.st_mtime_ns, facts.st_size, facts.st_ino

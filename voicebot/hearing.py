"""Which model the line listens with, what of its questions that model has never heard of, and how it learns them."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from voicebot.errors import ModelError
from voicebot.faq import Faq
from voicebot.speech import learnt
from voicebot.speech.pool import SpeechPool

log = logging.getLogger(__name__)

SHOWN = 5
"""Phrasings named in a line of the log."""
BUILD_S = 300.0
"""Seconds after which a build is given up: it takes ten on an idle machine."""
_NICENESS = 10
"""Callers come first."""


@dataclass(frozen=True, slots=True)
class Build:
    """How the last build went."""

    running: bool = False
    error: str = ""


class HearingKeeper:
    """Offers to build the graph anew when the questions have changed, builds it beside the calls, and lets new calls be
    heard with it; calls that are on keep theirs.
    """

    def __init__(
        self,
        pool: SpeechPool,
        name: str,
        data: Path,
        faq: Callable[[], Faq],
        faq_folder: Path,
        today: Callable[[], date],
        *,
        command: Sequence[str] = (sys.executable, "-m", "voicebot", "model", "build"),
    ) -> None:
        """`name` of the model as in the settings; `faq` is what is served, read from `faq_folder`; `command` builds."""
        self._pool = pool
        self._name = name
        self._data = data
        self._faq = faq
        self._faq_folder = faq_folder
        self._today = today
        self._command = command
        self._seen = learnt.stamp(pool.model)
        self._told: tuple[str, ...] = ()
        self._checked: tuple[Faq, Path, tuple[int, ...]] | None = None
        self._unlearnt: tuple[str, ...] = ()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self.build = Build()

    def unlearnt(self) -> tuple[str, ...]:
        """Phrasings and keywords being served that the recogniser was not built with: they are heard less well, or, of
        words it does not have, not at all.
        """
        faq, model = self._faq(), self._pool.model
        key = (faq, model, self._seen)
        if self._checked is None or self._checked[0] is not faq or self._checked[1:] != key[1:]:
            self._unlearnt = learnt.unlearnt(model, faq, self._today())
            self._checked = key
        return self._unlearnt

    def look(self) -> int:
        """Notice a model built meanwhile, and say once what is new to the one in use: how much that is."""
        self._notice()
        new = self.unlearnt()
        if new and new != self._told and not self.build.running:
            log.warning(
                "%d phrasings are new to the recogniser (%s): `voicebot model build` teaches it, without a restart",
                len(new),
                "、".join(new[:SHOWN]) + ("…" if len(new) > SHOWN else ""),
            )
        self._told = new
        return len(new)

    def rebuild(self) -> bool:
        """Begin to build the graph from the questions as they are in the folder now; False when that is going on.

        Returns at once; `build` tells how it goes, and `look` takes what was built into use.
        """
        with self._lock:
            if self.build.running:
                return False
            self.build = Build(running=True)
        threading.Thread(target=self._build, name="model-build", daemon=True).start()
        return True

    def close(self) -> None:
        """End a build that is going on."""
        with self._lock:
            if self._process is not None:
                self._process.kill()

    def _notice(self) -> None:
        try:
            model = learnt.serving(self._name, self._data)
        except ModelError:
            return  # being replaced, or gone: the one in use is in memory
        seen = learnt.stamp(model)
        if (model, seen) != (self._pool.model, self._seen) and not self._vanished(model):
            log.info("there is a new model in %s", model)
            self._seen = seen
            self._pool.use(model)

    def _vanished(self, model: Path) -> bool:
        """The office's own model is not there for a moment, while another takes its place."""
        return self._pool.model.name == learnt.FOLDER and model.name != learnt.FOLDER

    def _build(self) -> None:
        error = ""
        try:
            error = self._run()
        except (OSError, ModelError) as fault:
            error = str(fault)
        finally:
            self.build = Build(error=error)
        if error:
            log.error("the graph could not be built: %s", error)
            return
        self.look()

    def _run(self) -> str:
        """Build in a process of its own: what went wrong, empty when nothing did."""
        target = learnt.built_at(self._name, self._data)
        options = ["--faq", str(self._faq_folder), "--out", str(target), "--json"]
        with self._lock:
            process = self._process = subprocess.Popen(
                [*_NICE, *self._command, *options],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        try:
            out, err = process.communicate(timeout=BUILD_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return f"no end after {BUILD_S:.0f} s"
        if process.returncode:
            return err.strip()[-500:] or f"exit code {process.returncode}"
        facts = json.loads(out)
        log.info(
            "the graph was built: %d words, %d questions, %.0f s", facts["words"], facts["entries"], facts["elapsed_s"]
        )
        return ""


_NICE = ("nice", "-n", str(_NICENESS)) if os.name == "posix" else ()

"""One change of one entry onto the disk: in one step, only if the entry is still what the change was made from."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from voicebot.errors import VoicebotError
from voicebot.faq.blocks import plain_ends
from voicebot.questions.folder import Folder
from voicebot.questions.git import Git, GitFailed

log = logging.getLogger(__name__)


class EditRefused(VoicebotError):
    """It cannot be done; the message is Chinese, for the clerk."""


class Conflict(EditRefused):
    """What stands on disk is not what the change was made from. Nothing was written."""

    def __init__(self, base: str, standing: str) -> None:
        super().__init__("conflict", "这条问答在您编辑期间被别人改过，请先对照两边的内容")
        self.base = base
        self.standing = standing


@dataclass(frozen=True, slots=True)
class Target:
    """What is changed: an entry of a file; the whole file without one."""

    file: str
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Put:
    """What was written."""

    commit: str
    """Empty when the folder is in no repository, or the commit failed."""
    warning: str = ""
    """Why git did not keep it."""


def standing(folder: Folder, target: Target) -> str:
    """What stands on disk now, lines ended by line feeds; empty when there is no such entry. Raises `ContentError`."""
    if target.entry:
        return folder.block(target.file, target.entry)
    _, source = folder.read(target.file)
    return plain_ends(source.text)


def changed_file(folder: Folder, target: Target, text: str) -> bytes:
    """The file as it would be with `text`. Raises `ContentError`."""
    data, source = folder.read(target.file)
    if target.entry:
        return source.with_block(target.entry, text)
    end = "\r\n" if b"\r\n" in data else "\n"
    return source.bytes_of(plain_ends(text).replace("\n", end))


@dataclass(frozen=True, slots=True)
class Signature:
    """Under whose name, and why."""

    id: str
    name: str
    why: str


class Press:
    """Writes to the folder, one at a time on this machine."""

    def __init__(self, folder: Folder, lock: Path) -> None:
        """`lock`: a file outside of the FAQ folder that the processes of this machine agree on."""
        self._folder = folder
        self._lock = lock
        self._git = Git(folder.path)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else of ours writes meanwhile."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def put(self, target: Target, base: str, text: str, by: Signature) -> Put:
        """Put `text` in the place of `base`. To be called while held. Raises `Conflict` and `ContentError`."""
        now = standing(self._folder, target)
        if now != plain_ends(base):
            raise Conflict(plain_ends(base), now)
        content = changed_file(self._folder, target, text)
        kept = self._git.keeps(target.file)
        warning = self._keep_outside_changes(target.file) if kept else ""
        _replace(self._folder.place(target.file), content)
        if not kept:
            return Put("")
        try:
            return Put(
                self._git.commit(target.file, author=by.name, address=f"{by.id}@desk.invalid", why=by.why), warning
            )
        except GitFailed as error:
            log.error("published, but not committed: %s", error)
            return Put("", f"已经发布，但没有存进版本库：{error}")

    def _keep_outside_changes(self, file: str) -> str:
        try:
            self._git.save_outside_changes(file)
        except GitFailed as error:
            log.error("changes on disk were not committed: %s", error)
            return f"磁盘上原有的修改没有存进版本库：{error}"
        return ""


def _replace(path: Path, content: bytes) -> None:
    """Write so that nobody ever reads half of it, and a power cut leaves the old or the new one. Rights stay."""
    partial = path.with_name(f".{path.name}.part")  # begins with a dot: never taken for a FAQ file
    try:
        mode = path.stat().st_mode & 0o777
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as out:
            os.fchmod(out.fileno(), mode)
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise EditRefused("disk", f"写不进磁盘：{error.strerror or error}，请告诉维护人员；草稿还在") from error

"""The FAQ folder as part of a git repository, through the git command."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

TIMEOUT_S = 15.0
_OUTSIDE = "磁盘上的修改"
_FIELD, _ROW = "\x1f", "\x1e"


class GitFailed(Exception):
    """git said no; the text is its last line."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit that touched a file."""

    sha: str
    at: datetime
    name: str
    why: str


class Git:
    """Commits and reads single files of a folder; leaves whatever else is in the repository alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keeps(self, file: str) -> bool:
        """The folder is in a repository that does not ignore the file."""
        try:
            inside = self._run("rev-parse", "--is-inside-work-tree").strip() == b"true"
        except GitFailed:
            return False
        return inside and self._try("check-ignore", "-q", "--", file) != 0

    def commit(self, file: str, *, author: str, address: str, why: str) -> str:
        """Commit this file alone, whatever else is changed or staged; the commit's id. Raises `GitFailed`."""
        self._run("add", "--", file)
        if self._try("diff", "--cached", "--quiet", "--", file) == 0:
            return self._head()
        signed = f"{_plain(author)} <{_plain(address)}>"
        self._run("-c", "commit.gpgsign=false", "commit", "-q", "--only", f"--author={signed}", "-m", why, "--", file)
        return self._head()

    def save_outside_changes(self, file: str) -> None:
        """What somebody changed on disk without committing gets a commit of its own, under nobody's name of ours.
        Raises `GitFailed`.
        """
        if self._run("status", "--porcelain", "--", file).strip():
            self.commit(file, author=_OUTSIDE, address="disk@desk.invalid", why=f"{file}：{_OUTSIDE}")

    def commits(self, file: str, most: int = 200) -> list[Commit]:
        """The last commits of a file, newest first. Raises `GitFailed`."""
        form = _FIELD.join(("%H", "%aI", "%an", "%B")) + _ROW
        printed = self._run("log", f"-{most}", f"--format={form}", "--", file).decode("utf-8", "replace")
        rows = [row.strip().split(_FIELD) for row in printed.split(_ROW) if row.strip()]
        return [Commit(sha, datetime.fromisoformat(at), name, why.strip()) for sha, at, name, why in rows]

    def contents(self, file: str, shas: Sequence[str]) -> Iterator[bytes | None]:
        """What the file held at each commit, in one go; None where it was not there. Raises `GitFailed`."""
        wanted = "".join(f"{sha}:./{file}\n" for sha in shas).encode()
        printed = self._run("cat-file", "--batch", given=wanted)
        at = 0
        for _ in shas:
            end = printed.index(b"\n", at)
            head = printed[at:end].split()
            if len(head) == 3 and head[1] == b"blob":
                size = int(head[2])
                yield printed[end + 1 : end + 1 + size]
                at = end + size + 2
            else:
                yield None
                at = end + 1

    def _head(self) -> str:
        return self._run("rev-parse", "HEAD").decode().strip()

    def _run(self, *words: str, given: bytes | None = None) -> bytes:
        done = self._call(words, given)
        if done.returncode:
            told = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["git"]
            raise GitFailed(told[-1])
        return done.stdout

    def _try(self, *words: str) -> int:
        return self._call(words, None).returncode

    def _call(self, words: Sequence[str], given: bytes | None) -> subprocess.CompletedProcess[bytes]:
        us = {"GIT_COMMITTER_NAME": "连心线", "GIT_COMMITTER_EMAIL": "line@desk.invalid", "GIT_TERMINAL_PROMPT": "0"}
        try:
            return subprocess.run(
                ["git", "-C", str(self._folder), "-c", "core.quotePath=false", *words],
                input=given if given is not None else b"",
                capture_output=True,
                timeout=TIMEOUT_S,
                env={**os.environ, **us, "LC_ALL": "C.UTF-8"},
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise GitFailed(str(error)) from error


def _plain(text: str) -> str:
    """A name that cannot break git's form."""
    return "".join(ch for ch in text if ch not in "<>\n\r\0").strip() or "-"

"""What an entry said before: from git where the folder is in a repository, else from what was published here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from voicebot.faq.blocks import plain_ends
from voicebot.faq.load import decode
from voicebot.questions.folder import Folder
from voicebot.questions.git import Git, GitFailed
from voicebot.store.drafts import Drafts

MOST = 200
"""Commits of the file that are looked at."""


@dataclass(frozen=True, slots=True)
class Past:
    """One version of an entry, as it was after a change."""

    key: str
    """To name it by in an address: a commit's id, or ``v`` and a number."""
    at: datetime
    name: str
    why: str
    text: str
    """Empty: it was taken out."""


def history(folder: Folder, drafts: Drafts, file: str, entry: str) -> list[Past]:
    """Every change of an entry, newest first. May raise `StoreLost`."""
    git = Git(folder.path)
    if git.keeps(file):
        try:
            return _from_git(git, file, entry)
        except GitFailed:  # a repository that was damaged or has no commit yet
            pass
    return _from_versions(drafts, file, entry)


def _from_git(git: Git, file: str, entry: str) -> list[Past]:
    commits = git.commits(file, MOST)
    texts = [_text(content, entry) for content in git.contents(file, [one.sha for one in commits])]
    found = []
    for n, (commit, text) in enumerate(zip(commits, texts, strict=True)):
        older = texts[n + 1] if n + 1 < len(texts) else ""
        if text != older:
            found.append(Past(commit.sha, commit.at, commit.name, commit.why, text))
    return found


def _from_versions(drafts: Drafts, file: str, entry: str) -> list[Past]:
    """The oldest is what stood there before anything was published here."""
    rows = drafts.versions(file, entry)
    found: list[Past] = []
    for row in rows:
        before, after = (text if row.entry == entry else rough_block(text, entry) for text in (row.before, row.after))
        if before != after:
            found.append(Past(f"v{row.id}", row.at, row.name, row.why, after))
            oldest = Past(f"v{row.id}-", row.at, "", "此前的内容", before)
    if found and oldest.text:
        found.append(oldest)
    return found


def _text(content: bytes | None, entry: str) -> str:
    if content is None:
        return ""
    try:
        text, _ = decode(content)
    except UnicodeDecodeError:
        return ""
    return rough_block(plain_ends(text), entry)


_HEAD = re.compile(r"[ \u3000]{0,3}[#＃]{1,2}(?![#＃])")


def rough_block(text: str, entry: str) -> str:
    """The entry's lines, found by its heading alone: hundreds of versions are looked through, and parsing each whole
    file takes a tenth of a second. The whole text when `entry` is empty.
    """
    if not entry:
        return text
    own = re.compile(rf"^[ \u3000]{{0,3}}[#＃]{{1,6}}.*[{{｛]\s*[#＃]?\s*{re.escape(entry)}\s*[}}｝]\s*$")
    lines = text.split("\n")
    start = next((n for n, line in enumerate(lines) if own.match(line)), None)
    if start is None:
        return ""
    stop = next((n for n in range(start + 1, len(lines)) if _HEAD.match(lines[n])), len(lines))
    return "\n".join(lines[start:stop]).strip()

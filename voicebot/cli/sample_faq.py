"""A FAQ of thousands for `voicebot evaluate desk`: the sample's, and made-up matters × what is asked."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from voicebot.content import data_text
from voicebot.faq.entry import Department, Faq
from voicebot.faq.form import Form, written
from voicebot.faq.parse import free_ids
from voicebot.questions.git import Git, GitFailed

SEARCHED = "青禾登记证弄没了咋整"
"""What a caller might say of one of them, in words that no entry holds."""
_VALID = "2026-01-01 至 2030-12-31"


def generate_faq(sample: Faq, source: Path, folder: Path, entries: int) -> None:
    """Write `folder` with the sample's files and as many made-up entries as make `entries`, spread over the
    departments; in a git repository where there is git, as in an office that keeps its history.
    """
    words = tomllib.loads(data_text("sample_faq.toml"))
    folder.mkdir(parents=True)
    lacking, departments = max(0, entries - len(sample.entries)), sample.departments
    taken = {entry.id for entry in sample.entries}
    for n, department in enumerate(departments):
        share = lacking // len(departments) + (n < lacking % len(departments))
        added = islice(_forms(department, words, n, taken), share)
        own = (source / department.file.name).read_text("utf-8").rstrip("\n")
        parts = [own, *(written(form).text.strip("\n") for form in added)]
        (folder / department.file.name).write_text("\n\n".join(parts) + "\n", "utf-8")
    _keep(folder)


def _forms(department: Department, words: dict[str, Any], n: int, taken: set[str]) -> Iterator[Form]:
    """Made-up entries of the n-th department: one matter after the other, each with everything that is asked of it."""
    ids = free_ids(department.id, taken)
    names, kinds = words["names"], words["kinds"]
    for step in range(len(names)):
        matter = names[step] + kinds[(n + step) % len(kinds)]
        for aspect in words["aspects"]:
            filled = {"matter": matter, "department": department.name}
            yield Form(
                id=next(ids),
                question=aspect["question"].format(**filled),
                variants=tuple(one.format(**filled) for one in aspect["variants"]),
                keywords=tuple(one.format(**filled) for one in aspect["keywords"]),
                validity=_VALID,
                answer=aspect["answer"].format(**filled),
            )


def _keep(folder: Path) -> None:
    try:
        subprocess.run(["git", "init", "-q", str(folder)], check=True, capture_output=True)
        git = Git(folder)
        for path in sorted(folder.glob("*.md")):
            git.save_outside_changes(path.name)
    except (OSError, subprocess.CalledProcessError, GitFailed):
        return

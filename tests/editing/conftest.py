"""A FAQ folder with two departments, and the staff of one of them."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace

import pytest

from tests.faq.samples import HEADER, OTHER, TODAY, entry, write
from tests.store.conftest import another, clock, database, patience, record, replicas, server, sql, url
from voicebot.questions.editor import Editor
from voicebot.questions.folder import Folder

__all__ = ["another", "clock", "database", "patience", "record", "replicas", "server", "sql", "url"]

RSJ = HEADER + entry() + entry("rsj-002", "失业金怎么领", "没工作了能领钱吗", answer="请到社保窗口申请。")
CLERK = SimpleNamespace(id="w1", name="王一", role="clerk", unit="rsj")
COLLEAGUE = SimpleNamespace(id="w2", name="李二", role="clerk", unit="rsj")
STRANGER = SimpleNamespace(id="w3", name="赵三", role="clerk", unit="ybj")
CHIEF = SimpleNamespace(id="z1", name="周主管", role="supervisor", unit=None)
LEADER = SimpleNamespace(id="l1", name="钱局", role="leader", unit=None)


@pytest.fixture
def folder(tmp_path):
    """The folder, no repository."""
    return write(tmp_path, rsj=RSJ, ybj=OTHER)


@pytest.fixture
def make_editor(folder, tmp_path, clock):
    """An editor over a record, as one process of several would have it."""

    def make(record):
        return Editor(Folder(folder, lambda: TODAY), record, tmp_path / "lock", now=clock, today=lambda: TODAY)

    return make


@pytest.fixture
def editor(make_editor, record):
    return make_editor(record)


@pytest.fixture
def git(folder):
    """Run git in the folder, which becomes a repository."""

    def run(*words):
        us = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "core.quotePath=false"]
        return subprocess.run(
            ["git", *us, *words], cwd=folder, check=True, capture_output=True, text=True
        ).stdout.strip()

    run("init", "-q")
    run("add", "-A")
    run("commit", "-q", "-m", "first")
    return run

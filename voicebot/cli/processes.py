"""What the system says of processes: who started whom, memory, threads, sockets. Linux only (``/proc``)."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
_WORKER = b"voicebot.speech.worker"


def family(pid: int) -> list[int]:
    """A process and everything started below it, as far as it is alive; empty when it is not."""
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        try:
            tasks = list((_PROC / str(one) / "task").iterdir())
            children = [child for task in tasks for child in (task / "children").read_text().split()]
        except OSError:
            continue
        found.append(one)
        todo += [int(child) for child in children]
    return found


def is_worker(pid: int) -> bool:
    """It is a speech worker that has loaded the recogniser."""
    try:
        return _WORKER in (_PROC / str(pid) / "cmdline").read_bytes() and "libvosk" in _maps(pid)
    except OSError:
        return False


def _maps(pid: int) -> str:
    return (_PROC / str(pid) / "maps").read_text()


def rss_kb(pid: int) -> int:
    """Resident memory in KiB; 0 when it has ended."""
    return _status(pid, "VmRSS:")


def cpu_s(pid: int) -> float:
    """Seconds of processor time it has used; 0 when it has ended."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def threads(pid: int) -> int:
    """How many threads it has; 0 when it has ended."""
    return _status(pid, "Threads:")


def sockets(pid: int) -> int:
    """How many sockets it holds open; 0 when it has ended."""
    count = 0
    try:
        for entry in (_PROC / str(pid) / "fd").iterdir():
            try:
                count += os.readlink(entry).startswith("socket:")
            except OSError:
                continue
    except OSError:
        return 0
    return count


def _status(pid: int, name: str) -> int:
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)

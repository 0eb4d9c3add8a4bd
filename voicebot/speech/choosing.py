"""Who listens to which call: admission and balance. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from voicebot.config import Tuning
from voicebot.speech.listening import CallEar
from voicebot.speech.process import WorkerProcess
from voicebot.speech.remote import RemoteServer

Listener = WorkerProcess | RemoteServer
"""Who may listen to a call."""


def for_a_new_call(
    ready: Sequence[Listener], load: Counter[Listener | None], tuning: Tuning, behind: float
) -> Listener | None:
    """Among those that keep up; None also when the line itself, `behind` by so many seconds, does not."""
    if behind > tuning.most_delay:
        return None
    return best([one for one in ready if _keeps_up(one, load[one], tuning)], load)


def best(listeners: Iterable[Listener], load: Counter[Listener | None]) -> Listener | None:
    """A server before a worker, who stays before who goes, and of each kind the one with the fewest calls."""
    rank = {one: (isinstance(one, WorkerProcess), one.retiring, load[one]) for one in listeners}
    return min(rank, key=rank.__getitem__, default=None)


def _keeps_up(listener: Listener, calls: int, tuning: Tuning) -> bool:
    """It may be given one more call: beyond this, callers would wait for answers that nobody gives in time. How many
    calls are too many for a server, only its answers tell.
    """
    few = isinstance(listener, RemoteServer) or calls < tuning.lines_per_worker
    return few and listener.delay <= tuning.most_delay


def behind(ears: Iterable[CallEar]) -> float:
    """Seconds by which the calls' audio is taken up late, in the middle: this process has too much to do."""
    late = sorted(ear.behind for ear in ears)
    return late[len(late) // 2] if late else 0.0

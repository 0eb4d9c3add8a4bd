"""A process killed at any moment loses nothing that was promised."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from tests.store.test_calls import TICKET
from voicebot.store.words import TicketState

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def killed(url, what, after):
    """What a process had said, line by line, when it was killed after so many lines."""
    command = [sys.executable, "-m", "tests.store.crashing", url, what]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        said = [process.stdout.readline().strip() for _ in range(after)]
        process.kill()
        yield said + process.stdout.read().split()


def test_every_ticket_that_was_told_is_there(url, record):
    """SIGKILL in the middle of the next ones."""
    with killed(url, "tickets", after=25) as told:
        kept = {ticket.call_id for ticket in record.open_tickets()}
        assert len(told) >= 25
        assert kept >= set(told)
        assert len(kept) <= len(told) + 1, "at most the one being told"
    assert record.open_ticket(told[0], TICKET).state is TicketState.OPEN


def test_a_webhook_whose_process_was_killed_is_answered_by_another(url, record):
    with killed(url, "once", after=1) as said:
        assert said == ["CA1"]

    def again():
        return record.open_ticket("CA1", TICKET).number

    assert record.once("voice:1", again) == record.tickets_of("CA1")[0].number
    assert len(record.tickets_of("CA1")) == 1

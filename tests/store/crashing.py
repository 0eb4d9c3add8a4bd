"""A process of the line that is going to be killed: `python -m tests.store.crashing URL tickets|once`."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime
from itertools import count

from tests.store.conftest import SECRET
from tests.store.test_calls import TICKET
from voicebot.store.database import Database
from voicebot.store.numbers import NumberKey
from voicebot.store.record import Record


def tickets(record):
    """Open tickets, saying each once it is durable, like a line that tells its callers."""
    for n in count():
        record.for_call(f"CA{n}").commit(TICKET)
        print(f"CA{n}", flush=True)


def once(record):
    """Begin to answer a webhook, with an effect, and never finish."""

    def make():
        record.open_ticket("CA1", TICKET)
        print("CA1", flush=True)
        threading.Event().wait()

    record.once("voice:1", make)


if __name__ == "__main__":
    url, what = sys.argv[1:]
    {"tickets": tickets, "once": once}[what](Record(Database(url), NumberKey(SECRET), lambda: datetime.now(UTC)))

"""What a running line does beside the calls, put together from its parts; on both databases."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.cases.office import OFFICE, at
from tests.cases.test_book import CALL, CALLER, book, record
from voicebot.config import settings_from
from voicebot.jobs import jobs_of
from voicebot.staffing.legs import NoLegs
from voicebot.store.seal import Seal
from voicebot.wiring import tuning

__all__ = ["book", "record"]


@pytest.fixture
def run(record, clock, tmp_path):
    """Run a job by its name, with settings that differ."""

    def run(name, **env):
        env = {"VOICEBOT_DATA": str(tmp_path)} | env
        config = settings_from(env, data=tmp_path, faq=Path("faq"), recordings=Path("recordings"))
        bot = SimpleNamespace(
            settings=config,
            record=record,
            office=lambda: OFFICE,
            legs=NoLegs(),
            now=clock,
            knowledge=lambda: SimpleNamespace(faq={}),
            tuning=tuning(),
            hearing=None,
        )
        (job,) = [job for job in jobs_of(bot, Seal("a secret"), threading.Event()) if job.name == name]
        return job.run()

    return run


def test_a_notice_leaves_as_a_text(record, run, clock, tmp_path):
    record.open_ticket("CA1", CALL)
    clock.time = at("2026-11-23 09:00")
    for name in ("deadlines", "texts"):
        run(name, VOICEBOT_SMS="file")

    lines = [json.loads(line) for line in (tmp_path / "sms.jsonl").read_text("utf-8").splitlines()]
    assert [(line["to"][-4:], line["text"].split(maxsplit=2)[2]) for line in lines] == [
        ("0011", "首次回应时限过半"),
        ("0012", "首次回应已超时，请备岗协助"),
    ]


def test_everything_is_forgotten_in_its_time(record, book, run, clock, sql, tmp_path):
    record.call_started("CA1", CALLER)
    number = record.open_ticket("CA1", CALL).number
    message = tmp_path / "RE0.wav"
    message.write_bytes(b"RIFF")
    record.message_taken("CA1", "https://api.example.invalid/Recordings/RE0", 5.0)
    record.message_fetched("CA1", "https://api.example.invalid/Recordings/RE0", str(message))
    record.once("voice:1", str)
    record.save_sms_thread("somebody", {"said": "社保卡"})
    record.save_sms_thread("nobody", {"stopped": True})
    book.resolve(number, "w1", "已告知材料")
    assert run("forgetting") == 0
    assert len(sql("SELECT * FROM sms_threads")) == 2

    clock.time += timedelta(days=400)
    assert run("forgetting") == 1
    assert [row.caller_key for row in sql("SELECT * FROM sms_threads")] == ["nobody"]
    assert sql("SELECT * FROM webhook_receipts") == []
    assert not message.exists()
    (ticket,) = record.tickets_of("CA1")
    assert {ticket.summary, *(line.why for line in record.history_of(ticket.id))} == {""}
    assert CALLER[-4:] not in str(sql("SELECT * FROM calls"))

"""Real calls: what a caller hears, and what the record keeps."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
import requests

from tests.e2e.conftest import heard, say
from voicebot.switchboard.callee import Behaviour
from voicebot.switchboard.caller import AfterBeep, At, Bridged, HangUp, Idle, Into, Press
from voicebot.switchboard.options import Faults


def bye(seconds=0.8):
    return HangUp(Idle(seconds))


def test_question_gets_its_answer_and_is_recorded(phone):
    before = phone.rows("select count(*) from calls")[0][0]

    result = phone.call(say("rsj-card-lost.wav"), bye())

    assert heard(result) == ["prompts/greeting", "answers/rsj-001", "prompts/after_answer"]
    assert [problem for problem in result.problems if problem.level == "error"] == []
    wait = result.latencies[0].seconds
    assert wait < 3.0, "dead air after a question"
    assert phone.rows("select count(*) from calls")[0][0] == before + 1
    decision, entry = phone.rows("select decision, entry from turns order by rowid desc limit 1")[0]
    assert (decision, entry) == ("answered", "rsj-001")


def test_number_is_not_kept(phone):
    phone.call(bye(0.5), number=77)

    data = b"".join(file.read_bytes() for file in phone.data.glob("voicebot.sqlite3*"))
    assert b"12025550177" not in data
    assert phone.rows("select caller_last4 from calls order by started_at desc limit 1") == [("0177",)]


def test_caller_interrupts_the_answer(phone):
    result = phone.call(say("gjj-rent.wav"), say("jgj-licence.wav", Into(2.5)), bye())

    names = heard(result)
    assert "answers/gjj-001…" in names, "it was cut short"
    assert "answers/jgj-001" in names
    assert sum(stream.received.get("clear", 0) for stream in result.streams) >= 1


@pytest.mark.parametrize(
    "acts",
    [[Press("0", Into(1.0))], [say("rsj-pension-gap.wav"), Press("0", At(10.0))]],
    ids=["in the greeting", "in the middle of a sentence"],
)
def test_zero_connects_with_a_person(phone, acts):
    result = phone.call(*acts, HangUp(Bridged(1.0)))

    assert [dial.bridged for dial in result.dials] == [True]
    assert "prompts/hand_over" in heard(result)
    assert phone.rows("select kind from tickets order by created_at desc limit 1") == [("call",)]


def test_a_spoken_complaint_is_a_ticket_of_the_unit_above(phone):
    result = phone.call(say("complaint.wav", Into(1.0)), HangUp(Bridged(0.5)))

    assert "prompts/complaint" in heard(result)
    assert [dial.bridged for dial in result.dials] == [True]
    assert heard(result.legs[0])[0] == "prompts/whisper_complaint"
    tickets = phone.rows("select kind, unit, state from tickets order by created_at desc limit 1")
    assert tickets == [("complaint", "supervisor", "open")], "the talk does not settle it"


def test_nobody_there_takes_a_message_that_is_fetched(phone):
    result = phone.call(
        say("human.wav"),
        say("rsj-injury.wav", AfterBeep()),
        bye(),
        desk=Behaviour.BUSY,
    )

    assert heard(result)[-2:] == ["prompts/message_offer", "prompts/message_saved"]
    assert [recording.duration_s > 1.0 for recording in result.recordings] == [True]
    (file,) = phone.rows("select file from messages order by rowid desc limit 1")[0]
    assert Path(file).stat().st_size > 8000


def test_voicemail_of_the_desk_never_gets_the_caller(phone):
    result = phone.call(Press("0", Into(0.5)), HangUp(At(45.0)), desk=Behaviour.VOICEMAIL)

    assert [dial.bridged for dial in result.dials] == [False]
    assert "prompts/message_offer" in heard(result)


def workers_of(pid):
    """Processes below `pid` that have loaded Vosk."""
    found, children = [], [pid]
    while children:
        one = children.pop()
        for task in Path(f"/proc/{one}/task").iterdir():
            children += [int(child) for child in (task / "children").read_text().split()]
        maps = Path(f"/proc/{one}/maps")
        if one != pid and "libvosk" in maps.read_text():
            found.append(one)
    return found


def test_killed_recogniser_loses_no_call(phone):
    async def kill_them_all(after):
        await asyncio.sleep(after)
        for worker in workers_of(phone.stage.pid):
            os.kill(worker, signal.SIGKILL)

    # The greeting takes 8 s, so the question is being said after 9.5 s.
    result = phone.call(say("rsj-card-lost.wav"), say("rsj-card-lost.wav"), bye(), meanwhile=kill_them_all(9.5))

    names = heard(result)
    assert result.ended_by == "caller"
    assert "prompts/repeat_please" in names or "prompts/hand_over_fault" in names, names
    assert "answers/rsj-001" in names or result.dials, names


def test_broken_stream_is_opened_again(phone):
    result = phone.call(say("rsj-card-lost.wav"), bye(), faults=Faults(drop_stream_at=6.0))

    assert len(result.streams) == 2
    assert "answers/rsj-001" in heard(result)


class TestStrangers:
    """Whoever is not Twilio gets 403 and leaves no trace but a log line."""

    def count(self, phone):
        return [phone.rows(f"select count(*) from {table}") for table in ("calls", "stream_tokens")]

    @pytest.mark.parametrize("page", ["voice", "continue", "key", "dialled", "recorded", "recording", "status"])
    @pytest.mark.parametrize("signature", [None, "aGVsbG8gd29ybGQgaGVsbG8gd29ybA=="])
    def test_webhook(self, phone, page, signature):
        before = self.count(phone)
        headers = {"X-Twilio-Signature": signature} if signature else {}

        reply = requests.post(
            f"{phone.stage.address}/twilio/{page}", data={"CallSid": "CA1", "From": "+1"}, headers=headers, timeout=5
        )

        assert reply.status_code == 403
        assert self.count(phone) == before

    def test_call_with_another_token(self, phone):
        before = self.count(phone)

        result = phone.call(HangUp(At(3.0)), faults=Faults(forge_signature=True))

        assert {exchange.status for exchange in result.exchanges} == {403}
        assert self.count(phone) == before

    def test_stream(self, phone):
        headers = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "X-Twilio-Signature": "bm9ib2R5",
        }

        assert requests.get(f"{phone.stage.address}/twilio/stream", headers=headers, timeout=5).status_code == 403

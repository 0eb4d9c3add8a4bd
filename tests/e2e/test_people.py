"""Reaching a person, over real HTTP and WebSocket: every way it can end, and what the record says then."""

import contextlib
import json
import sqlite3

import pytest

from tests.e2e.conftest import heard, say
from tests.e2e.people import BUSY, NOBODY, VOICEMAIL, A, B, accept, bye, office
from voicebot.store.numbers import ticket_number
from voicebot.switchboard.account import caller_number
from voicebot.switchboard.caller import AfterBeep, At, Bridged, HangUp, Idle, Press


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    settings = {"VOICEBOT_DESK_NUMBER": "", "VOICEBOT_SMS": "file"}
    with office(tmp_path_factory.mktemp("office"), more=settings) as made:
        yield made


def talk(seconds=1.0):
    return HangUp(Bridged(seconds)), HangUp(At(75.0))


def then_press(key):
    """Talk with whoever comes, and answer what is asked afterwards."""
    spoken = say("human-elder.wav", Bridged(0.2))
    return spoken, Press(key, Idle(0.6, patience=40.0)), HangUp(Idle(1.5)), HangUp(At(60.0))


def test_a_accepts(here):
    here.people(a=accept(), b=accept())
    result = here.call(*talk())

    assert [dial.bridged for dial in result.dials] == [True]
    assert result.dials[0].t < 3.0, "seconds from the call to a clerk's phone ringing, without a key"
    assert here.outcomes(result) == [("a", "accepted")]
    assert here.tickets(result) == [("call", "resolved", "a", "")]
    assert result.problems == []
    whisper = heard(result.legs[0])
    assert whisper[:2] == ["prompts/whisper_fault", "prompts/whisper"]


def test_a_busy_b_accepts(here):
    here.people(a=BUSY, b=accept())
    result = here.call(*talk())

    assert here.outcomes(result) == [("a", "busy"), ("b", "accepted")]
    assert [dial.bridged for dial in result.dials] == [False, True]
    assert here.tickets(result)[0][1] == "resolved"


def test_a_voicemail_never_gets_the_caller_b_accepts(here):
    here.people(a=VOICEMAIL, b=accept())
    result = here.call(*talk())

    assert here.outcomes(result) == [("a", "voicemail"), ("b", "accepted")]
    assert [dial.bridged for dial in result.dials] == [False, True]
    assert "prompts/ringing_wait" in heard(result) or "prompts/ringing_next" in heard(result)


def test_nobody_is_a_ticket_and_a_message(here):
    here.people(a=BUSY, b=BUSY)
    result = here.call(bye(3.0))

    assert [outcome for _, outcome in here.outcomes(result)][:2] == ["busy", "busy"]
    assert here.tickets(result) == [("call", "assigned", "a", "")]
    assert {"prompts/nobody_open", "prompts/registered", "prompts/promise_tail", "prompts/message_offer"} <= set(
        heard(result)
    )


def test_what_was_promised_can_be_had_in_writing(here):
    here.people(a=BUSY, b=BUSY)
    result = here.call(Press("#", AfterBeep()), Press("1", Idle(0.4, patience=40.0)), HangUp(Idle(1.5)))

    assert heard(result)[-2:] == ["prompts/text_offer", "prompts/text_saved"]
    row = here.rows("SELECT id FROM tickets WHERE call_id = ?", result.identity.call)[0][0]
    here.until(lambda: (here.data / "sms.jsonl").exists())
    (sent,) = [json.loads(line) for line in (here.data / "sms.jsonl").read_text("utf-8").splitlines()]
    assert sent["to"] == result.identity.from_
    assert ticket_number(row) in sent["text"]


def test_who_hangs_up_while_it_rings_is_called_back(here):
    here.people(a=NOBODY, b=NOBODY)
    result = here.call(HangUp(At(4.0)))

    assert here.outcomes(result) == [("a", "caller-left")]
    assert here.tickets(result) == [("call", "assigned", "a", "")]
    assert here.rows("SELECT state FROM callbacks WHERE call_id = ?", result.identity.call) == [("due",)]
    assert {dial.status for dial in result.dials} <= {"canceled", "completed"}, "the clerk's phone stops ringing"


def test_one_for_a_call_back_while_waiting(here):
    here.people(a=NOBODY, b=NOBODY)
    result = here.call(Press("1", At(16.0)), HangUp(At(60.0)))

    assert "prompts/callback_booked" in heard(result)
    assert here.tickets(result)[0][1] == "assigned"
    assert here.rows("SELECT state FROM callbacks WHERE call_id = ?", result.identity.call) == [("due",)]


def test_two_callers_one_clerk(here):
    here.people(a=accept(talk_s=12.0), b=BUSY)
    first, second = here.calls(here.place(HangUp(Bridged(8.0))), here.place(*talk(), after=3.0))

    assert [here.outcomes(r)[-1] for r in (first, second)] == [("a", "accepted")] * 2
    assert any(name.startswith(("prompts/queue", "prompts/ringing_next")) for name in heard(second)), heard(second)
    rung = here.rows("SELECT started_at, ended_at FROM attempts WHERE person = 'a' ORDER BY id DESC LIMIT 2")
    assert rung[0][0] >= rung[1][1], "nobody is rung while they talk"


def test_the_green_channel_overtakes(here):
    green = here.remember(60)
    here.people(a=accept(talk_s=20.0), b=BUSY)
    first, other, elder = here.calls(
        here.place(HangUp(Bridged(14.0))),
        here.place(*talk(), after=4.0),
        here.place(*talk(), after=8.0, number=green),
    )

    ended = [here.outcomes(r)[-1] for r in (first, other, elder)]
    assert ended == [("a", "accepted")] * 3
    when = {
        name: here.rows("SELECT min(accepted_at) FROM attempts WHERE call_id = ?", r.identity.call)[0][0]
        for name, r in (("first", first), ("other", other), ("elder", elder))
    }
    assert when["first"] < when["elder"] < when["other"]


def test_a_green_caller_reaches_a_person_with_speech_down_and_the_database_read_only(here):
    """Nothing can be written: the provider rings whoever is first on duty, without a key and before any long prompt."""
    green = here.remember(62)
    here.people(a=accept(), b=accept())
    with contextlib.closing(sqlite3.connect(here.data / "voicebot.sqlite3", isolation_level=None)) as held:
        held.execute("BEGIN IMMEDIATE")
        result = here.call(HangUp(Bridged(0.5)), HangUp(At(30.0)), number=green)
        held.execute("ROLLBACK")

    assert [(dial.number, dial.bridged) for dial in result.dials] == [(A, True)]
    assert result.keys == []
    before = [name for piece in result.heard if piece.t < result.dials[0].t for name in piece.clips]
    assert before in ([], ["prompts/hand_over_fault"], ["prompts/green"]), "one sentence at most"
    assert here.rows("SELECT count(*) FROM calls WHERE id = ? AND ended_at IS NULL", result.identity.call) == [(0,)]


def test_a_complaint_by_9_after_the_talk_belongs_to_the_unit_above(here):
    here.people(a=accept(talk_s=5.0), b=accept())
    result = here.call(*then_press("9"))

    assert "prompts/rate" in heard(result)
    assert "prompts/rate_complaint" in heard(result)
    assert here.tickets(result) == [("call", "resolved", "a", ""), ("complaint", "open", None, "supervisor")]


def test_a_score_after_the_talk(here):
    here.people(a=accept(talk_s=5.0), b=accept())
    result = here.call(*then_press("5"))

    assert here.rows("SELECT rating FROM calls WHERE id = ?", result.identity.call) == [(5,)]


def test_who_was_not_served_is_not_asked(here):
    here.people(a=BUSY, b=BUSY)
    result = here.call(bye(2.0))

    assert "prompts/rate" not in heard(result)


def test_a_text_is_answered_and_opens_a_ticket(here):
    number = caller_number(61)

    async def texts():
        return [await here.stage.board.text(number, body) for body in ("社保卡丢了怎么补办", "人工")]

    answer, promise = here.loop.run_until_complete(texts())
    assert "社保" in answer[0]
    assert "工单号" in promise[0]
    ticket = here.rows("SELECT t.state, t.owner FROM tickets t JOIN calls c ON c.id = t.call_id WHERE channel = 'sms'")
    assert ticket == [("assigned", "a")]


def test_nobodys_number_is_in_a_log_a_page_or_the_record(here):
    """Last in this file: after all the calls above."""
    log = here.stage.log.read_text("utf-8")
    data = b"".join(file.read_bytes() for file in here.data.glob("voicebot.sqlite3*"))
    for number in (A, B, *(caller_number(n) for n in range(1, here.callers + 1))):
        digits = number.lstrip("+")
        assert digits not in log
        assert digits.encode() not in data
    pages = [ask.body for made in here.stage.board.board.ended for ask in made.result.exchanges]
    assert pages
    by_the_provider = [page for page in pages if "<Number" in page]
    assert len(by_the_provider) <= 1, "only while nothing could be written"
    assert not [page for page in pages if page not in by_the_provider and (A in page or B in page)]

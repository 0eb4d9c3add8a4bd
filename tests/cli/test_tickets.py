"""`voicebot tickets`, as clerks use it without the desk."""

import json

import pytest

from voicebot import wiring
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.store.words import Kind


@pytest.fixture
def opened(run):
    config = wiring.settings({"VOICEBOT_DATA": str(run.data), "VOICEBOT_SECRET": "a secret for tests only"})
    return wiring.open_record(config)


@pytest.fixture
def ticket(opened):
    """A ticket of a caller with a number."""
    record = opened
    record.call_started("CA1", "+15005550009", "+15005550001")
    return record.open_ticket("CA1", OpenTicket(TicketKind.CALL, Reason.KEY, None, None, "来电人按零")).number


def listed(run, *arguments):
    return [json.loads(line) for line in run("tickets", *arguments, "--json")[1].splitlines()]


def test_from_the_list_to_the_end(run, ticket):
    assert [t["number"] for t in listed(run, "list")] == [ticket]
    assert run("tickets", "take", ticket, "--as", "w1")[0] == 0
    assert run("tickets", "tried", ticket, "--as", "w1", "--why", "没人接")[0] == 0
    assert run("tickets", "contact", ticket, "--as", "w1")[0] == 0
    assert "已办结" in run("tickets", "resolve", ticket, "--as", "w1", "--why", "已答复")[1]
    assert listed(run, "list") == []
    changes = [line["change"] for line in listed(run, "show", ticket)[0]["history"]]
    assert changes == ["open", "assign", "try", "contact", "resolve"]


def test_what_cannot_be_is_refused_in_chinese(run, ticket):
    run("tickets", "take", ticket, "--as", "w1")

    for arguments, words in (
        (["take", ticket, "--as", "w2"], "已经由"),
        (["confirm", ticket, "--as", "w1"], "不能"),
        (["assign", ticket, "w9", "--as", "w1"], "没有“w9”"),
        (["take", "999999", "--as", "w1"], "没有工单"),
        (["justify", ticket, "--as", "w1", "--justified", "--why", "查实"], "不是投诉"),
    ):
        code, out = run("tickets", *arguments)
        assert (code, words in out) == (1, True), out


def test_the_number_is_masked_but_for_who_answers_for_it(run, ticket):
    run("tickets", "take", ticket, "--as", "w1")

    assert "5550009" not in run("tickets", "show", ticket)[1]
    assert "尾号 0009" in run("tickets", "show", ticket)[1]
    assert run("tickets", "show", ticket, "--number", "--as", "w2")[0] == 1
    assert "+15005550009" in run("tickets", "show", ticket, "--number", "--as", "w1")[1]
    assert "查看来电号码" in run("tickets", "show", ticket)[1]


def test_a_complaint_is_judged_and_its_department_named(run, opened):
    command = OpenTicket(TicketKind.COMPLAINT, Reason.COMPLAINT, None, None, "没人接电话")
    number = opened.open_ticket("CA1", command).number
    judge = ["tickets", "justify", number, "--as", "x1", "--justified", "--why", "查实", "--department"]

    assert "没有部门" in run(*judge, "nobody")[1]
    assert run(*judge, "rsj")[0] == 0
    assert listed(run, "show", number)[0]["department"] == "rsj"


def test_what_was_given_up_is_listed_and_tried_again(run, opened, ticket):
    url = "https://api.example.invalid/Recordings/RE0"
    opened.message_taken("CA1", url, 5.0)
    opened.recording_ready("CA1", url)
    (row,) = opened.claim({Kind.FETCH})
    opened.failed(row, "not there", final=True)

    ((lost,),) = (listed(run, "undelivered"),)
    assert (lost["id"], lost["kind"], lost["ticket"], lost["error"]) == (row.id, "fetch", ticket, "not there")
    assert "放弃了 1 件，还有 0 件" in run("tickets", "undelivered")[1]
    assert "放弃了 0 件，还有 1 件" in run("tickets", "undelivered", "--again", row.id)[1]
    assert run("tickets", "undelivered", "--again", row.id)[0] == 1


def test_notices_are_listed_until_they_were_seen(run, opened):
    for unit in ("rsj", "zfb"):
        opened.tell(f"key:{unit}", unit=unit, level="lead", words=f"给{unit}")

    assert [(n["unit"], n["text"]) for n in listed(run, "notices", "--unit", "zfb")] == [("zfb", "给zfb")]
    (theirs,) = listed(run, "notices", "--unit", "rsj")
    assert run("tickets", "notices", "--seen", theirs["notice"])[0] == 2, "who?"
    assert run("tickets", "notices", "--unit", "zfb", "--seen", theirs["notice"], "--as", "x1")[0] == 1
    assert "给zfb" in run("tickets", "notices", "--seen", theirs["notice"], "--as", "w1")[1]
    assert [n["unit"] for n in listed(run, "notices")] == ["zfb"]


def test_nothing_to_do_is_said(run):
    assert "没有待办" in run("tickets", "list")[1]
    assert "没有超时" in run("tickets", "overdue")[1]
    assert "没有新的提醒" in run("tickets", "notices")[1]

"""One case: everything that can be done to it, by whom, and what is written down."""

import re

import pytest

from tests.desk import sample
from tests.desk.conftest import until
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.events import EndReason
from voicebot.store.words import TicketState

pytestmark = pytest.mark.browser


def state(desk, name):
    return desk.record.ticket(desk.numbers[name]).state


def path(desk, name, *more):
    return "/".join(["/desk/cases", desk.numbers[name], *more])


def access_key(page, key):
    """Alt and a letter, as the system sends it: Playwright's own key presses leave out what access keys go by."""
    cdp = page.context.new_cdp_session(page)
    code = {"windowsVirtualKeyCode": ord(key.upper()), "code": f"Key{key.upper()}", "key": key, "modifiers": 1}
    cdp.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": key, "unmodifiedText": key, **code})
    cdp.send("Input.dispatchKeyEvent", {"type": "keyUp", **code})
    cdp.detach()


def test_a_case_shows_all_that_belongs_to_it(page, as_role, axe, shot, fits, desk):
    as_role(page, "clerk").goto(path(desk, "own"))
    text = page.locator("main").inner_text()
    for words in (
        "社保卡丢了咋整",
        "社保卡丢了怎么补办",
        "王一 没有人接",
        "请尽快给我回电话",
        "****0001",
        "首接负责",
        "欠一个回电",
    ):
        assert words in text, words
    page.get_by_text("听到的答案").click()
    axe(page)
    shot(page, "case")
    fits(page)
    assert desk.audited("case.view")[-1] == ("w1", desk.numbers["own"])


def test_a_message_is_listened_to_and_that_is_kept(page, as_role, desk):
    as_role(page, "clerk").goto(path(desk, "own"))
    page.evaluate("document.querySelector('audio').play()")
    until(page, "document.querySelector('audio').duration > 1.9 && document.querySelector('audio').currentTime > 0")
    assert desk.audited("case.listen") == [("w1", desk.numbers["own"])]


def test_a_whole_case_by_keyboard(page, as_role, axe, shot, desk):
    """Called, not reached; noted; reached; settled: every step with the key its button names."""
    as_role(page, "clerk").goto(path(desk, "late"))
    for key, words, done in (
        ("v", "打了两次没有人接", "已记下：没有联系上"),
        ("n", "下午再打", "已备注"),
        ("c", "", "已记下：联系上了"),
        ("r", "已告知缴费方式", "已办结"),
    ):
        access_key(page, key)
        details = page.locator("details[open].deed")
        details.wait_for()
        page.keyboard.press("Tab")
        page.keyboard.type(words)
        if key == "v":
            axe(page)
            shot(page, "case-deed")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_role("status").get_by_text(done).wait_for()
    assert state(desk, "late") is TicketState.RESOLVED
    history = [
        (line.who, str(line.change), line.why)
        for line in desk.record.history_of(desk.record.ticket(desk.numbers["late"]).id)
    ]
    assert history[-4:] == [
        ("w1", "try", "打了两次没有人接"),
        ("w1", "note", "下午再打"),
        ("w1", "contact", ""),
        ("w1", "resolve", "已告知缴费方式"),
    ]
    for action in ("case.tried", "case.note", "case.contact", "case.resolve"):
        assert ("w1", desk.numbers["late"]) in desk.audited(action)


def test_what_was_not_settled_after_all_is_begun_again_with_the_mouse(page, as_role, desk):
    as_role(page, "clerk").goto(path(desk, "late"))
    page.locator("summary", has_text="重新办理").click()
    page.get_by_label("为什么").fill("来电人说还是不会")
    page.get_by_role("button", name="重新办理").click()
    page.get_by_text("已重新办理").wait_for()
    assert state(desk, "late") is TicketState.REOPENED


def test_two_clerks_take_the_same_case_and_the_second_is_told(page, another_page, as_role, axe, shot, desk):
    as_role(page, "clerk").goto(path(desk, "free"))
    as_role(another_page, "clerk2").goto(path(desk, "free"))
    page.get_by_role("button", name="认领，由我负责").click()
    page.get_by_text("已认领，这件由您负责").wait_for()
    another_page.get_by_role("button", name="认领，由我负责").click()
    told = another_page.get_by_role("alert").inner_text()
    assert told == f"工单 {desk.numbers['free']} 已经由王一负责"
    axe(another_page)
    shot(another_page, "case-taken")
    assert desk.record.ticket(desk.numbers["free"]).owner == "w1"


def test_a_case_is_handed_to_a_colleague(page, as_role, desk):
    as_role(page, "clerk").goto(path(desk, "free"))
    access_key(page, "h")
    page.get_by_label("交给谁").select_option(label="李二")
    page.get_by_role("button", name="转交").click()
    page.get_by_text("已转交").wait_for()
    assert desk.record.ticket(desk.numbers["free"]).owner == "w2"
    response = desk.client("clerk").send(path(desk, "free", "assign"), to="w1")
    assert (response.status_code, "只有本人或者主管能转交" in response.get_data(as_text=True)) == (409, True)
    assert desk.client("supervisor").send(path(desk, "free", "assign"), to="w1").status_code == 303


def test_the_number_is_shown_to_who_dials_it_and_what_came_of_it_is_kept(page, as_role, axe, shot, desk):
    as_role(page, "clerk").goto(path(desk, "own"))
    assert "13100000001" not in page.content()
    page.get_by_role("button", name="看号码，我来打").click()
    assert page.locator("#number").inner_text() == "+8613100000001"
    assert desk.audited("case.number")[-1] == ("w1", desk.numbers["own"])
    axe(page)
    shot(page, "case-number")
    page.get_by_label("打完了，结果是").select_option(label="已通话")
    page.locator("#why-dialled").fill("已告知网点地址")
    page.get_by_role("button", name="记下结果").click()
    page.get_by_text("已记下").wait_for()
    assert state(desk, "own") is TicketState.RESOLVED
    assert "13100000001" not in page.content()


def test_outside_the_hours_for_calling_one_has_to_mean_it(desk):
    before, desk.clock.time = desk.clock.time, desk.clock.time.replace(hour=21)
    ticket = desk.record.ticket(desk.numbers["free"])
    callback = desk.record.callbacks_about(ticket.id)[0].id
    client = desk.client("clerk2")
    told = client.send(path(desk, "free", "callbacks", str(callback), "number"))
    assert (told.status_code, "确实要现在打" in told.get_data(as_text=True)) == (409, True)
    assert "--" not in re.sub(r"<[^>]+>", "", told.get_data(as_text=True))
    shown = client.send(path(desk, "free", "callbacks", str(callback), "number"), anyway="yes")
    assert "+8613100000007" in shown.get_data(as_text=True)
    desk.clock.time = before


def test_who_looks_for_a_case_finds_it(page, as_role, axe, shot, fits, desk):
    as_role(page, "supervisor").goto("/desk/cases")
    axe(page)
    shot(page, "cases")
    fits(page)
    for text in (desk.numbers["complaint"], "0004", "没人接电话"):
        page.get_by_label("工单号、尾号或内容").fill(text)
        page.keyboard.press("Enter")
        page.get_by_text("共 1 件").wait_for()
        assert "投诉" in page.locator("tbody").inner_text()
    page.goto("/desk/cases?text=查无此事")
    page.get_by_text("没有这样的工单").wait_for()
    shot(page, "cases-empty")


def test_arrow_keys_walk_through_the_list(page, as_role, desk):
    as_role(page, "supervisor").goto("/desk/cases")
    rows = page.locator("[data-row]")
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == rows.nth(1).inner_text()


def test_a_leader_reads_and_changes_nothing(page, as_role, desk):
    as_role(page, "leader").goto(path(desk, "other"))
    assert page.get_by_role("button", name=re.compile("认领|备注|办结|号码")).count() == 0
    assert desk.client("leader").send(path(desk, "other", "note"), why="x").status_code == 403


ELSEWHERE = {
    "": "GET",
    "take": "POST",
    "note": "POST",
    "number": "POST",
    "callbacks/1/number": "POST",
    "messages/1.wav": "GET",
}


@pytest.mark.parametrize("part", ELSEWHERE)
@pytest.mark.parametrize("name", ["own", "complaint", "free"])
def test_another_units_case_is_not_there(desk, part, name):
    client = desk.client("clerk_gjj")
    where = path(desk, name, *([part] if part else []))
    response = client.get(where) if ELSEWHERE[part] == "GET" else client.send(where, why="x")
    assert response.status_code == 404


def test_a_call_back_of_another_case_is_not_reached_through_ones_own(desk):
    theirs = desk.record.callbacks_about(desk.record.ticket(desk.numbers["own"]).id)[0].id
    assert desk.client("clerk_gjj").send(path(desk, "other", "callbacks", str(theirs), "number")).status_code == 404


def test_what_says_nothing_is_not_taken_and_nothing_written_is_lost(desk):
    response = desk.client("clerk_gjj").send(path(desk, "other", "resolve"), why=" ")
    assert (response.status_code, "要写明情况" in response.get_data(as_text=True)) == (409, True)


def test_a_message_outside_the_folder_of_messages_is_not_sent(desk, tmp_path):
    secret = tmp_path / "secret.wav"
    secret.write_bytes(b"RIFF")
    desk.record.message_taken("CA-other", "https://provider.example/RE2", 1.0)
    desk.record.message_fetched("CA-other", "https://provider.example/RE2", str(secret))
    message = desk.record.messages_of("CA-other")[0].id
    assert desk.client("clerk_gjj").get(path(desk, "other", "messages", f"{message}.wav")).status_code == 404


def test_what_was_said_in_a_call_with_a_complaint_is_not_shown_to_the_unit_complained_of(desk):
    """The caller asked about a card, wanted a person, and then complained about that very unit."""
    record = desk.record
    record.call_started("CA-both", "+8613100000021")
    asked = record.open_ticket("CA-both", OpenTicket(TicketKind.CALL, Reason.KEY, "rsj", "rsj-001", "来电人问社保卡。"))
    record.for_call("CA-both").commit(sample.turn("你们窗口骂人我要告你们", None))
    record.open_ticket("CA-both", OpenTicket(TicketKind.COMPLAINT, Reason.COMPLAINT, "rsj", None, "投诉窗口骂人"))
    record.call_ended("CA-both", EndReason.CALLER_HUNG_UP)
    where = f"/desk/cases/{asked.number}"
    for role, sees in {"clerk": False, "leader": False, "supervisor": True}.items():
        text = desk.client(role).get(where).get_data(as_text=True)
        assert "来电人问社保卡" in text
        assert ("骂人" in text) is sees, role
        assert ("由受理投诉的单位保管" in text) is not sees, role

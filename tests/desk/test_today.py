"""值班台 in a browser: by mouse and by keyboard, live, and after a lost connection."""

import re
from datetime import timedelta

import pytest

from tests.desk import sample
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.events import EndReason

pytestmark = pytest.mark.browser


def part(page, name):
    return page.get_by_role("region", name=re.compile(name))


def ask_again(page):
    page.evaluate("htmx.trigger('#live', 'pulse')")


def test_a_clerk_sees_who_is_on_the_line_and_what_to_do(page, as_role, axe, shot, fits, desk):
    as_role(page, "clerk").goto("/desk/")
    assert page.url.endswith("/desk/today")
    waiting = part(page, "等候人工").inner_text()
    assert all(words in waiting for words in ("失业金怎么领", "****0006", "1 分 15 秒", "失业保险金怎么申领"))
    assert "请问社保卡丢了怎么补办" in part(page, "正在通话").inner_text()
    rows = part(page, "我的工单").get_by_role("row").all_inner_texts()
    assert [desk.numbers["late"] in rows[1], "超时 20 分钟" in rows[1]] == [True, True]  # the most urgent first
    assert "还有" in rows[2]
    assert re.search("空闲.*王一", part(page, "谁在岗").inner_text())
    assert desk.audited("today.view")[-1] == ("w1", "")
    axe(page)
    shot(page, "today")
    fits(page)


def test_it_changes_without_being_reloaded_and_keeps_the_place_of_the_keyboard(page, as_role, desk):
    as_role(page, "clerk").goto("/desk/today")
    page.evaluate("window.sameDocument = true")
    link = part(page, "我的工单").get_by_role("link").first
    link.focus()
    desk.record.call_started("CA-new", "+8613100000011", "+861000000000")
    desk.record.for_call("CA-new").commit(sample.turn("医保卡余额怎么查", "rsj-001"))
    part(page, "正在通话").get_by_text("医保卡余额怎么查").wait_for()
    desk.record.call_ended("CA-new", EndReason.CALLER_HUNG_UP)
    part(page, "正在通话").get_by_text("医保卡余额怎么查").wait_for(state="detached")
    assert page.evaluate("window.sameDocument")
    assert page.evaluate("document.activeElement.id") == link.get_attribute("id")


def test_it_says_when_the_connection_is_lost_and_catches_up(page, as_role, desk):
    as_role(page, "clerk").goto("/desk/today")
    page.context.set_offline(True)
    ask_again(page)
    page.get_by_text("连接断了，正在重连").wait_for()
    desk.record.call_started("CA-missed", "+8613100000012", "+861000000000")
    desk.record.for_call("CA-missed").commit(sample.turn("断线时打进来的", "rsj-001"))
    page.context.set_offline(False)
    part(page, "正在通话").get_by_text("断线时打进来的").wait_for()
    page.get_by_text("已重新连上").wait_for()
    desk.record.call_ended("CA-missed", EndReason.CALLER_HUNG_UP)
    part(page, "正在通话").get_by_text("断线时打进来的").wait_for(state="detached")  # the stream is back, too
    page.faults.clear()


def test_whoever_gets_no_stream_asks_instead(page, as_role, desk):
    """Too many tabs, or too many people: the page works all the same."""
    page.route("**/desk/today/events*", lambda route: route.fulfill(status=204))
    as_role(page, "clerk").goto("/desk/today")
    desk.record.call_started("CA-poll", "+8613100000013", "+861000000000")
    desk.record.for_call("CA-poll").commit(sample.turn("没有推送也看得到", "rsj-001"))
    ask_again(page)
    part(page, "正在通话").get_by_text("没有推送也看得到").wait_for()
    desk.record.call_ended("CA-poll", EndReason.CALLER_HUNG_UP)


def test_it_works_without_scripts(browser, desk, as_role):
    context = browser.new_context(base_url=desk.url, java_script_enabled=False)
    page = as_role(context.new_page(), "clerk")
    page.goto("/desk/today")
    assert "失业金怎么领" in part(page, "等候人工").inner_text()
    context.close()


def test_who_is_logged_out_elsewhere_is_asked_to_log_in(page, as_role, desk):
    as_role(page, "clerk2").goto("/desk/today")
    desk.record.end_sessions("w2")
    ask_again(page)
    page.get_by_role("heading", name="登录值班台").wait_for()
    page.faults.clear()


def test_a_case_is_taken_from_here_by_keyboard_and_everybody_sees_it(page, another_page, as_role, desk):
    as_role(another_page, "clerk2").goto("/desk/today")
    as_role(page, "clerk").goto("/desk/today")
    number = desk.numbers["free"]
    another_page.get_by_role("button", name=re.compile(f"认领.*{number}")).wait_for()
    page.get_by_role("button", name=re.compile(f"认领.*{number}")).focus()
    page.keyboard.press("Enter")
    page.get_by_text("已认领，这件由您负责").wait_for()
    another_page.get_by_role("button", name=re.compile(f"认领.*{number}")).wait_for(state="detached")
    assert desk.record.ticket(number).owner == "w1"


def test_a_notice_goes_when_it_was_read(page, as_role, desk):
    as_role(page, "supervisor").goto("/desk/today")
    part(page, "提醒").get_by_role("button", name="知道了").click()
    part(page, "提醒").wait_for(state="detached")
    assert desk.audited("case.seen")[-1][0] == "z1"


def test_another_unit_sees_its_own_only(page, as_role, desk):
    as_role(page, "clerk_gjj").goto("/desk/today")
    text = page.locator("main").inner_text()
    assert desk.numbers["other"] in text
    assert not any(words in text for words in ("失业金怎么领", "社保卡", desk.numbers["late"], "投诉"))


def test_the_supervising_eye_sees_complaints_and_the_unit_complained_of_does_not(desk):
    number = desk.numbers["complaint"]
    desk.record.call_started("CA-angry", "+8613100000014", "+861000000000")
    angry = OpenTicket(TicketKind.COMPLAINT, Reason.COMPLAINT, "rsj", None, "投诉窗口态度")
    desk.record.open_ticket("CA-angry", angry)
    desk.record.for_call("CA-angry").commit(sample.turn("我要投诉你们窗口", None))
    for role, sees in {
        "clerk": False,
        "clerk2": False,
        "leader": False,
        "clerk_gjj": False,
        "supervisor": True,
    }.items():
        client = desk.client(role)
        assert ("我要投诉你们窗口" in client.get("/desk/today").get_data(as_text=True)) is sees, role
        assert (number in client.get("/desk/cases?show=all").get_data(as_text=True)) is sees, role
        assert client.get(f"/desk/cases/{number}").status_code == (200 if sees else 404), role
    desk.record.call_ended("CA-angry", EndReason.CALLER_HUNG_UP)


def test_nobody_on_duty_is_said_plainly(page, as_role, desk, shot):
    before, desk.clock.time = desk.clock.time, desk.clock.time + timedelta(hours=12)
    as_role(page, "supervisor").goto("/desk/today")
    page.get_by_text("现在没有人在岗").wait_for()
    page.get_by_text("您手上没有工单").wait_for()
    shot(page, "today-empty")
    desk.clock.time = before

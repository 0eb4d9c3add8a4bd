"""The public page in a browser: by mouse, by keyboard alone, without JavaScript, on a telephone and at 400 %."""

import re

import pytest

from tests.desk.conftest import checked_page
from voicebot.dialogue.commands import TicketKind
from voicebot.store.words import Channel

pytestmark = pytest.mark.browser

PHONE = {"width": 320, "height": 640}
"""An old telephone; also what is left of 1280 pixels at 400 % zoom."""
PAGES = {
    "home": "/",
    "department": "/d/rsj",
    "entry": "/q/rsj-001",
    "answer": "/ask?q=社保卡丢了怎么补办",
    "choice": "/ask?q=社保卡补办还是新办",
    "unsure": "/ask?q=今天天气怎么样",
    "danger": "/ask?q=家里着火了",
    "person": "/ask?q=转人工",
    "complaint": "/ask?q=我要投诉你们",
    "nothing": "/ask?q=",
    "leave": "/leave",
    "complain": "/leave?kind=complaint",
    "check": "/check",
    "figures": "/figures",
    "missing": "/none",
}


@pytest.fixture
def scriptless(browser, desk):
    """A browser whose JavaScript is switched off."""
    with checked_page(browser, desk.url, java_script_enabled=False) as made:
        yield made


@pytest.fixture
def telephone(browser, desk):
    with checked_page(browser, desk.url, viewport=PHONE, has_touch=True, is_mobile=True) as made:
        yield made


def test_every_page_is_accessible_and_fits(page, telephone, axe, shot, fits):
    for name, path in PAGES.items():
        page.goto(path)
        axe(page)
        fits(page)
        shot(page, f"public-{name}")
        telephone.goto(path)
        assert telephone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        shot(telephone, f"public-{name}-phone")


def test_who_likes_it_stark_or_still_gets_it(browser, desk, axe):
    options = {"reduced_motion": "reduce", "contrast": "more", "forced_colors": "active"}
    with checked_page(browser, desk.url, **options) as page:
        page.goto("/leave")
        assert page.evaluate("getComputedStyle(document.querySelector('button')).transitionDuration") in ("", "0s")
        axe(page)


def open_tickets(desk):
    return [t for t in desk.record.open_tickets() if desk.record.call(t.call_id).channel is Channel.WEB]


def test_from_a_question_to_a_request_and_its_progress_without_javascript(scriptless, desk, shot):
    page = scriptless
    page.goto("/")
    page.get_by_label("用自己的话写下您的问题").fill("社保卡丟了怎麼補辦")
    page.get_by_role("button", name="问", exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == "社保卡丢了怎么补办"
    page.get_by_role("link", name="留言给工作人员").click()
    page.get_by_label("您要办什么事").fill("网点说补不了，要我去别的区。")
    page.get_by_role("button", name="提交").click()

    summary = page.get_by_role("alert")
    assert "请填写您的电话" in summary.inner_text()
    shot(page, "public-leave-wrong")
    summary.get_by_role("link").click()
    assert page.get_by_label("您要办什么事").input_value() == "网点说补不了，要我去别的区。"
    page.get_by_label("您的电话").fill("138 0000 4321")
    page.get_by_label("发短信给我").check()
    page.get_by_label("怎么称呼您").fill("王女士")
    page.get_by_role("button", name="提交").click()

    shot(page, "public-left")
    number = re.sub(r"\D", "", page.locator(".ticket").inner_text())
    ticket = desk.record.ticket(number)
    assert (ticket.topic, ticket.department, ticket.kind) == ("rsj-001", "rsj", TicketKind.CALL)
    assert "不要打电话" in ticket.summary
    assert "11月24日（星期二）中午12:00" in page.locator("main").inner_text(), "two working hours from 10:00"
    page.reload()
    assert ticket.number in re.sub(r"\s", "", page.locator(".ticket").inner_text())
    page.get_by_role("main").get_by_role("link", name="查进度").click()
    page.get_by_label("工单号").fill(number)
    page.get_by_label("电话后四位").fill("4321")
    page.get_by_role("button", name="查询").click()
    assert "人力资源和社会保障局" in page.locator("main").inner_text()
    assert "王女士" not in page.content()
    shot(page, "public-checked")
    assert page.context.cookies() == []


def press_until(page, name, key="Tab", most=60):
    """Move the focus on until it is on what is called so."""
    for _ in range(most):
        page.keyboard.press(key)
        focused = page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        if name in focused:
            return
    pytest.fail(f"the keyboard does not come to {name}")


def test_a_complaint_by_keyboard_alone(page, desk):
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    press_until(page, "q")
    page.keyboard.type("我要投诉你们窗口")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ask?**")
    press_until(page, "是，我要投诉")
    page.keyboard.press("Enter")
    page.wait_for_url("**/leave?**")
    press_until(page, "phone")
    page.keyboard.type("010-12345678")
    press_until(page, "contact-call")
    press_until(page, "department")
    while page.get_by_label("投诉哪个单位").input_value() != "rsj":
        page.keyboard.press("ArrowDown")
    press_until(page, "提交")
    page.keyboard.press("Enter")
    page.wait_for_url("**/left?**")

    assert "投诉已经登记" in page.get_by_role("heading", level=1).inner_text()
    [ticket] = [t for t in open_tickets(desk) if t.kind is TicketKind.COMPLAINT]
    assert (ticket.department, ticket.unit, ticket.owner) == ("rsj", "局办公室", None)


def test_danger_on_a_telephone(telephone, axe, shot):
    telephone.goto("/leave")
    telephone.get_by_label("您要办什么事").fill("有人晕倒了，快来救命")
    telephone.get_by_role("button", name="提交").tap()
    assert telephone.locator("main h2").first.inner_text() == "如果有人有危险，请先打电话"
    assert telephone.locator("main a").first.get_attribute("href") == "tel:110"
    axe(telephone)
    telephone.get_by_label("您的电话").fill("13800004322")
    telephone.get_by_role("button", name="提交").tap()
    telephone.wait_for_url("**/left?**")
    assert telephone.locator("main a").first.get_attribute("href") == "tel:110"
    axe(telephone)
    shot(telephone, "public-danger-left-phone")


def test_a_choice_names_the_difference(scriptless):
    scriptless.goto("/ask?q=社保卡补办还是新办")
    assert scriptless.get_by_role("heading", level=1).inner_text() == "您问的是“补办”，还是“首次”？"
    scriptless.get_by_role("link", name="首次").click()
    assert scriptless.get_by_role("heading", level=1).inner_text() == "第一次办社保卡怎么申领"

"""排班, 日历, 绿色通道 in a browser: by mouse, by keyboard, by dragging, and without JavaScript."""

import pytest

from tests.desk.conftest import checked_page
from voicebot.staffing import keeping
from voicebot.staffing.plan import plan

pytestmark = pytest.mark.browser

WEEK = "/desk/duty?department=rsj&week=2026-11-24"
PAGES = {
    "duty": WEEK,
    "duty-people": "/desk/duty/people",
    "duty-person": "/desk/duty/person?id=w1",
    "duty-add": "/desk/duty/add?department=rsj&day=2026-11-24&role=B",
    "duty-import": "/desk/duty/import",
    "duty-history": "/desk/duty/history",
    "calendar": "/desk/calendar",
    "green": "/desk/green",
}


def rung(desk):
    return [one.person.id for one in plan("rsj", desk.bot.office(), desk.clock())]


def test_every_page_is_accessible_and_fits(page, as_role, axe, shot, fits, desk):
    as_role(page, "supervisor")
    desk.record.register_green(
        desk.record.number_key("13800000701"),
        consent="本人来电口头同意（王一 登记）",
        expires_at=desk.clock().replace(year=2027),
    )
    for name, path in PAGES.items():
        page.goto(path)
        axe(page)
        fits(page)
        shot(page, name)
    page.set_viewport_size({"width": 512, "height": 384})
    page.goto(WEEK)
    shot(page, "duty-zoomed")


def test_two_clicks_bring_somebody_else_and_one_takes_it_back(page, as_role, desk, axe, shot):
    as_role(page, "supervisor")
    page.goto(WEEK)
    page.get_by_role("row", name="11月24日").get_by_role("link", name="王一").click()
    axe(page)
    shot(page, "duty-shift")
    page.get_by_role("button", name="赵三").click()
    assert "赵三替王一顶班" in page.get_by_role("status").first.inner_text()
    assert rung(desk)[0] == "w3"
    shot(page, "duty-substituted")
    page.get_by_role("button", name="撤回上一次改动").click()
    page.get_by_text("已改：撤回").wait_for()
    assert rung(desk)[0] == "w1"


def test_by_keyboard_without_javascript(browser, desk, as_role):
    with checked_page(browser, desk.url, java_script_enabled=False) as page:
        as_role(page, "supervisor")
        page.goto(WEEK)
        assert page.get_by_text("用鼠标拖").is_hidden()
        page.get_by_role("link", name="11月24日备岗加一个人").focus()
        page.keyboard.press("Enter")
        page.get_by_label("谁", exact=True).select_option("w3")
        page.get_by_role("button", name="加上").focus()
        page.keyboard.press("Enter")
        page.get_by_text("已改：赵三加备岗班次").wait_for()
        assert rung(desk) == ["w1", "w2", "w3", "l1"]
        page.get_by_role("button", name="撤回上一次改动").press("Enter")
        page.get_by_text("已改：撤回").wait_for()
    assert rung(desk) == ["w1", "w2", "l1"]


def test_names_can_be_dragged(page, as_role, desk):
    as_role(page, "supervisor")
    page.set_viewport_size({"width": 1024, "height": 1400})  # Playwright does not scroll while it drags
    page.goto(WEEK)
    before = keeping.load(desk.record).version
    name = page.locator("[data-person=w3]")
    name.drag_to(page.locator("td[data-day='2026-11-24'][data-role=B]"), target_position={"x": 5, "y": 5})
    page.get_by_text("已改：赵三").wait_for()
    assert keeping.load(desk.record).version == before + 1
    page.get_by_role("button", name="撤回上一次改动").click()
    page.get_by_text("已改：撤回").wait_for()
    page.locator("[data-person=w3]").drag_to(page.get_by_role("row", name="11月24日").get_by_role("link", name="王一"))
    page.get_by_text("赵三替王一顶班").first.wait_for()
    assert rung(desk)[0] == "w3"
    page.get_by_role("button", name="撤回上一次改动").click()
    page.get_by_text("已改：撤回").wait_for()


def test_a_free_day_is_settled_and_taken_back(page, as_role, desk, shot):
    as_role(page, "supervisor")
    page.goto("/desk/calendar")
    page.get_by_label("日期").fill("2026-11-24")
    page.get_by_label("原因").fill("停电")
    page.get_by_role("button", name="定下来").click()
    page.get_by_text("已改：2026-11-24 放假：停电").wait_for()
    assert not desk.bot.office().calendar.is_open(desk.clock())
    shot(page, "calendar-settled")
    page.goto(WEEK)
    assert "本单位定为不上班" in page.get_by_role("row", name="11月24日").inner_text()
    page.goto("/desk/calendar")
    page.get_by_role("button", name="撤回上一次改动").click()
    page.get_by_text("已改：撤回").wait_for()
    assert desk.bot.office().calendar.is_open(desk.clock())


def test_a_caller_is_registered_and_removed(page, as_role, desk, axe):
    as_role(page, "clerk")
    page.goto("/desk/green")
    page.get_by_label("电话号码，或者工单号").first.fill("138 0000 0702")
    page.get_by_label("本人来电口头同意").check()
    page.get_by_role("button", name="登记", exact=True).click()
    page.get_by_text("已登记").first.wait_for()
    key = desk.record.number_key("13800000702")
    assert desk.record.is_green(key)
    assert "13800000702" not in page.content().replace(" ", "")
    page.get_by_role("link", name=f"取消 {key[:8]}").click()
    axe(page)
    page.get_by_role("button", name="取消登记").click()
    page.get_by_text("立即生效").wait_for()
    assert not desk.record.is_green(key)

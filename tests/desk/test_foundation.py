"""Getting in and about, in a browser: by mouse, by keyboard, on an old monitor, at 200 %."""

import re

import pytest

from tests.desk.sample import PASSWORD

pytestmark = pytest.mark.browser


def test_somebody_logs_in_by_keyboard_and_out_again(page, axe, shot):
    page.goto("/desk/")
    axe(page)
    shot(page, "login")
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type("不是这个密码")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    axe(page)
    shot(page, "login-wrong")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="账号").wait_for()
    page.get_by_role("button", name="退出").click()
    page.get_by_text("已退出登录").wait_for()
    page.goto("/desk/accounts")
    assert "/desk/login" in page.url


def test_the_first_thing_the_keyboard_reaches_is_the_way_past_the_menu(page, as_role):
    as_role(page, "admin").goto("/desk/accounts")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


PAGES = {
    "accounts": "/desk/accounts",
    "account-new": "/desk/accounts/new",
    "account": "/desk/accounts/w1",
    "audit": "/desk/audit",
    "audit-empty": "/desk/audit?about=nothing",
    "me": "/desk/me",
    "keys": "/desk/keys",
    "not-found": "/desk/none",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_used_by_everybody(page, as_role, axe, shot, fits, name):
    as_role(page, "admin").goto(PAGES[name])
    axe(page)
    shot(page, name)
    fits(page)


def test_an_admin_makes_an_account_with_the_mouse(page, another_page, as_role, axe, shot):
    as_role(page, "admin").goto("/desk/accounts")
    page.get_by_role("link", name="新建账号").click()
    page.get_by_label("工号").fill("w8")
    page.get_by_label("姓名").fill("郑八")
    page.get_by_role("button", name=re.compile("建立")).click()
    assert "办事员要选单位" in page.get_by_role("alert").inner_text()
    axe(page)
    page.get_by_label("单位").select_option("rsj")
    page.get_by_role("button", name=re.compile("建立")).click()
    link = page.get_by_label("链接").input_value()
    axe(page)
    another_page.goto(link)
    shot(another_page, "welcome")
    axe(another_page)
    another_page.get_by_label("新密码", exact=True).fill("一二三四五六七八九十")
    another_page.get_by_label("再写一遍新密码").fill("一二三四五六七八九十")
    another_page.keyboard.press("Enter")
    another_page.get_by_text("密码设好了").wait_for()

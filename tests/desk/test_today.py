"""值班台 and cases in a browser: by mouse and by keyboard, live, after a lost connection, two at once."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser


def test_a_clerk_sees_who_is_on_the_line_and_what_to_do(page, as_role, axe, shot, fits, desk):
    as_role(page, "clerk").goto("/desk/")
    assert page.url.endswith("/desk/today")
    waiting = page.get_by_role("region", name=re.compile("等候人工"))
    assert "失业金怎么领" in waiting.inner_text()
    assert "****0006" in waiting.inner_text()
    talking = page.get_by_role("region", name=re.compile("正在通话"))
    assert "请问社保卡丢了怎么补办" in talking.inner_text()
    mine = page.get_by_role("region", name=re.compile("我的工单"))
    rows = mine.get_by_role("row").all_inner_texts()
    assert "超时" in rows[1]  # the most urgent first
    assert "王一" in page.get_by_role("region", name="谁在岗").inner_text()
    axe(page)
    shot(page, "today")
    fits(page)

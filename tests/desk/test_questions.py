"""常见问题 as clerks and supervisors use it, by mouse and by keyboard."""

from __future__ import annotations

import re

import pytest

from tests.desk.asking import fill_questions

pytestmark = pytest.mark.browser

CARD = "社保卡丢了怎么补办"


@pytest.fixture(scope="module", autouse=True)
def filled(desk):
    fill_questions(desk.record, desk.clock)


@pytest.fixture(autouse=True)
def as_it_was(desk):
    """The folder and the drafts as they were."""
    path = desk.bot.settings.faq / "rsj.md"
    before = path.read_bytes()
    yield path
    path.write_bytes(before)
    with desk.record._database.writing() as session:
        session.execute(__import__("sqlalchemy").text("UPDATE faq_drafts SET state = 'discarded'"))


def begin(page, entry="rsj-001"):
    page.goto(f"/desk/questions/entry/{entry}")
    page.get_by_role("button", name="改这一条").click()
    page.wait_for_url(re.compile(r"/draft/\d+"))


def test_the_list_is_found_by_what_callers_say(page, as_role, axe, shot, fits):
    as_role(page, "clerk").goto("/desk/questions")
    assert page.get_by_role("row").filter(has_text=CARD).get_by_role("cell").nth(1).inner_text() != "0"
    axe(page)
    shot(page, "questions")
    fits(page)
    page.get_by_label("找一条").fill("我那个社保的卡让我弄丢了咋整")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q="))
    assert CARD in page.get_by_role("row").nth(1).inner_text()
    page.get_by_label("找一条").fill("完全没有这回事qqq")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("qqq"))
    axe(page)


def test_an_entry_with_its_figures(page, as_role, axe, shot, fits):
    as_role(page, "leader").goto("/desk/questions/entry/rsj-001")
    assert page.get_by_role("heading", name=CARD).is_visible()
    assert page.get_by_role("button", name="改这一条").count() == 0
    assert page.locator(".figure").filter(has_text="没解决").locator(".value").inner_text().startswith("2")
    axe(page)
    shot(page, "question")
    fits(page)


def test_a_clerk_writes_a_supervisor_publishes_and_undoes(
    page, another_page, as_role, axe, shot, fits, desk, as_it_was
):
    as_role(page, "clerk")
    begin(page)
    page.get_by_label("答案", exact=False).first.fill("请打 12333888 或者看 www.example.com。")
    page.locator("#panel-check .bad").first.wait_for()
    assert "念出来听不懂" in page.locator("#panel-check").inner_text()
    axe(page)
    shot(page, "draft-with-faults")
    page.locator("#f-answer").fill("社保卡丢了，先打电话挂失，再带身份证到网点补办，当场可取。")
    page.get_by_text("没有发现问题").wait_for()
    page.get_by_label("来电人会怎么说").fill("社保卡让洗衣机洗坏了")
    page.keyboard.press("Enter")
    page.locator("#panel-try table").wait_for()
    page.get_by_role("button", name="看一看").click()
    page.locator("#panel-confusion").get_by_text(re.compile("抢")).first.wait_for()
    page.get_by_role("button", name="听一听").click()
    page.locator("#panel-listen p").wait_for()
    axe(page)
    shot(page, "draft")
    fits(page)
    page.get_by_label("为什么改", exact=False).fill("当场可取")
    page.get_by_role("button", name="送审").click()
    page.get_by_text("已经送审").wait_for()
    assert "当场可取" not in as_it_was.read_text("utf-8").split("rsj-002")[0].split("短信")[0]

    chief = as_role(another_page, "supervisor")
    chief.goto("/desk/questions/drafts")
    axe(chief)
    shot(chief, "drafts")
    chief.get_by_role("link", name="rsj-001").click()
    chief.get_by_role("button", name="发布").click()
    chief.get_by_text("rsj-001 发布了").wait_for()
    assert "先打电话挂失，再带身份证到网点补办，当场可取。" in as_it_was.read_text("utf-8")
    axe(chief)
    shot(chief, "question-history")
    fits(chief)
    chief.get_by_role("button", name="恢复成这一版").last.click()
    chief.get_by_text("恢复好了").wait_for()
    assert "先打电话挂失，再带身份证到网点补办，当场可取。" not in as_it_was.read_text("utf-8")
    assert desk.audited("question.publish")[-1] == ("z1", "rsj-001")
    assert desk.audited("question.undo")[-1] == ("z1", "rsj-001")


def tab_to(page, script):
    """Press Tab until the focus is where `script` says."""
    for _ in range(80):
        if page.evaluate(f"((e) => {script})(document.activeElement)"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way by keyboard to {script}")


def test_by_keyboard_alone(page, as_role, as_it_was):
    as_role(page, "supervisor").goto("/desk/questions?department=rsj")
    tab_to(page, "e.textContent === '第一次办社保卡怎么申领'")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/entry/rsj-002"))
    tab_to(page, "e.textContent === '改这一条'")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/draft/\d+"))
    tab_to(page, "e.id === 'f-variants'")
    page.keyboard.press("Control+End")
    page.keyboard.type("\n社保卡头一回怎么弄到手")
    tab_to(page, "e.value === 'publish'")
    page.keyboard.press("Enter")
    page.get_by_text("rsj-002 发布了").wait_for()
    assert "社保卡头一回怎么弄到手" in as_it_was.read_text("utf-8")


def test_two_people_and_a_change_on_disk(page, another_page, as_role, axe, shot, fits, as_it_was):
    """Both write, one publishes, somebody changes the file by hand as well: the other sees both sides and decides."""
    as_role(page, "supervisor")
    begin(page)
    as_role(another_page, "clerk")
    begin(another_page)
    another_page.locator("#f-answer").fill("王一写的答案。")
    another_page.get_by_role("button", name="存草稿").click()
    another_page.get_by_text("草稿存好了").wait_for()
    assert another_page.get_by_text("周主管 也在改这一条").is_visible()
    page.locator("#f-answer").fill("周主管写的答案。")
    page.get_by_role("button", name="发布").click()
    page.get_by_text("rsj-001 发布了").wait_for()
    another_page.reload()
    assert another_page.get_by_role("heading", name="两边都改过").is_visible()
    shown = another_page.locator(".compare").inner_text()
    assert "王一写的答案。" in shown
    assert "周主管写的答案。" in shown
    axe(another_page)
    shot(another_page, "draft-conflict")
    fits(another_page)
    merged = another_page.locator("#f-text").input_value().replace("王一写的答案。", "周主管和王一写的答案。")
    another_page.locator("#f-text").fill(merged)
    another_page.get_by_role("button", name="按这里写的接着改").click()
    another_page.get_by_role("button", name="送审").click()
    another_page.get_by_text("已经送审").wait_for()
    page.goto("/desk/questions/drafts")
    page.get_by_role("row").filter(has_text="王一").get_by_role("link").click()
    page.get_by_role("button", name="发布").click()
    page.get_by_text("rsj-001 发布了").wait_for()
    assert "周主管和王一写的答案。" in as_it_was.read_text("utf-8")


def test_two_windows_of_one_person(page, as_role, shot):
    as_role(page, "clerk")
    begin(page)
    second = page.context.new_page()
    second.goto(page.url)
    second.locator("#f-answer").fill("第二个窗口写的。")
    second.get_by_role("button", name="存草稿").click()
    second.get_by_text("草稿存好了").wait_for()
    page.locator("#f-answer").fill("第一个窗口写的。")
    page.get_by_role("button", name="存草稿").click()
    page.get_by_text("另一个窗口里存的是这样").wait_for()
    assert page.locator("#f-answer").input_value() == "第一个窗口写的。"
    assert "第二个窗口写的。" in page.locator(".source-text").inner_text()
    shot(page, "draft-two-windows")
    page.get_by_role("button", name="存草稿").click()
    page.get_by_text("草稿存好了").wait_for()


def test_a_new_entry_as_markdown_and_given_up(page, as_role, axe, shot):
    as_role(page, "clerk").goto("/desk/questions")
    page.get_by_text("新写一条，或者改整个文件").click()
    page.get_by_label("问题", exact=True).fill("工伤认定去哪里申请")
    page.get_by_role("button", name="新写一条").click()
    page.locator("#panel-check .bad").first.wait_for()
    page.get_by_role("button", name="看原文").click()
    source = page.locator("#f-text")
    source.fill(source.input_value() + "\n\n请到社保窗口申请。\n\n|甲|乙|\n|-|-|\n|1|2|")
    page.locator("#panel-check .source li.bad").first.wait_for()
    axe(page)
    shot(page, "draft-markdown")
    page.get_by_role("button", name="放弃草稿").click()
    page.get_by_role("button", name="找回来").click()
    page.get_by_role("button", name="存草稿").wait_for()


def test_the_whole_file(page, as_role, as_it_was, axe):
    as_role(page, "supervisor").goto("/desk/questions?department=rsj")
    page.get_by_text("新写一条，或者改整个文件").click()
    page.get_by_role("button", name="人力资源和社会保障局").click()
    text = page.locator("#f-text")
    text.fill(text.input_value().replace("第一次办社保卡怎么申领", "头一次办社保卡怎么申领"))
    axe(page)
    page.get_by_role("button", name="发布").click()
    page.get_by_text("rsj.md 发布了").wait_for()
    assert "头一次办社保卡怎么申领" in as_it_was.read_text("utf-8")


def test_a_broken_file_is_told(page, as_role, as_it_was, shot):
    as_it_was.write_text(as_it_was.read_text("utf-8").replace("- 问法: 头一回", "- 头一回"), "utf-8")
    as_role(page, "clerk").goto("/desk/questions")
    assert page.get_by_text("线路继续用上一个正确的版本").is_visible()
    shot(page, "questions-broken")

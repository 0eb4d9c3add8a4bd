import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faq.samples import GOOD, HEADER
from voicebot.faq import Level
from voicebot.faq.faults import catalogue
from voicebot.faq.parse import parse

FILE = Path("faq/rsj.md")


def faults(text):
    return [(p.code, p.line) for p in parse(text, FILE).problems]


def body(*lines):
    """A file whose body begins in line 5."""
    return HEADER + "\n".join(lines) + "\n"


FULL = body(
    "## 社保卡丢了怎么补办 {#rsj-001}",
    "- 问法: 社会保障卡遗失补办 | 社保卡不见了去哪里补",
    "- 关键词: 社保卡, 补办、挂失",
    "- 有效期: 2026-01-01 至 2026-12-31",
    "- 依据: 文号 https://example.org/a",
    "",
    "请带身份证",
    "到网点补办。",
    "",
    "当场**可取**。",
    "",
    "> 短信: 更长的说明。",
    "> 网址 https://example.org/b",
)


def test_reads_the_whole_format():
    file = parse(FULL, FILE)
    assert file.problems == ()
    assert file.department.id == file.department.extension == "rsj"
    assert (file.department.name, file.department.sample, file.department.line) == ("人社局", False, 2)
    [entry] = file.entries
    assert entry.phrasings == ("社保卡丢了怎么补办", "社会保障卡遗失补办", "社保卡不见了去哪里补")
    assert entry.answer == "请带身份证到网点补办。\n当场可取。"
    assert entry.keywords == ("社保卡", "补办", "挂失")
    assert (entry.valid_from, entry.valid_to) == (date(2026, 1, 1), date(2026, 12, 31))
    assert entry.basis == "文号 https://example.org/a"
    assert entry.sms == "更长的说明。\n网址 https://example.org/b"
    assert (entry.file, entry.line, entry.department) == (FILE, 5, "rsj")


def test_knows_the_line_of_each_part():
    [entry] = parse(FULL, FILE).entries
    assert [entry.phrasing_line(n) for n in range(3)] == [5, 6, 6]
    assert [entry.answer_line(entry.answer.index(part)) for part in ("请带", "到网点", "当场")] == [11, 12, 14]
    assert entry.lines.validity == 8
    assert entry.place() == "faq/rsj.md:5"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace(": ", "："),
        lambda text: text.replace(" | ", "｜"),
        lambda text: text.replace("- ", "－ ").replace("2026－", "2026-"),
        lambda text: text.replace("- ", "• "),
        lambda text: re.sub("^- ", "-", text, flags=re.M),
        lambda text: re.sub("^- ", "", text, flags=re.M),
        lambda text: text.replace("## ", "＃＃　"),
        lambda text: text.replace("## ", "##"),
        lambda text: text.replace("{#rsj-001}", "｛＃ｒｓｊ－００１｝"),
        lambda text: text.replace("{#rsj-001}", "{rsj-001}"),
        lambda text: text.replace("---", "———"),
        lambda text: text.replace("department", "部门").replace("name", "名称"),
        lambda text: text.replace("> 短信", "＞短信").replace("> 网址", "网址"),
        lambda text: text.replace("> 短信", "短信").replace("> 网址", "网址"),
        lambda text: text.replace("https://example.org/a\n\n请带", "https://example.org/a\n请带\n").replace(
            "\n\n到", "\n到"
        ),
        lambda text: text.replace("请带", "　　请带"),
        lambda text: text.replace("请带", "    请带"),
        lambda text: text.replace("请带", "<!-- 备注 -->请带"),
        lambda text: text.replace("2026-01-01 至 2026-12-31", "2026年1月1日到2026年12月31日"),
        lambda text: text.replace("问法", "問法").replace("关键词", "關鍵詞").replace("请带", "請帶"),
        lambda text: text.replace(" | ", "\n  | "),
        lambda text: text.replace("当场", "---\n\n当场"),
    ],
    ids=lambda change: "",
)
def test_forgives_what_is_clearly_meant(change):
    plain, typed = parse(FULL, FILE), parse(change(FULL), FILE)
    assert change(FULL) != FULL
    assert [p for p in typed.problems if p.level is Level.ERROR] == []
    [a], [b] = plain.entries, typed.entries
    for part in ("id", "phrasings", "answer", "keywords", "valid_from", "valid_to", "basis"):
        assert getattr(a, part) == getattr(b, part)
    assert a.sms.split() == b.sms.split()


DATES = [
    ("2026-01-01 至 2026-12-31", date(2026, 1, 1), date(2026, 12, 31)),
    ("2026.1.1-2026.12.31", date(2026, 1, 1), date(2026, 12, 31)),
    ("2026/01/01～2026/12/31", date(2026, 1, 1), date(2026, 12, 31)),
    ("２０２６－０１－０１　至　２０２６－１２－３１", date(2026, 1, 1), date(2026, 12, 31)),
    ("20260101—20261231", date(2026, 1, 1), date(2026, 12, 31)),
    ("2026年1月1日起至2026年12月31日止", date(2026, 1, 1), date(2026, 12, 31)),
    ("2026-01-01 起", date(2026, 1, 1), None),
    ("2026-01-01 至", date(2026, 1, 1), None),
    ("2026-01-01 至今", date(2026, 1, 1), None),
    ("2026-01-01 至 长期", date(2026, 1, 1), None),
    ("2026年1月1日起长期有效", date(2026, 1, 1), None),
    ("至 2026-12-31", None, date(2026, 12, 31)),
    ("截至2026年12月31日止", None, date(2026, 12, 31)),
    ("长期", None, None),
    ("长期有效", None, None),
]


@pytest.mark.parametrize(("value", "first", "last"), DATES)
def test_dates(value, first, last):
    file = parse(body("## 问题 {#a}", "- 问法: 甲", f"- 有效期: {value}", "", "答。"), FILE)
    assert file.problems == ()
    assert (file.entries[0].valid_from, file.entries[0].valid_to) == (first, last)


HEAD = ("## 问题 {#rsj-001}", "- 问法: 甲", "- 有效期: 长期")

FAULTS = {
    "no header": ("## 问题 {#a}\n- 问法: 甲\n- 有效期: 长期\n\n答。", [("no-department", 1)]),
    "empty file": ("", [("no-department", 1)]),
    "header not closed": (
        "---\ndepartment: a\nname: 甲局\n## 问题 {#a}\n- 问法: 甲\n- 有效期: 长期\n\n答。",
        [("no-department", 1)],
    ),
    "header without department": ("---\nname: 甲局\n---\n", [("no-department", 1)]),
    "header with empty department": ("---\nname: 甲局\ndepartment:\n---\n", [("no-department", 3)]),
    "header not YAML": ("---\ndepartment: [a\nname: b\n---\n", [("no-department", 3)]),
    "header a list": ("---\n- a\n---\n", [("no-department", 1)]),
    "header with a nested value": ("---\ndepartment: a\nname: [a, b]\n---\n", [("no-department", 1)]),
    "department in Chinese": ("---\ndepartment: 人社\nname: 甲局\n---\n", [("bad-department", 2)]),
    "no name": ("---\ndepartment: a\n---\n", [("no-name", 2)]),
    "misspelt field": ("---\ndepartment: a\nname: 甲局\nextention: b\n---\n", [("unknown-field", 4)]),
    "no id": (body("## 问题", *HEAD[1:], "", "答。"), [("no-id", 5)]),
    "empty id": (body("## 问题 {#}", *HEAD[1:], "", "答。"), [("no-id", 5)]),
    "bad id": (body("## 问题 {#社保 1}", *HEAD[1:], "", "答。"), [("bad-id", 5)]),
    "no question": (body("## {#rsj-001}", *HEAD[1:], "", "答。"), [("no-question", 5)]),
    "no answer": (body(*HEAD), [("no-answer", 5)]),
    "answer only in the message": (body(*HEAD, "", "> 短信: 内容"), [("no-answer", 5)]),
    "answer only in a comment": (body(*HEAD, "", "<!-- 答 -->"), [("no-answer", 5)]),
    "no variants": (body("## 问题 {#a}", "- 有效期: 长期", "", "答。"), [("no-variants", 5)]),
    "empty variants": (body("## 问题 {#a}", "- 有效期: 长期", "- 问法: |", "", "答。"), [("no-variants", 7)]),
    "undated": (body(*HEAD[:2], "", "答。"), [("undated", 5)]),
    "empty date": (body(*HEAD[:2], "- 有效期:", "", "答。"), [("undated", 7)]),
    "a date that is not one": (body(*HEAD[:2], "- 有效期: 明年", "", "答。"), [("bad-date", 7)]),
    "a day that does not exist": (body(*HEAD[:2], "- 有效期: 2026-02-30 起", "", "答。"), [("bad-date", 7)]),
    "one date, unclear which": (body(*HEAD[:2], "- 有效期: 2026-02-03", "", "答。"), [("bad-date", 7)]),
    "dates in the wrong order": (
        body(*HEAD[:2], "- 有效期: 2026-02-03 至 2026-02-01", "", "答。"),
        [("date-order", 7)],
    ),
    "misspelt key": (body(*HEAD, "- 关健词: 甲", "", "答。"), [("unknown-key", 8)]),
    "misspelt only key": (
        body("## 问题 {#a}", "- 问发: 甲", "", "答。"),
        [("no-variants", 5), ("undated", 5), ("unknown-key", 6)],
    ),
    "unknown key": (body(*HEAD, "- 地点: 一楼", "", "答。"), [("unknown-key", 8)]),
    "item without colon": (body(*HEAD, "- 一楼大厅", "", "答。"), [("no-colon", 8)]),
    "key twice": (body(*HEAD, "- 有效期: 长期", "", "答。"), [("bad-date", 7), ("duplicate-key", 8)]),
    "message twice": (body(*HEAD, "", "答。", "", "> 短信: 甲", "", "> 短信: 乙"), [("duplicate-key", 13)]),
    "text before the first question": (body("说明。", "", *HEAD, "", "答。"), [("stray-text", 5)]),
    "sub-heading": (body(*HEAD, "", "### 材料", "答。"), [("sub-heading", 9)]),
    "quote that is no message": (body(*HEAD, "", "答。", "", "> 引用"), [("quote", 11)]),
    "comment not closed": (body(*HEAD, "", "答。", "", "<!-- 备注", "后面"), [("open-comment", 11)]),
    "table": (body(*HEAD, "", "| 甲 | 乙 |", "|---|---|", "| 一 | 二 |"), [("unspeakable-table", 9)]),
    "code": (body(*HEAD, "", "答。", "```", "代码", "```"), [("unspeakable-code", 10)]),
    "image": (body(*HEAD, "", "答。![图](a.png)"), [("unspeakable-image", 9)]),
    "HTML": (body(*HEAD, "", "答<b>案</b>。"), [("unspeakable-html", 9)]),
    "HTML block": (body(*HEAD, "", "<div>答</div>"), [("unspeakable-html", 9)]),
    "link": (body(*HEAD, "", "见[网站](https://example.org)。"), [("unspeakable-link", 9)]),
}


@pytest.mark.parametrize(("text", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_faults(text, expected):
    assert faults(text) == expected


def test_a_missing_id_is_offered_the_next_free_one():
    file = parse(body("## 甲 {#rsj-007}", "答。", "## 乙", "答。", "## 丙", "答。"), FILE)
    assert [e.id for e in file.entries] == ["rsj-007", "rsj-008", "rsj-009"]
    offers = [p.message for p in file.problems if p.code == "no-id"]
    assert "{#rsj-008}" in offers[0]
    assert "{#rsj-009}" in offers[1]


def test_a_misspelt_key_is_told_what_was_meant():
    [problem] = parse(body(*HEAD, "- 关健词: 甲", "", "答。"), FILE).problems
    assert "是不是“关键词”" in problem.message


def test_list_in_an_answer_is_spoken_in_order():
    file = parse(body(*HEAD, "", "分两步：", "", "1. 先挂失。", "2. 再补办。", "", "- 带身份证", "- 带照片"), FILE)
    assert file.problems == ()
    assert file.entries[0].answer == "分两步：\n第一，先挂失。\n第二，再补办。\n带身份证\n带照片"


def test_latin_words_at_a_line_end_keep_their_space():
    file = parse(body(*HEAD, "", "use", "this", "卡"), FILE)
    assert file.entries[0].answer == "use this卡"


def test_entries_of_a_broken_file_are_still_there():
    file = parse(GOOD.removeprefix("---\n"), FILE)
    assert file.department is None
    assert [e.id for e in file.entries] == ["rsj-001"]


MARKS = [
    "---\n",
    "\n\n",
    "## ",
    "{#a-1}",
    "- 问法: ",
    "- 有效期: ",
    "> 短信: ",
    "|",
    "<!--",
    "-->",
    "`",
    "*",
    "[",
    "](",
    "：",
    "＃",
    "1. ",
]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(st.one_of(st.sampled_from(MARKS), st.text(max_size=8))).map("".join)))
def test_never_raises_and_points_into_the_file(text):
    for candidate in (text, HEADER + text):
        file = parse(candidate, FILE)
        lines = len(re.split(r"\r\n|\r|\n", candidate))
        assert all(1 <= p.line <= lines and p.code in catalogue() for p in file.problems)
        assert all(1 <= e.line <= lines and e.id for e in file.entries)
        for entry in file.entries:
            assert all(1 <= entry.answer_line(n) <= lines for n in range(len(entry.answer)))


@given(
    st.lists(st.text("甲乙丙丁abc12", min_size=1), min_size=1, max_size=5), st.text("请带身份证到窗口办。", min_size=1)
)
def test_what_was_written_comes_back(variants, answer):
    file = parse(body("## 问题 {#rsj-001}", f"- 问法: {' | '.join(variants)}", "- 有效期: 长期", "", answer), FILE)
    assert file.problems == ()
    assert (file.entries[0].variants, file.entries[0].answer) == (tuple(variants), answer)

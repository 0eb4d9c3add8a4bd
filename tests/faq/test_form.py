"""An entry as a form and as Markdown; where it stands in its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faq.samples import HEADER, entry
from voicebot.errors import ContentError
from voicebot.faq.blocks import blocks
from voicebot.faq.form import Form, form_from, form_of, parse_block, written
from voicebot.faq.source import read_source

SAMPLE = sorted((Path(__file__).parent.parent.parent / "faq").glob("*.md"))
FULL = """## 社保卡丢了怎么补办 {#rsj-001}
- 问法: 卡丢了 | 卡没了
- 关键词: 社保卡, 补办
- 有效期: 2026-01-01 起
- 依据: 某文

请带身份证到网点补办。

> 短信: 第一行
> 第二行

<!-- 明年要改 -->"""


@pytest.mark.parametrize("file", SAMPLE, ids=lambda file: file.stem)
def test_every_sample_entry_comes_back_from_the_form_as_it_was(file):
    source = read_source(file.read_bytes())
    for block in blocks(source.text):
        assert written(form_of(block.text)).text == block.text
        assert source.with_block(block.id, block.text) == file.read_bytes()


def test_all_its_parts():
    form = form_of(FULL)
    assert form == Form(
        "rsj-001", "社保卡丢了怎么补办", ("卡丢了", "卡没了"), ("社保卡", "补办"), "2026-01-01 起", "某文",
        "请带身份证到网点补办。", "第一行\n第二行", ("<!-- 明年要改 -->",),
    )  # fmt: skip
    assert written(form).text == FULL


def test_which_field_a_line_comes_from():
    lines = written(form_of(FULL))
    assert lines.fields[:6] == ("question", "variants", "keywords", "validity", "basis", "")
    assert len(lines.fields) == len(lines.text.split("\n"))
    assert lines.fields[lines.text.split("\n").index("> 第二行")] == "sms"


WRITTEN_OTHERWISE = {
    "as notepad and Chinese keyboards have it": FULL.replace("- ", "－ ").replace(": ", "：").replace("##", "＃＃"),
    "phrasings one below the other": FULL.replace("- 问法: 卡丢了 | 卡没了", "- 问法:\n  卡丢了\n  卡没了"),
    "an answer as a list": FULL.replace("请带身份证到网点补办。", "1. 先挂失。\n2. 再补办。"),
    "the answer right under the list": FULL.replace("某文\n\n", "某文\n"),
}


@pytest.mark.parametrize("name", WRITTEN_OTHERWISE)
def test_the_form_loses_nothing(name):
    block = WRITTEN_OTHERWISE[name]
    form = form_of(block)
    if form is None:  # then it is edited as Markdown
        return
    before, after = (parse_block(text).entries[0] for text in (block, written(form).text))
    assert (before.answer, before.variants, before.sms) == (after.answer, after.variants, after.sms)


@pytest.mark.parametrize(
    "block", ["", "没有标题", FULL + "\n\n## 另一条 {#rsj-002}\n\n答。", FULL.replace("- 关键词:", "- 关健词错了:")]
)
def test_what_the_form_cannot_hold(block):
    assert form_of(block) is None


def test_what_is_typed_into_fields():
    fields = {"keywords": "甲、乙 丙", "validity": " 长期 ", "basis": "一\n二", "answer": "答。\r\n再答。 ", "sms": ""}
    form = form_from("a-1", question=" 问\n题 ", variants="一种\n二种 | 三种\n一种\n", **fields)
    assert form.variants == ("一种", "二种", "三种")
    assert form.keywords == ("甲", "乙", "丙")
    assert (form.question, form.basis, form.answer) == ("问 题", "一 二", "答。\n再答。")


TWO = HEADER + entry() + "\n# 小标题\n" + entry("rsj-002", "失业金怎么领") + "\n\n<!-- 完 -->\n"


def test_where_entries_stand():
    first, second = blocks(TWO)
    assert TWO[first.start : first.end] == first.text == entry().strip()
    assert second.text.endswith("<!-- 完 -->")
    assert "小标题" not in first.text + second.text


def test_one_of_two_alike_is_changed():
    source = read_source((HEADER + entry() + entry()).encode())
    assert source.with_block("rsj-001", "X").decode().count("rsj-001") == 1


def test_a_letter_the_encoding_has_not():
    source = read_source((HEADER + entry()).encode("gb18030"))
    assert source.codec == "gb18030"
    with pytest.raises(ContentError, match="不是文本"):
        read_source(b"\x00\x01")

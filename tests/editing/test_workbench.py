"""A draft tried before it is published: as `faq check`, `ask` and `faq confusion` would say."""

from __future__ import annotations

import pytest

from tests.faq.samples import TODAY
from voicebot.data_files import load_lexicon
from voicebot.events import typed
from voicebot.faq.load import load_folder
from voicebot.knowledge import knowledge_of
from voicebot.matching import Bands, Outcome
from voicebot.questions.folder import Folder
from voicebot.questions.workbench import Workbench

CARD = "## 社保卡丢了怎么补办 {#rsj-001}\n- 问法: 社保卡不见了去哪里补\n- 有效期: 长期\n\n请带身份证到网点补办。"


@pytest.fixture(scope="module")
def lexicon():
    return load_lexicon()


@pytest.fixture
def bench(folder, lexicon):
    known = knowledge_of(load_folder(folder, TODAY), lexicon, Bands(), TODAY)
    hears = {"knows": lambda: "社保卡".__contains__, "lexicon": lambda: lexicon}
    return Workbench(lambda: known, Bands(), lambda: TODAY, **hears)


@pytest.fixture
def disk(folder):
    return Folder(folder, lambda: TODAY).faq()


def codes(marks):
    return {(mark.line, mark.code) for mark in marks if mark.code != "unhearable"}


MARKED = {
    "nothing": (CARD, set()),
    "an address in the answer": (CARD + "\n见 www.example.com", {(6, "unspeakable-url")}),
    "no answer": (CARD.replace("请带身份证到网点补办。", ""), {(1, "no-answer")}),
    "expired": (CARD.replace("长期", "2020-01-01 至 2020-12-31"), {(3, "expired")}),
    "the question of another": (CARD.replace("社保卡不见了去哪里补", "失业金怎么领"), {(2, "duplicate-question")}),
    "the id of another": (CARD.replace("rsj-001", "ybj-001"), {(1, "duplicate-id")}),
    "two entries": (CARD + "\n\n## 又一条 {#rsj-009}\n- 问法: 甲\n- 有效期: 长期\n\n答。", {(7, "one-entry")}),
    "no heading": ("只有一句话", {(1, "stray-text"), (1, "no-entries")}),
}


@pytest.mark.parametrize("name", MARKED)
def test_faults_with_their_lines(bench, disk, name):
    text, expected = MARKED[name]
    assert codes(bench.check(text, "rsj", "rsj-001", disk)) == expected


def test_a_phrasing_that_belongs_to_another(bench, disk):
    text = CARD.replace("社保卡不见了去哪里补", "去外地住院看病先备案吗")
    assert "matches-another" not in {mark.code for mark in bench.check(text, "rsj", "rsj-001", disk)}
    assert (2, "matches-another") in codes(bench.check(text, "rsj", "rsj-001", disk, thorough=True))


def test_the_draft_answers_where_it_stands(bench):
    before = bench.ask("那张小卡片让我弄没了", CARD, "rsj", "rsj-001")
    better = CARD.replace("不见了去哪里补", "没了 | 那张小卡片弄没了")
    after = bench.ask("那张小卡片让我弄没了", better, "rsj", "rsj-001")
    assert before.understanding.outcome is not Outcome.ANSWER
    assert after.understanding.outcome is Outcome.ANSWER
    assert after.understanding.ranking.best.entry == "rsj-001"
    assert any("为什么是" in line for line in after.reasons)


def test_an_entry_that_is_taken_out_answers_nothing(bench):
    found = bench.ask("社保卡丢了怎么补办", "", "rsj", "rsj-001").understanding.ranking.candidates
    assert "rsj-001" not in [one.entry for one in found]


def test_a_draft_that_takes_the_questions_of_another(bench):
    ways = "没工作了领钱 | 没工作能领钱吗 | 没有工作了能不能领钱"
    thief = f"## 领失业金 {{#rsj-009}}\n- 问法: {ways}\n- 有效期: 长期\n\n答。"
    taken = bench.confusion(thief, "rsj", "rsj-009")
    assert any((one.owner, one.taker, one.since) == ("rsj-002", "rsj-009", "new-entry") for one in taken)
    assert bench.confusion("没有标题", "rsj", "rsj-009") == []


def test_as_the_whole_faq_would_say(bench, folder, lexicon):
    """With few entries all are neighbours: a draft that changes nothing is answered exactly as the line does."""
    known = knowledge_of(load_folder(folder, TODAY), lexicon, Bands(), TODAY)
    text = (folder / "rsj.md").read_text("utf-8").split("\n\n", 1)[1].split("\n\n## ")[0]
    for question in ("社保卡丢了怎么补办", "卡丢了", "失业金领多久"):
        tried = bench.ask(question, text, "rsj", "rsj-001").understanding
        assert tried.outcome is known.understand(typed(question)).outcome

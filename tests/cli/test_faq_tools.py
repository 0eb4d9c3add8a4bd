"""`voicebot ask --explain`, `faq confusion`, `faq suggest`: what clerks see."""

import json

import pytest

from voicebot import wiring
from voicebot.cli.faq_suggest import proposals
from voicebot.data_files import load_lexicon
from voicebot.dialogue.commands import Decision
from voicebot.faq.entry import Entry
from voicebot.matching import Bands, Outcome
from voicebot.store.models import Turn

HEAD = "---\ndepartment: rsj\nname: 人社局\n---\n"
CARD = (
    "## 社保卡丢了怎么补办 {#rsj-001}\n- 问法: 社保卡遗失去哪里补 | 社保卡不见了怎么办 | 社保卡没了\n\n请带身份证。\n\n"
)
WAGES = "## 单位拖欠工资怎么办 {#rsj-002}\n- 问法: 老板不发工资去哪里告 | 工资一直不给\n\n请到劳动监察。\n\n"
THIEF = "## 卡没了怎么办 {#rsj-003}\n- 问法: 社保的卡没了 | 社保卡没了呢 | 社保卡没了怎么弄\n\n请等一等。\n\n"


@pytest.fixture
def folders(tmp_path):
    for name, text in {"old": CARD + WAGES, "new": CARD + WAGES + THIEF}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "rsj.md").write_text(HEAD + text, "utf-8")
    return tmp_path / "old", tmp_path / "new"


def test_a_new_entry_that_takes_phrasings_fails(run, folders):
    old, new = folders
    code, printed = run("faq", "confusion", new, "--against", old, "--json")
    taken = [json.loads(line) for line in printed.splitlines()]
    assert code == 1
    assert any(one["taker"] == "rsj-003" and one["since"] == "new-entry" for one in taken)


def test_nothing_new_passes(run, folders):
    old, _ = folders
    code, printed = run("faq", "confusion", old, "--against", old)
    assert code == 0
    assert "抢走的 0 种" in printed


def test_why_an_entry_won_and_what_would_change_it(run, folders):
    code, printed = run("ask", "社保卡找不着了咋整", "--faq", folders[0], "--explain")
    assert code == 0
    assert "为什么是“社保卡丢了怎么补办”" in printed
    assert "把握从" in printed


def test_explained_for_machines(run, folders):
    report = json.loads(run("ask", "社保卡找不着了咋整", "--faq", folders[0], "--explain", "--json")[1])
    assert report["explanation"][0]["entry"] == report["entry"] == "rsj-001"
    assert report["explanation"][0]["reasons"]


def test_phrasings_still_missed_come_from_the_record(run):
    config = wiring.settings({"VOICEBOT_DATA": str(run.data), "VOICEBOT_SECRET": "a secret for tests only"})
    record = wiring.open_record(config)
    record.call_started("CA1", "+15005550009", "+15005550001")
    said = [
        ("那张小卡片让我弄没了", Outcome.UNSURE, Decision.ASKED_REPHRASE, None),
        ("工资", Outcome.CONFIRM, Decision.ASKED_CONFIRM, "rsj-002"),
        ("社保卡丢了怎么补办", Outcome.ANSWER, Decision.ANSWERED, "rsj-001"),
        ("谢谢", None, Decision.FAREWELL, None),
    ]
    with record._database.writing() as session:
        for n, (text, outcome, decision, entry) in enumerate(said, 1):
            heard = [{"text": text, "confidence": 1.0, "words": []}]
            turn = {"call_id": "CA1", "n": n, "at_s": 1.0, "state": "listening", "heard": heard, "key": None}
            session.add(Turn(**turn, outcome=outcome, decision=decision, entry=entry, audio_s=1.0, decode_s=0.1))
    assert record.said_before("rsj-001") == ["那张小卡片让我弄没了", "工资"]
    assert record.said_before("rsj-002") == []
    code, printed = run("faq", "suggest", "rsj-001", "--json")
    assert code == 0
    assert "那张小卡片让我弄没了" in [json.loads(line)["phrasing"] for line in printed.splitlines()]


def test_what_is_answered_or_listed_is_not_proposed():
    entries = [
        Entry("a", "", "社保卡丢了怎么补办", ("社保卡遗失补办",), "", ()),
        Entry("b", "", "结婚登记", (), "", ()),
    ]
    said = ["社保卡丢了怎么补办", "喂你好社保卡遗失补办", "嗯", "那张小卡片弄没了", "那张小卡片弄没了"]
    found = proposals(said, "a", entries, load_lexicon(), Bands())
    assert [(one.phrasing, one.calls) for one in found] == [("那张小卡片弄没了", 2)]


def test_an_entry_that_is_not_there(run):
    assert run("faq", "suggest", "nobody")[0] == 1

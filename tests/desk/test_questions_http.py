"""常见问题 and 高频缺口 without a browser: without scripts, and what is refused."""

from __future__ import annotations

import re

import pytest

from tests.desk.asking import fill_questions
from voicebot.store.question_models import GapState


@pytest.fixture(scope="module", autouse=True)
def filled(desk):
    fill_questions(desk.record, desk.clock)


def draft_of(client, entry="rsj-003"):
    answer = client.send(f"/desk/questions/entry/{entry}/edit")
    assert answer.status_code == 303
    return answer.location


@pytest.mark.parametrize(
    ("do", "shown"), [("check", "检查"), ("try", "线路会"), ("confusion", "抢"), ("listen", "电话里放的就是")]
)
def test_panels_without_scripts(desk, do, shown):
    client = desk.client("clerk")
    where = draft_of(client)
    fields = {
        "question": "养老保险断缴了能补吗",
        "variants": "断了能补吗",
        "answer": "不会清零。",
        "try": "养老断了咋办",
    }
    page = client.send(where, do=do, version="1", **{"as": "form"}, **fields).get_data(as_text=True)
    assert shown in page
    assert "不会清零。" in page


def test_of_another_department(desk):
    assert desk.client("clerk_gjj").send("/desk/questions/entry/rsj-003/edit").status_code == 403
    where = draft_of(desk.client("clerk"))
    assert desk.client("clerk_gjj").get(where).status_code == 404
    assert desk.client("leader").get(where).status_code == 403
    assert desk.client("clerk").send("/desk/questions/entry/rsj-003/undo", key="x", seen="y").status_code == 403


def test_a_clerk_cannot_publish_by_hand(desk):
    client = desk.client("clerk")
    where = draft_of(client)
    version = re.search(r'name="version" value="(\d+)"', client.get(where).get_data(as_text=True))[1]
    answer = client.send(where, do="publish", version=version, text="## 养老保险断缴了能补吗 {#rsj-003}\n\n改了。")
    assert "发布和撤回由主管来做" in answer.get_data(as_text=True)
    assert "改了。" not in (desk.bot.settings.faq / "rsj.md").read_text("utf-8")


@pytest.mark.parametrize("path", ["entry/none-1", "entry/none-1/history", "draft/99999", "sound/nothing"])
def test_what_is_not_there(desk, path):
    assert desk.client("supervisor").get(f"/desk/questions/{path}").status_code == 404


def test_the_answer_as_it_sounds(desk):
    found = desk.client("clerk").get("/desk/questions/sound/answers/rsj-001")
    assert found.data[:4] == b"RIFF"
    assert found.mimetype == "audio/wav"


def test_gaps_belong_to_their_unit(desk):
    groups = {line.group.department: line.group.id for line in _lines(desk)}
    assert desk.client("clerk").get(f"/desk/gaps/{groups['rsj']}").status_code == 200
    assert desk.client("clerk").get(f"/desk/gaps/{groups['gjj']}").status_code == 404
    page = desk.client("clerk").get("/desk/gaps").get_data(as_text=True)
    assert "遗体" in page
    assert "停车" not in page
    for deed in ("split", "join", "decide", "draft"):
        assert desk.client("clerk").send(f"/desk/gaps/{groups['gjj']}/{deed}").status_code == 404
    assert desk.client("clerk").send(f"/desk/gaps/{groups['rsj']}/join", other=str(groups["gjj"])).status_code == 404
    assert desk.client("auditor").get("/desk/gaps").status_code == 403


def test_staffs_words_are_masked_too(desk):
    group = next(line.group.id for line in _lines(desk) if line.group.department == "rsj")
    page = desk.client("clerk").get(f"/desk/gaps/{group}").get_data(as_text=True)
    assert "红十字会" in page
    assert "13812345678" not in page
    assert desk.audited("gap.view")[-1] == ("w1", str(group))


def _lines(desk):
    from datetime import timedelta

    from voicebot.store.gaps import GapFilter

    now = desk.clock()
    return desk.record.gap_lines(GapFilter(now - timedelta(days=90), now, state=GapState.OPEN), limit=20)[0]

"""Drafts, publishing, conflicts: nothing of anybody is lost, and nothing broken reaches the line."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.editing.conftest import CHIEF, CLERK, COLLEAGUE, LEADER, RSJ, STRANGER
from tests.faq.samples import TODAY
from voicebot.faq.lint import load_checked
from voicebot.faq.reload import FaqWatcher
from voicebot.questions.history import history
from voicebot.questions.publishing import Conflict, EditRefused
from voicebot.store.question_models import DraftState

BETTER = "请带身份证到任何一个社保网点补办。"


def better(draft, answer=BETTER):
    return draft.text.replace("请带身份证到服务网点补办。", answer)


def published(editor, staff, entry, change, why="口径更新"):
    draft = editor.edit(staff, entry)
    draft = editor.save(staff, draft.id, draft.version, change(draft), why)
    return editor.publish(CHIEF, draft.id, draft.version)


def test_the_rest_of_the_file_stays_byte_for_byte(editor, folder):
    before = (folder / "rsj.md").read_bytes()
    published(editor, CLERK, "rsj-001", better)
    after = (folder / "rsj.md").read_bytes()
    assert after == before.replace("请带身份证到服务网点补办。".encode(), BETTER.encode())
    assert [one.name for one in folder.iterdir() if one.name.startswith(".")] == []


@pytest.mark.parametrize(
    "encoded",
    [
        RSJ.replace("\n", "\r\n").encode(),
        RSJ.encode("utf-8-sig"),
        RSJ.encode("utf-16"),
        RSJ.replace("\n", "\r\n").encode("gb18030"),
        (RSJ + "\n\n<!-- 备注 -->\n\n").encode(),
    ],
    ids=["windows", "mark", "utf-16", "gbk", "comment at the end"],
)
def test_whatever_editor_wrote_the_file(editor, folder, encoded):
    (folder / "rsj.md").write_bytes(encoded)
    published(editor, CLERK, "rsj-001", better)
    codec = "utf-16" if encoded.startswith(b"\xff\xfe") else "gb18030" if b"\xc9\xe7" in encoded else "utf-8"
    old, new = (text.encode(codec).removeprefix(b"\xff\xfe") for text in ("请带身份证到服务网点补办。", BETTER))
    assert (folder / "rsj.md").read_bytes() == encoded.replace(old, new)


def test_an_entry_is_added_and_taken_out(editor, folder):
    draft = editor.add(CLERK, "rsj", lambda id_: f"## 退休金几号发 {{#{id_}}}\n- 问法: 养老金哪天到账\n\n每月十五号。")
    assert draft.entry == "rsj-003"
    assert editor.add(COLLEAGUE, "rsj", lambda id_: f"## {id_}").entry == "rsj-004"  # nobody gets the same id
    editor.publish(CHIEF, draft.id, draft.version)
    text = (folder / "rsj.md").read_text("utf-8")
    assert text == RSJ + "\n## 退休金几号发 {#rsj-003}\n- 问法: 养老金哪天到账\n\n每月十五号。\n"
    published(editor, CLERK, "rsj-003", lambda draft: "")
    assert (folder / "rsj.md").read_text("utf-8").strip() == RSJ.strip()


def test_what_was_changed_on_disk_meanwhile_is_shown_and_kept(editor, folder):
    draft = editor.edit(CLERK, "rsj-001")
    draft = editor.save(CLERK, draft.id, draft.version, better(draft))
    elsewhere = (folder / "rsj.md").read_text("utf-8").replace("到服务网点", "到政务大厅")
    (folder / "rsj.md").write_text(elsewhere, "utf-8")
    with pytest.raises(Conflict) as conflict:
        editor.publish(CHIEF, draft.id, draft.version)
    assert "到政务大厅" in conflict.value.standing
    assert (folder / "rsj.md").read_text("utf-8") == elsewhere
    seen = editor.conflict(draft).standing
    draft = editor.settle(CLERK, draft.id, draft.version, seen, draft.text.replace(BETTER, "请到大厅或者网点补办。"))
    editor.publish(CHIEF, draft.id, draft.version)
    assert "请到大厅或者网点补办。" in (folder / "rsj.md").read_text("utf-8")


def test_another_entry_of_the_file_is_no_conflict(editor, folder):
    draft = editor.edit(CLERK, "rsj-001")
    draft = editor.save(CLERK, draft.id, draft.version, better(draft))
    path = folder / "rsj.md"
    path.write_text(path.read_text("utf-8").replace("请到社保窗口申请。", "请在网上申请。"), "utf-8")
    editor.publish(CHIEF, draft.id, draft.version)
    assert BETTER in path.read_text("utf-8")
    assert "请在网上申请。" in path.read_text("utf-8")


def test_two_people_edit_one_entry_and_nothing_is_lost(make_editor, record, another, folder):
    """Both write, both press publish at the same moment, in different processes: one is published, the other sees both
    sides, decides, and every word of either stands in a version or a draft.
    """
    first, second = make_editor(record), make_editor(another)
    drafts = []
    for editor, staff, answer in ((first, CLERK, "甲写的答案。"), (second, COLLEAGUE, "乙写的答案。")):
        draft = editor.edit(staff, "rsj-001")
        drafts.append(editor.save(staff, draft.id, draft.version, better(draft, answer)))
    assert drafts[0].id != drafts[1].id

    def publish(pair):
        editor, draft = pair
        try:
            return editor.publish(CHIEF, draft.id, draft.version)
        except Conflict as conflict:
            return conflict

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(publish, zip((first, second), drafts, strict=True)))
    lost = next(n for n, result in enumerate(results) if isinstance(result, Conflict))
    assert not isinstance(results[1 - lost], Conflict)
    assert ["甲写的答案。", "乙写的答案。"][1 - lost] in results[lost].standing
    kept = record.draft(drafts[lost].id)
    assert kept.state is DraftState.OPEN
    assert ["甲写的答案。", "乙写的答案。"][lost] in kept.text

    editor = (first, second)[lost]
    text = kept.text.replace(["甲写的答案。", "乙写的答案。"][lost], "甲写的答案。乙写的答案。")
    draft = editor.settle((CLERK, COLLEAGUE)[lost], kept.id, kept.version, results[lost].standing, text)
    editor.publish(CHIEF, draft.id, draft.version)
    assert "甲写的答案。乙写的答案。" in (folder / "rsj.md").read_text("utf-8")
    assert len(record.versions("rsj.md", "rsj-001")) == 2


def test_two_windows_of_one_person(editor):
    draft = editor.edit(CLERK, "rsj-001")
    again = editor.edit(CLERK, "rsj-001")
    assert again.id == draft.id
    editor.save(CLERK, draft.id, draft.version, better(draft))
    with pytest.raises(EditRefused, match="另一个窗口"):
        editor.save(CLERK, again.id, again.version, better(again, "别的。"))
    assert BETTER in editor.draft(CLERK, draft.id).text


BROKEN = {
    "no answer": (lambda text: text.replace("请带身份证到服务网点补办。", ""), "没有答案"),
    "a web address": (lambda text: text + "网址是 www.example.com。", "念出来听不懂"),
    "another id": (lambda text: text.replace("rsj-001", "rsj-009"), "编号要写成"),
    "the id of another": (lambda text: text.replace("rsj-001", "rsj-002"), "编号要写成"),
    "the same question as another": (lambda text: text.replace("社保卡丢了怎么补办", "失业金怎么领"), "一模一样"),
    "too long": (lambda text: text + "请您慢慢听我说" * 40, "超过"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_the_line_could_not_serve_is_not_published(editor, folder, name):
    change, told = BROKEN[name]
    before = (folder / "rsj.md").read_bytes()
    draft = editor.edit(CLERK, "rsj-001")
    draft = editor.save(CLERK, draft.id, draft.version, change(draft.text))
    with pytest.raises(EditRefused, match=told):
        editor.publish(CHIEF, draft.id, draft.version)
    assert (folder / "rsj.md").read_bytes() == before
    assert editor.draft(CLERK, draft.id).state is DraftState.OPEN


def test_a_fault_that_was_there_before_keeps_nobody_from_mending_another(editor, folder):
    path = folder / "rsj.md"
    path.write_text(RSJ.replace("请到社保窗口申请。", "见 www.example.com。"), "utf-8")
    done = published(editor, CLERK, "rsj-001", better)
    assert BETTER in path.read_text("utf-8")
    assert done.version.entry == "rsj-001"


def test_a_broken_file_never_reaches_the_line(editor, folder):
    """Broken behind the desk's back: the line goes on with what it had, the desk says so and mends it."""
    served, told = [], []
    watcher = FaqWatcher(folder, on_good=served.append, on_bad=told.append, today=lambda: TODAY)
    watcher._refresh()
    path = folder / "rsj.md"
    path.write_text(RSJ.replace("- 问法: 没工作", "- 没工作"), "utf-8")
    watcher._refresh()
    assert (len(served), len(told)) == (1, 1)
    assert editor.faults()
    published(editor, CLERK, "rsj-001", better)
    watcher._refresh()
    assert len(served) == 1
    published(editor, CLERK, "rsj-002", lambda draft: draft.text.replace("- 没工作", "- 问法: 没工作"))
    watcher._refresh()
    assert len(served) == 2
    assert served[-1]["rsj-001"].answer == BETTER
    assert load_checked(folder, TODAY).errors == ()


RIGHTS = {
    "a clerk edits": (CLERK, True, False),
    "a clerk of another unit": (STRANGER, False, False),
    "a supervisor": (CHIEF, True, True),
    "a leader": (LEADER, False, False),
}


@pytest.mark.parametrize("name", RIGHTS)
def test_rights(editor, name):
    staff, edits, publishes = RIGHTS[name]
    if not edits:
        with pytest.raises(EditRefused, match="本部门"):
            editor.edit(staff, "rsj-001")
        return
    draft = editor.edit(staff, "rsj-001")
    draft = editor.save(staff, draft.id, draft.version, better(draft), submit=True)
    if not publishes:
        with pytest.raises(EditRefused, match="主管"):
            editor.publish(staff, draft.id, draft.version)
    editor.publish(CHIEF, draft.id, draft.version)


def test_a_draft_is_its_authors(editor):
    draft = editor.edit(CLERK, "rsj-001")
    with pytest.raises(EditRefused):
        editor.save(COLLEAGUE, draft.id, draft.version, "x")
    with pytest.raises(EditRefused):
        editor.draft(STRANGER, draft.id)
    draft = editor.save(CHIEF, draft.id, draft.version, better(draft))  # who answers for it may put a word right
    assert editor.discard(CLERK, draft.id).id == draft.id
    with pytest.raises(EditRefused, match="已经发布或者放弃"):
        editor.publish(CHIEF, draft.id, draft.version)
    editor.restore(CLERK, draft.id)
    assert BETTER in editor.draft(CLERK, draft.id).text


def test_history_and_undo_without_git(editor, record, folder):
    published(editor, CLERK, "rsj-001", better)
    published(editor, COLLEAGUE, "rsj-001", lambda draft: draft.text.replace(BETTER, "第三版答案。"), "又改")
    past = history(editor.folder, record, "rsj.md", "rsj-001")
    assert [(one.name, one.why) for one in past] == [
        ("周主管", "rsj-001：又改"), ("周主管", "rsj-001：口径更新"), ("", "此前的内容")
    ]  # fmt: skip
    editor.put_back(CHIEF, "rsj.md", "rsj-001", past[-1].text, past[0].text, "改错了")
    assert (folder / "rsj.md").read_text("utf-8") == RSJ
    with pytest.raises(Conflict):
        editor.put_back(CHIEF, "rsj.md", "rsj-001", past[1].text, past[0].text, "再来")
    with pytest.raises(EditRefused, match="主管"):
        editor.put_back(CLERK, "rsj.md", "rsj-001", past[1].text, past[-1].text, "再来")


def test_history_and_undo_with_git(editor, record, folder, git):
    done = published(editor, CLERK, "rsj-001", better)
    assert git("rev-parse", "HEAD") == done.version.commit
    assert git("log", "-1", "--format=%an %ae %cn") == "周主管 z1@desk.invalid 连心线"
    assert git("log", "-1", "--format=%B") == "rsj-001：口径更新\n\n起草：王一；发布：周主管"
    published(editor, CLERK, "rsj-002", lambda draft: draft.text.replace("社保窗口", "人社窗口"))
    path = folder / "rsj.md"
    path.write_text(path.read_text("utf-8").replace(BETTER, "手改的答案。"), "utf-8")
    git("commit", "-q", "-a", "-m", "by hand")
    past = history(editor.folder, record, "rsj.md", "rsj-001")
    assert [one.why.partition("\n")[0] for one in past] == ["by hand", "rsj-001：口径更新", "first"]
    assert [("手改" in one.text, BETTER in one.text) for one in past] == [(True, False), (False, True), (False, False)]
    editor.put_back(CHIEF, "rsj.md", "rsj-001", past[1].text, past[0].text, "按文件来")
    assert BETTER in path.read_text("utf-8")
    assert git("log", "-1", "--format=%s") == "rsj-001：撤回：按文件来"
    assert git("status", "--porcelain") == ""


def test_uncommitted_work_on_disk_gets_a_commit_of_its_own(editor, folder, git):
    (folder / "ybj.md").write_text((folder / "ybj.md").read_text("utf-8") + "\n<!-- 还没写完 -->\n", "utf-8")
    path = folder / "rsj.md"
    path.write_text(path.read_text("utf-8").replace("请到社保窗口申请。", "请到大厅申请。"), "utf-8")
    published(editor, CLERK, "rsj-001", better)
    assert git("log", "-2", "--format=%an").splitlines() == ["周主管", "磁盘上的修改"]
    assert "大厅" not in git("show", "-1", "--format=", "--unified=0")
    assert git("status", "--porcelain") == "M ybj.md"  # another file is left alone


def test_a_repository_that_refuses_keeps_nobody_waiting(editor, folder, git):
    (folder / ".git" / "index.lock").touch()
    done = published(editor, CLERK, "rsj-001", better)
    assert BETTER in (folder / "rsj.md").read_text("utf-8")
    assert done.version.commit == ""
    assert "没有存进版本库" in done.warning


def test_the_whole_file_as_markdown(editor, folder):
    draft = editor.edit_file(CLERK, "rsj")
    draft = editor.save(CLERK, draft.id, draft.version, better(draft))
    editor.publish(CHIEF, draft.id, draft.version)
    assert BETTER in (folder / "rsj.md").read_text("utf-8")
    draft = editor.edit_file(CLERK, "rsj")
    published(editor, COLLEAGUE, "rsj-002", lambda draft: draft.text.replace("窗口", "大厅"))
    draft = editor.save(CLERK, draft.id, draft.version, draft.text + "\n<!-- 备注 -->")
    with pytest.raises(Conflict):
        editor.publish(CHIEF, draft.id, draft.version)

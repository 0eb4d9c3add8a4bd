from datetime import date

import pytest

from tests.faq.samples import GOOD, HEADER, OTHER, TODAY, entry, write
from voicebot.faq import Level
from voicebot.faq.load import decode, load_folder, servable


def faults(faq):
    return [(p.file, p.line, p.code) for p in faq.problems]


def test_reads_every_file_in_order(tmp_path):
    faq = load_folder(write(tmp_path, ybj=OTHER, rsj=GOOD), TODAY)
    assert [d.id for d in faq.departments] == ["rsj", "ybj"]
    assert [e.id for e in faq.entries] == ["rsj-001", "ybj-001"]
    assert (faq.problems, faq.errors) == ((), ())
    assert faq["ybj-001"].place() == "faq/ybj.md:6"
    assert "rsj-002" not in faq


def test_shows_paths_from_the_folder_whatever_way_it_is_named(tmp_path, monkeypatch):
    folder = write(tmp_path, rsj=HEADER)
    monkeypatch.chdir(folder)
    for name in (folder, folder / ".." / "faq", folder.relative_to(folder)):
        assert faults(load_folder(name, TODAY)) == [("faq/rsj.md", 1, "no-entries")]


def test_reports_all_faults_of_a_folder_at_once(tmp_path):
    folder = write(
        tmp_path,
        a=HEADER + entry("rsj-001") + entry("rsj-001", "另一个问题", validity="2020-01-01 至 2020-12-31"),
        b=HEADER + entry("rsj-001", "第三个问题", validity="2030-01-01 起") + "\n## 没有编号\n",
        c="没有文件头",
    )
    (folder / "d.md.txt").write_text("x")
    assert faults(load_folder(folder, TODAY)) == [
        ("faq/a.md", 12, "duplicate-id"),
        ("faq/a.md", 14, "expired"),
        ("faq/b.md", 2, "duplicate-department"),
        ("faq/b.md", 6, "duplicate-id"),
        ("faq/b.md", 8, "not-yet-valid"),
        ("faq/b.md", 12, "no-answer"),
        ("faq/b.md", 12, "no-id"),
        ("faq/b.md", 12, "no-variants"),
        ("faq/b.md", 12, "undated"),
        ("faq/c.md", 1, "no-department"),
        ("faq/d.md.txt", 1, "ignored-file"),
    ]


def test_offers_ids_that_are_free(tmp_path):
    text = HEADER + entry("rsj-001") + entry("rsj-001", "二") + entry("rsj-005", "三") + entry("rsj-001", "四")
    messages = [p.message for p in load_folder(write(tmp_path, rsj=text), TODAY).problems]
    assert "faq/rsj.md:6" in messages[0]
    assert "{#rsj-006}" in messages[0]
    assert "{#rsj-007}" in messages[1]


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2025, 12, 31), "not-yet-valid"),
        (date(2026, 1, 1), None),
        (date(2026, 12, 31), None),
        (date(2027, 1, 1), "expired"),
    ],
)
def test_validity_is_judged_on_the_day_given(tmp_path, day, code):
    faq = load_folder(write(tmp_path, rsj=GOOD), day)
    assert [p.code for p in faq.problems] == ([code] if code else [])
    assert faq.errors == ()
    assert faq.entries[0].valid_on(day) is (code is None)


@pytest.mark.parametrize(("encoding", "code"), [("utf-8-sig", None), ("gbk", "encoding"), ("utf-16", "encoding")])
def test_reads_what_office_programs_write(tmp_path, encoding, code):
    folder = write(tmp_path, rsj=GOOD)
    (folder / "rsj.md").write_bytes(GOOD.replace("\n", "\r\n").encode(encoding))
    faq = load_folder(folder, TODAY)
    assert [(p.code, p.level) for p in faq.problems] == ([(code, Level.WARNING)] if code else [])
    assert faq.entries == load_folder(write(tmp_path, rsj=GOOD), TODAY).entries


@pytest.mark.parametrize("data", [b"PK\x03\x04\x00\x00", b"\xff\xfe\x00", b"\x81\x30\xff"])
def test_reports_what_is_no_text(tmp_path, data):
    folder = write(tmp_path, rsj=GOOD)
    (folder / "x.md").write_bytes(data)
    assert faults(load_folder(folder, TODAY)) == [("faq/x.md", 1, "bad-encoding")]
    with pytest.raises(UnicodeDecodeError):
        decode(data)


def test_reports_a_file_that_cannot_be_read(tmp_path):
    folder = write(tmp_path, rsj=GOOD)
    (folder / "loop.md").symlink_to(folder / "loop.md")
    (folder / "gone.md").symlink_to(folder / "nowhere")
    (folder / "folder.md").mkdir()
    assert load_folder(folder, TODAY).problems == ()  # none of them is a file


@pytest.mark.parametrize("name", ["README.md", ".rsj.md", "~$rsj.md", "_draft.md"])
def test_leaves_alone_what_is_no_faq(tmp_path, name):
    folder = write(tmp_path, rsj=GOOD)
    (folder / name).write_text("# 说明")
    assert load_folder(folder, TODAY).problems == ()


def test_an_empty_or_missing_folder_is_an_error(tmp_path):
    assert faults(load_folder(write(tmp_path), TODAY)) == [("faq", 1, "no-files")]
    assert faults(load_folder(tmp_path / "nothing", TODAY)) == [("nothing", 1, "no-folder")]
    assert len(load_folder(tmp_path / "nothing", TODAY).errors) == 1


def test_at_a_start_only_faulty_entries_and_files_are_left_out(tmp_path):
    folder = write(
        tmp_path,
        a=HEADER + entry("rsj-001", answer="") + entry("rsj-002", "二") + entry("rsj-002", "三"),
        b=OTHER.replace("---\ndep", "--\ndep"),
        c=OTHER.replace("ybj", "gjj"),
    )
    faq = load_folder(folder, TODAY)
    assert len(faq.entries) == 5
    assert [e.question for e in servable(faq).entries] == ["二", "异地看病怎么备案"]
    assert servable(faq)["gjj-001"].department == "gjj"
    assert servable(faq).problems == faq.problems

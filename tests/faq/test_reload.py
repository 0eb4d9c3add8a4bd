"""Hot reload with real files. Waiting is for events, never for time."""

import os
import queue
import shutil
from datetime import date

import pytest

from tests.faq.samples import GOOD, HEADER, OTHER, TODAY, entry, write
from voicebot.faq.reload import FaqWatcher

BROKEN = HEADER + "\n## 没有编号\n"
NEWER = HEADER + entry(answer="现在可以在手机上补办。")


class Desk:
    """Receives what the watcher says; `next` waits for it."""

    def __init__(self, refuse=()):
        self.said = queue.Queue()
        self.refuse = refuse

    def good(self, faq):
        if any(e.id in self.refuse for e in faq.entries):
            raise RuntimeError("no index")
        self.said.put(("good", sorted(e.id for e in faq.entries)))

    def bad(self, problems):
        self.said.put(("bad", sorted({p.code for p in problems if p.level == "error"})))

    def next(self):
        return self.said.get(timeout=20)

    def until(self, *expected):
        while (said := self.next()) != expected:
            pass
        return said


@pytest.fixture
def watching(tmp_path):
    started = []

    def start(folder, desk=None, **options):
        desk = desk or Desk()
        options = {"today": lambda: TODAY, "poll": 0.2, "settle": 0.05} | options
        watcher = FaqWatcher(folder, on_good=desk.good, on_bad=desk.bad, **options)
        started.append(watcher)
        watcher.start()
        return watcher, desk

    yield start
    for watcher in started:
        watcher.stop()
        assert not watcher._thread.is_alive()


def test_a_good_edit_is_served(tmp_path, watching):
    folder = write(tmp_path, rsj=GOOD)
    watcher, desk = watching(folder)
    assert desk.next() == ("good", ["rsj-001"])
    write(tmp_path, rsj=NEWER)
    desk.until("good", ["rsj-001"])
    assert watcher.current["rsj-001"].answer == "现在可以在手机上补办。"
    write(tmp_path, ybj=OTHER)
    desk.until("good", ["rsj-001", "ybj-001"])


def test_a_bad_edit_leaves_the_last_good_version(tmp_path, watching):
    folder = write(tmp_path, rsj=GOOD)
    watcher, desk = watching(folder)
    desk.next()
    write(tmp_path, rsj=BROKEN)
    desk.until("bad", ["no-answer", "no-id"])
    assert [e.id for e in watcher.current.entries] == ["rsj-001"]
    assert {"faq/rsj.md:6"} == {f"{p.file}:{p.line}" for p in watcher.problems}
    write(tmp_path, rsj=NEWER)
    desk.until("good", ["rsj-001"])
    assert watcher.problems == ()


def test_what_a_voice_cannot_say_never_reaches_the_line(tmp_path, watching):
    folder = write(tmp_path, rsj=GOOD)
    watcher, desk = watching(folder)
    desk.next()
    write(tmp_path, rsj=HEADER + entry(answer="请看www.example.gov.cn。"))
    desk.until("bad", ["unspeakable-url"])
    assert watcher.current["rsj-001"].answer == "请带身份证到服务网点补办。"


def test_warnings_do_not_hold_an_edit_back(tmp_path, watching):
    folder = write(tmp_path, rsj=GOOD)
    watcher, desk = watching(folder)
    desk.next()
    write(tmp_path, rsj=HEADER + entry(validity=""))
    desk.until("good", ["rsj-001"])
    assert [p.code for p in watcher.problems] == ["undated"]


def test_an_editor_that_writes_a_new_file_and_renames_it(tmp_path, watching):
    folder = write(tmp_path, rsj=GOOD)
    watcher, desk = watching(folder)
    desk.next()
    (folder / ".rsj.md.swp").write_text(NEWER, encoding="utf-8")
    os.replace(folder / ".rsj.md.swp", folder / "rsj.md")
    desk.until("good", ["rsj-001"])
    while watcher.current["rsj-001"].answer != "现在可以在手机上补办。":
        desk.next()


def test_the_folder_may_go_and_come_back(tmp_path, watching):
    folder = write(tmp_path, rsj=GOOD)
    watcher, desk = watching(folder)
    desk.next()
    shutil.rmtree(folder)
    desk.until("bad", ["no-folder"])
    assert "rsj-001" in watcher.current
    write(tmp_path, ybj=OTHER)
    desk.until("good", ["ybj-001"])
    write(tmp_path, ybj=OTHER, rsj=GOOD)  # the new folder is watched as well
    desk.until("good", ["rsj-001", "ybj-001"])


def test_another_folder_under_the_same_name(tmp_path, watching):
    folder = write(tmp_path, rsj=GOOD)
    next_version = write(tmp_path / "faq", ybj=OTHER)
    next_version.rename(tmp_path / "next")
    _, desk = watching(folder)
    desk.next()
    folder.rename(tmp_path / "old")
    (tmp_path / "next").rename(folder)
    desk.until("good", ["ybj-001"])


def test_even_the_folder_above_may_go(tmp_path, watching):
    (tmp_path / "office").mkdir()
    folder = write(tmp_path / "office", rsj=GOOD)
    _, desk = watching(folder)
    desk.next()
    shutil.rmtree(tmp_path / "office")
    desk.until("bad", ["no-folder"])
    (tmp_path / "office").mkdir()
    write(tmp_path / "office", ybj=OTHER)
    desk.until("good", ["ybj-001"])


def test_a_start_without_a_good_version_has_what_is_faultless(tmp_path, watching):
    watcher, desk = watching(write(tmp_path, rsj=BROKEN, ybj=OTHER))
    assert desk.next() == ("bad", ["no-answer", "no-id"])
    assert [e.id for e in watcher.current.entries] == ["ybj-001"]


def test_a_fault_of_the_program_leaves_the_last_good_version(tmp_path, watching, caplog):
    folder = write(tmp_path, rsj=GOOD)
    watcher, desk = watching(folder, Desk(refuse={"ybj-001"}))
    desk.next()
    write(tmp_path, ybj=OTHER)
    desk.until("bad", ["load-failed"])
    assert "no index" in watcher.problems[0].message
    assert [e.id for e in watcher.current.entries] == ["rsj-001"]
    (folder / "ybj.md").unlink()
    desk.until("good", ["rsj-001"])


def test_a_new_day_is_noticed(tmp_path, watching):
    days = [TODAY]
    watcher, desk = watching(write(tmp_path, rsj=GOOD), today=lambda: days[0])
    desk.next()
    days[0] = date(2027, 1, 1)
    desk.until("good", ["rsj-001"])
    assert [p.code for p in watcher.problems] == ["expired"]


def test_nothing_is_said_when_nothing_changed(tmp_path, watching):
    folder = write(tmp_path, rsj=GOOD)
    _, desk = watching(folder, poll=0.05)
    desk.next()
    (folder.parent / "unrelated.txt").write_text("x")
    write(tmp_path, ybj=OTHER)
    assert desk.next() == ("good", ["rsj-001", "ybj-001"])


def test_stopping_twice_or_unstarted_is_fine(tmp_path):
    watcher = FaqWatcher(tmp_path, on_good=print, on_bad=print)
    watcher.stop()
    watcher.stop()

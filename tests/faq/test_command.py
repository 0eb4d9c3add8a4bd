import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.faq.samples import GOOD, HEADER, OTHER, entry, write
from voicebot.cli import main

DAY = "--today=2026-06-01"


def run(*arguments, **options):
    return CliRunner().invoke(main, ["faq", "check", *map(str, arguments)], **options)


def test_json_is_exactly_as_the_design_says(tmp_path):
    folder = write(tmp_path, rsj=HEADER + entry(validity="", answer="请拨打12333。"), ybj=OTHER)
    result = run(folder, "--json", DAY)
    report = json.loads(result.output)
    assert result.exit_code == 1
    assert set(report) == {"entries", "problems"}
    assert report["entries"] == 2
    assert [set(p) for p in report["problems"]] == [{"file", "line", "level", "code", "message"}] * 2
    rows = [(p["file"], p["line"], p["level"], p["code"]) for p in report["problems"]]
    assert rows == [("faq/rsj.md", 8, "warning", "undated"), ("faq/rsj.md", 10, "error", "unspeakable-digits")]
    assert "一二三三三" in report["problems"][1]["message"]


def test_a_faultless_folder(tmp_path):
    result = run(write(tmp_path, rsj=GOOD, ybj=OTHER), DAY)
    assert (result.exit_code, result.stdout) == (0, "共 2 条问答，0 个错误，0 个提醒。\n")


def test_warnings_alone_are_no_failure(tmp_path):
    result = run(write(tmp_path, rsj=HEADER + entry(validity="2020-01-01 至 2020-12-31")), DAY)
    assert result.exit_code == 0
    assert result.output.startswith("faq/rsj.md:8: 提醒 ")
    assert "（expired）" in result.output


def test_many_faults_in_one_run(tmp_path):
    folder = write(
        tmp_path,
        a=HEADER + entry() + entry("rsj-001", "社保卡丢了如何补办"),
        b=OTHER.replace("department: ybj\n", ""),
        c=HEADER.replace("rsj", "gjj")
        + entry("gjj-001", "公积金怎么提取", "龘怎么提", answer="见表（略）：\n\n|a|b|\n|-|-|"),
    )
    result = run(folder, DAY)
    assert result.exit_code == 1
    for place in (
        "faq/a.md:12: 错误",
        "faq/a.md:13: 错误",
        "faq/b.md:1: 错误",
        "faq/c.md:7: 提醒",
        "faq/c.md:10: 提醒",
    ):
        assert place in result.output
    assert "faq/c.md:12: 错误 表格没法念" in result.output


def test_a_variant_that_belongs_to_another_entry(tmp_path):
    stray = HEADER + entry(variants="社保卡不见了去哪里补 | 去外地看病住院要先备案登记吗")
    report = json.loads(run(write(tmp_path, rsj=stray, ybj=OTHER), "--json", DAY).output)
    assert ("faq/rsj.md", 7, "matches-another") in [(p["file"], p["line"], p["code"]) for p in report["problems"]]


def test_a_missing_folder_is_reported_not_raised(tmp_path):
    result = run(tmp_path / "nowhere", "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)["problems"][0]["code"] == "no-folder"


def test_without_a_model_the_rest_is_checked(tmp_path):
    result = run(write(tmp_path, rsj=GOOD), DAY, f"--model={tmp_path / 'none'}")
    assert result.exit_code == 0
    assert "没有检查语音识别" in result.stderr
    assert "共 1 条问答" in result.stdout


@pytest.mark.parametrize("place", ["environment", "dotenv", "here"])
def test_which_folder_is_checked_by_default(tmp_path, monkeypatch, place):
    content, home = tmp_path / "content", tmp_path / "home"
    content.mkdir()
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.delenv("VOICEBOT_FAQ", raising=False)
    folder = write(home if place == "here" else content, rsj=GOOD, ybj=OTHER)
    if place == "environment":
        monkeypatch.setenv("VOICEBOT_FAQ", str(folder))
    elif place == "dotenv":
        Path(".env").write_text(f"VOICEBOT_FAQ={folder}\n")
    assert run(DAY).stdout == "共 2 条问答，0 个错误，0 个提醒。\n"


def test_the_sample_that_comes_with_the_program_is_faultless(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VOICEBOT_FAQ", raising=False)
    report = json.loads(run("--json", DAY).output)
    assert report["problems"] == []
    assert report["entries"] >= 90
    strict = json.loads(run("--json", "--strict-sample", DAY).output)
    assert {p["code"] for p in strict["problems"]} == {"sample-content"}


def test_what_the_recogniser_has_never_heard_is_told_beside_the_report(tmp_path):
    folder = write(tmp_path, rsj=GOOD, ybj=OTHER)

    assert "识别模型还没学过" in run(folder, DAY).stderr
    assert "voicebot model build" in run(folder, DAY).stderr
    assert run(folder, DAY, "--json").stderr == ""

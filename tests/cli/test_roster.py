"""`voicebot roster` and `voicebot green`, as staff use them."""

import json

import pytest

from voicebot.staffing.sheet import COLUMNS

HEAD = ",".join(COLUMNS)
FULL = "\r\n".join(
    [
        HEAD,
        "w1,窗口一,13000000001,rsj,主,周一至周日,,0:00,24:00,",
        "w2,窗口二,13000000002,rsj,备,周一至周日,,0:00,24:00,",
        "w3,窗口三,13000000003,,,,,,,rsj",
    ]
)


@pytest.fixture
def sheet(tmp_path):
    def write(text, encoding="utf-8-sig"):
        file = tmp_path / "值班表.csv"
        file.write_bytes(text.encode(encoding))
        return file

    return write


def test_a_roster_is_imported_checked_and_rung(run, sheet):
    assert "已保存为第 1 版" in run("roster", "import", sheet(FULL, "gb18030"))[1]
    assert run("roster", "check")[0] == 0
    code, out = run("roster", "now", "--at", "2026-11-23 09:00", "--json")

    assert code == 0
    assert json.loads(out)["plan"]["rsj"] == [{"role": "A", "name": "窗口一"}, {"role": "B", "name": "窗口二"}]


def test_numbers_are_not_readable_in_the_data_folder(run, sheet):
    run("roster", "import", sheet(FULL))

    assert b"13000000001" not in b"".join(file.read_bytes() for file in run.data.iterdir())


def test_an_import_with_errors_changes_nothing(run, sheet):
    run("roster", "import", sheet(FULL))
    code, out = run("roster", "import", sheet(FULL + "\r\nw4,窗口四,123,rsj,正,周九,,8:30,17:30,"))

    assert code == 1
    assert out.count("值班表.csv:5:") == 3
    assert "没有改" in out
    assert len(run("roster", "history")[1].splitlines()) == 1


def test_dry_run_shows_and_saves_nothing(run, sheet):
    code, out = run("roster", "import", sheet(FULL), "--dry-run")

    assert (code, "加入 窗口一（w1）" in out, run("roster", "history")[1]) == (0, True, "")


def test_export_is_what_was_imported(run, sheet, tmp_path):
    run("roster", "import", sheet(FULL))
    run("roster", "export", tmp_path / "out.csv")

    assert "没有变化" in run("roster", "import", tmp_path / "out.csv")[1]


def test_undo_and_undo_again(run, sheet):
    run("roster", "import", sheet(FULL))
    assert "去掉 窗口一" in run("roster", "undo")[1]
    assert "加入 窗口一" in run("roster", "undo")[1]


def test_a_department_of_the_faq_without_a_shift_is_told(run, sheet, tmp_path, monkeypatch):
    faq = tmp_path / "faq"
    faq.mkdir()
    for name in ("rsj", "gjj"):
        (faq / f"{name}.md").write_text(f"---\ndepartment: {name}\nname: {name}局\n---\n", "utf-8")
    monkeypatch.setenv("VOICEBOT_FAQ", str(faq))
    assert "1 处要看" in run("roster", "import", sheet(FULL))[1]
    (run.data / "calendar.toml").write_text('[department.gjj]\nhours = ["10:00-11:00"]\n', "utf-8")
    code, out = run("roster", "check", "--json")

    problems = json.loads(out)["problems"]
    assert [(p["code"], p["level"], p["department"]) for p in problems] == [("no-shift", "warning", "gjj")]
    assert code == 0
    assert "gjj 没有排班" in run("roster", "check")[1]


def test_a_gap_is_an_error(run, sheet):
    run("roster", "import", sheet(HEAD + "\r\nw1,窗口一,13000000001,rsj,主,周一,,8:30,12:00,"))
    code, out = run("roster", "check", "--json")

    assert code == 1
    assert {"gap", "no-backup"} <= {problem["code"] for problem in json.loads(out)["problems"]}


def test_leave_moves_the_backup_up_and_shows_the_gap(run, sheet):
    run("roster", "import", sheet(FULL))
    run("roster", "absence", "add", "w1", "2026-12-01 00:00", "2026-12-05 00:00", "--why", "培训")
    plan = json.loads(run("roster", "now", "--at", "2026-12-02 09:00", "--json")[1])["plan"]["rsj"]

    assert plan[0] == {"role": "A", "name": "窗口二"}
    assert run("roster", "absence", "remove", "w1", "2026-12-01 00:00")[0] == 0
    assert run("roster", "absence", "remove", "w1", "2026-12-01 00:00")[0] == 1
    assert run("roster", "absence", "add", "w9", "2026-12-01", "2026-12-02")[0] == 1


def test_an_office_closed_by_file_rings_nobody(run, sheet):
    run("roster", "import", sheet(FULL))
    (run.data / "calendar.toml").write_text("[closed]\n2026-11-23 = []\n", "utf-8")
    assert json.loads(run("roster", "now", "--at", "2026-11-23 09:00", "--json")[1])["plan"]["rsj"] == []

    (run.data / "calendar.toml").write_text("hours = 8\nfrei = []\n", "utf-8")
    code, out = run("roster", "now")
    assert (code, "hours" in out, "frei" in out) == (1, True, True)


def test_a_year_without_holidays_is_warned_of(run, sheet):
    run("roster", "import", sheet(FULL))

    assert "2031 年的节假日安排还没有" in run("roster", "check", "--from", "2031-03-03")[1]


def test_the_green_channel_needs_consent_and_is_left_on_request(run):
    number = "13000000009"
    assert run("green", "add", number)[0] == 2
    assert run("green", "add", number, "--consent", "本人来电同意", "--by", "w1")[0] == 0
    assert "本人来电同意（w1 登记）" in run("green", "list")[1]
    assert number not in run("green", "list", "--json")[1]
    assert run("green", "remove", "+86 130 0000 0009")[0] == 0
    assert run("green", "remove", number)[0] == 1
    assert "还没有人登记" in run("green", "list")[1]

import http.server
import json
import threading

import pytest
from click.testing import CliRunner

from voicebot.cli.voice import voice
from voicebot.speech.recordings import path_of, replace_file

FAQ = """---
department: rsj
name: 人力资源和社会保障局
---

## 社保卡丢了怎么补办 {#rsj-001}
- 问法: 社保卡不见了怎么办
- 有效期: 2026-01-01 至 2099-12-31

请带身份证到社保服务网点补办。
"""


@pytest.fixture(name="office")
def _office(tmp_path, monkeypatch):
    """An office's working folder with one question and no recordings."""
    (tmp_path / "faq").mkdir()
    (tmp_path / "faq" / "rsj.md").write_text(FAQ, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOICEBOT_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("VOICEBOT_RECORDINGS", raising=False)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(voice, arguments)


def test_check_lists_what_is_missing_for_machines(office):
    result = run("render", "--check", "--json")
    assert result.exit_code == 1
    facts = json.loads(result.stdout)
    assert {"prompts/greeting", "prompts/numbers/零", "answers/rsj-001", "slow/questions/rsj-001"} <= set(
        facts["missing"]
    )
    assert (facts["fresh"], facts["stale"], facts["orphans"], facts["staff"]) == (0, [], [], [])
    assert not (office / "recordings").exists(), "checking touches nothing"


def test_check_tells_a_clerk_in_chinese(office):
    replace_file(path_of(office / "recordings", "prompts/greeting"), b"theirs")
    result = run("render", "--check")
    assert result.exit_code == 1
    assert "缺少 answers/rsj-001\n" in result.stdout
    assert "人工录制 1" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["render", "--model-dir", "empty"], "voicebot voice fetch", id="no weights"),
        pytest.param(["render", "--callers"], "来电录音清单", id="no callers"),
    ],
)
def test_what_is_lacking_is_one_line_that_says_what_to_do(office, arguments, message):
    result = run(*arguments)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_a_broken_faq_removes_no_recording(office):
    (office / "faq" / "rsj.md").write_text(FAQ.replace("department: rsj\n", ""), encoding="utf-8")
    result = run("render")
    assert result.exit_code == 1
    assert "voicebot faq check" in result.stderr


def test_a_damaged_manifest_is_said_plainly(office):
    replace_file(office / "recordings" / "manifest.json", b"{")
    result = run("render", "--check")
    assert result.exit_code == 1
    assert "录音清单" in result.stderr


class NotFound(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(404)

    def log_message(self, *_):
        pass


def test_fetch_says_what_the_server_said(office):
    with http.server.HTTPServer(("127.0.0.1", 0), NotFound) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            result = run("fetch", "--model-dir", "kokoro", "--from", f"http://127.0.0.1:{server.server_port}/")
        finally:
            server.shutdown()
            thread.join()
    assert result.exit_code == 1
    assert "404" in result.stderr
    assert not list((office / "kokoro").glob("*.onnx"))

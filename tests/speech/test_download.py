import hashlib
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from voicebot.errors import ModelError
from voicebot.speech.download import download

BODY = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(BODY).hexdigest()


@contextmanager
def serving(body=BODY, ranges=True, breaks_after=None, status=None):
    """A real HTTP server here; `breaks_after` cuts each connection after so many bytes. Yields (url, requests)."""
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = self.headers.get("Range")
            requests.append(asked)
            start = int(asked[6:-1]) if asked and ranges else 0
            rest = body[start:]
            if status or (start and not rest):
                self.send_error(status or 416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest[:breaks_after])

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/model.bin", requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_fetches_checks_and_reports_progress(tmp_path):
    seen = []
    with serving() as (url, requests):
        path = download(
            url, tmp_path / "deep" / "model.bin", len(BODY), SHA256, lambda done, total: seen.append((done, total))
        )
        assert path.read_bytes() == BODY
        assert seen[0] == (0, len(BODY))
        assert seen[-1] == (len(BODY), len(BODY))
        assert [p.name for p in path.parent.iterdir()] == ["model.bin"]
        download(url, path, len(BODY), SHA256)
        assert len(requests) == 1, "what is there and whole is not fetched again"


def test_goes_on_where_an_earlier_run_stopped(tmp_path):
    (tmp_path / "model.bin.part").write_bytes(BODY[:1000])
    with serving() as (url, requests):
        assert download(url, tmp_path / "model.bin", len(BODY), SHA256).read_bytes() == BODY
    assert requests == ["bytes=1000-"]


def test_takes_up_a_connection_that_breaks(tmp_path):
    with serving(breaks_after=len(BODY) // 3 + 1) as (url, requests):
        assert download(url, tmp_path / "model.bin", None, SHA256).read_bytes() == BODY
    assert len(requests) == 3


def test_starts_again_when_the_server_cannot_resume(tmp_path):
    (tmp_path / "model.bin.part").write_bytes(b"x" * 1000)
    with serving(ranges=False) as (url, _):
        assert download(url, tmp_path / "model.bin", len(BODY), SHA256).read_bytes() == BODY


def test_starts_again_when_the_part_was_of_another_version(tmp_path):
    (tmp_path / "model.bin.part").write_bytes(b"x" * 1000)
    with serving() as (url, requests):
        assert download(url, tmp_path / "model.bin", len(BODY), SHA256).read_bytes() == BODY
    assert requests == ["bytes=1000-", None]


def test_a_part_that_was_already_whole_is_taken(tmp_path):
    (tmp_path / "model.bin.part").write_bytes(BODY)
    with serving() as (url, requests):
        assert download(url, tmp_path / "model.bin", None, SHA256).read_bytes() == BODY
    assert requests == [f"bytes={len(BODY)}-"]


def test_a_file_in_place_of_the_wrong_digest_is_replaced(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"old")
    with serving() as (url, _):
        assert download(url, tmp_path / "model.bin", md5=hashlib.md5(BODY).hexdigest()).read_bytes() == BODY


@pytest.mark.parametrize(
    ("server", "code"),
    [
        pytest.param({"body": BODY[:-1] + b"!"}, "download-damaged", id="wrong digest"),
        pytest.param({"status": 404}, "download-failed", id="not found"),
        pytest.param({"breaks_after": 0}, "download-failed", id="never a byte"),
    ],
)
def test_failures_leave_nothing_that_looks_like_the_file(tmp_path, server, code):
    with serving(**server) as (url, _), pytest.raises(ModelError) as fault:
        download(url, tmp_path / "model.bin", None, SHA256)
    assert fault.value.code == code
    assert url in fault.value.message
    assert not (tmp_path / "model.bin").exists()


def test_nobody_listening_is_one_clear_line(tmp_path):
    with serving() as (url, _):
        pass
    with pytest.raises(ModelError, match="下载失败"):
        download(url, tmp_path / "model.bin", None, SHA256)


def test_only_http_is_fetched(tmp_path):
    with pytest.raises(ModelError, match="https"):
        download("file:///etc/hostname", tmp_path / "model.bin")

"""Speech models: found, fetched from a real HTTP server here, unpacked safely."""

import hashlib
import io
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner

from tests.speech.conftest import caller, heard, listen
from voicebot.cli import main
from voicebot.errors import ModelError
from voicebot.speech import models
from voicebot.speech.models import Entry

FILES = ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/HCLG.fst")


def zipped(names=FILES, top="vosk-model-x/", extra=()):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(f"{top}{name}", name * 100)
        for name in extra:
            archive.writestr(name, "x")
    return out.getvalue()


def known(body, sha256=None, size=None):
    digest = sha256 or hashlib.sha256(body).hexdigest()
    return Entry("x", "测试模型", "vosk-model-x", bytes=size or len(body), sha256=digest)


@contextmanager
def serving(body, breaks_at=None):
    """Serve `body` as any path, with ranges; the first answer is cut off at `breaks_at`. Yields (url, requests)."""
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = self.headers.get("Range")
            requests.append((self.path, asked))
            start = int(asked[6:-1]) if asked else 0
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            self.wfile.write(body[start : breaks_at if len(requests) == 1 else None])

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/models/", requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_model_is_fetched_unpacked_and_found(tmp_path):
    body, told = zipped(), []
    with serving(body) as (url, requests):
        path = models.install(known(body), lambda *now: told.append(now), url, tmp_path)
        assert models.install(known(body), base_url=url, folder=tmp_path) == path

    assert requests == [("/models/vosk-model-x.zip", None)], "what is there is not fetched again"
    assert told[-1] == (len(body), len(body))
    assert path == tmp_path / "vosk-model-x"
    assert (path / "am" / "final.mdl").read_text().startswith("am/final.mdl")
    assert [entry.name for entry in tmp_path.iterdir()] == ["vosk-model-x"]
    assert models.find(str(path)) == path


def test_a_fetch_goes_on_where_it_broke_off(tmp_path):
    body = zipped()
    with serving(body, breaks_at=700) as (url, requests):
        models.install(known(body), base_url=url, folder=tmp_path)

    assert [asked for _, asked in requests] == [None, "bytes=700-"]


def test_a_model_without_a_folder_of_its_own_in_the_zip_is_taken_too(tmp_path):
    body = zipped(top="")
    with serving(body) as (url, _):
        assert models.install(known(body), base_url=url, folder=tmp_path) == tmp_path / "vosk-model-x"


def test_a_half_unpacked_model_is_replaced(tmp_path):
    body = zipped()
    (tmp_path / "vosk-model-x" / "am").mkdir(parents=True)
    with serving(body) as (url, _):
        assert models.installed(known(body), tmp_path) is False
        models.install(known(body), base_url=url, folder=tmp_path)

    assert models.installed(known(body), tmp_path)


@pytest.mark.parametrize(
    ("body", "entry", "code"),
    [
        pytest.param(zipped(), {"sha256": "0" * 64}, "download-damaged", id="wrong digest"),
        pytest.param(zipped(), {"size": 10**6}, "download-damaged", id="too short"),
        pytest.param(b"not a zip" * 100, {}, "model-damaged", id="no zip"),
        pytest.param(zipped(names=FILES[:2]), {}, "model-damaged", id="half a model"),
        pytest.param(zipped(extra=["../outside"]), {}, "model-damaged", id="a path that climbs out"),
        pytest.param(zipped(extra=["/outside"]), {}, "model-damaged", id="an absolute path"),
        pytest.param(zipped(extra=["a\\..\\..\\outside"]), {}, "model-damaged", id="a Windows path that climbs out"),
        pytest.param(zipped(extra=["C:/outside"]), {}, "model-damaged", id="a drive"),
    ],
)
def test_nothing_doubtful_is_installed(tmp_path, body, entry, code):
    folder = tmp_path / "models"
    with serving(body) as (url, _), pytest.raises(ModelError) as fault:
        models.install(known(body, **entry), base_url=url, folder=folder)

    assert fault.value.code == code
    assert not models.installed(known(body), folder)
    assert not (folder / "vosk-model-x").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


def test_a_link_in_the_zip_is_refused(tmp_path):
    link = zipfile.ZipInfo("vosk-model-x/am/link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")

    with pytest.raises(ModelError, match="不安全"):
        models.unpack(tmp_path / "x.zip", tmp_path / "model")


def test_without_a_network_it_says_how_to_do_it_by_hand(tmp_path):
    with serving(b"") as (url, _):
        pass
    with pytest.raises(ModelError) as fault:
        models.fetch("small-cn", base_url=url, folder=tmp_path)

    assert str(tmp_path) in fault.value.message
    assert "vosk-model-small-cn-0.22" in fault.value.message


def test_every_model_that_is_fetched_has_a_size_and_a_digest():
    fetched = [entry for entry in models.catalogue().values() if not entry.bundled]

    assert {entry.name for entry in fetched} == {"small-cn", "cn"}
    assert all(len(bytes.fromhex(entry.sha256)) == 32 and entry.bytes > 10**7 for entry in fetched)


@pytest.mark.parametrize("name", ["bundled", "model-cn-telephone"])
def test_the_bundled_model_needs_no_fetching(name, tmp_path):
    assert models.find(name) == models.fetch(name, folder=tmp_path)
    assert (models.find(name) / "README.md").is_file()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("small-cn", "voicebot model fetch small-cn"),
        ("vosk-model-cn-0.22", "voicebot model fetch cn"),
        ("nix", "small-cn"),
    ],
)
def test_a_model_that_is_not_there_says_how_to_get_it(tmp_path, name, says):
    with pytest.raises(ModelError, match=says) as fault:
        models.find(name, tmp_path)
    assert fault.value.code == "model-missing"


def test_a_model_put_there_by_hand_is_found(tmp_path, bundled):
    (tmp_path / "vosk-model-small-cn-0.22").symlink_to(bundled)

    assert models.find("small-cn", tmp_path) == tmp_path / "vosk-model-small-cn-0.22"


def test_the_real_model_works_after_its_journey(tmp_path, bundled, new_pool):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for file in bundled.rglob("*"):
            archive.write(file, f"vosk-model-x/{file.relative_to(bundled)}")
    with serving(out.getvalue(), breaks_at=10**7) as (url, _):
        path = models.install(known(out.getvalue()), base_url=url, folder=tmp_path)

    assert heard(listen(new_pool(model=path).open(), caller("human"))) == ["转人工"]


def run(*arguments):
    return CliRunner().invoke(main, ["model", *arguments])


def test_models_are_listed():
    result = run("list")

    assert result.exit_code == 0
    for name in ("bundled", "small-cn", "cn"):
        assert name in result.output


def test_models_are_listed_for_machines(parse_json):
    facts = parse_json(run("list", "--json"))

    assert [model["name"] for model in facts["models"]] == ["bundled", "small-cn", "cn"]
    assert facts["models"][0]["installed"] is True


def test_fetching_the_bundled_model_succeeds(parse_json):
    assert parse_json(run("fetch", "bundled", "--json"))["installed"] is True
    assert "不用下载" in run("fetch", "bundled").stdout


def test_fetching_an_unknown_model_is_one_clear_line():
    result = run("fetch", "nix")

    assert result.exit_code == 1
    assert "没有名为 nix 的语音模型" in result.output
    assert "Traceback" not in result.output


def test_a_mirror_with_another_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with serving(zipped()) as (url, requests):
        result = run("fetch", "small-cn", "--base-url", url)

    assert requests[0][0] == "/models/vosk-model-small-cn-0.22.zip"
    assert result.exit_code == 1
    assert "下载" in result.output
    assert not list(tmp_path.rglob("final.mdl"))

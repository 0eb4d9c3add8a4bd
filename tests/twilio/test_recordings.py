"""Messages come from the configured provider and from nowhere else."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.twilio.asking import ACCOUNT, CALL, TOKEN, Twilio
from voicebot.errors import OperatorError, RemoteError
from voicebot.store.words import Kind
from voicebot.twilio.clips import wav
from voicebot.twilio.recordings import MOST_BYTES, Recordings
from voicebot.web import create_app

SID = "RE" + "0" * 31 + "1"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Recordings/{SID}"
MESSAGE = wav(b"\x12" * 8000)


class Provider:
    """A provider's API that answers `status` with `body` and remembers who asked for what."""

    def __init__(self, address):
        self.url = f"http://{address[0]}:{address[1]}"
        self.asked = []
        self.status = 200
        self.body = MESSAGE
        self.headers = {}
        self.cut = False

    def answer(self, request):
        method = "" if request.command == "GET" else f"{request.command} "
        self.asked.append((method + request.path, request.headers.get("Authorization", "")))
        request.send_response(self.status)
        for name, value in self.headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(self.body) + (100 if self.cut else 0)))
        request.end_headers()
        request.wfile.write(self.body)


@contextmanager
def serving():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            provider.answer(self)

        def do_DELETE(self):
            provider.answer(self)

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = Provider(server.server_address)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def provider():
    with serving() as found:
        yield found


@pytest.fixture
def recordings(make_bot, provider):
    return Recordings(make_bot(VOICEBOT_TWILIO_API=provider.url).settings)


def test_a_message_is_fetched_with_our_credentials(recordings, provider, tmp_path):
    path = recordings.fetch(provider.url + PATH)

    assert path == tmp_path / "messages" / f"{SID}.wav"
    assert path.read_bytes() == MESSAGE
    [(asked, authorisation)] = provider.asked
    assert asked == f"{PATH}.wav"
    assert authorisation.startswith("Basic ")


def test_a_message_fetched_twice_is_one_file(recordings, provider, tmp_path):
    assert recordings.fetch(provider.url + PATH) == recordings.fetch(provider.url + PATH)
    assert [file.name for file in (tmp_path / "messages").iterdir()] == [f"{SID}.wav"]


ELSEWHERE = {
    "another host": "http://127.0.0.2:{port}" + PATH,
    "another port": "http://127.0.0.1:1" + PATH,
    "the same host by another name": "http://localhost:{port}" + PATH,
    "https": "https://127.0.0.1:{port}" + PATH,
    "a file": "file:///etc/passwd",
    "no address": "127.0.0.1",
    "empty": "",
    "not an address": "http://[::1" + PATH,
    "somebody's name in front": "http://user@127.0.0.1:{port}" + PATH,
    "ours as somebody's name": "http://127.0.0.1:{port}@127.0.0.2" + PATH,
    "a backslash": "http://127.0.0.1:{port}\\@127.0.0.2" + PATH,
    "another account": "http://127.0.0.1:{port}" + PATH.replace(ACCOUNT, "AC" + "f" * 32),
    "no recording": f"http://127.0.0.1:{{port}}/2010-04-01/Accounts/{ACCOUNT}.json",
    "up and away": "http://127.0.0.1:{port}" + PATH + "/../../../secret",
    "encoded up and away": "http://127.0.0.1:{port}" + PATH + "%2f..%2f..",
    "a query": "http://127.0.0.1:{port}" + PATH + "?x=1",
    "a fragment": "http://127.0.0.1:{port}" + PATH + "#x",
    "another line": "http://127.0.0.1:{port}" + PATH + "\n",
    "another form": "http://127.0.0.1:{port}" + PATH + ".mp3",
    "an id that is none": "http://127.0.0.1:{port}" + PATH[:-1] + "x",
    "the metadata service": "http://169.254.169.254/latest/meta-data",
}


@pytest.mark.parametrize("address", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_what_is_elsewhere_is_not_asked_for(recordings, provider, tmp_path, address):
    with pytest.raises(RemoteError):
        recordings.fetch(address.replace("{port}", provider.url.rpartition(":")[2]))

    assert provider.asked == []
    assert not (tmp_path / "messages").exists()


def test_a_redirect_is_not_followed(recordings, provider, tmp_path):
    with serving() as other:
        provider.status, provider.headers = 302, {"Location": other.url + PATH}
        with pytest.raises(RemoteError):
            recordings.fetch(provider.url + PATH)

        assert other.asked == []
    assert not (tmp_path / "messages").exists()


BAD = {
    "not there yet": ({"status": 404}, OperatorError),
    "not allowed": ({"status": 401}, OperatorError),
    "provider in trouble": ({"status": 503}, OperatorError),
    "no content": ({"status": 204, "body": b""}, RemoteError),
    "cut off": ({"cut": True}, OperatorError),
    "not a recording": ({"body": b"<html>sorry</html>"}, RemoteError),
    "empty": ({"body": b""}, RemoteError),
    "too large": ({"body": b"RIFF" + bytes(MOST_BYTES)}, RemoteError),
    "packed wrongly": ({"headers": {"Content-Encoding": "gzip"}}, OperatorError),
}


@pytest.mark.parametrize(("answer", "error"), BAD.values(), ids=BAD.keys())
def test_what_is_no_recording_is_not_kept(recordings, provider, tmp_path, answer, error):
    for name, value in answer.items():
        setattr(provider, name, value)

    with pytest.raises(error):
        recordings.fetch(provider.url + PATH)
    assert not (tmp_path / "messages").exists()


def test_a_provider_that_is_gone(make_bot):
    with serving() as provider:
        pass
    with pytest.raises(OperatorError):
        Recordings(make_bot(VOICEBOT_TWILIO_API=provider.url).settings).fetch(provider.url + PATH)


def test_a_provider_that_drips(make_bot, provider):
    """However steadily it comes, the webhook has to be answered."""
    times = iter([0.0, 5.0, 11.0, 12.0])
    provider.body = b"RIFF" + bytes(200_000)

    with pytest.raises(OperatorError):
        Recordings(make_bot(VOICEBOT_TWILIO_API=provider.url).settings, lambda: next(times)).fetch(provider.url + PATH)


def test_a_disk_that_is_full(recordings, provider, tmp_path):
    (tmp_path / "messages").write_text("in the way")

    with pytest.raises(OperatorError):
        recordings.fetch(provider.url + PATH)


def test_the_callback_orders_the_message(make_bot, provider, record):
    """The webhook is answered at once; the file comes with the periodic work."""
    twilio = Twilio(create_app(make_bot(VOICEBOT_TWILIO_API=provider.url)).test_client())
    url = provider.url + PATH
    twilio.ask("voice")
    twilio.ask("recorded", RecordingUrl=url, RecordingDuration="1")
    status = twilio.ask("recording", RecordingUrl=url, RecordingStatus="completed", RecordingSid=SID).status

    assert (status, provider.asked) == (204, [])
    assert [row.body for row in record.claim({Kind.FETCH})] == [{"call": CALL, "url": url}]


def test_a_callback_before_the_page_is_kept_too(make_bot, provider, record):
    twilio = Twilio(create_app(make_bot(VOICEBOT_TWILIO_API=provider.url)).test_client())
    url = provider.url + PATH
    twilio.ask("recording", RecordingUrl=url, RecordingStatus="completed")
    twilio.ask("recorded", RecordingUrl=url, RecordingDuration="7")
    [message] = record.messages_of(CALL)

    assert message.seconds == 7
    assert len(record.claim({Kind.FETCH})) == 1


def test_a_recording_is_deleted_at_the_provider(recordings, provider):
    provider.status, provider.body = 204, b""
    recordings.delete(provider.url + PATH)
    [(asked, authorisation)] = provider.asked
    assert asked == f"DELETE {PATH}.json"
    assert authorisation.startswith("Basic ")


def test_a_recording_that_is_gone_counts_as_deleted(recordings, provider):
    provider.status = 404
    recordings.delete(provider.url + PATH)


@pytest.mark.parametrize("status", [200, 302, 401, 429, 500])
def test_a_recording_that_may_still_be_there(recordings, provider, status):
    provider.status = status
    with pytest.raises(OperatorError):
        recordings.delete(provider.url + PATH)


@pytest.mark.parametrize("address", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_nothing_is_deleted_elsewhere(recordings, provider, address):
    with pytest.raises(RemoteError):
        recordings.delete(address.replace("{port}", provider.url.rpartition(":")[2]))
    assert provider.asked == []


def test_a_provider_that_is_gone_deletes_nothing(make_bot):
    with serving() as provider:
        pass
    with pytest.raises(OperatorError):
        Recordings(make_bot(VOICEBOT_TWILIO_API=provider.url).settings).delete(provider.url + PATH)


@pytest.mark.parametrize(
    "fields", [{"RecordingStatus": "absent"}, {"RecordingStatus": "completed", "RecordingUrl": ""}]
)
def test_a_callback_without_a_message(make_bot, provider, fields):
    twilio = Twilio(create_app(make_bot(VOICEBOT_TWILIO_API=provider.url)).test_client())

    assert twilio.ask("recording", **{"RecordingUrl": provider.url + PATH, **fields}).status == 204
    assert provider.asked == []


def test_a_callback_for_somewhere_else_is_answered_but_not_followed(make_bot, provider, record):
    twilio = Twilio(create_app(make_bot(VOICEBOT_TWILIO_API=provider.url)).test_client())

    assert twilio.ask("recording", RecordingUrl="http://169.254.169.254/", RecordingStatus="completed").status == 204
    assert record.messages_of(CALL) == []


def test_the_token_is_never_sent_in_an_address(recordings, provider):
    recordings.fetch(provider.url + PATH)

    assert TOKEN not in provider.asked[0][0]

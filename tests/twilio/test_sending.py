"""Text messages out: to a provider over HTTP, or into a file."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from tests.twilio.asking import ACCOUNT, CALLER, LINE, TOKEN
from voicebot.config import settings_from
from voicebot.errors import OperatorError, RemoteError, SettingsError
from voicebot.twilio.sending import FileSender, TwilioSender, sender_of


class Provider:
    """Takes messages, or answers with what it is told to."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"
        self.asked = []
        self.status, self.body = 201, b'{"sid": "SM1"}'


@contextmanager
def serving():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            provider.asked.append((self.path, self.headers["Authorization"], parse_qs(form)))
            self.send_response(provider.status)
            self.send_header("Content-Length", str(len(provider.body)))
            self.end_headers()
            self.wfile.write(provider.body)

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = Provider(server.server_address[1])
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


def settings(folder, api="https://api.example.invalid", **env):
    env = {
        "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "VOICEBOT_LINE_NUMBER": LINE,
        "VOICEBOT_TWILIO_API": api,
    } | env  # fmt: skip
    return settings_from(env, data=folder, faq=folder, recordings=folder)


@pytest.fixture
def sender(tmp_path, provider):
    return TwilioSender(settings(tmp_path, provider.url))


def test_a_message_goes_to_the_provider(sender, provider):
    sender.send(CALLER, "已登记，工单号100016。", "sms:1")
    [(path, authorisation, form)] = provider.asked
    assert path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert authorisation == "Basic " + b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    assert form == {"To": [CALLER], "From": [LINE], "Body": ["已登记，工单号100016。"]}


BAD = {
    "no such number": (400, b'{"code": 21211}', RemoteError, "400 21211"),
    "they said stop": (400, b'{"code": 21610}', RemoteError, "400 21610"),
    "wrong token": (401, b'{"code": 20003}', OperatorError, "401 20003"),
    "too many": (429, b"", OperatorError, "429"),
    "in trouble": (503, b"<html>", OperatorError, "503"),
    "a list": (500, b"[]", OperatorError, "500"),
    "elsewhere": (302, b"", OperatorError, "302"),
    "accepted by somebody else": (200, b"ok", OperatorError, "200"),
}


@pytest.mark.parametrize(("status", "body", "error", "why"), BAD.values(), ids=BAD)
def test_a_message_that_was_not_taken(sender, provider, status, body, error, why):
    provider.status, provider.body = status, body
    with pytest.raises(error) as raised:
        sender.send(CALLER, "您好", "sms:1")
    assert str(raised.value) == f"sms:1: the provider answered {why}"


def test_a_provider_that_is_gone_and_no_number_in_the_error(tmp_path):
    with serving() as provider:
        pass
    with pytest.raises(OperatorError) as raised:
        TwilioSender(settings(tmp_path, provider.url)).send(CALLER, "您好", "sms:1")
    assert CALLER not in str(raised.value)


def test_messages_in_a_file(tmp_path, clock):
    sender = FileSender(tmp_path / "new" / "sms.jsonl", clock)
    for text in ("一", "二\n三"):
        sender.send(CALLER, text, f"sms:{text}")
    lines = [json.loads(line) for line in (tmp_path / "new" / "sms.jsonl").read_text("utf-8").splitlines()]
    assert [(line["to"], line["text"], line["segments"]) for line in lines] == [
        (CALLER, "一", 1),
        (CALLER, "二\n三", 1),
    ]
    assert lines[0]["at"] == clock.time.isoformat()
    assert (tmp_path / "new" / "sms.jsonl").stat().st_mode & 0o077 == 0


def test_a_disk_that_is_full(tmp_path, clock):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OperatorError):
        FileSender(tmp_path / "file" / "sms.jsonl", clock).send(CALLER, "您好", "sms:1")


SENDERS = {"": type(None), "off": type(None), "twilio": TwilioSender, "file": FileSender}


@pytest.mark.parametrize(("sms", "kind"), SENDERS.items())
def test_the_setting_chooses(tmp_path, clock, sms, kind):
    assert type(sender_of(settings(tmp_path, VOICEBOT_SMS=sms), clock)) is kind


WRONG = [
    ({"VOICEBOT_SMS": "pigeon"}, "VOICEBOT_SMS must be"),
    ({"VOICEBOT_SMS": "twilio", "VOICEBOT_LINE_NUMBER": ""}, "needs TWILIO_ACCOUNT_SID and VOICEBOT_LINE_NUMBER"),
    ({"VOICEBOT_SMS": "twilio", "TWILIO_ACCOUNT_SID": "", "TWILIO_AUTH_TOKEN": ""}, "needs TWILIO_ACCOUNT_SID"),
    ({"VOICEBOT_SMS_CN": "yes"}, "VOICEBOT_SMS_CN must be"),
    ({"VOICEBOT_KEEP_DAYS": "0"}, "VOICEBOT_KEEP_DAYS must be"),
    ({"VOICEBOT_KEEP_DAYS": "a year"}, "VOICEBOT_KEEP_DAYS must be"),
]


@pytest.mark.parametrize(("env", "why"), WRONG)
def test_settings_that_cannot_be(tmp_path, env, why):
    with pytest.raises(SettingsError, match=why):
        settings(tmp_path, **env)


def test_settings_by_default(tmp_path):
    plain = settings(tmp_path)
    assert (plain.sms, plain.sms_cn, plain.keep_days) == ("off", False, 180)
    ours = settings(tmp_path, VOICEBOT_SMS="file", VOICEBOT_SMS_CN="on", VOICEBOT_KEEP_DAYS="30")
    assert (ours.sms, ours.sms_cn, ours.keep_days) == ("file", True, 30)

"""Calls of ours over the provider's REST interface, by real HTTP to a provider on this machine."""

import json
import logging
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.twilio.asking import ACCOUNT, PUBLIC, TOKEN
from voicebot.config import settings_from
from voicebot.errors import OperatorError, RemoteError
from voicebot.twilio.rest import Rest

STAFF = "+861055500001"
LINE = "+861055500000"
LEG = "CA" + "5" * 32
CALLS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls"


@contextmanager
def provider(answered=201, **body):
    """Answers every POST with this; what was asked is in `.asked`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            server.asked.append((self.path, form))
            answer = json.dumps({"sid": LEG, "status": "queued"} | body).encode()
            self.send_response(answered)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server, rest(f"http://127.0.0.1:{server.server_address[1]}")
        finally:
            server.shutdown()
            thread.join()


def rest(url):
    env = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "VOICEBOT_PUBLIC_URL": PUBLIC}
    here = Path()
    settings = replace(settings_from(env, data=here, faq=here, recordings=here), api_url=url)
    return Rest(settings, timeout_s=2.0)


def test_ringing_a_person():
    with provider() as (server, phone):
        assert phone.ring(17, STAFF, LINE, 20.0) == LEG

    ((path, form),) = server.asked
    assert path == f"{CALLS}.json"
    assert form == {
        "To": [STAFF],
        "From": [LINE],
        "Url": [f"{PUBLIC}/twilio/leg/whisper?attempt=17"],
        "StatusCallback": [f"{PUBLIC}/twilio/leg/status?attempt=17"],
        "StatusCallbackEvent": ["ringing", "answered", "completed"],
        "Timeout": ["20"],
    }


def test_ringing_for_a_call_back():
    with provider() as (server, phone):
        phone.ring_for_callback(3, STAFF, LINE, 20.0)

    assert server.asked[0][1]["Url"] == [f"{PUBLIC}/twilio/callback/whisper?attempt=3"]


def test_ending_and_moving():
    with provider(200) as (server, phone):
        phone.end(LEG)
        phone.move("CA1", "dialled")

    assert server.asked == [
        (f"{CALLS}/{LEG}.json", {"Status": ["completed"]}),
        (f"{CALLS}/CA1.json", {"Url": [f"{PUBLIC}/twilio/dialled"], "Method": ["POST"]}),
    ]


@pytest.mark.parametrize(("status", "code"), [(404, 20404), (400, 21220)])
def test_what_is_over_already_is_no_error(status, code):
    with provider(status, code=code, message="over", status=status) as (_, phone):
        phone.end(LEG)


@pytest.mark.parametrize(("status", "code"), [(400, 21211), (401, 20003), (429, 20429), (500, 0)])
def test_a_refusal_names_no_number(status, code, caplog):
    caplog.set_level(logging.DEBUG)
    with provider(status, code=code, message=f"The number {STAFF} is bad", status=status) as (_, phone):
        with pytest.raises(RemoteError) as refused:
            phone.ring(1, STAFF, LINE, 20.0)

    assert STAFF not in str(refused.value)
    assert STAFF[1:] not in caplog.text


def test_nobody_answers():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        with pytest.raises(OperatorError, match="did not answer"):
            rest(f"http://127.0.0.1:{taken.getsockname()[1]}").ring(1, STAFF, LINE, 20.0)

"""Standard Vosk servers as a second backend: a real one, one that crashes, hangs or is old, and the way back."""

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading

import numpy as np
import pytest
from aiohttp import web

from tests.speech.conftest import caller, gather, heard, listen, say, until
from voicebot.config import settings_from
from voicebot.errors import SettingsError
from voicebot.events import PartialHeard, RecogniserLost, UtteranceHeard
from voicebot.speech import standard_server
from voicebot.speech.pool import SpeechPool
from voicebot.speech.remote import EOF


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A standard server in a process of its own."""

    def __init__(self, model):
        self.port = free_port()
        self.model = model
        self.start()

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    def start(self):
        command = [sys.executable, "-m", standard_server.__name__, str(self.model), str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        self.process.wait()


@pytest.fixture(scope="module")
def server(bundled):
    server = Server(bundled)
    yield server
    server.stop()


@pytest.fixture
def pool_of(bundled, tuning):
    """Makes pools with servers and one worker, all ready."""
    with contextlib.ExitStack() as stack:

        def make(*urls):
            pool = stack.enter_context(SpeechPool(bundled, 1, tuning, servers=urls))
            for listener in pool._servers:
                listener._again_s = 0.1
            until(lambda: pool.pids and all(server.ready for server in pool._servers))
            return pool

        yield make


def test_a_server_listens_before_the_worker_does_and_hears_the_same(server, pool_of):
    pool = pool_of(server.url)
    ear = pool.open()

    events = listen(ear, caller("rsj-card-lost"))

    assert pool.server_of(ear) == server.url
    assert heard(events) == ["请问社保卡丢了怎么补办"]
    assert "请问社保卡" in [event.text for event in events if isinstance(event, PartialHeard)]
    utterance = events[-1]
    assert len(utterance.hypotheses) > 1
    assert sum(reading.confidence for reading in utterance.hypotheses) == pytest.approx(1.0)
    assert heard(listen(ear, caller("human"))) == ["转人工"]
    ear.close()


def test_calls_at_once_do_not_disturb_each_other(server, pool_of):
    pool = pool_of(server.url)
    names = {"human": "转人工", "complaint": "我要投诉", "rsj-card-lost": "请问社保卡丢了怎么补办"}
    ears = [pool.open() for _ in names]
    said = [caller(name) for name in names]
    for start in range(0, max(map(len, said)), 800):
        for ear, pcm in zip(ears, said, strict=True):
            ear.hear(pcm[start : start + 800])

    assert all(ear.settle(20) for ear in ears)
    assert [text for ear in ears for text in heard(ear.events())] == list(names.values())


def test_when_a_server_dies_its_calls_go_on_here_and_new_ones_go_to_it_when_it_is_back(bundled, pool_of):
    server = Server(bundled)
    pool = pool_of(server.url)
    ear, idle = pool.open(), pool.open()
    say(ear, caller("rsj-card-lost")[:12000])

    server.stop()

    assert RecogniserLost(replaced=True) in gather(ear, RecogniserLost)
    assert RecogniserLost(replaced=True) in gather(idle, RecogniserLost)
    assert [pool.pid_of(one) for one in (ear, idle)] == [pool.pids[0]] * 2
    listen(ear, np.zeros(16000, np.int16))
    assert heard(listen(ear, caller("human"))) == ["转人工"]
    server.start()
    until(lambda: pool._servers[0].ready)
    new = pool.open()
    assert pool.server_of(new) == server.url
    assert heard(listen(new, caller("human"))) == ["转人工"]
    server.stop()


def test_a_line_whose_servers_are_not_there_listens_by_itself(bundled, tuning):
    before = set(threading.enumerate())
    with SpeechPool(bundled, 1, tuning, servers=[f"ws://127.0.0.1:{free_port()}"]) as pool:
        assert pool.wait_ready(20)
        ear = pool.open()
        assert pool.server_of(ear) is None
        assert heard(listen(ear, caller("human"))) == ["转人工"]

    assert set(threading.enumerate()) == before


class FakeServer:
    """Speaks the protocol as `answers` says: each gets what was sent, and gives the answer, None (hang) or "" (cut)."""

    def __init__(self, answer):
        self.answer = answer
        self.port = free_port()
        self.configs = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.run)
        self.up, self.done = threading.Event(), None

    def run(self):
        asyncio.set_event_loop(self.loop)
        with contextlib.closing(self.loop):
            self.loop.run_until_complete(self.serve())

    async def serve(self):
        self.done = asyncio.Event()
        app = web.Application()
        app.router.add_get("/", self.talk)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        self.up.set()
        await self.done.wait()
        await runner.cleanup()

    async def talk(self, request):
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        async for message in ws:
            if "config" in str(message.data):
                self.configs.append(json.loads(message.data)["config"])
                continue
            answer = self.answer(message.data)
            if answer == "":
                break
            if answer is None:
                continue
            await ws.send_str(answer)
            if message.data == EOF:
                break
        return ws

    def __enter__(self):
        self.thread.start()
        assert self.up.wait(5)
        return f"ws://127.0.0.1:{self.port}"

    def __exit__(self, *error):
        self.loop.call_soon_threadsafe(self.done.set)
        self.thread.join()


def test_an_old_server_without_alternatives_will_do(pool_of):
    server = FakeServer(lambda sent: '{"text": "转 人工"}' if sent == EOF else '{"partial": "转"}')
    with server as url:
        ear = pool_of(url).open()
        events = listen(ear, caller("human"))

        assert heard(events) == ["转人工"]
        assert [event.text for event in events if isinstance(event, PartialHeard)] == ["转"]
        assert server.configs[0]["sample_rate"] == 8000


@pytest.mark.parametrize(
    "answer",
    [lambda sent: "", lambda sent: '{"partial": ""}' if sent != EOF else "", lambda sent: "not JSON"],
    ids=["cuts the connection", "cuts it before the result", "talks nonsense"],
)
def test_a_server_that_breaks_in_the_middle_costs_one_repetition(pool_of, answer):
    with FakeServer(answer) as url:
        pool = pool_of(url)
        ear = pool.open()
        say(ear, caller("human"))

        assert RecogniserLost(replaced=True) in gather(ear, RecogniserLost)
        assert pool.pid_of(ear) == pool.pids[0]
        assert heard(listen(ear, caller("human"))) == ["转人工"]


def test_a_server_that_hangs_is_given_up_and_takes_no_new_calls_meanwhile(pool_of, monkeypatch):
    monkeypatch.setattr("voicebot.speech.remote.PATIENCE_S", 3.0)
    with FakeServer(lambda sent: None) as url:
        pool = pool_of(url)
        ear = pool.open()
        say(ear, caller("human"))
        until(lambda: pool._servers[0].delay > pool._tuning.most_delay)

        assert pool.server_of(pool.open()) is None
        assert RecogniserLost(replaced=True) in gather(ear, RecogniserLost)


def test_a_call_that_ends_in_the_middle_leaves_no_connection(server, pool_of):
    pool = pool_of(server.url)
    ear = pool.open()
    say(ear, caller("rsj-card-lost")[:12000])
    ear.close()

    until(lambda: not pool._servers[0]._talks)
    assert not any(isinstance(event, UtteranceHeard) for event in ear.events())


def settings(tmp_path, servers):
    env = {"VOICEBOT_SPEECH_SERVERS": servers, "VOICEBOT_DATA": str(tmp_path)}
    return settings_from(env, data=tmp_path, faq=tmp_path, recordings=tmp_path)


@pytest.mark.parametrize(
    ("given", "servers"),
    [("", ()), ("ws://a:2700", ("ws://a:2700",)), ("ws://a:2700, wss://b/asr", ("ws://a:2700", "wss://b/asr"))],
)
def test_servers_are_a_setting(tmp_path, given, servers):
    assert settings(tmp_path, given).speech_servers == servers


@pytest.mark.parametrize("given", ["http://a:2700", "a:2700", "ws://"])
def test_what_is_no_server_is_named(tmp_path, given):
    with pytest.raises(SettingsError, match="VOICEBOT_SPEECH_SERVERS"):
        settings(tmp_path, given)

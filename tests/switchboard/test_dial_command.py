"""`voicebot dial` against a line in another thread, at the pace of life."""

import asyncio
import base64
import json
import threading
from contextlib import contextmanager

import pytest
import soundfile
from aiohttp import web
from click.testing import CliRunner

from tests.switchboard.little_line import ACCOUNT, PUBLIC, LittleLine
from voicebot.audio import ulaw_to_pcm
from voicebot.cli import main
from voicebot.switchboard.sound import tone

GREETING, ANSWER = tone((300.0,), 0.6), tone((500.0,), 0.6)


async def talk(ws):
    """Greets, and answers what is said after half a second of silence, or a key."""
    await ws.begin()
    await ws.send("media", payload=base64.b64encode(GREETING).decode())
    await ws.send("mark", name="greeting")
    loud = quiet = 0
    while message := await ws.ws.receive():
        if message.type.name != "TEXT":
            return
        frame = json.loads(message.data)
        if frame["event"] == "dtmf":
            return
        if frame["event"] == "media":
            voiced = len(set(base64.b64decode(frame["media"]["payload"]))) > 8
            loud, quiet = (loud + 1, 0) if voiced else (loud, quiet + 1)
            if loud > 5 and quiet == 10:
                await ws.send("media", payload=base64.b64encode(ANSWER).decode())
                loud = 0


PAGES = {
    "/twilio/voice": '<Response><Connect action="/after"><Stream url="/stream"/></Connect></Response>',
    "/after": '<Response><Dial timeout="5">+15005558001</Dial></Response>',
}


@contextmanager
def serving(line):
    """The line's address, while a thread serves it."""
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    found = {}

    async def serve():
        app = web.Application()
        app.router.add_get("/stream", line.stream)
        app.router.add_route("*", "/{path:.*}", line.page)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        found["address"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
        found["stop"] = asyncio.Event()
        ready.set()
        await found["stop"].wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait(5)
    try:
        yield found["address"]
    finally:
        loop.call_soon_threadsafe(found["stop"].set)
        thread.join(5)
        loop.close()


@pytest.fixture
def sounds(tmp_path):
    for name, ulaw in (("greeting", GREETING), ("answer", ANSWER), ("question", tone((700.0, 820.0), 0.5))):
        soundfile.write(tmp_path / f"{name}.wav", ulaw_to_pcm(ulaw), 8000)
    texts = {"greeting": {"text": "您好。"}, "answer": {"text": "当场可取。"}, "question.wav": {"text": "怎么补办"}}
    (tmp_path / "manifest.json").write_text(json.dumps(texts), "utf-8")
    return tmp_path


def dial(*arguments, line=None, monkeypatch=None):
    line = line or LittleLine(dict(PAGES), talk)
    env = {"TWILIO_ACCOUNT_SID": ACCOUNT.sid, "TWILIO_AUTH_TOKEN": ACCOUNT.token, "VOICEBOT_PUBLIC_URL": PUBLIC}
    with serving(line) as address:
        done = CliRunner(env=env).invoke(main, ["dial", address, "--linger", "0.8", *map(str, arguments)])
    assert not done.exception or isinstance(done.exception, SystemExit), done.output
    return done, line


def test_a_question_and_its_answer(sounds):
    done, line = dial("--wav", sounds / "question.wav", "--recordings", sounds, "--json", "--from", "anonymous")
    assert done.exit_code == 0, done.output
    call = json.loads(done.output)
    assert call["from"] == line.forms("/twilio/voice")[0]["From"] == "anonymous"
    assert call["said"][0]["text"] == "怎么补办"
    assert [(item["clips"], item["text"]) for item in call["heard"]] == [
        (["greeting"], "您好。"),
        (["answer"], "当场可取。"),
    ]
    (latency,) = call["latencies"]
    assert 0.1 < latency["seconds"] < 1.0
    assert call["marks"][0]["name"] == "greeting"
    assert call["frames"]["received"] == {"media": 2, "mark": 1}
    assert "<Connect" in call["twiml"][0]["document"]
    assert call["ended_by"] == "caller"


def test_a_key_and_somebody_who_does_not_answer():
    done, _ = dial("--key", "0@0.3", "--answer", "8001=busy@0.2", "--json")
    call = json.loads(done.output)
    assert [key["key"] for key in call["keys"]] == ["0"]
    assert call["dials"][0]["status"] == "busy"
    assert call["streams"][0]["sent"]["dtmf"] == 1
    assert done.exit_code == 0


def test_several_calls_at_once_from_different_numbers():
    done, _ = dial("--calls", "3", "--key", "0@0.3", "--answer", "*=failed@0.1", "--json")
    calls = [json.loads(line) for line in done.output.splitlines()]
    assert len({call["from"] for call in calls}) == 3
    assert len({call["call"] for call in calls}) == 3


def test_a_readable_transcript(sounds):
    done, _ = dial("--wav", sounds / "question.wav", "--recordings", sounds)
    for words in ("来电人  怎么补办", "热线  当场可取。", "→ 200", "说完到听见声音", "1 通电话，0 通有错"):
        assert words in done.output, done.output


def test_a_line_that_fails_is_told_of():
    done, _ = dial("--fallback-path", "/f", line=LittleLine({"/twilio/voice": "<Response>", "/f": "<Response/>"}))
    assert done.exit_code == 1
    assert "12100" in done.output
    assert "没有接通" in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "网址"),
        (["http://127.0.0.1:1", "--auth-token", "x", "--key", "x@y"], "不是按键"),
        (["http://127.0.0.1:1", "--auth-token", "x", "--answer", "8001=perhaps"], "8001=perhaps"),
        (["http://127.0.0.1:1"], "TWILIO_AUTH_TOKEN"),
    ],
)
def test_mistakes_are_one_line(arguments, words, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TWILIO_AUTH_TOKEN", raising=False)
    done = CliRunner().invoke(main, ["dial", *arguments])
    assert done.exit_code in (1, 2)
    assert words in done.output
    assert "Traceback" not in done.output

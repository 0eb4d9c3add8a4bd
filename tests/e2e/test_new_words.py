"""The questions change, the graph is built anew, and a running line takes it up: a call that is on notices nothing."""

import asyncio
import shutil

import pytest
import requests
from click.testing import CliRunner

from tests.e2e.conftest import RECORDINGS, Phone, heard, say
from voicebot import content
from voicebot.cli import main
from voicebot.cli.processes import family, is_worker
from voicebot.cli.stage import served_line
from voicebot.speech.learnt import FOLDER
from voicebot.switchboard.caller import HangUp, Idle, Into

FEW = 1000
"""General words: a graph of a few words is built fast, and does not know the new ones by chance."""


def build(faq, target):
    result = CliRunner().invoke(
        main, ["model", "build", "--faq", str(faq), "--out", str(target), "--words", str(FEW), "--json"]
    )
    assert result.exit_code == 0, result.output


async def until(condition, seconds=60.0):
    async with asyncio.timeout(seconds):
        while not (found := await asyncio.to_thread(condition)):
            await asyncio.sleep(0.1)
        return found


@pytest.fixture
def folders(tmp_path):
    """The questions of one department, the line's data with a graph of them, and a graph of two departments."""
    faq, data = tmp_path / "faq", tmp_path / "data"
    faq.mkdir()
    data.mkdir()
    shutil.copy(content.sample_faq() / "rsj.md", faq)
    build(faq, data / FOLDER)
    more = shutil.copytree(faq, tmp_path / "more")
    shutil.copy(content.sample_faq() / "gjj.md", more)
    build(more, tmp_path / "built")
    return faq, data, tmp_path / "built"


def workers(stage):
    return {pid for pid in family(stage.pid) if is_worker(pid)}


def offered(stage):
    """What the line says is new to its recogniser."""
    return requests.get(f"{stage.address}/readyz", timeout=5).json()["missing"].get("hearing")


def test_new_words_are_offered_built_and_heard_while_a_call_is_on(folders):
    faq, data, built = folders
    seen = {}

    async def swap(stage):
        assert await asyncio.to_thread(offered, stage) is None
        seen["before"] = workers(stage)
        shutil.copy(content.sample_faq() / "gjj.md", faq)
        seen["offered"] = await until(lambda: offered(stage))
        (data / FOLDER).rename(data / "old")
        built.rename(data / FOLDER)
        await until(lambda: "new calls are heard with" in stage.log.read_text("utf-8"))
        seen["meanwhile"] = workers(stage)

    async def run():
        env = {"VOICEBOT_FAQ": str(faq)}
        async with served_line(data, RECORDINGS, env, workers=1) as stage:
            phone = Phone(None, stage, data)
            ask = [say("gjj-rent.wav"), HangUp(Into(1.0))]
            acts = [say("rsj-card-lost.wav", Idle()), say("rsj-injury.wav", Into(2.0)), HangUp(Into(2.0))]
            options = {"number": "anonymous", "rings": False}
            deaf, kept = await asyncio.gather(phone._call(ask, None, options), phone._call(acts, swap(stage), options))
            seen["after"] = await until(lambda: (now := workers(stage)) and not now & seen["before"] and now)
            knows = await phone._call(ask, None, options)
            seen["left"] = await asyncio.to_thread(offered, stage)
        return deaf, kept, knows

    deaf, kept, knows = asyncio.run(run())

    assert not any(name.startswith("answers/gjj") for name in heard(deaf))
    assert [name for name in heard(kept) if name.startswith("answers/")] == ["answers/rsj-001…", "answers/rsj-008…"]
    assert not [problem for problem in kept.problems if problem.level == "error"]
    assert "prompts/repeat_please" not in heard(kept)
    assert "answers/gjj-001…" in heard(knows)
    assert "voicebot model build" in seen["offered"]
    assert seen["before"] < seen["meanwhile"], "the call's worker stays beside the new one"
    assert seen["left"] is None

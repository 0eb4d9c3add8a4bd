"""Calls back over the emulated telephone network: real webhooks, real recordings, two phones that end up talking."""

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import sys

import pytest
from aiohttp import web

from tests.e2e.conftest import RECORDINGS, heard
from tests.open_hours import CALLS_AT_ANY_HOUR
from voicebot.cli.stage import DESK, PUBLIC_URL, served_line
from voicebot.switchboard.account import LINE_NUMBER, caller_number
from voicebot.switchboard.callee import Behaviour, Callee, Directory
from voicebot.switchboard.caller import At, HangUp, Into, Press
from voicebot.switchboard.clips import clips_from
from voicebot.switchboard.exchange import name_clips

POLICY = f"{CALLS_AT_ANY_HOUR}spacing_s = 2\n"
CLERK = Callee(Behaviour.ACCEPT, pickup_s=1.0, talk_s=30.0)
CITIZEN = Callee(Behaviour.ACCEPT, pickup_s=2.0, accept_key="", talk_s=10.0)
"""Picks up, presses nothing, and hangs up after talking."""
LONGEST_S = 120.0


class Line:
    """A running line with its data, and people at their phones."""

    def __init__(self, stage, data):
        self.stage, self.data = stage, data
        self.clips = clips_from(RECORDINGS)
        self.callers = 0

    @property
    def legs(self):
        """Legs the line placed over REST."""
        return self.stage.board.board.outbound

    async def missed(self):
        """Somebody asks for a person, nobody comes, and they hang up: their number."""
        self.callers += 1
        acts = [Press("0", Into(0.5)), HangUp(At(6.0))]
        await self.stage.call(acts, desk=Behaviour.BUSY, number=self.callers)
        await self.until(lambda: self.rows("SELECT count(*) FROM callbacks")[0][0] >= self.callers)
        return caller_number(self.callers)

    async def called_back(self, people):
        """Let the line call back once: the leg to staff, with its own legs to the caller."""
        before = len(self.legs)
        self.stage.board.board.directory = Directory(people)
        await self.job()
        await self.until(lambda: len(self.legs) > before and self.legs[before].task.done())
        await self.until(lambda: not [task for task in self.stage.board.board.background if not task.done()])
        leg = self.legs[before].leg.result
        name_clips(self.clips, leg)
        return leg

    async def job(self):
        """`voicebot callbacks run`, as from cron."""
        return await self.command("run")

    async def command(self, *arguments):
        """`voicebot callbacks …`: what it says."""
        process = await self.begin(arguments)
        out, _ = await process.communicate()
        assert process.returncode == 0
        return json.loads(out)

    async def begin(self, arguments, env=None):
        account = self.stage.account
        own = {
            "TWILIO_ACCOUNT_SID": account.sid,
            "TWILIO_AUTH_TOKEN": account.token,
            "VOICEBOT_PUBLIC_URL": PUBLIC_URL,
            "VOICEBOT_DATA": str(self.data),
            "VOICEBOT_DESK_NUMBER": DESK,
            "VOICEBOT_TWILIO_API": self.stage.board.api_url,
        }
        command = [sys.executable, "-m", "voicebot", "callbacks", *arguments, "--json"]
        return await asyncio.create_subprocess_exec(
            *command, env={**os.environ, **own, **(env or {})}, stdout=asyncio.subprocess.PIPE
        )

    async def forget(self):
        """Nobody is to be called about the latest one."""
        await self.command("drop", str(self.rows("SELECT max(id) FROM callbacks")[0][0]), "--as", "w1", "--why", "x")

    async def until(self, true, longest_s=LONGEST_S):
        async with asyncio.timeout(longest_s):
            while not true():
                await asyncio.sleep(0.1)

    def rows(self, sql):
        with contextlib.closing(sqlite3.connect(self.data / "voicebot.sqlite3")) as db:
            return db.execute(sql).fetchall()

    @property
    def latest(self):
        """Of the latest callback: its state, its ticket's, and how its tries ended."""
        both = "SELECT c.id, c.state, t.state FROM callbacks c JOIN tickets t ON t.id = c.ticket_id"
        found = max(self.rows(both))
        tries = self.rows(f"SELECT outcome FROM callback_tries WHERE callback_id = {found[0]} ORDER BY id")
        return found[1], found[2], [outcome for (outcome,) in tries]


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def line(runner, tmp_path_factory):
    data = tmp_path_factory.mktemp("line")
    (data / "policy.toml").write_text(POLICY)
    stack = contextlib.AsyncExitStack()
    stage = runner.run(stack.enter_async_context(served_line(data, RECORDINGS)))
    yield Line(stage, data)
    runner.run(stack.aclose())


def test_a_callback_reaches_both(runner, line):
    caller = runner.run(line.missed())
    staff = runner.run(line.called_back({DESK: CLERK, caller: CITIZEN}))

    (citizen,) = staff.legs
    assert staff.errors == []
    assert "prompts/whisper_callback" in heard(staff)
    assert "prompts/callback_connecting" in heard(staff)
    assert heard(citizen) == ["prompts/hello_callback"]
    assert [dial.bridged for dial in staff.dials] == [True]
    assert (staff.identity.to, staff.identity.from_) == (DESK, LINE_NUMBER)
    assert (citizen.identity.to, citizen.identity.from_) == (caller, LINE_NUMBER), "neither sees the other's number"
    assert [key.key for key in staff.keys] == ["1"]
    assert line.latest == ("done", "resolved", ["reached"])
    assert line.rows("SELECT count(*) FROM engagements") == [(0,)]


def test_a_caller_who_does_not_answer_is_tried_again_later(runner, line):
    caller = runner.run(line.missed())
    gone = Callee(Behaviour.NO_ANSWER)
    staff = runner.run(line.called_back({DESK: CLERK, caller: gone}))

    assert [(dial.bridged, dial.status) for dial in staff.dials] == [(False, "no-answer")]
    assert heard(staff)[-1] == "prompts/callback_no_answer"
    assert line.latest == ("due", "assigned", ["no-answer"])

    runner.run(line.job())  # the round is over
    runner.run(asyncio.sleep(2.0))
    staff = runner.run(line.called_back({DESK: CLERK, caller: CITIZEN}))
    assert "prompts/callback_tried_lead" in heard(staff)
    assert line.latest == ("done", "resolved", ["no-answer", "reached"])


def test_a_voicemail_of_staff_never_rings_the_caller(runner, line):
    caller = runner.run(line.missed())
    staff = runner.run(line.called_back({DESK: Callee(Behaviour.VOICEMAIL), caller: CITIZEN}))

    assert (staff.dials, staff.legs) == ([], [])
    assert line.latest == ("due", "assigned", ["staff-voicemail"])
    runner.run(line.forget())


def test_a_voicemail_of_the_caller_is_no_talk(runner, line):
    caller = runner.run(line.missed())
    hangs_up = Callee(Behaviour.ACCEPT, pickup_s=1.0, talk_s=2.0)
    staff = runner.run(line.called_back({DESK: hangs_up, caller: Callee(Behaviour.VOICEMAIL, pickup_s=1.0)}))

    assert [dial.bridged for dial in staff.dials] == [True]
    assert line.latest == ("due", "assigned", ["cut-short"])
    runner.run(line.forget())


def test_a_worker_killed_while_it_asks_for_the_phone_to_ring(runner, line):
    """Its lease runs out, and another worker rings."""

    async def killed():
        caller = await line.missed()
        asked = asyncio.Event()

        async def never(request):
            asked.set()
            await asyncio.sleep(60)
            return web.Response(status=503)

        deaf = web.AppRunner(application(never), shutdown_timeout=0.1)
        await deaf.setup()
        site = web.TCPSite(deaf, "127.0.0.1", 0)
        await site.start()
        port = deaf.addresses[0][1]
        process = await line.begin(["run"], {"VOICEBOT_TWILIO_API": f"http://127.0.0.1:{port}"})
        async with asyncio.timeout(30):
            await asked.wait()
        process.send_signal(signal.SIGKILL)
        await process.communicate()
        await deaf.cleanup()
        assert line.latest == ("calling", "assigned", [None])
        assert (await line.job())["rung"] == 0, "nobody else rings as long as it may still ring"
        await asyncio.sleep(16)
        await line.called_back({DESK: CLERK, caller: CITIZEN})

    runner.run(killed())
    assert line.latest == ("done", "resolved", ["lost", "reached"])


def application(handler):
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    return app

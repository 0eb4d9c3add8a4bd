"""A line served as an operator would serve it, called over real HTTP and WebSocket with real audio and real Vosk."""

import asyncio
import contextlib
import os
import sqlite3

import pytest

from voicebot import content
from voicebot.cli.stage import served_line
from voicebot.switchboard.caller import Idle, say_file
from voicebot.switchboard.clips import clips_from

RECORDINGS = content.recordings_folder(os.environ)


class Phone:
    """A running line and a loop to call it from."""

    def __init__(self, loop, stage, data):
        self.loop, self.stage, self.data = loop, stage, data
        self.clips = clips_from(RECORDINGS)
        self.callers = 0

    def call(self, *acts, meanwhile=None, **options):
        # Everyone calls from a number of their own: who calls again soon is put through to a person first.
        self.callers += 1
        options.setdefault("number", self.callers)
        return self.loop.run_until_complete(self._call(acts, meanwhile, options))

    async def _call(self, acts, meanwhile, options):
        side = asyncio.create_task(meanwhile) if meanwhile else None
        result = await self.stage.call(acts, clips=self.clips, **options)
        if side:
            await side
        return result

    def rows(self, sql):
        with contextlib.closing(sqlite3.connect(self.data / "voicebot.sqlite3")) as db:
            return db.execute(sql).fetchall()


def say(file, cue=None):
    return say_file(RECORDINGS / "callers" / file, cue or Idle())


def heard(result):
    return [name for piece in result.heard for name in piece.clips]


@pytest.fixture(scope="session")
def phone(tmp_path_factory):
    data = tmp_path_factory.mktemp("line")
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        stack = contextlib.AsyncExitStack()
        stage = loop.run_until_complete(stack.enter_async_context(served_line(data, RECORDINGS)))
        yield Phone(loop, stage, data)
        loop.run_until_complete(stack.aclose())

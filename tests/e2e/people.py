"""A line with a duty roster, served without ears: every caller goes to a person at once, as when speech is down."""

import asyncio
import contextlib
import sqlite3
from datetime import time, timedelta

from tests.e2e.conftest import RECORDINGS
from tests.open_hours import ALWAYS
from voicebot import wiring
from voicebot.cli.stage import served_line
from voicebot.staffing import keeping
from voicebot.staffing.roster import Person, Role, Roster, Shift
from voicebot.switchboard.account import caller_number
from voicebot.switchboard.callee import Behaviour, Callee, Directory
from voicebot.switchboard.caller import HangUp, Idle
from voicebot.switchboard.clips import clips_from
from voicebot.switchboard.exchange import Caller, name_clips

SECRET = "a secret for tests only"
A, B, C = (caller_number(n) for n in (91, 92, 93))
ALL_WEEK = (time.min, time.max, frozenset(range(7)))
STAFF = (
    (Person("a", "窗口一", A), Person("b", "窗口二", B)),
    (Shift("a", "rsj", Role.A, *ALL_WEEK), Shift("b", "rsj", Role.B, *ALL_WEEK)),
)


def accept(talk_s=2.0, pickup_s=1.0):
    return Callee(Behaviour.ACCEPT, pickup_s=pickup_s, talk_s=talk_s, lonely_s=20.0)


BUSY, VOICEMAIL, NOBODY = (Callee(b, pickup_s=1.0) for b in (Behaviour.BUSY, Behaviour.VOICEMAIL, Behaviour.NO_ANSWER))


class Office:
    """A running line, and people at their phones."""

    def __init__(self, loop, stage, data):
        self.loop, self.stage, self.data = loop, stage, data
        self.clips = clips_from(RECORDINGS)
        self.callers = 0

    def people(self, **phones):
        """Who does what when their phone rings, by id."""
        numbers = {"a": A, "b": B, "c": C}
        self.stage.board.board.directory = Directory({numbers[name]: callee for name, callee in phones.items()}, NOBODY)

    async def place(self, *acts, after=0.0, number=None):
        """One caller, who waits `after` seconds first."""
        self.callers += 1
        number = self.callers if number is None else number
        await asyncio.sleep(after)
        result = await self.stage.board.place(Caller(acts, caller_number(number)))
        name_clips(self.clips, result)
        return result

    def call(self, *acts, **options):
        return self.loop.run_until_complete(self.place(*acts, **options))

    def calls(self, *placed):
        async def all_of_them():
            return await asyncio.gather(*placed)

        return self.loop.run_until_complete(all_of_them())

    def until(self, true, longest_s=20.0):
        async def wait():
            async with asyncio.timeout(longest_s):
                while not true():
                    await asyncio.sleep(0.1)

        self.loop.run_until_complete(wait())

    def remember(self, number):
        """Register a caller in the green channel."""
        config = wiring.settings({"VOICEBOT_DATA": str(self.data), "VOICEBOT_SECRET": SECRET})
        record = wiring.open_record(config)
        expires = wiring.now() + timedelta(days=1)
        record.register_green(record.number_key(caller_number(number)), consent="本人同意", expires_at=expires)
        return number

    def rows(self, sql, *values):
        with contextlib.closing(sqlite3.connect(self.data / "voicebot.sqlite3")) as db:
            return db.execute(sql, values).fetchall()

    def outcomes(self, result):
        """Who was rung for the call, and how each attempt ended."""
        call = result.identity.call
        return self.rows("SELECT person, outcome FROM attempts WHERE call_id = ? ORDER BY id", call)

    def tickets(self, result):
        call = result.identity.call
        return self.rows("SELECT kind, state, owner, unit FROM tickets WHERE call_id = ? ORDER BY id", call)


def bye(seconds=1.0):
    return HangUp(Idle(seconds, patience=40.0))


@contextlib.contextmanager
def office(data, *, calendar=ALWAYS, more=None, staff=STAFF, deaf=True):
    """A line for the length of the block."""
    data.mkdir(exist_ok=True)
    (data / "calendar.toml").write_text(calendar, "utf-8")
    record = wiring.open_record(wiring.settings({"VOICEBOT_DATA": str(data), "VOICEBOT_SECRET": SECRET}))
    keeping.save(record, Roster(*staff), who="test", why="", based_on=0)
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        stack = contextlib.AsyncExitStack()
        settings = {"VOICEBOT_SECRET": SECRET, **(more or {})}
        stage = loop.run_until_complete(stack.enter_async_context(served_line(data, RECORDINGS, settings, deaf=deaf)))
        try:
            yield Office(loop, stage, data)
        finally:
            loop.run_until_complete(stack.aclose())

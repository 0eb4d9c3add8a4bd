"""Work of a clerk on 常见问题 and 高频缺口, step by step, for `voicebot evaluate desk`."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from flask import Flask
from werkzeug.test import TestResponse

from voicebot.bot import Bot
from voicebot.cli.sample_faq import SEARCHED
from voicebot.errors import VoicebotError
from voicebot.faq.entry import Entry
from voicebot.matching import Bands
from voicebot.questions.folder import Folder
from voicebot.questions.mining import Mining
from voicebot.staffing.accounts import Accounts
from voicebot.store.gaps import GapFilter
from voicebot.store.record import Record

ROLE = "supervisor"
YEAR = timedelta(days=366)
PATIENCE_S = 15.0


@dataclass(frozen=True, slots=True)
class Step:
    """One request that is measured; its label begins with the method."""

    label: str
    send: Callable[[], TestResponse]
    action: bool = False
    """It writes: a second is what it may take."""
    before: Callable[[], object] = lambda: None
    """What has to be done before each time and is not measured."""


class Clerk:
    """A supervisor's browser without a browser."""

    def __init__(self, app: Flask, record: Record) -> None:
        self._client = app.test_client()
        self._client.set_cookie("desk", Accounts(record).open_session(ROLE), path="/desk/")
        page = self.get("/desk/me").get_data(as_text=True)
        found = re.search(r'"X-CSRFToken": "([^"]+)"', page)
        self._token = found[1] if found else ""

    def get(self, path: str) -> TestResponse:
        """A page."""
        return self._client.get(path)

    def post(self, path: str, *, panel: bool = False, **values: str) -> TestResponse:
        """A form; a `panel` is asked for by htmx."""
        headers = {"HX-Request": "true"} if panel else {}
        return self._client.post(path, data={"csrf_token": self._token, **values}, headers=headers)


def count_questions(bot: Bot) -> None:
    """Count and group what the generated calls asked in vain, as the line does by itself."""
    tuning = bot.tuning
    mining = Mining(bot.record, bot.knowledge, Bands(tuning.answer, tuning.confirm, tuning.margin), bot.now)
    mining.count()
    mining.group()


def steps(app: Flask, bot: Bot) -> Iterator[Step]:
    """What staff do with one entry and one gap. Raises `VoicebotError` when there is none to work with."""
    clerk = Clerk(app, bot.record)
    entries = bot.knowledge().faq.entries
    middle, taken = entries[len(entries) // 2], entries[len(entries) // 3]
    yield from _looking(clerk, middle)
    yield from _editing(clerk, bot, middle)
    folder = Folder(bot.settings.faq, lambda: bot.now().date())
    yield from _publishing(clerk, bot, folder, taken)
    _loaded(bot, folder, taken.id)
    yield from _gaps(clerk, bot)


def _looking(clerk: Clerk, entry: Entry) -> Iterator[Step]:
    for path in (
        "/desk/questions?page=40&department=",
        f"/desk/questions?department=&q={SEARCHED}",
        f"/desk/questions/entry/{entry.id}",
        f"/desk/questions/entry/{entry.id}/history",
    ):
        yield Step(f"GET {path}", lambda path=path: clerk.get(path))  # type: ignore[misc]


def _editing(clerk: Clerk, bot: Bot, entry: Entry) -> Iterator[Step]:
    edit = f"/desk/questions/entry/{entry.id}/edit"
    yield Step(f"POST {edit}", lambda: clerk.post(edit), action=True)
    draft = clerk.post(edit).location
    row = bot.record.draft(int(draft.rpartition("/")[2]))
    if row is None:
        raise VoicebotError("no-draft", "没有草稿可以量")
    yield Step("GET …/draft/N", lambda: clerk.get(draft))
    shown = count()
    for label, values in (
        ("do=check", {"do": "check"}),
        ("do=check thorough", {"do": "check", "thorough": "y"}),
        ("do=try", {"do": "try", "try": SEARCHED}),
        ("do=confusion", {"do": "confusion"}),
    ):

        def typed(values: dict[str, str] = values) -> TestResponse:
            """Each time a little more has been typed, so that nothing is remembered from last time."""
            text = row.text.replace(" | ", f" | {entry.question}第{next(shown)}种 | ", 1)
            return clerk.post(draft, panel=True, version=str(row.version), text=text, **values)

        yield Step(f"POST …/draft/N {label}", typed)


def _publishing(clerk: Clerk, bot: Bot, folder: Folder, entry: Entry) -> Iterator[Step]:
    place = f"/desk/questions/entry/{entry.id}"
    written = count(1)
    ready: dict[str, str] = {}

    def begin() -> None:
        _loaded(bot, folder, entry.id)
        ready["to"] = clerk.post(f"{place}/edit").location
        row = bot.record.draft(int(ready["to"].rpartition("/")[2]))
        if row is not None:
            text = row.base.replace(" | ", f" | {entry.question}第{next(written)}种 | ", 1)
            ready.update(version=str(row.version), text=text)

    def publish() -> TestResponse:
        return clerk.post(ready["to"], do="publish", version=ready["version"], text=ready["text"])

    def published() -> None:
        begin()
        publish()
        _loaded(bot, folder, entry.id)
        page = clerk.get(f"{place}/history").get_data(as_text=True)
        ready.update({name: re.findall(rf'name="{name}" value="([^"]+)"', page)[-1] for name in ("key", "seen")})

    def undo() -> TestResponse:
        return clerk.post(f"{place}/undo", key=ready["key"], seen=ready["seen"])

    yield Step("POST …/draft/N do=publish", publish, action=True, before=begin)
    yield Step(f"POST {place}/undo", undo, action=True, before=published)


def _loaded(bot: Bot, folder: Folder, entry: str) -> None:
    """Wait until the line serves what stands on disk: nobody publishes twice while it is being loaded."""
    patience = time.monotonic() + PATIENCE_S
    while time.monotonic() < patience:
        written = folder.entry(entry)
        if written is not None and bot.knowledge().faq[entry].variants == written.variants:
            return
        time.sleep(0.05)


def _gaps(clerk: Clerk, bot: Bot) -> Iterator[Step]:
    lines, _ = bot.record.gap_lines(GapFilter(bot.now() - YEAR, bot.now()), limit=1)
    if not lines:
        raise VoicebotError("no-gap", "没有缺口可以量")
    group = lines[0].group.id
    yield Step(f"GET /desk/gaps/{group}", lambda: clerk.get(f"/desk/gaps/{group}"))
    draft = f"/desk/gaps/{group}/draft"
    department = bot.knowledge().faq.departments[0].id
    yield Step(f"POST {draft}", lambda: clerk.post(draft, department=department), action=True)

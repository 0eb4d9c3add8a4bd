"""Settings in, a running bot out. The only place that reads the environment and builds real things."""

from __future__ import annotations

import gc
import hashlib
import logging
import os
import secrets
import threading
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import platformdirs
from dotenv import dotenv_values

from voicebot import content
from voicebot.bot import Bot
from voicebot.cases.calling_back import next_permitted
from voicebot.cases.delivery import SmsPolicy
from voicebot.cases.periodic import Periodic
from voicebot.cases.terms import terms_maker
from voicebot.config import Settings, Tuning, settings_from, tuning_from
from voicebot.data_files import load_lexicon
from voicebot.dialogue.script import Script, script_from
from voicebot.errors import ModelError, SettingsError, SpeechLost, StoreLost
from voicebot.faq.entry import Department
from voicebot.faq.lint import load_checked
from voicebot.faq.load import load_folder, servable
from voicebot.faq.reload import FaqWatcher
from voicebot.hearing import HearingKeeper
from voicebot.jobs import jobs_of
from voicebot.knowledge import KnowledgeKeeper
from voicebot.matching import Bands
from voicebot.speech import learnt
from voicebot.speech.ear import Ear, Ears
from voicebot.speech.pool import SpeechPool
from voicebot.speech.voice import Voice
from voicebot.staffing import keeping
from voicebot.staffing.keeping import OfficeKeeper
from voicebot.staffing.legs import NoLegs
from voicebot.staffing.office_days import documents_of, office_days_of
from voicebot.staffing.plan import Office
from voicebot.staffing.roster import Roster
from voicebot.staffing.settings import calendars_from, rules_from
from voicebot.store.database import Database
from voicebot.store.numbers import NumberKey
from voicebot.store.record import Record
from voicebot.store.seal import Seal
from voicebot.twilio.rest import Rest
from voicebot.twilio.sending import sender_of

log = logging.getLogger(__name__)

OFFICE_ZONE = ZoneInfo("Asia/Shanghai")
"""Working days and validity dates are counted here."""

UPGRADE_AGAIN_S = 5.0
"""Seconds between attempts to open the record."""

MORE_WORKERS = 5
"""Most speech workers started by default: one more than there are cores, so that while one is replaced the others keep
up, up to here."""


def environment() -> dict[str, str]:
    """The process environment over a `.env` file in the working folder."""
    file = {key: value for key, value in dotenv_values(".env").items() if value is not None}
    return {**file, **os.environ}


def settings(env: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Raises `SettingsError` with every problem."""
    env = environment() if env is None else env
    return settings_from(
        env,
        data=Path(platformdirs.user_data_dir("voicebot")),
        faq=content.faq_folder(env),
        recordings=content.recordings_folder(env),
    )


def tuning(data: Path | None = None) -> Tuning:
    """The package's thresholds, overridden by ``voicebot.toml`` in the data folder."""
    return tuning_from(*_documents("tuning.toml", data, "voicebot.toml"))


def script(data: Path | None = None) -> Script:
    """The package's prompts, overridden one by one by ``prompts.toml`` in the data folder."""
    prompts: dict[str, str] = {}
    for document in _documents("prompts.toml", data, "prompts.toml"):
        prompts |= document
    return script_from(prompts, tomllib.loads(content.data_text("summaries.toml")))


def _documents(packaged: str, data: Path | None, own: str) -> list[dict[str, Any]]:
    documents = [tomllib.loads(content.data_text(packaged))]
    if data is not None and (data / own).is_file():
        try:
            documents.append(tomllib.loads((data / own).read_text("utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError([f"{data / own}: {error}"]) from error
    return documents


def now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)


def _secret(config: Settings) -> str:
    """The key that numbers are hashed with: given, or made once and kept beside the data."""
    if config.secret:
        return config.secret
    file = config.data / "secret"
    if not file.exists():
        config.data.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(secrets.token_hex(32))
    return file.read_text("ascii").strip()


class NoEars:
    """Stands in when there is no speech model: every caller goes to a person."""

    ready = False

    def __init__(self, why: ModelError) -> None:
        self._why = why

    def open(self) -> Ear:
        """Raises `SpeechLost`."""
        raise SpeechLost(self._why.code, self._why.message)


def open_record(config: Settings, department_of: Callable[[str], str | None] = lambda entry: None) -> Record:
    """The record, its tables brought up to date. Raises `StoreLost`."""
    record, database = _record(config, department_of, lambda: office_now(config, record))
    database.upgrade()
    return record


def _record(
    config: Settings, department_of: Callable[[str], str | None], office: Callable[[], Office]
) -> tuple[Record, Database]:
    config.data.mkdir(parents=True, exist_ok=True)
    database = Database(config.database_url)
    secret = _secret(config)
    record = Record(
        database,
        NumberKey(secret),
        now,
        department_of=department_of,
        terms=terms_maker(office),
        seal=Seal(secret),
        callable_at=lambda moment: next_permitted(office().callback, moment),
        textable=SmsPolicy(sender_of(config, now), cn=config.sms_cn).may_write,
    )
    return record, database


def office_now(config: Settings, record: Record | None, departments: Sequence[Department] = ()) -> Office:
    """Who works when, as written just now; without a record nobody is on the roster. Raises `SettingsError` for a
    broken file and `StoreLost`.
    """
    theirs = documents_of(office_days_of(record.office_days()[1])) if record else []
    calendar, calendars = calendars_from([*_documents("calendar.toml", config.data, "calendar.toml"), *theirs])
    rules = rules_from(_documents("policy.toml", config.data, "policy.toml"))
    return Office(
        keeping.load(record).roster if record else Roster(),
        calendar,
        calendars,
        rules.transfer,
        rules.callback,
        rules.tickets,
        {department.id: department.supervisor for department in departments},
        config.desk_number,
        rules.public,
    )


def departments(config: Settings) -> tuple[Department, ...]:
    """The departments of the FAQ folder, whatever is wrong with their questions."""
    return tuple(load_folder(config.faq, today()).departments)


def _keep_office(config: Settings, record: Callable[[], Record], keeper: KnowledgeKeeper) -> OfficeKeeper:
    """The office, looked at again every few seconds. A file that is broken at the start must be mended first."""
    first = office_now(config, None, keeper().faq.departments)
    return OfficeKeeper(lambda: office_now(config, record(), keeper().faq.departments), time.monotonic, first)


def _upgrade_until_done(database: Database, stop: threading.Event) -> None:
    """Bring the tables up to date, as soon as the database can be reached: the line answers calls without it too."""
    while True:
        try:
            database.upgrade()
            return
        except StoreLost as error:
            log.error("the record cannot be opened, callers go to a person until it can: %s", error)
        if stop.wait(UPGRADE_AGAIN_S):
            return


def _open_record_in_background(
    config: Settings, department_of: Callable[[str], str | None], office: Callable[[], Office], stack: ExitStack
) -> Record:
    """The record as soon as it can be had. Returns after the first attempt."""
    record, database = _record(config, department_of, office)
    try:
        database.upgrade()
    except StoreLost as error:
        log.error("the record cannot be opened, callers go to a person until it can: %s", error)
        stop = threading.Event()
        thread = threading.Thread(target=_upgrade_until_done, args=(database, stop), name="upgrade", daemon=True)
        thread.start()
        stack.callback(thread.join, 2 * UPGRADE_AGAIN_S)
        stack.callback(stop.set)
    stack.callback(database.close)
    return record


def keep_knowledge(config: Settings, thresholds: Tuning) -> KnowledgeKeeper:
    """The FAQ of these settings with its matcher, not watched yet."""
    bands = Bands(thresholds.answer, thresholds.confirm, thresholds.margin)
    faq = load_checked(config.faq, today())
    for problem in faq.errors:
        log.error("FAQ: %s:%d %s", problem.file, problem.line, problem.message)
    return KnowledgeKeeper(servable(faq), load_lexicon(), bands, today)


def today() -> date:
    """The day it is where the office is."""
    return datetime.now(OFFICE_ZONE).date()


@contextmanager
def running(config: Settings, *, workers: int | None = None, works: bool = True) -> Iterator[Bot]:
    """A bot that takes calls until the block ends. Speech starts in the background; a call that comes in before it
    is ready goes to a person. Without `workers` (0) nobody listens at all: for text that is typed. Unless it `works`,
    nothing is done beside the calls: to measure something else.

    Raises `SettingsError` or `ContentError` for what the operator must mend first. A missing speech model or a
    database that cannot be reached is logged and does not stop the line: every caller reaches a person.
    """
    with ExitStack() as stack:
        thresholds = tuning(config.data)
        words = script(config.data)
        ears = _ears(config, thresholds, workers, stack)  # first, for workers take longest to be ready
        keeper = keep_knowledge(config, thresholds)
        office = _keep_office(config, lambda: record, keeper)
        record = _open_record_in_background(config, keeper.department_of, office, stack)
        watcher = FaqWatcher(config.faq, on_good=keeper.changed, on_bad=keeper.broken, today=today)
        watcher.start()
        stack.callback(watcher.stop)
        bot = Bot(
            config,
            thresholds,
            words,
            keeper,
            ears,
            Voice([config.recordings]),
            record,
            office=office,
            legs=Rest(config) if config.phone_ready else NoLegs(),
            now=now,
            cookie_key=hashlib.sha256(b"page-cookies:" + _secret(config).encode()).digest(),
            hearing=_keep_hearing(config, ears, keeper, stack),
        )
        stop = threading.Event()
        if works:
            jobs = Periodic(jobs_of(bot, Seal(_secret(config)), stop))
            jobs.start()
            stack.callback(jobs.stop)
        stack.callback(stop.set)
        _keep_for_good(stack)
        yield bot


def _keep_for_good(stack: ExitStack) -> None:
    """What is there now stays: it is not looked through for garbage again and again, which with a FAQ of 2,000 entries
    stops every call for a fifth of a second whenever the FAQ is loaded anew.
    """
    gc.collect()
    gc.freeze()
    stack.callback(gc.unfreeze)


def _keep_hearing(config: Settings, ears: Ears, keeper: KnowledgeKeeper, stack: ExitStack) -> HearingKeeper | None:
    if not isinstance(ears, SpeechPool):
        return None
    hearing = HearingKeeper(ears, config.model, config.data, lambda: keeper().faq, config.faq, today)
    stack.callback(hearing.close)
    return hearing


def _ears(config: Settings, thresholds: Tuning, workers: int | None, stack: ExitStack) -> Ears:
    if workers == 0:
        return NoEars(ModelError("speech-off", "语音识别没有开"))
    try:
        model = learnt.serving(config.model, config.data)
    except ModelError as error:
        log.error("%s", error)
        return NoEars(error)
    count = workers or min(MORE_WORKERS, 1 + (os.cpu_count() or 1))
    aside, servers = config.data / "quarantine", config.speech_servers
    pool = SpeechPool(model, workers=count, tuning=thresholds, quarantine=aside, servers=servers)
    pool.start()
    stack.callback(pool.close)
    return pool

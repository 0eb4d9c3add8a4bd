"""What the line does beside the calls, put together from its parts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from voicebot.bot import Bot
from voicebot.cases.calling_back import CallingBack
from voicebot.cases.delivery import LegDelivery, MessageDelivery, SmsDelivery, SmsPolicy, Words
from voicebot.cases.lost_calls import LostCalls
from voicebot.cases.notices import Deadlines
from voicebot.cases.paging import sms_page
from voicebot.cases.periodic import Job
from voicebot.cases.texts import load_texts, words_of
from voicebot.dialogue.commands import Reason
from voicebot.errors import SpeechLost, VoicebotError
from voicebot.insight.weighing import Weighing
from voicebot.matching import Bands
from voicebot.questions.mining import Mining
from voicebot.speech.messages import hear_message
from voicebot.speech.pool import SpeechPool
from voicebot.store.seal import Seal
from voicebot.store.texting import THREAD_LIFE
from voicebot.store.words import Kind
from voicebot.twilio.recordings import Recordings
from voicebot.twilio.rest import Rest
from voicebot.twilio.sending import sender_of

log = logging.getLogger(__name__)

SOON_S = 5.0
"""Between two looks at what has to leave."""
LOST_S = 20.0
MINUTE_S = 60.0
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
COUNTED_S = 5 * MINUTE_S
GATHERED_S = HOUR_S
WEBHOOKS_KEPT = timedelta(days=1)
OUTBOX_KEPT = timedelta(days=30)


def jobs_of(bot: Bot, seal: Seal, stop: threading.Event) -> list[Job]:
    """The jobs of a running line; `stop` ends what takes long."""
    config, record = bot.settings, bot.record

    def hear(file: Path) -> str:
        if not isinstance(bot.ears, SpeechPool):
            raise SpeechLost("speech-lost", "nobody listens on this line")
        return hear_message(bot.ears, file, stop)

    policy = SmsPolicy(sender_of(config, bot.now), cn=config.sms_cn)
    page = sms_page(bot.office, seal, policy)
    tuning = bot.tuning
    mining = Mining(record, bot.knowledge, Bands(tuning.answer, tuning.confirm, tuning.margin), bot.now)
    jobs = [
        Job("deadlines", MINUTE_S, Deadlines(record, bot.office, bot.now, page).run),
        Job("weighing", MINUTE_S, Weighing(record.database, bot.office, bot.now).run),
        Job("forgetting", HOUR_S, lambda: _forget(bot)),
        Job("calendar", DAY_S, lambda: _check_calendar(bot)),
        Job("counting", COUNTED_S, lambda: mining.count(stop)),
        Job("gaps", GATHERED_S, mining.group),
    ]
    if bot.hearing is not None:
        jobs.append(Job("hearing", SOON_S, bot.hearing.look))
    if config.calls_back:
        calling_back = CallingBack(record, bot.office, bot.legs, config.line_number, bot.now)
        jobs.append(Job("calls back", SOON_S, calling_back.run))
    if policy.sender is not None:
        jobs.append(Job("texts", SOON_S, SmsDelivery(record, seal, policy, words_for(bot)).run))
    if config.phone_ready:
        messages = MessageDelivery(record, Recordings(config), hear, bot.now)
        jobs.append(Job("messages", SOON_S, lambda: messages.run(stop)))
        jobs.append(Job("legs", SOON_S, LegDelivery(record, bot.legs).run))
    if isinstance(bot.legs, Rest):
        words = bot.script.summary(Reason.FAULT, heard="", question="", answered=False)
        lost = LostCalls(record, bot.legs, bot.now, lambda call: _release(bot, call), words=words)
        jobs.append(Job("lost calls", LOST_S, lost.run))
    return jobs


def words_for(bot: Bot) -> Words:
    """How what callers wanted in writing becomes words: with the questions and texts of the moment."""

    def words(body: Mapping[str, Any]) -> str:
        faq = bot.knowledge().faq
        return words_of(body, lambda id_: faq[id_] if id_ in faq else None, load_texts(bot.settings.data))

    return words


def _release(bot: Bot, call: str) -> None:
    """Nobody is to be rung for a call that is over."""
    for leg in bot.record.release(call):
        try:
            bot.legs.end(leg)
        except VoicebotError as error:
            log.error("call %s: a leg could not be ended: %s", call, error)
            bot.record.post(Kind.END_LEG, f"end-leg:{leg}", {"leg": leg})


def _check_calendar(bot: Bot) -> list[int]:
    """Say in good time that deadlines are about to be promised without knowing the holidays: the years."""
    years = bot.office().unknown_years(bot.now())
    for year in years:
        log.warning(
            "the public holidays of %d are not known: update chinesecalendar or write them in calendar.toml", year
        )
    return years


def _forget(bot: Bot) -> int:
    """Remove what the policy says must go: how many calls were forgotten. Raises `StoreLost`."""
    now = bot.now()
    bot.record.tidy(now - WEBHOOKS_KEPT)
    bot.record.tidy_texting(now - THREAD_LIFE)
    bot.record.tidy_tallies()
    bot.record.clear_outbox(now - OUTBOX_KEPT)
    forgotten = bot.record.forget(now - timedelta(days=bot.settings.keep_days), _discard)
    return forgotten.calls


def _discard(file: str) -> None:
    Path(file).unlink(missing_ok=True)

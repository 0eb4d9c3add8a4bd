"""The pages of calls back under /twilio/callback/: staff are rung first, then the caller, then both talk.

Each names one try of ours in its query and may be asked twice, late, or by another replica than the one that rang: what
it does depends on nothing but the record. The caller's number stands in one answer to the provider and nowhere else;
answers with it are not kept.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, request

from voicebot.bot import Bot
from voicebot.cases.calling_back import permitted
from voicebot.dialogue.commands import Clip, Reason
from voicebot.dialogue.handing_over import whisper_clips
from voicebot.dialogue.spoken_time import number_clips
from voicebot.errors import FaultError, StoreLost
from voicebot.store.callback_news import About
from voicebot.store.words import SETTLED, CallbackOutcome
from voicebot.twilio import twiml
from voicebot.twilio.twiml import Pages

log = logging.getLogger(__name__)

_OVER: Final = ("completed", "busy", "failed", "no-answer", "canceled")


class CallbackPages:
    """What staff and the caller hear, and what became of their phones."""

    def __init__(self, bot: Bot, pages: Pages) -> None:
        self._bot = bot
        self._pages = pages

    # Staff

    def whisper(self) -> Response:
        """Somebody picked up at staff's: what is it about, and how often was it tried?"""
        about = self._about()
        if about is None or not about.is_on:
            return self._not_needed(about)
        return _xml(self._pages.callback_whisper(about.attempt.id, self._whispered(about)))

    def accept(self) -> Response:
        """1 makes the caller's phone ring; any other key is no."""
        about = self._about()
        if about is None:
            return _xml(twiml.refuse())
        if request.values.get("Digits") != "1":
            return self._refused(about, CallbackOutcome.STAFF_DECLINED)
        if about.attempt.accepted_at is None and not permitted(self._bot.office().callback, self._bot.now()):
            return self._refused(about, CallbackOutcome.TOO_LATE)
        try:
            to_dial = self._bot.record.accept_callback(about.attempt.id)
        except StoreLost as error:  # nobody would know of the talk: the caller is called once it can be kept
            log.error("callback %d: an accepted try was not kept: %s", about.callback.id, error)
            return _xml(twiml.refuse())
        if to_dial is None:
            return self._not_needed(self._about())
        caller_id = self._bot.settings.line_number or to_dial.line_number
        words = (self._clip("callback_connecting"),)
        return _xml(self._pages.call_back(about.attempt.id, to_dial.number, caller_id, words))

    def silent(self) -> Response:
        """Nothing was pressed: a voicemail box, or a pocket."""
        about = self._about()
        return _xml(twiml.refuse()) if about is None else self._refused(about, CallbackOutcome.STAFF_VOICEMAIL)

    def status(self) -> Response:
        """Staff's phone rings, was picked up, or their leg is over."""
        status, leg = request.values.get("CallStatus", ""), request.values.get("CallSid", "")
        return self._news(lambda attempt: self._bot.record.callback_news(attempt, status, leg))

    def dialled(self) -> Response:
        """The caller was rung, and perhaps spoken with; staff may still be on the line."""
        bridged = {"true": True, "false": False}.get(request.values.get("DialBridged", "").lower())
        status, seconds = request.values.get("DialCallStatus", ""), _seconds("DialCallDuration")
        outcome: CallbackOutcome | None = None
        try:
            outcome = self._bot.record.callback_dialled(_attempt(), status, bridged, seconds)
        except StoreLost as error:
            log.error("how a call back ended was not kept: %s", error)
        if request.values.get("CallStatus") in _OVER:
            return _xml(twiml.nothing())
        if outcome in (None, CallbackOutcome.REACHED):
            return _xml(twiml.refuse())
        return _xml(self._pages.say_and_hang_up((self._clip("callback_no_answer"),)))

    # The caller

    def hello(self) -> Response:
        """The caller picked up: who is calling."""
        return _xml(self._pages.say((self._clip("hello_callback"),)))

    def caller(self) -> Response:
        """The caller's phone rings, was picked up, or their leg is over."""
        status, seconds = request.values.get("CallStatus", ""), _seconds("CallDuration")
        return self._news(lambda attempt: self._bot.record.callback_caller_news(attempt, status, seconds))

    # Helpers

    def _whispered(self, about: About) -> tuple[Clip, ...]:
        ticket, faq = about.ticket, self._bot.knowledge().faq
        entry = faq[ticket.topic] if ticket.topic and ticket.topic in faq else None
        reason = Reason.ASKED if ticket.reason is Reason.NOBODY else ticket.reason
        clips = whisper_clips(self._bot.script, reason, entry)
        if about.rung:
            often = number_clips(about.rung, counting=True)
            clips = (*clips, self._clip("callback_tried_lead"), *often, self._clip("callback_tried_tail"))
        return (*clips, self._clip("whisper_callback"))

    def _refused(self, about: About, outcome: CallbackOutcome) -> Response:
        try:
            self._bot.record.refuse_callback(about.attempt.id, outcome)
        except StoreLost as error:
            log.error("callback %d: that it was refused was not kept: %s", about.callback.id, error)
        return _xml(twiml.refuse())

    def _not_needed(self, about: About | None) -> Response:
        """The caller has got through meanwhile, or this try is over for us."""
        if about is None or about.ticket.state not in SETTLED:
            return _xml(twiml.refuse())
        return _xml(self._pages.say_and_hang_up((self._clip("callback_settled"),)))

    def _news(self, tell: Callable[[int], None]) -> Response:
        try:
            tell(_attempt())
        except FaultError as error:
            log.error("news of a call back were not kept: %s", error)
        return Response(status=204)

    def _about(self) -> About | None:
        """What is asked about; None for a try that is not ours, or a record that is lost."""
        try:
            return self._bot.record.callback_about(_attempt())
        except StoreLost as error:
            log.error("a call back cannot be looked up: %s", error)
            return None

    def _clip(self, name: str) -> Clip:
        return self._bot.script.clip(name)


def _attempt() -> int:
    """The try in the query; one that is never there for what is no number."""
    number = request.args.get("attempt", "")
    return int(number) if number.isdecimal() and len(number) < 10 else 0


def _seconds(name: str) -> float | None:
    try:
        value = float(request.values.get(name, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _xml(text: str) -> Response:
    return Response(text, mimetype="text/xml")


def add_callback_pages(blueprint: Blueprint, pages: CallbackPages) -> None:
    """Put them under /twilio/callback/."""
    routes: dict[str, Callable[[], Response]] = {
        "whisper": pages.whisper,
        "accept": pages.accept,
        "silent": pages.silent,
        "status": pages.status,
        "dialled": pages.dialled,
        "hello": pages.hello,
        "caller": pages.caller,
    }
    for name, page in routes.items():
        blueprint.add_url_rule(f"/callback/{name}", f"callback_{name}", page, methods=["GET", "POST"])

"""The pages of staff legs under /twilio/leg/: what whoever picks up hears, and what became of their phone."""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Blueprint, Response, request

from voicebot.bot import Bot
from voicebot.errors import FaultError, StoreLost
from voicebot.events import TransferOutcome
from voicebot.points import mark
from voicebot.staffing.reaching import room_of
from voicebot.store.models import Attempt
from voicebot.store.ring_news import Acceptance
from voicebot.twilio import twiml
from voicebot.twilio.continuing import Continuing
from voicebot.twilio.reaching import Reaches
from voicebot.twilio.twiml import Pages

log = logging.getLogger(__name__)

MOST_TRIES = 5
"""So often, once a second, we try to keep that somebody pressed 1."""
_DIGITS = 10


class LegPages:
    """Each is asked by Twilio with our attempt's id in the query, and may be asked twice, late, or by another replica
    than the one that rang.
    """

    def __init__(self, bot: Bot, pages: Pages, continuing: Continuing, reaches: Reaches) -> None:
        self._bot = bot
        self._pages = pages
        self._continuing = continuing
        self._reaches = reaches

    def whisper(self) -> Response:
        """Someone picked up: what is it about?"""
        mark("picked-up")
        try:
            attempt = self._attempt()
            if attempt is None:
                return self._last_words("whisper_gone")
            if attempt.outcome is not None:
                still_waits = self._bot.record.waiting_since(attempt.call_id) is not None
                return self._last_words("whisper_late" if still_waits else "whisper_gone")
            number, about = attempt.id, self._continuing.whisper(attempt.call_id)
        except StoreLost as error:
            log.error("who picks up is not told what it is about: %s", error)
            number, about = number_of_ours(), (self._bot.script.clip("whisper"),)
        page = self._pages.leg_whisper(number, about)
        mark("whisper-made")
        return xml_page(page)

    def accept(self) -> Response:
        """1 brings them to the caller, who may be gone; any other key is no."""
        try:
            attempt = self._attempt()
            if attempt is None:
                return self._last_words("whisper_gone")
            if request.values.get("Digits") != "1":
                return self._refused(attempt, TransferOutcome.DECLINED)
            mark("accept-asked")
            acceptance = self._bot.record.accept(attempt.id)
            mark("accept-kept")
        except StoreLost as error:
            log.error("an accepted call was not kept: %s", error)
            return self._accept_again()
        self._reaches.poke(attempt.call_id)
        match acceptance:
            case Acceptance.ACCEPTED:
                return xml_page(self._pages.meet(room_of(attempt.call_id), attempt.id))
            case Acceptance.LATE:
                return self._last_words("whisper_late")
        return self._last_words("whisper_gone")

    def _accept_again(self) -> Response:
        """The caller still waits, only the record is away: a locked database comes back within seconds."""
        tries = number_of_ours("tries") + 1
        if tries > MOST_TRIES or request.values.get("Digits") != "1":
            return self._last_words("whisper_lost")
        return xml_page(self._pages.leg_accept_again(number_of_ours(), tries))

    def silent(self) -> Response:
        """Nothing was pressed: a voicemail box, or a pocket."""
        try:
            attempt = self._attempt()
        except StoreLost as error:
            log.error("a refused call was not kept: %s", error)
            return xml_page(twiml.refuse())
        return xml_page(twiml.refuse()) if attempt is None else self._refused(attempt, TransferOutcome.VOICEMAIL)

    def status(self) -> Response:
        """Their phone rings, was picked up, or the leg is over."""
        status = request.values.get("CallStatus", "")
        point = {"ringing": "leg-ringing", "completed": "talk-over"}.get(status, "")
        mark(point)
        try:
            attempt = self._attempt()
            if attempt is not None:
                leg, whisper_s = request.values.get("CallSid", ""), self._bot.office().transfer.whisper_s
                self._bot.record.leg_news(attempt.id, status, leg, whisper_s)
                mark({"leg-ringing": "leg-ringing-kept", "talk-over": "talk-kept"}.get(point, ""))
                self._reaches.poke(attempt.call_id)
        except FaultError as error:
            log.error("news of a leg was not kept: %s", error)
        return Response(status=204)

    def _refused(self, attempt: Attempt, outcome: TransferOutcome) -> Response:
        try:
            self._bot.record.refuse(attempt.id, outcome)
        except FaultError as error:
            log.error("a refused call was not kept: %s", error)
        self._reaches.poke(attempt.call_id)
        return xml_page(twiml.refuse())

    def _last_words(self, prompt: str) -> Response:
        return xml_page(self._pages.say_and_hang_up((self._bot.script.clip(prompt),)))

    def _attempt(self) -> Attempt | None:
        """The attempt that is asked about; None for one that is not ours. Raises `StoreLost`."""
        return self._bot.record.attempt(number_of_ours())


def number_of_ours(name: str = "attempt") -> int:
    """A number of ours in the query; 0 when there is none."""
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < _DIGITS else 0


def xml_page(text: str) -> Response:
    """A TwiML response."""
    return Response(text, mimetype="text/xml")


def add_leg_pages(blueprint: Blueprint, pages: LegPages) -> None:
    """Put them under /twilio/leg/."""
    routes: dict[str, Callable[[], Response]] = {
        "whisper": pages.whisper,
        "accept": pages.accept,
        "silent": pages.silent,
        "status": pages.status,
    }
    for name, page in routes.items():
        blueprint.add_url_rule(f"/leg/{name}", f"leg_{name}", page, methods=["GET", "POST"])

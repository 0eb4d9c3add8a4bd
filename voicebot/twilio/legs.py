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
from voicebot.twilio import twiml
from voicebot.twilio.continuing import Continuing
from voicebot.twilio.reaching import Reaches
from voicebot.twilio.twiml import Pages

log = logging.getLogger(__name__)


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
        attempt = self._attempt()
        if attempt is None:
            return self._gone()
        page = self._pages.leg_whisper(attempt.id, self._continuing.whisper(attempt.call_id))
        mark("whisper-made")
        return _xml(page)

    def accept(self) -> Response:
        """1 brings them to the caller, who may be gone; any other key is no."""
        attempt = self._attempt()
        if attempt is None:
            return self._gone()
        if request.values.get("Digits") != "1":
            return self._refused(attempt, TransferOutcome.DECLINED)
        mark("accept-asked")
        try:
            accepted = self._bot.record.accept(attempt.id)
            mark("accept-kept")
        except StoreLost as error:
            log.error("an accepted call was not kept: %s", error)
            accepted = False
        self._reaches.poke(attempt.call_id)
        if not accepted:
            return self._gone()
        return _xml(self._pages.meet(room_of(attempt.call_id), attempt.id))

    def silent(self) -> Response:
        """Nothing was pressed: a voicemail box, or a pocket."""
        attempt = self._attempt()
        return self._gone() if attempt is None else self._refused(attempt, TransferOutcome.VOICEMAIL)

    def left(self) -> Response:
        """The talk is over for them."""
        try:
            attempt = self._attempt()
            if attempt is not None and request.values.get("DialBridged", "").lower() == "true":
                self._bot.record.met(attempt.call_id)
        except FaultError as error:
            log.error("that a caller was talked with was not kept: %s", error)
        return _xml(twiml.refuse())

    def status(self) -> Response:
        """Their phone rings, was picked up, or the leg is over."""
        status = request.values.get("CallStatus", "")
        point = {"ringing": "leg-ringing", "completed": "talk-over"}.get(status, "")
        mark(point)
        try:
            attempt = self._attempt()
            if attempt is not None:
                self._bot.record.leg_news(attempt.id, status, request.values.get("CallSid", ""))
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
        return _xml(twiml.refuse())

    def _gone(self) -> Response:
        return _xml(self._pages.say_and_hang_up((self._bot.script.clip("whisper_gone"),)))

    def _attempt(self) -> Attempt | None:
        """The attempt that is asked about; None for one that is not ours, or a record that is lost."""
        number = request.args.get("attempt", "")
        try:
            return self._bot.record.attempt(int(number)) if number.isdecimal() else None
        except StoreLost as error:
            log.error("an attempt cannot be looked up: %s", error)
            return None


def _xml(text: str) -> Response:
    return Response(text, mimetype="text/xml")


def add_leg_pages(blueprint: Blueprint, pages: LegPages) -> None:
    """Put them under /twilio/leg/."""
    routes: dict[str, Callable[[], Response]] = {
        "whisper": pages.whisper,
        "accept": pages.accept,
        "silent": pages.silent,
        "left": pages.left,
        "status": pages.status,
    }
    for name, page in routes.items():
        blueprint.add_url_rule(f"/leg/{name}", f"leg_{name}", page, methods=["GET", "POST"])

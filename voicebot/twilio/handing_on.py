"""Handing a caller on to another unit: the star key during a talk, and what both hear until it is settled.

The star takes whoever presses it out of the conference, which ends. They choose a unit while the caller waits; then the
caller is brought to that unit from a stream of ours, as whenever a person is reached. The first time in a call whoever
handed them on may go; from the second time on they stay on the line until the next one has the caller.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Blueprint, Response, request

from voicebot.bot import Bot
from voicebot.dialogue.commands import Clip, TicketKind
from voicebot.dialogue.spoken_time import number_clips
from voicebot.errors import FaultError
from voicebot.events import HandedOn
from voicebot.staffing.plan import plan
from voicebot.staffing.reaching import room_of
from voicebot.store.models import Attempt
from voicebot.store.words import HandingState
from voicebot.twilio import twiml
from voicebot.twilio.legs import number_of_ours, xml_page
from voicebot.twilio.twiml import Pages

log = logging.getLogger(__name__)

MOST_LOOKS = 3
"""Seconds until both sides must have told that the conference is over for them."""
MOST_CHOOSING = 90
"""Seconds somebody may take to choose a unit; the menu takes half of that."""
WORDS_EVERY = 8
"""Seconds between two times that whoever waits hears our words."""
BEGINNING = 8
"""Seconds until the caller must be waiting for the unit that was chosen."""


class HandingOnPages:
    """Each is asked by Twilio, and may be asked twice."""

    def __init__(self, bot: Bot, pages: Pages) -> None:
        self._bot = bot
        self._pages = pages

    def caller(self, call: str, looks: int) -> str | HandedOn | None:
        """The caller's conference is over: TwiML to wait with, where they are handed on to, or None when the talk has
        simply ended. Raises `StoreLost`.
        """
        if looks == 0 and not self._bot.record.offer_handing_on(call):
            return None
        one = self._bot.record.handing_on(call)
        match one.state if one else None:
            case HandingState.OFFERED if looks < MOST_LOOKS:
                return self._pages.being_handed_on((), False, looks + 1)
            case HandingState.CHOOSING if looks < MOST_CHOOSING:
                first = 0 < looks <= MOST_LOOKS  # when choosing was seen late, too
                again = looks > MOST_LOOKS and (looks - MOST_LOOKS) % WORDS_EVERY == 0
                words = self._clips("handing_on_wait") if first or again else ()
                return self._pages.being_handed_on(words, False, 1 + (max(looks, MOST_LOOKS) if words else looks))
            case HandingState.BACK:
                return self._pages.join(room_of(call), call)
            case HandingState.REACHING if one is not None:
                return HandedOn(one.department)
        return None

    # The person who has the caller

    def left(self) -> Response:
        """The conference is over for them: by the star, or because the caller hung up."""
        looks = number_of_ours("looks")
        try:
            attempt = self._bot.record.attempt(number_of_ours())
            if attempt is None:
                return xml_page(twiml.refuse())
            if request.values.get("DialBridged", "").lower() == "true":
                self._bot.record.met(attempt.call_id)
            if request.values.get("CallStatus") == "completed":
                return xml_page(twiml.refuse())
            may = self._bot.record.begin_handing_on(attempt.id)
            if may is None and looks < MOST_LOOKS:
                return xml_page(self._pages.leave_again(attempt.id, looks + 1))
            if may:
                return self._menu(attempt)
        except FaultError as error:
            log.error("what a person wants after a talk cannot be looked up: %s", error)
        return xml_page(twiml.refuse())

    def _menu(self, attempt: Attempt) -> Response:
        units = self._units(attempt)
        if not units:
            return self._back(attempt)
        clips = [*self._clips("hand_on_lead")]
        for number, (unit, name) in enumerate(units, 1):
            clips += [*number_clips(number), Clip(f"departments/{unit}", name)]
        clips += self._clips("hand_on_back")
        return xml_page(self._pages.choose_unit(attempt.id, [unit for unit, _ in units], tuple(clips)))

    def _units(self, attempt: Attempt) -> list[tuple[str, str]]:
        """Departments with somebody else to ring just now, with their names; none that the caller complains of."""
        office, at, record = self._bot.office(), self._bot.now(), self._bot.record
        names = {department.id: department.name for department in self._bot.knowledge().faq.departments}
        tickets = record.tickets_of(attempt.call_id)
        complained = {ticket.department for ticket in tickets if ticket.kind is TicketKind.COMPLAINT}
        tried = {attempt.person, *record.handers_on(attempt.call_id)}
        return [
            (unit, names.get(unit, unit))
            for unit in sorted(office.roster.departments())
            if unit not in complained and {rung.person.id for rung in plan(unit, office, at)} - tried
        ]

    def choose(self) -> Response:
        """They pressed a number, or nothing: then they are back with the caller."""
        digits, units = request.values.get("Digits", ""), request.args.get("units", "").split(",")
        try:
            attempt = self._bot.record.attempt(number_of_ours())
            if attempt is None:
                return xml_page(twiml.refuse())
            if not (digits.isdecimal() and 0 < int(digits) <= len(units)):
                return self._back(attempt)
            unit = units[int(digits) - 1]
            if self._bot.record.hand_on(attempt.id, unit, f"转给 {unit}"):
                return xml_page(self._pages.stay(attempt.id, self._clips("hand_on_stay"), 1))
        except FaultError as error:
            log.error("a caller could not be handed on: %s", error)
            return xml_page(twiml.refuse())
        return xml_page(self._pages.say_and_hang_up(self._clips("hand_on_sent")))

    def _back(self, attempt: Attempt) -> Response:
        self._bot.record.back_to_caller(attempt.id)
        return xml_page(self._pages.meet(room_of(attempt.call_id), attempt.id))

    def stay(self) -> Response:
        """They stay on the line: has the next one the caller?"""
        number, looks = number_of_ours(), number_of_ours("looks")
        words = self._clips("hand_on_waiting") if looks % WORDS_EVERY == 0 else ()
        try:
            attempt = self._bot.record.attempt(number)
            stand = self._bot.record.stands(number)
            if attempt is None or stand.state is HandingState.BACK or self._chose_otherwise(attempt, looks):
                return xml_page(twiml.refuse())
        except FaultError as error:
            log.error("whether the next person has the caller is not known: %s", error)
            return xml_page(self._pages.stay(number, words, looks + 1))
        room = room_of(attempt.call_id)
        match stand.state:
            case HandingState.MET:
                return xml_page(self._pages.meet_after(room, number, self._clips("hand_on_met"), third=True))
            case HandingState.TAKEN_BACK:
                back = self._clips("hand_on_taken_back")
                return xml_page(self._pages.meet_after(room, stand.attempt, back, third=False))
        return xml_page(self._pages.stay(number, words, looks + 1))

    def _chose_otherwise(self, attempt: Attempt, looks: int) -> bool:
        """The caller would rather be called back, or leaves a message: nobody has to wait for that."""
        record, call = self._bot.record, attempt.call_id
        return looks > BEGINNING and record.waiting_since(call) is None and record.person_gone(call)

    def _clips(self, name: str) -> tuple[Clip, ...]:
        return (self._bot.script.clip(name),)


def add_handing_on_pages(blueprint: Blueprint, pages: HandingOnPages) -> None:
    """Put them under /twilio/leg/."""
    routes: dict[str, Callable[[], Response]] = {"left": pages.left, "choose": pages.choose, "stay": pages.stay}
    for name, page in routes.items():
        blueprint.add_url_rule(f"/leg/{name}", f"leg_{name}", page, methods=["GET", "POST"])

"""What a call's dialogue decides between streams, as the next page: the same dialogue, performed as TwiML.

Without the record every page still knows what to do: ring the desk, else take a message, else say goodbye.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

from voicebot.bot import Bot
from voicebot.call import react
from voicebot.dialogue import Dialogue, State
from voicebot.dialogue.commands import Clip, Command, HandOver, HangUp, Join, Play, TakeMessage
from voicebot.errors import StoreLost
from voicebot.events import (
    Event,
    KeyPressed,
    MessageTaken,
    TransferEnded,
    TransferOutcome,
)
from voicebot.points import mark
from voicebot.staffing.plan import plan, plan_complaint
from voicebot.twilio import twiml
from voicebot.twilio.keeping import Keeping
from voicebot.twilio.leaving import Standing
from voicebot.twilio.line import ConnectionLost, Leaving
from voicebot.twilio.twiml import Pages

log = logging.getLogger(__name__)

DESK = "desk"
"""Who is rung, as the record names them: never a number."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One webhook of a call."""

    call: str
    called: str
    """The number that was called, our own."""
    dialogue: Dialogue
    before: Standing | None
    """Where the call stood; None when nothing was known."""


class Page:
    """A `Line` whose performing is the next TwiML: it remembers the last thing to do."""

    def __init__(self) -> None:
        self.last: Leaving | None = None

    def events(self) -> Iterator[Event]:
        """Webhooks bring them, one by one."""
        return iter(())

    def perform(self, command: Command) -> None:
        """Remember it, if it decides what the next page is."""
        if isinstance(command, Play | HandOver | Join | TakeMessage | HangUp):
            self.last = command


class Deciding:
    """Lets the dialogue decide, and makes the page for it."""

    def __init__(self, bot: Bot, pages: Pages, socket_url: str) -> None:
        self._bot = bot
        self._pages = pages
        self._socket_url = socket_url
        self._keeping = Keeping(bot.record)

    def new_stream(self, call: str) -> str:
        """TwiML that opens a stream for this call."""
        return self._pages.stream(self._socket_url, self._bot.record.issue_token(call))

    # Without the record

    def person_now(self, call: str, called: str) -> str:
        """Without any record: ring the desk, or take a message."""
        desk = self._desk(None)
        if desk:
            return self._ring(call, called, (self._clip("hand_over_fault"),), False, desk)
        return self._pages.record((self._clip("take_message_fault"),), False)

    def without_record(self, call: str, called: str, event: Event) -> str:
        """The next page of a call of which nothing is known."""
        match event:
            case TransferEnded(TransferOutcome.ACCEPTED):
                return self._pages.hang_up((), False)
            case TransferEnded():
                return self._pages.record((self._clip("take_message_fault"),), False)
            case MessageTaken(seconds):
                return self._pages.hang_up((self._clip("message_saved" if seconds > 0 else "goodbye"),), False)
        return self.person_now(call, called)

    # The dialogue's decisions

    def _moment(self, call: str, called: str) -> Moment:
        before = self._keeping.load(call)
        return Moment(call, called, self._bot.dialogue(before.memory if before else None), before)

    def _receive(self, now: Moment, event: Event) -> str:
        """Let the dialogue decide, and do it."""
        then = self._decide(now, event)
        if then is not None:
            return self._go_on(now, then)
        if now.dialogue.state is State.ENDED:
            return twiml.nothing()
        then = now.before.then if now.before else None
        if isinstance(then, TakeMessage | HangUp):  # the same news again; a key that means nothing cuts our words short
            return self._go_on(now, replace(then, clips=()) if isinstance(event, KeyPressed) else then)
        return self.without_record(now.call, now.called, event)

    def _decide(self, now: Moment, event: Event) -> Leaving | None:
        page, record = Page(), self._bot.record.for_call(now.call)
        record.event(event)
        react(page, now.dialogue, record, event)
        return page.last

    def _go_on(self, now: Moment, then: Leaving) -> str:
        if self._by_stream(then):
            self._keep(now, then)
            return self.new_stream(now.call)
        if isinstance(then, HandOver) and not self._desk(then):
            return self._nobody(now, then)
        self._keep(now, then)
        match then:
            case Play(_, clips, slow):
                token = self._bot.record.issue_token(now.call)
                return self._pages.speak_then_stream(clips, slow, self._socket_url, token)
            case HandOver(clips=clips, slow=slow):
                self._ringing(now.call)
                return self._ring(now.call, now.called, clips, slow, self._desk(then))
            case Join(room):
                self._joining(now.call)
                return self._pages.join(room, now.call)
            case TakeMessage(clips, slow):
                return self._pages.record(clips, slow)
            case HangUp(clips, slow, wait_s) if wait_s and clips:
                return self._pages.ask(clips, slow, wait_s)
            case HangUp(clips, slow):
                return self._pages.hang_up(clips, slow)
        return self.person_now(now.call, now.called)

    def _by_stream(self, then: Leaving) -> bool:
        """A person is reached while the caller is on a stream."""
        return isinstance(then, HandOver) and not then.direct and self._bot.can_ring

    def _keep(self, now: Moment, then: Leaving) -> None:
        """After a `Play` or on the way to a person a stream follows: the call stands as if that stream had broken."""
        stream = isinstance(then, Play) or self._by_stream(then)
        standing = Standing(now.dialogue.snapshot(), ConnectionLost() if stream else then, spoken=stream)

        def after(before: Standing | None) -> Standing:
            return replace(standing, lost=before.lost, stream=before.stream + 1) if before else standing

        try:
            self._keeping.change(now.call, after)
        except StoreLost as error:
            log.error("call %s: where it stands is kept in this process only: %s", now.call, error)
            self._keeping.remember(now.call, after(now.before))

    def _nobody(self, now: Moment, then: HandOver) -> str:
        """There is no desk to ring. What to do in danger is said all the same."""
        event = TransferEnded(TransferOutcome.NOBODY)
        instead = self._decide(now, event)
        if not isinstance(instead, TakeMessage):
            return self.without_record(now.call, now.called, event)
        clips = (*(then.clips if then.urgent else ()), *instead.clips)
        return self._go_on(now, replace(instead, clips=clips))

    def _ringing(self, call: str) -> None:
        try:
            self._bot.record.attempt_started(call, DESK)
        except StoreLost as error:
            log.error("call %s: that the desk rings was not kept: %s", call, error)

    def _joining(self, call: str) -> None:
        try:
            self._bot.record.joined(call)
            mark("room-kept")
        except StoreLost as error:
            log.error("call %s: that the caller meets a person was not kept: %s", call, error)

    def _ring(self, call: str, called: str, clips: tuple[Clip, ...], slow: bool, desk: str) -> str:
        return self._pages.ring(desk, self._bot.settings.line_number or called, call, clips, slow)

    def _desk(self, then: HandOver | None) -> str:
        """Whom the provider rings by itself: the desk, or without one whoever is first on duty."""
        if self._bot.settings.desk_number:
            return self._bot.settings.desk_number
        department = then.department if then else None
        try:
            office, at = self._bot.office(), self._bot.now()
            if then is not None and then.complaint:
                rungs = plan_complaint(department, office.unit_over(department), office, at)
            else:
                rungs = plan(department, office, at)
        except Exception:
            log.exception("nobody can be found to ring")
            return ""
        return rungs[0].person.number if rungs else ""

    def _clip(self, name: str) -> Clip:
        return self._bot.script.clip(name)

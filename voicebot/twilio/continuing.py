"""A call between its streams: the same dialogue, performed as TwiML.

Its memory lives in the record, so that any replica may answer the next webhook. When the record is gone every page
still knows what to do without it: ring the desk, else take a message, else say goodbye.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from voicebot.bot import Bot
from voicebot.call import react
from voicebot.dialogue import Dialogue, State
from voicebot.dialogue.commands import Clip, Command, HandOver, HangUp, Play, TakeMessage
from voicebot.errors import StoreLost
from voicebot.events import (
    CallStarted,
    Event,
    Fault,
    FaultOccurred,
    KeyPressed,
    MessageTaken,
    PromptFinished,
    RecogniserLost,
    TransferEnded,
    TransferOutcome,
)
from voicebot.twilio import leaving, twiml
from voicebot.twilio.line import ConnectionLost, Leaving
from voicebot.twilio.twiml import Pages

log = logging.getLogger(__name__)

MOST_RESUMES = 2
"""How often a broken stream is opened again before a person takes over."""


class _Page:
    """A `Line` whose performing is the next TwiML: it remembers the last thing to do."""

    def __init__(self) -> None:
        self.last: Leaving | None = None

    def events(self) -> Iterator[Event]:
        return iter(())

    def perform(self, command: Command) -> None:
        if isinstance(command, Play | HandOver | TakeMessage | HangUp):
            self.last = command


class Continuing:
    """Answers the webhooks of calls that have left their stream."""

    def __init__(self, bot: Bot, pages: Pages, socket_url: str) -> None:
        self._bot = bot
        self._pages = pages
        self._socket_url = socket_url

    # Streams

    def new_stream(self, call: str) -> str:
        """TwiML that opens a stream for this call."""
        return self._pages.stream(self._socket_url, self._bot.record.issue_token(call))

    def opening(self, call: str) -> tuple[Dialogue, tuple[Event, ...]]:
        """The dialogue of a stream that begins, and what it has to know after `CallStarted`."""
        state = self._bot.record.load_state(call)
        if state is None:
            return self._bot.dialogue(), ()
        dialogue = self._bot.dialogue(state["memory"])
        playing = state["memory"].get("playing")
        finished = (PromptFinished(playing),) if playing is not None else ()
        lost = state["then"]["kind"] == "ConnectionLost"
        return dialogue, (*finished, *((RecogniserLost(replaced=True),) if lost else ()))

    def keep(self, call: str, dialogue: Dialogue, then: Leaving) -> None:
        """Store what the call goes on with. Raises `StoreLost`."""
        resumes = 0
        if isinstance(then, ConnectionLost):
            resumes = int((self._bot.record.load_state(call) or {}).get("resumes", 0)) + 1
        state = {"memory": dialogue.snapshot(), "then": leaving.to_dict(then), "resumes": resumes}
        self._bot.record.save_state(call, state)

    # Webhooks

    def stream_closed(self, call: str, called: str) -> str:
        """`<Connect action>`: go on with what was decided on the stream."""
        state = self._bot.record.load_state(call)
        if state is None:
            log.error("call %s: its stream closed without a decision", call)
            return self.person_now(called)
        dialogue = self._bot.dialogue(state["memory"])
        then = leaving.from_dict(state["then"])
        if isinstance(then, ConnectionLost):
            if state["resumes"] <= MOST_RESUMES:
                return self.new_stream(call)
            return self._receive(call, called, dialogue, FaultOccurred(Fault.BUG))
        return self._go_on(call, called, dialogue, then)

    def happened(self, call: str, called: str, event: Event) -> str:
        """Something happened between streams: a key, a transfer that ended, a message taken."""
        state = self._bot.record.load_state(call)
        if state is None:
            return self.without_record(event, called)
        return self._receive(call, called, self._bot.dialogue(state["memory"]), event)

    def person_now(self, called: str) -> str:
        """Without any record: ring the desk, or take a message."""
        if self._bot.settings.desk_number:
            return self._ring((self._clip("hand_over_fault"),), False, called)
        return self._pages.record((self._clip("take_message_fault"),), False)

    def without_record(self, event: Event, called: str) -> str:
        """The next page of a call of which nothing is known."""
        match event:
            case KeyPressed() | CallStarted():
                return self.person_now(called)
            case TransferEnded(outcome) if outcome is not TransferOutcome.ACCEPTED:
                return self._pages.record((self._clip("take_message_fault"),), False)
            case MessageTaken(seconds) if seconds > 0:
                return self._pages.hang_up((self._clip("message_saved"),), False)
        return self._pages.hang_up((), False)

    def _receive(self, call: str, called: str, dialogue: Dialogue, event: Event) -> str:
        page = _Page()
        react(page, dialogue, self._bot.record.for_call(call), event)
        if page.last is None:
            return twiml.nothing() if dialogue.state is State.ENDED else self.without_record(event, called)
        return self._go_on(call, called, dialogue, page.last)

    def _go_on(self, call: str, called: str, dialogue: Dialogue, then: Leaving) -> str:
        if isinstance(then, HandOver) and not self._bot.settings.desk_number:
            return self._receive(call, called, dialogue, TransferEnded(TransferOutcome.NOBODY))
        try:
            self.keep(call, dialogue, then)
        except StoreLost as error:
            log.error("call %s goes on, but its state is lost: %s", call, error)
        match then:
            case Play(_, clips, slow):
                token = self._bot.record.issue_token(call)
                return self._pages.speak_then_stream(clips, slow, self._socket_url, token)
            case HandOver():
                return self._ring(then.clips, then.slow, called)
            case TakeMessage(clips, slow):
                return self._pages.record(clips, slow)
            case HangUp(clips, slow):
                return self._pages.hang_up(clips, slow)
        return self.person_now(called)

    def _ring(self, clips: tuple[Clip, ...], slow: bool, called: str) -> str:
        settings = self._bot.settings
        return self._pages.ring(settings.desk_number, settings.line_number or called, clips, slow)

    def _clip(self, name: str) -> Clip:
        return self._bot.script.clip(name)


def transfer_outcome(form: Any, accepted: bool) -> TransferOutcome:
    """How a `<Dial>` ended, from its action's form and our own record of the key 1.

    `completed` says only that someone picked up. A whisper that was not answered with 1 may still be reported as
    `completed`, so our record and `DialBridged` decide.
    """
    status = form.get("DialCallStatus", "")
    if form.get("CallStatus", "") == "completed" and not accepted:
        return TransferOutcome.CALLER_LEFT
    if status in ("completed", "answered"):
        bridged = form.get("DialBridged", "true" if accepted else "false").lower() == "true"
        return TransferOutcome.ACCEPTED if accepted and bridged else TransferOutcome.DECLINED
    return {
        "busy": TransferOutcome.BUSY,
        "no-answer": TransferOutcome.DECLINED if accepted else TransferOutcome.NO_ANSWER,
        "canceled": TransferOutcome.CALLER_LEFT,
    }.get(status, TransferOutcome.FAILED)

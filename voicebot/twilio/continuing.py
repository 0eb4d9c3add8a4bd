"""A call between its streams: the same dialogue, performed as TwiML.

Its memory lives in the record, so that any replica may answer the next webhook. When the record is gone every page
still knows what to do without it: ring the desk, else take a message, else say goodbye.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from voicebot.call import react
from voicebot.dialogue import Dialogue, State
from voicebot.dialogue.commands import Clip, HandOver, HangUp
from voicebot.errors import StoreLost, VoicebotError
from voicebot.events import (
    EndReason,
    Event,
    Fault,
    FaultOccurred,
    MessageTaken,
    PromptFinished,
    RecogniserLost,
    TransferEnded,
    TransferOutcome,
)
from voicebot.points import mark
from voicebot.store.words import Kind
from voicebot.twilio.deciding import Deciding, Page
from voicebot.twilio.leaving import Standing
from voicebot.twilio.line import ConnectionLost, Leaving

log = logging.getLogger(__name__)

ALONE_WORDS = 8
"""Every so many looks, one a second, at a caller who is alone in the conference they hear our words."""
MOST_RESUMES = 2
"""How often a broken stream is opened again before a person takes over."""
_BEFORE_A_PERSON = (State.NEW, State.LISTENING, State.CONFIRMING, State.CHOOSING, State.ANSWERED)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a stream begins with."""

    dialogue: Dialogue
    events: tuple[Event, ...]
    """What the dialogue has to know after `CallStarted`."""
    stream: int
    """Which stream of the call it is, as `Standing.stream` counts."""
    lost: int
    """How many streams of the call broke before."""


class Continuing(Deciding):
    """Answers the webhooks of calls that have left their stream."""

    # Streams

    def opening(self, call: str) -> Opening | None:
        """What a stream begins with; None when something else was decided meanwhile and it must close at once.

        From now on the call stands as if this stream had broken, so that a crash is answered like a broken stream.
        Raises `StoreLost`.
        """
        fresh = self._bot.dialogue()

        def begin(before: Standing | None) -> Standing | None:
            if before is None:
                return Standing(fresh.snapshot(), ConnectionLost(), stream=1)
            if not isinstance(before.then, ConnectionLost):
                return None
            return replace(before, spoken=False, stream=before.stream + 1)

        before = self._keeping.change(call, begin)
        if before is None:
            return Opening(fresh, (), stream=1, lost=0)
        if not isinstance(before.then, ConnectionLost):
            return None
        playing = before.memory.get("playing")
        events: tuple[Event, ...] = () if playing is None else (PromptFinished(playing),)
        if not before.spoken:
            events = (*events, RecogniserLost(replaced=True))
        return Opening(self._bot.dialogue(before.memory), events, before.stream + 1, before.lost)

    def reaching(self, call: str, opening: Opening, memory: Mapping[str, Any]) -> None:
        """A person is being reached from this stream: should it break, the next one goes on with that. Raises
        `StoreLost`.
        """
        standing = Standing(memory, ConnectionLost(), spoken=True, lost=opening.lost, stream=opening.stream)
        self._keeping.change(
            call, lambda b: None if b and b.stream != opening.stream else replace(standing, lost=b.lost if b else 0)
        )

    def leave(self, call: str, opening: Opening, then: Leaving) -> None:
        """Keep what the call goes on with after this stream, unless another stream or page has taken over."""
        standing = Standing(opening.dialogue.snapshot(), then, lost=opening.lost, stream=opening.stream)
        try:
            before = self._keeping.change(
                call, lambda b: None if b and b.stream != opening.stream else replace(standing, lost=b.lost if b else 0)
            )
        except StoreLost as error:
            log.error("call %s: what comes next is kept in this process only: %s", call, error)
            self._keeping.remember(call, standing)
            return
        if before and before.stream != opening.stream:
            log.warning("call %s: stream %d ended when another had taken over", call, opening.stream)

    # Webhooks

    def stream_closed(self, call: str, called: str) -> str:
        """`<Connect action>`: go on with what was decided on the stream."""
        now = self._moment(call, called)
        if now.before is None:
            log.error("call %s: its stream closed before it began", call)
            return self._receive(now, FaultOccurred(Fault.BUG))
        if not isinstance(now.before.then, ConnectionLost):
            return self._go_on(now, now.before.then)
        if now.before.lost >= MOST_RESUMES:
            log.error("call %s: its stream broke %d times", call, now.before.lost + 1)
            return self._receive(now, FaultOccurred(Fault.BUG))
        self._keeping.change(call, lambda before: before and replace(before, lost=before.lost + 1))
        return self.new_stream(call)

    def happened(self, call: str, called: str, event: Event) -> str:
        """Something happened between streams: a key, a transfer that ended, a message taken."""
        now = self._moment(call, called)
        if isinstance(event, TransferEnded | MessageTaken) and now.dialogue.state in _BEFORE_A_PERSON:
            # The desk was rung without the record; now that it is back, so is the ticket.
            react(Page(), now.dialogue, self._bot.record.for_call(call), FaultOccurred(Fault.BUG))
        return self._receive(now, event)

    def summary(self, call: str) -> str:
        """The line for whoever picks up; empty when it is not known."""
        try:
            standing = self._keeping.load(call)
        except StoreLost as error:
            log.error("call %s: the person who picks up gets no summary: %s", call, error)
            return ""
        return standing.then.summary if standing and isinstance(standing.then, HandOver) else ""

    def whisper(self, call: str) -> tuple[Clip, ...]:
        """What a person who picks up for this call hears; at least that it is the line."""
        try:
            standing = self._keeping.load(call)
            about = self._bot.dialogue(standing.memory).whisper() if standing else ()
        except StoreLost as error:
            log.error("call %s: the person who picks up is not told what it is about: %s", call, error)
            about = ()
        return (*about, self._clip("whisper"))

    def alone(self, call: str, looks: int) -> str | None:
        """The caller waits in the conference and has been looked after so often: TwiML to go on waiting; None when
        nobody comes any more. Raises `StoreLost`.
        """
        if self._bot.record.person_gone(call):
            self._end_legs(call, self._bot.record.not_coming(call))
            return None
        return self.still_alone(call, looks)

    def still_alone(self, call: str, looks: int) -> str:
        """They hear now and then that somebody is coming; not at once, for mostly somebody is there already."""
        words = (self._clip("ringing_wait"),) if looks % ALONE_WORDS == 1 else ()
        return self._pages.alone(call, words, looks + 1)

    def ended(self, call: str, news: Event | None = None, seconds: float | None = None) -> None:
        """The call is over; `news` is what happened last. Raises `StoreLost`."""
        self._keeping.forget(call)
        record = self._bot.record
        if news is not None:
            record.for_call(call).event(news)
        standing = self._keeping.load(call)
        record.call_ended(call, self._why_ended(call, standing), seconds)
        mark("end-kept")
        self._end_legs(call, record.release(call))
        mark("release-kept")

    def _why_ended(self, call: str, standing: Standing | None) -> EndReason:
        """What is known of it off the stream; what the stream itself tells is better, whenever it comes."""
        if self._bot.record.has_met(call):
            return EndReason.CONNECTED_AND_OVER
        if standing is None or isinstance(standing.then, ConnectionLost):
            return EndReason.CONNECTION_LOST
        hangs_up = isinstance(standing.then, HangUp) and not standing.then.wait_s
        return EndReason.LINE_HUNG_UP if hangs_up else EndReason.CALLER_HUNG_UP

    def _end_legs(self, call: str, legs: Iterable[str]) -> None:
        """Staff phones that still ring for a call that is over; one that cannot be ended now is kept for later."""
        for leg in legs:
            try:
                self._bot.legs.end(leg)
            except VoicebotError as error:
                log.error("call %s: a leg could not be ended: %s", call, error)
                self.end_leg_later(leg)

    def end_leg_later(self, leg: str) -> None:
        """A leg that could not be ended now. Raises `StoreLost`."""
        self._bot.record.post(Kind.END_LEG, f"end-leg:{leg}", {"leg": leg})


def transfer_outcome(form: Mapping[str, str], accepted: bool) -> TransferOutcome:
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

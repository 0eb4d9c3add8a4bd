"""Text messages in: the same FAQ, the same people, for who cannot hear or speak (EN 301 549, 6.4).

Every message is a call of its own in the record (channel SMS, its id the provider's), so that a ticket, the figures
and retention treat it like one. What we asked last is remembered for a day by the keyed hash of the number.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from twilio.twiml.messaging_response import MessagingResponse

from voicebot.bot import Bot
from voicebot.cases.delivery import reachable
from voicebot.cases.reading import Answer, Reading, Thread, state_of, thread_from
from voicebot.cases.texts import Texts, folded, load_texts
from voicebot.dialogue.commands import Decision, OpenTicket, Reason, RecordTurn, TicketKind
from voicebot.errors import FaultError
from voicebot.events import EndReason, typed
from voicebot.matching.types import Outcome
from voicebot.store.words import Channel

log = logging.getLogger(__name__)

MOST_READ: Final = 500
"""Characters of a text that are read."""
MOST_QUOTED: Final = 200
"""Characters of it in the line that staff read."""
_STATE: Final = "sms"
_KINDS: Final = {Reason.COMPLAINT: TicketKind.COMPLAINT, Reason.EMERGENCY: TicketKind.EMERGENCY}
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that may not stand in XML 1.0."""


def sms_page(bot: Bot, form: Mapping[str, str]) -> str:
    """The answer to one incoming text message, as TwiML; the same again for the same MessageSid."""
    texts = load_texts(bot.settings.data)
    message = form.get("MessageSid") or form.get("SmsSid") or ""
    if not message:
        log.error("a text message without an id")
        return page("")
    try:
        return bot.record.once(f"sms:{message}", lambda: page(_Texted(bot, texts, message, form).reply()))
    except FaultError as error:
        log.error("text message %s was not kept: %s", message, error)
    except Exception:
        log.exception("a fault in text message %s", message)
    return page(_without_record(bot, texts, form))


def page(text: str) -> str:
    """One message; nothing is sent for an empty text."""
    response = MessagingResponse()
    if text:
        response.message(_NOT_XML.sub("", text))
    return str(response)


def _without_record(bot: Bot, texts: Texts, form: Mapping[str, str]) -> str:
    """Nothing can be stored, so nothing is promised; where help is, is said all the same."""
    if not reachable(form.get("From", ""), cn=bot.settings.sms_cn):
        return ""
    try:
        outcome = bot.knowledge().understand(typed(form.get("Body", "")[:MOST_READ])).outcome
    except Exception:
        log.exception("a text message was not understood")
        outcome = Outcome.UNSURE
    return (texts.say("emergency") if outcome is Outcome.EMERGENCY else "") + texts.say("fault")


class _Texted:
    """One text message and its effects, each of which may be repeated."""

    def __init__(self, bot: Bot, texts: Texts, message: str, form: Mapping[str, str]) -> None:
        self._bot = bot
        self._record = bot.record
        self._texts = texts
        self._message = message
        self._form = form
        self._known = bot.knowledge()
        self._log = bot.record.for_call(message, channel=Channel.SMS)

    def reply(self) -> str:
        """What to write back, empty for nothing. Raises `StoreLost`."""
        number = self._form.get("From", "")
        text = unicodedata.normalize("NFKC", self._form.get("Body", "")[:MOST_READ]).strip()
        self._record.call_started(self._message, number, self._form.get("To", ""), channel=Channel.SMS)
        key = self._record.texter(self._message)
        state = self._record.sms_thread(key) if key else {}
        if state.get("message") == self._message:  # answered before, but the answer was lost
            state = state.get("before") or {}
        thread = thread_from(state, self._known)
        said, after = self._answer(text, thread, reachable(number, cn=self._bot.settings.sms_cn))
        if key:
            before = {name: value for name, value in state.items() if name not in ("message", "before")}
            self._record.save_sms_thread(key, state_of(after) | {"message": self._message, "before": before})
        self._record.call_ended(self._message, EndReason.LINE_HUNG_UP, 0.0)
        return said

    def _answer(self, text: str, thread: Thread, reachable_: bool) -> tuple[str, Thread]:
        word, opted = folded(text), self._form.get("OptOutType", "").upper()
        if opted == "STOP" or word in self._texts.stop:
            # Twilio answers English words itself, and lets nothing through afterwards.
            return self._said_if("stopped", reachable_ and not opted and not word.isascii()), Thread(stopped=True)
        if opted == "START" or word in self._texts.start:
            return self._said_if("resumed", reachable_ and not opted and not word.isascii()), Thread()
        writable = reachable_ and not thread.stopped
        if not word:
            return self._said_if("empty", writable), thread
        tuning = self._bot.tuning
        answer = Reading(self._known, self._texts, thread, tuning.max_failures, tuning.confirm).read(text)
        if not writable and answer.reason is None:
            # Whatever we know, we cannot write it: somebody has to call.
            answer = Answer("", Thread(stopped=thread.stopped), Decision.HANDED_OVER, answer.entry, Reason.NOT_SOLVED)
        self._keep_turn(text, answer)
        if answer.reason is not None:
            written = self._hand_over(text, answer, answer.reason)
            return (written if writable else ""), Thread(topic=answer.thread.topic, stopped=thread.stopped)
        return answer.text, answer.thread

    def _said_if(self, name: str, writable: bool) -> str:
        return self._texts.say(name) if writable else ""

    def _keep_turn(self, text: str, answer: Answer) -> None:
        if self._record.turns_of(self._message):
            return
        found = answer.understanding
        ranking = found.ranking if found else None
        outcome = found.outcome if found else None
        said = answer.text if answer.decision is Decision.ANSWERED else None
        self._log.commit(
            RecordTurn(typed(text), None, outcome, ranking, answer.decision, answer.entry, _STATE, said=said)
        )

    def _hand_over(self, text: str, answer: Answer, reason: Reason) -> str:
        """The ticket is durable before its number is written; where help is, comes first."""
        kind = _KINDS.get(reason, TicketKind.CALL)
        topic = answer.entry or answer.thread.topic
        entry = self._known.faq[topic] if topic and topic in self._known.faq else None
        summary = self._bot.script.summary(
            reason, heard=text, question=entry.question if entry else "", answered=bool(answer.thread.answers)
        )
        department = entry.department if entry else None
        promise = self._log.commit(
            OpenTicket(kind, reason, department, topic, f"短信：{summary}原文：{text[:MOST_QUOTED]}")
        )
        mine = [ticket.number for ticket in self._record.tickets_of(self._message) if ticket.kind is kind]
        number = promise.number if promise else mine[0] if mine else ""
        first = self._texts.say("emergency") if reason is Reason.EMERGENCY else ""
        return first + self._texts.promise(number, promise, kind)

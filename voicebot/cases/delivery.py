"""The outbox emptied: text messages sent, callers' messages fetched, deleted at the provider and transcribed.

Each row is claimed, done, and said to be done; whatever interrupts that, it comes again. So a text message may, after
a crash in the wrong instant, be sent twice: better than not at all. Everything else can be repeated without a trace.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from voicebot.errors import OperatorError, RemoteError, SpeechLost, VoicebotError
from voicebot.staffing.legs import Legs
from voicebot.store.case_models import Outbox
from voicebot.store.models import Message
from voicebot.store.record import Record
from voicebot.store.seal import Seal
from voicebot.store.words import Kind

log = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 20
"""Rows in one run of a job, so that it ends."""
DEAF_FOR: Final = timedelta(minutes=1)
"""How long a message waits for a recogniser before we look again."""
MOST_DEATHS: Final = 2
"""Tries after which a message that ends recognisers is left to human ears: callers need them."""


class Sender(Protocol):
    """A way to send text messages."""

    def send(self, to: str, text: str, key: str) -> None:
        """Send `text` to the E.164 number `to`; `key` names it in errors. Raises `OperatorError` when it may go
        later, `RemoteError` when it never will.
        """


class Mailbox(Protocol):
    """Where the provider keeps recordings. `voicebot.twilio.recordings.Recordings` is one."""

    def fetch(self, url: str) -> Path:
        """Our own file of it. Raises `OperatorError` and `RemoteError` as a `Sender` does."""

    def delete(self, url: str) -> None:
        """Delete it there, or find it deleted. Raises the same."""


Scribe = Callable[[Path], str]
"""The words in a sound file. Raises `SpeechLost` with ``speech-lost`` when nobody can listen now, with
``speech-died`` when somebody did and died of it, and `OperatorError` for a file that is no sound."""


class SmsPolicy:
    """Whom we may write to. `sender` None: nobody. `cn`: also numbers of +86."""

    def __init__(self, sender: Sender | None, *, cn: bool) -> None:
        self.sender = sender
        self._cn = cn

    def may_write(self, number: str) -> bool:
        """Whether we send text messages, and one could reach that number (E.164)."""
        return self.sender is not None and reachable(number, cn=self._cn)


def reachable(number: str, *, cn: bool) -> bool:
    """A whole number, and not of mainland China unless that was switched on: the provider is unreliable there."""
    return number.startswith("+") and number[1:].isdigit() and (cn or not number.startswith("+86"))


Words = Callable[[Mapping[str, Any]], str]
"""The words of a text message from what the outbox holds; empty when there is nothing to say any more."""


class SmsDelivery:
    """Sends what the outbox holds, to who agreed to it (`sms_ok`) by key or word on a call."""

    def __init__(self, record: Record, seal: Seal, policy: SmsPolicy, words: Words) -> None:
        self._record = record
        self._seal = seal
        self._policy = policy
        self._words = words

    def run(self) -> int:
        """Send what is due: how many went out. Raises `StoreLost`."""
        sent = 0
        for _ in range(MOST_AT_ONCE):
            rows = self._record.claim({Kind.SMS}, limit=1)
            if not rows:
                break
            sent += self._send(rows[0])
        return sent

    def _send(self, row: Outbox) -> bool:
        to = self._seal.open(str(row.body.get("to", "")))
        if row.body.get("sms_ok") is not True or not self._policy.sender or not self._policy.may_write(to):
            self._record.failed(row, "text messages may not go there", final=True)
            return False
        text = self._words(row.body)
        if not text:
            self._record.failed(row, "what it was about is no longer there", final=True)
            return False
        if self._record.sms_stopped(to):
            self._record.done(row.id)
            return False
        try:
            self._policy.sender.send(to, text, row.key)
        except (OperatorError, RemoteError) as error:
            _failed(self._record, row, error)
            return False
        self._record.done(row.id)
        return True


class MessageDelivery:
    """Brings callers' messages home. `stop` ends listening early."""

    def __init__(self, record: Record, mailbox: Mailbox, scribe: Scribe, now: Callable[[], datetime]) -> None:
        self._record = record
        self._mailbox = mailbox
        self._scribe = scribe
        self._now = now

    def run(self, stop: threading.Event | None = None) -> int:
        """See to the messages that are due, one after the other: how many are finished. Raises `StoreLost`."""
        finished = 0
        for _ in range(MOST_AT_ONCE):
            rows = [] if stop and stop.is_set() else self._record.claim({Kind.FETCH}, limit=1)
            if not rows:
                break
            finished += self._see_to(rows[0])
        return finished

    def _see_to(self, row: Outbox) -> bool:
        """Every step that is still to be done; one that fails keeps none of the others from being done. A message that
        was forgotten is only deleted at the provider.
        """
        call, url = str(row.body.get("call", "")), str(row.body.get("url", ""))
        message = self._record.message(call, url)
        try:
            if message is None:  # forgotten meanwhile
                self._mailbox.delete(url)
                return self._settle(row, [])
            file = self._file(message)
        except (OperatorError, RemoteError) as error:
            _failed(self._record, row, error)
            return False
        errors: list[VoicebotError] = []
        steps: tuple[Callable[[], None], ...] = (partial(self._delete, message), partial(self._hear, message, file))
        for step in steps:
            try:
                step()
            except (OperatorError, RemoteError, SpeechLost) as error:
                errors.append(error)
        return self._settle(row, errors)

    def _file(self, message: Message) -> Path:
        """Our file of the message, fetched unless it is here. Once deleted there, it is wherever it is."""
        if message.file and (message.deleted_at or Path(message.file).is_file()):
            return Path(message.file)
        file = self._mailbox.fetch(message.url)
        self._record.message_fetched(message.call_id, message.url, str(file))
        return file

    def _delete(self, message: Message) -> None:
        if message.deleted_at is None:
            self._mailbox.delete(message.url)
            self._record.message_deleted(message.id)

    def _hear(self, message: Message, file: Path) -> None:
        if message.text is None:
            self._record.message_heard(message.id, self._scribe(file))

    def _settle(self, row: Outbox, errors: list[VoicebotError]) -> bool:
        if not errors:
            self._record.done(row.id)
            return True
        if all(error.code == "speech-lost" for error in errors):
            self._record.put_off(row, self._now() + DEAF_FOR)
        else:
            deadly = all(error.code == "speech-died" for error in errors) and row.tries >= MOST_DEATHS
            unfit = all(error.code == "audio-unreadable" for error in errors)
            _failed(self._record, row, *errors, final=deadly or unfit)
        return False


class LegDelivery:
    """Ends phones of ours that could not be ended when their time had come."""

    def __init__(self, record: Record, legs: Legs) -> None:
        self._record = record
        self._legs = legs

    def run(self) -> int:
        """End what is due: how many are over. Raises `StoreLost`."""
        ended = 0
        for row in self._record.claim({Kind.END_LEG}, limit=MOST_AT_ONCE):
            try:
                self._legs.end(str(row.body.get("leg", "")))
            except (OperatorError, RemoteError) as error:
                _failed(self._record, row, error)
                continue
            self._record.done(row.id)
            ended += 1
        return ended


def _failed(record: Record, row: Outbox, *errors: VoicebotError, final: bool = False) -> None:
    """Again later; never again when the other side said so, or we did."""
    why = "; ".join(str(error) for error in errors)
    gave_up = record.failed(row, why, final=final or all(isinstance(error, RemoteError) for error in errors))
    log.error("%s %s: %s", row.key, "is given up" if gave_up else "will be tried again", why)

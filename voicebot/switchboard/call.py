"""One leg of a call: its webhooks, its phone, and the documents it performs, until somebody hangs up.

A verb is a coroutine. When the leg is interrupted (hung up, or its TwiML replaced over REST) the verb is cancelled; it
cleans up and lets the cancellation go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urljoin

from voicebot.audio import silence
from voicebot.switchboard import form
from voicebot.switchboard.asking import Asking
from voicebot.switchboard.board import Board
from voicebot.switchboard.caller import Act, Person
from voicebot.switchboard.phone import Phone
from voicebot.switchboard.reading import read_reply
from voicebot.switchboard.result import CallResult, Kind, Purpose
from voicebot.switchboard.twiml import BadDocument, Context, Document, read
from voicebot.switchboard.webhook import WebhookError

T = TypeVar("T")
APPLICATION_ERROR = "We are sorry, an application error has occurred. Goodbye."
"""What a caller of the real Twilio hears when the line has failed and there is no fallback."""


@dataclass(frozen=True, slots=True)
class Go:
    """Ask this address for the next document. The address is absolute."""

    url: str
    method: str = "POST"
    fields: Mapping[str, str] = field(default_factory=dict)


class HungUp(Exception):
    """The leg is over. `by`: ``caller`` (the party of this leg), ``line``, ``rest``, ``limit`` or ``fault``."""

    def __init__(self, by: str) -> None:
        super().__init__(by)
        self.by = by


class Replaced(Exception):
    """The leg's TwiML was replaced over REST."""

    def __init__(self, step: Go | bytes) -> None:
        super().__init__("replaced")
        self.step = step


class Left(Exception):
    """<Leave>: the party leaves the queue it waits in."""


class Call:
    """A leg that performs TwiML. `identity` names it, `script` is what its party does."""

    def __init__(self, board: Board, identity: form.Identity, script: Iterable[Act]) -> None:
        options = board.options
        self.board = board
        self.sid = identity.call
        self.identity = identity
        self.placed = datetime.now(UTC)
        self.result = CallResult(identity)
        self.person = Person(script, seed=options.seed, noise=options.comfort_noise, inband=options.inband_keys)
        self.asking = Asking(board, self.result)
        self.base_url = ""
        """The present document's address: relative addresses resolve against it; empty while it is inline TwiML."""
        self.key_listeners: list[Callable[[str], None]] = []
        self.streams: dict[str, asyncio.Task[None]] = {}
        """Unidirectional streams by name."""
        self._phone: Phone | None = None
        self._phone_task: asyncio.Task[None] | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._interrupt: asyncio.Future[HungUp | Replaced] = asyncio.get_running_loop().create_future()
        board.calls[self.sid] = self

    # The phone

    @property
    def phone(self) -> Phone:
        """The phone of an answered leg; answers it first."""
        if self._phone is None:
            options = self.board.options
            self.result.answered = self.now
            self.result.status = "in-progress"
            self._phone = Phone(
                self.board.clock,
                self.person,
                self.result.heard,
                self._key,
                lambda: self.hang_up("caller"),
                jitter_s=options.frame_jitter_s,
            )
            self._phone_task = asyncio.get_running_loop().create_task(self._phone.run())
            self._limit = self.board.clock.later(options.max_call_s, lambda: self.hang_up("limit"))
        return self._phone

    @property
    def answered(self) -> bool:
        """Somebody has picked up."""
        return self._phone is not None

    @property
    def audible(self) -> list[tuple[float, float]]:
        """Every stretch of sound that was heard; none by a leg that was never answered."""
        return self._phone.audible if self._phone else []

    @property
    def now(self) -> float:
        """Call seconds."""
        return self.board.clock.now()

    def _key(self, key: str) -> None:
        for listener in tuple(self.key_listeners):
            listener(key)

    async def play(self, ulaw: bytes, kind: Kind, label: str = "") -> None:
        """Play to the party, to the end."""
        played: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.phone.playback.add(ulaw, kind, label)
        self.phone.playback.then(lambda: None if played.done() else played.set_result(None))
        try:
            await played
        except asyncio.CancelledError:
            self.phone.playback.clear()
            raise

    # Interruptions

    def hang_up(self, by: str) -> None:
        """End the leg; a second time changes nothing."""
        if self._interrupt.done() and isinstance(self._interrupt.result(), Replaced):
            self._interrupt = asyncio.get_running_loop().create_future()
        if not self._interrupt.done():
            self._interrupt.set_result(HungUp(by))

    def replace(self, step: Go | bytes) -> None:
        """Perform other TwiML from now on."""
        if not self._interrupt.done():
            self._interrupt.set_result(Replaced(step))

    @property
    def over(self) -> bool:
        """Somebody has hung up."""
        return self._interrupt.done() and isinstance(self._interrupt.result(), HungUp)

    async def during(self, work: Awaitable[T]) -> T:
        """The result of `work`; when the leg is interrupted, cancels it and raises `HungUp` or `Replaced`."""
        task = asyncio.ensure_future(work)
        both: set[asyncio.Future[Any]] = {task, self._interrupt}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
        broken = not task.cancelled() and task.exception() is not None
        if self._interrupt.done() and not broken:
            raise self._interrupt.result()
        return task.result()

    # Documents

    async def run(self, step: Go | bytes) -> None:
        """Perform documents, the first one at an address or inline, until the leg is over; then it is finished."""
        by = "line"
        todo: Go | Document | None
        try:
            todo = self._replacement(step)
            while todo is not None:
                try:
                    await self.follow(todo)
                    todo = None
                except Replaced as replaced:
                    self._interrupt = asyncio.get_running_loop().create_future()
                    todo = self._replacement(replaced.step)
        except HungUp as ended:
            by = ended.by
        finally:
            await self.finish(by)

    def _replacement(self, step: Go | bytes) -> Go | Document:
        if isinstance(step, Go):
            return step
        self.base_url = ""
        try:
            return self.checked(read(step, strict=self.board.options.strict_twiml), "")
        except BadDocument as error:
            self.asking.problem(error.code, "error", error.message)
            raise HungUp("fault") from error

    async def follow(self, step: Go | Document, context: Context = "call") -> None:
        """Perform a document, and those it leads to, until one ends without leading on."""
        todo: Go | Document | None = step
        while todo is not None:
            document = todo if isinstance(todo, Document) else await self._fetch(todo, context)
            todo = await self._perform(document)

    async def _perform(self, document: Document) -> Go | None:
        if document.audio:
            await self.during(self.play(document.audio, "play", self.base_url))
        for node in document.verbs:
            todo = await self.during(self.board.verbs[node.name](self, node))
            if todo is not None:
                return todo
        return None

    def fields(self, extra: Mapping[str, str]) -> dict[str, str]:
        """The form of a request about this leg, now."""
        return form.fields(self.identity, self.result.status, extra)

    def address(self, url: str) -> str:
        """A URL of the present document as an absolute one; of an empty one the document's own."""
        return urljoin(self.base_url, url.strip()) if url else self.base_url

    async def _fetch(self, go: Go, context: Context) -> Document:
        """The document at an address, or the fallback's. Raises `HungUp` when neither can be had."""
        try:
            return await self._document(go, "twiml", context)
        except (WebhookError, BadDocument) as error:
            url = go.url
            self.asking.problem(error.code, "error", error.message, url)
            extra = {"ErrorCode": str(error.code), "ErrorUrl": url}
        fallback = self.board.target.url(self.board.target.fallback_path)
        if fallback and self.identity.direction == "inbound":
            try:
                return await self._document(Go(fallback, "POST", extra), "fallback", context)
            except (WebhookError, BadDocument) as error:
                self.asking.problem(error.code, "error", error.message, fallback)
        if self.identity.direction == "inbound":
            await self.during(self.play(silence(4.0), "say", APPLICATION_ERROR))
        raise HungUp("fault")

    async def _document(self, go: Go, purpose: Purpose, context: Context) -> Document:
        reply = await self.during(self.asking.ask(purpose, go.url, go.method, self.fields(go.fields)))
        document = read_reply(reply, context, strict=self.board.options.strict_twiml)
        self.base_url = reply.url
        return self.checked(document, reply.url)

    def checked(self, document: Document, url: str) -> Document:
        """The document, its faults noted."""
        for fault in document.faults:
            self.asking.problem(
                fault.code, "warning" if fault.code else "error", f"line {fault.line}: {fault.message}", url
            )
        self.asking.note(document.notes)
        return document

    async def tell(self, go: Go) -> None:
        """Ask an address although nothing can come of it, because the leg is over."""
        self.result.status = "completed" if self.over else self.result.status
        with suppress(WebhookError):
            await self.asking.ask("twiml", go.url, go.method, self.fields(go.fields))

    # The end

    async def finish(self, by: str) -> None:
        """Put the phone down and settle the record; a second time changes nothing."""
        if self.result.end is not None:
            return
        self.hang_up(by)
        self.result.end = self.now
        self.result.ended_by = by
        if self.result.status in ("queued", "initiated", "ringing", "in-progress"):
            self.result.status = "completed"
        if self._limit:
            self._limit.cancel()
        tasks = [task for task in (self._phone_task, *self.streams.values()) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.result.said = self.person.said
        self.result.keys = self.person.pressed
        if self.board.calls.pop(self.sid, None) is not None:
            self.board.ended.append(self)

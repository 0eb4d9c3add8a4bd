"""One leg's requests to the line, each written into the leg's record with what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from voicebot.switchboard.board import Board
from voicebot.switchboard.reading import media_type
from voicebot.switchboard.result import CallResult, Exchange, Level, Problem, Purpose
from voicebot.switchboard.webhook import Reply, WebhookError, Webhooks

OVERTAKE_S = 1.0
"""How long a late status callback is held back for another to overtake it."""


class Asking:
    """Requests of one leg. Status callbacks go in the background, one after the other."""

    def __init__(self, board: Board, result: CallResult) -> None:
        self._board = board
        self._result = result
        self._order = asyncio.Lock()
        self._overtaken = asyncio.Event()
        self.web = Webhooks(board.session, board.target, board.options)

    def problem(self, code: int, level: Level, message: str, url: str = "") -> None:
        """Note what Twilio would write into its debugger."""
        self._result.problems.append(Problem(self._board.clock.now(), code, level, message, url))

    def note(self, notes: Iterable[str]) -> None:
        """Note what is no fault, once."""
        self._result.notes += [note for note in notes if note not in self._result.notes]

    async def ask(self, purpose: Purpose, url: str, method: str, fields: Mapping[str, str]) -> Reply:
        """Ask and record it. Raises `WebhookError`, recorded too."""
        clock = self._board.clock
        exchange = Exchange(clock.now(), purpose, method, url, dict(fields))
        self._result.exchanges.append(exchange)
        faults = self._board.options.faults
        twice = faults.duplicate_callbacks if purpose == "callback" else faults.duplicate_webhooks
        try:
            reply = await self.web.ask(url, method, fields, twice=twice and purpose != "play")
        except WebhookError as error:
            exchange.status = error.status
            exchange.note = f"{error.code}: {error.message}"
            raise
        finally:
            exchange.elapsed_s = (clock.now() - exchange.t) / clock.speed
        exchange.status, exchange.content_type, exchange.attempts = reply.status, reply.content_type, reply.attempts
        if purpose != "play":
            exchange.body = reply.body.decode("utf-8", "replace")
        return reply

    def callback(self, url: str, method: str, fields: Mapping[str, str]) -> None:
        """Tell the line what happened, in the background; its answer steers nothing. No `url`: nobody asked."""
        if url:
            self._board.spawn(self._callback(url, method or "POST", fields))

    async def _callback(self, url: str, method: str, fields: Mapping[str, str]) -> None:
        if self._board.options.faults.late_callbacks and not self._overtaken.is_set():
            self._overtaken.set()
            await self._board.clock.sleep(OVERTAKE_S)
            self._overtaken.clear()
        async with self._order:
            try:
                reply = await self.ask("callback", url, method, fields)
            except WebhookError as error:
                self.problem(error.code, "warning", error.message, url)
                return
        kind = media_type(reply.content_type)
        if reply.status != 204 and kind not in ("text/xml", "application/xml"):
            self.problem(12300, "warning", f"a status callback was answered with {kind or 'no type'!r}", url)

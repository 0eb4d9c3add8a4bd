"""The emulated Twilio: make it, place calls to a line, read what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from types import TracebackType
from xml.etree import ElementTree

from aiohttp import web

from voicebot.errors import OperatorError
from voicebot.switchboard.account import API_VERSION, caller_number, new_sid
from voicebot.switchboard.board import Board
from voicebot.switchboard.call import Call, Go
from voicebot.switchboard.callee import Directory
from voicebot.switchboard.caller import Act
from voicebot.switchboard.clips import ClipIndex
from voicebot.switchboard.clock import Clock
from voicebot.switchboard.form import Identity
from voicebot.switchboard.latency import latencies
from voicebot.switchboard.options import Options, Target
from voicebot.switchboard.rest import application
from voicebot.switchboard.result import CallResult
from voicebot.switchboard.verbs import VERBS
from voicebot.switchboard.webhook import Webhooks, new_session


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and what they do."""

    script: Sequence[Act]
    number: str = caller_number(0)
    """E.164, or ``anonymous``."""
    forwarded_from: str = ""


class Switchboard:
    """An account with one number that leads to `target`. Use it as an asynchronous context manager."""

    def __init__(
        self,
        target: Target,
        options: Options | None = None,
        directory: Directory | None = None,
        clips: ClipIndex | None = None,
    ) -> None:
        self._target = target
        self._options = options or Options()
        self._directory = directory or Directory()
        self._clips = clips
        self._runner: web.AppRunner | None = None
        self.board: Board

    async def __aenter__(self) -> Switchboard:
        """Begin to serve the account's REST resources. Raises `OperatorError` when the port is taken."""
        self.board = Board(
            self._options, self._target, Clock(self._options.speed), new_session(), VERBS, self._directory
        )
        self._runner = web.AppRunner(application(self.board), access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", self._options.api_port).start()
        except OSError as error:
            await self.__aexit__(None, None, None)
            raise OperatorError("port-taken", f"port {self._options.api_port}: {error.strerror}") from error
        host, port = self._runner.addresses[0][:2]
        self.api_url = f"http://{host}:{port}"
        self.board.api_url = (self._options.api_url or self.api_url).rstrip("/")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = set(self.board.background)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._runner:
            await self._runner.cleanup()
        await self.board.session.close()

    async def place(self, caller: Caller) -> CallResult:
        """Call the line, and return when the call and all that came of it (callbacks, other legs) is over."""
        board, target = self.board, self._target
        identity = Identity(
            board.options.account.sid,
            new_sid("CA"),
            caller.number,
            target.number,
            "inbound",
            forwarded_from=caller.forwarded_from,
        )
        with board.placing() as mine:
            call = Call(board, identity, caller.script)
            call.result.status = "ringing"
            placed = call.now
            await call.run(Go(target.url(target.voice_path), target.method))
            self._status_callback(call)
            while work := {*mine, *self._legs_of(call)}:
                await asyncio.gather(*work)
        call.result.latencies = latencies(call.result.said, call.audible, call.result.heard)
        call.result.rebase(placed)
        if self._clips:
            name_clips(self._clips, call.result)
        return call.result

    async def text(self, number: str, body: str, *, page: str = "/twilio/sms") -> list[str]:
        """Send the line a text message from `number`: what it writes back. Raises `WebhookError`, and
        `xml.etree.ElementTree.ParseError` for what is not XML.
        """
        board, target = self.board, self._target
        message = new_sid("SM")
        fields = {
            "AccountSid": board.options.account.sid,
            "ApiVersion": API_VERSION,
            "Body": body,
            "From": number,
            "MessageSid": message,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsMessageSid": message,
            "SmsSid": message,
            "SmsStatus": "received",
            "To": target.number,
        }
        reply = await Webhooks(board.session, target, board.options).ask(target.url(page), "POST", fields)
        document = ElementTree.fromstring(reply.body)  # noqa: S314  # of the line under test
        return ["".join(found.itertext()) for found in document.iter("Message")]

    def _legs_of(self, call: Call) -> set[asyncio.Task[None]]:
        """What still carries out legs of this call that were placed over REST."""
        ours = {id(record) for record in call.result.dials}
        return {m.task for m in self.board.outbound if m.task and not m.task.done() and id(m.record) in ours}

    def _status_callback(self, call: Call) -> None:
        result = call.result
        lasted = round((result.end or 0.0) - (result.answered if result.answered is not None else result.end or 0.0))
        extra = {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": "0",
            "Timestamp": format_datetime(datetime.now(UTC)),
            "CallDuration": str(lasted),
            "Duration": str(-(-lasted // 60)),
        }
        call.asking.callback(self._target.url(self._target.status_path), "POST", call.fields(extra))

    @property
    def outbound(self) -> list[CallResult]:
        """The legs that the line placed over REST, in order."""
        return [made.leg.result for made in self.board.outbound]

    @property
    def messages(self) -> list[dict[str, str]]:
        """The text messages that the line sent over REST, in order."""
        return self.board.messages


def name_clips(clips: ClipIndex, result: CallResult) -> None:
    """Name the recordings that this call and its legs heard."""
    result.heard = clips.name(result.heard)
    for leg in result.legs:
        name_clips(clips, leg)


async def place_all(board: Switchboard, callers: Iterable[Caller]) -> list[CallResult]:
    """Place several calls at the same time."""
    return list(await asyncio.gather(*(board.place(caller) for caller in callers)))

"""Everything Twilio calls, under /twilio/. Routes are short: check, translate to an event, return TwiML."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, request
from flask_sock import Sock

from voicebot.bot import Bot
from voicebot.errors import FaultError, RemoteError, StoreLost, VoicebotError
from voicebot.events import (
    CallStarted,
    Event,
    HandedOn,
    KeyPressed,
    MessageTaken,
    SilenceHeard,
    TransferEnded,
    TransferOutcome,
)
from voicebot.points import mark
from voicebot.twilio import twiml
from voicebot.twilio.calling_back import CallbackPages, add_callback_pages
from voicebot.twilio.clips import Clips
from voicebot.twilio.continuing import Continuing, transfer_outcome
from voicebot.twilio.handing_on import HandingOnPages, add_handing_on_pages
from voicebot.twilio.legs import LegPages, add_leg_pages, number_of_ours
from voicebot.twilio.reaching import Reaches
from voicebot.twilio.recordings import Recordings
from voicebot.twilio.signature import Signatures
from voicebot.twilio.stream import serve_stream
from voicebot.twilio.texting import sms_page
from voicebot.twilio.twiml import Pages

log = logging.getLogger(__name__)

OVER = {"completed", "busy", "failed", "no-answer", "canceled"}
"""Values of CallStatus after which nothing can be said any more."""


Page = Callable[[], str]


def xml(text: str) -> Response:
    """A TwiML response."""
    return Response(text, mimetype="text/xml")


def field(name: str) -> str:
    """One field of the request, from its form or (a webhook that was set up as GET) its query; empty without it."""
    return request.values.get(name, "")


class Phone:
    """The pages of one bot."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        settings = bot.settings
        self.signatures = Signatures(settings.auth_token, settings.public_url)
        self.clips = Clips(bot)
        self.pages = Pages(settings.public_url, self.clips.url)
        self.continuing = Continuing(bot, self.pages, self.signatures.socket_url("/twilio/stream"))
        self.recordings = Recordings(settings)
        self.reaches = Reaches()
        self.handing_on = HandingOnPages(bot, self.pages)
        self.legs = LegPages(bot, self.pages, self.continuing, self.reaches)

    # Who is calling

    def check_signature(self) -> None:
        """403 for whatever Twilio did not sign, before anything is stored. Recordings are for everyone."""
        signature = request.headers.get("X-Twilio-Signature", "")
        match (request.endpoint or "").rpartition(".")[2]:
            case "clip":
                return
            case "stream":
                valid = self.signatures.valid_socket(request.path, signature)
            case _:
                query = request.query_string.decode("latin-1")
                valid = self.signatures.valid_request(request.path, query, request.form, signature)
        if not valid:
            log.warning("refused %s %s: not signed by Twilio", request.method, request.path)
            abort(403)

    def _once(self, key: str, page: Page) -> str:
        """A page with somebody's number in it is for the provider only: it is not kept."""
        return self.bot.record.once(key, page, lambda answer: "<Number" not in answer)

    def answer(self, event: Event, page: Page) -> Response:
        """One page, once: a repeated request gets the same answer; a lost record gets a person."""
        call, token = field("CallSid"), request.headers.get("I-Twilio-Idempotency-Token", "")
        try:
            if not call:
                raise RemoteError("no-call", "the request names no call")
            return xml(self._once(f"{request.path}:{token[:128]}", page) if token else page())
        except (FaultError, RemoteError) as error:
            log.error("%s goes on without the record: %s", request.path, error)
        except Exception:
            log.exception("a fault in %s", request.path)
        return xml(self.continuing.without_record(call, field("To"), event))

    def over(self, news: Event | None = None, seconds: float | None = None) -> bool:
        """Whether the call has ended; then that is kept, and the last `news` of it."""
        call = field("CallSid")
        ended = field("CallStatus") in OVER or field("Digits") == "hangup"
        if ended and call:
            try:
                # The line may have been down when the call came in: whom we owe something is known from now on.
                self.bot.record.call_started(call, field("From"), field("To"))
                self.continuing.ended(call, news, seconds)
            except FaultError as error:
                log.error("the end of a call was not kept: %s", error)
        return ended

    # The call

    def voice(self) -> Response:
        """A call comes in."""
        call = field("CallSid")

        def page() -> str:
            mark("voice-asked")
            self.bot.record.call_started(call, field("From"), field("To"))
            mark("voice-kept")
            return self.continuing.new_stream(call)

        return xml(twiml.nothing()) if self.over() else self.answer(CallStarted(), page)

    def stream_closed(self) -> Response:
        """The stream is over, the call is not."""
        mark("stream-closed")
        if self.over():
            return xml(twiml.nothing())
        return self.answer(CallStarted(), lambda: self.continuing.stream_closed(field("CallSid"), field("To")))

    def key(self) -> Response:
        """A key while Twilio was speaking for us, or nothing."""
        digit, silent = field("Digits")[:1], number_of_ours("silent")
        if silent and not digit:
            return self._happened(SilenceHeard(float(silent)))
        return self._happened(KeyPressed(digit if digit and digit in "0123456789*#" else "#"))

    def fallback(self) -> Response:
        """Twilio could not use one of our pages: a person, without asking why first."""
        log.error("Twilio fell back: %s %s", field("ErrorCode"), field("ErrorUrl"))
        return xml(self.continuing.person_now(field("CallSid"), field("To")))

    def alone(self) -> Response:
        """The caller waits in the conference for whoever accepted; who is gone already will not come."""
        call, looks = request.args.get("call", ""), number_of_ours("looks")
        try:
            page = self.continuing.alone(call, looks)
            if page is None:
                self.bot.legs.move(call, "dialled")
        except VoicebotError as error:
            log.error("call %s: whether somebody still comes is not known: %s", call, error)
            page = None
        return xml(page or self.continuing.still_alone(call, looks))

    def room(self) -> Response:
        """Caller and person hear each other."""
        call = request.args.get("call", "")
        if call and field("StatusCallbackEvent") == "conference-start":
            try:
                self.bot.record.met(call)
            except StoreLost as error:
                log.error("that a caller is talked with was not kept: %s", error)
        return Response(status=204)

    # The desk. Query parameters are ours: which call the leg to the desk belongs to.

    def whisper(self) -> Response:
        """Someone picked up: what is it about?"""
        call = field("call")
        return xml(self.pages.whisper(call, self.continuing.summary(call), (self.bot.script.clip("whisper"),)))

    def accept(self) -> Response:
        """1 connects, anything else does not."""
        call = field("call")
        if field("Digits") != "1" or not call:
            return xml(twiml.refuse())
        try:
            self.bot.record.transfer_accepted(call)
        except StoreLost as error:
            log.error("an accepted transfer was not kept: %s", error)
        return xml(twiml.nothing())

    def dialled(self) -> Response:
        """The desk has been rung, or the conference is over; then the caller may be handed on to another unit."""
        call, looks = field("CallSid"), number_of_ours("looks")
        try:
            on = self.handing_on.caller(call, looks) if field("CallStatus") == "in-progress" else None
            accepted = self.bot.record.was_accepted(call)
            talked = looks > 0 and self.bot.record.has_met(call)
        except StoreLost as error:
            log.error("whether the desk accepted is not known: %s", error)
            on, talked = None, looks > 0
            accepted = field("DialBridged").lower() == "true"
        if isinstance(on, str):
            return xml(on)
        if isinstance(on, HandedOn):
            return self._happened(on)
        outcome = TransferOutcome.ACCEPTED if talked else transfer_outcome(request.values, accepted)
        return self._happened(TransferEnded(outcome))

    # The message

    def recorded(self) -> Response:
        """A message was recorded, or nothing was said. 0 at its end asks for a person once more."""
        call, url, taken = field("CallSid"), field("RecordingUrl"), MessageTaken(_seconds("RecordingDuration") or 0.0)
        if url and call:
            try:
                self.bot.record.message_taken(call, url, taken.seconds)
            except StoreLost as error:
                log.error("message %s of call %s was not kept: %s", url, call, error)
                taken = MessageTaken(0.0)  # nothing is promised
        return self._happened(KeyPressed("0") if field("Digits") == "0" else taken)

    def recording(self) -> Response:
        """The recording is ready: it will be fetched to where the staff can hear it."""
        call, url = field("CallSid"), field("RecordingUrl")
        if field("RecordingStatus") == "completed" and call and self.recordings.is_ours(url):
            try:
                self.bot.record.recording_ready(call, url)
            except StoreLost as error:
                log.error("that message %s of call %s is ready was not kept: %s", url, call, error)
        return Response(status=204)

    def sms(self) -> Response:
        """A text message came in."""
        return xml(sms_page(self.bot, request.values))

    def status(self) -> Response:
        """A call changed its status; only its end matters here."""
        if not field("ParentCallSid"):
            mark("call-over")
            self.over(seconds=_seconds("CallDuration"))
        return Response(status=204)

    def _happened(self, event: Event) -> Response:
        if self.over(news=event):
            return xml(twiml.nothing())
        return self.answer(event, lambda: self.continuing.happened(field("CallSid"), field("To"), event))

    # Recordings

    def clip(self, speed: str, name: str) -> Response:
        """A recording, for `<Play>`."""
        found = self.clips.wav(name, speed == "slow")
        if found is None:
            abort(404)
        return Response(found, mimetype="audio/wav", headers={"Cache-Control": "max-age=300"})


def _seconds(name: str) -> float | None:
    """A duration; None when there is none or it is not a number."""
    try:
        value = float(field(name))
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def phone_blueprint(bot: Bot) -> Blueprint:
    """Everything under /twilio/."""
    phone = Phone(bot)
    blueprint = Blueprint("twilio", __name__, url_prefix="/twilio")
    blueprint.before_request(phone.check_signature)
    pages: dict[str, Callable[[], Response]] = {
        "voice": phone.voice,
        "continue": phone.stream_closed,
        "key": phone.key,
        "fallback": phone.fallback,
        "alone": phone.alone,
        "room": phone.room,
        "whisper": phone.whisper,
        "accept": phone.accept,
        "dialled": phone.dialled,
        "recorded": phone.recorded,
        "recording": phone.recording,
        "status": phone.status,
        "sms": phone.sms,
    }
    for name, page in pages.items():
        blueprint.add_url_rule(f"/{name}", name, page, methods=["GET", "POST"])
    blueprint.add_url_rule("/clip/<any(normal, slow):speed>/<path:name>.wav", "clip", phone.clip)

    add_leg_pages(blueprint, phone.legs)
    add_handing_on_pages(blueprint, phone.handing_on)
    add_callback_pages(blueprint, CallbackPages(bot, phone.pages))

    def stream(ws: Any) -> None:
        serve_stream(bot, phone.continuing, ws, reaches=phone.reaches)

    Sock().route("/stream", bp=blueprint, strict_slashes=False)(stream)
    return blueprint

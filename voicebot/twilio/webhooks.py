"""Everything Twilio calls, under /twilio/. Routes are short: check, translate to an event, return TwiML."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable

import numpy as np
import soundfile
from flask import Blueprint, Response, abort, request
from flask_sock import Sock

from voicebot import audio
from voicebot.bot import Bot
from voicebot.dialogue.commands import Clip
from voicebot.dialogue.script import answer_clip, question_clip
from voicebot.errors import FaultError, StoreLost, VoicebotError
from voicebot.events import (
    CallEnded,
    CallStarted,
    EndReason,
    Event,
    KeyPressed,
    MessageTaken,
    TransferEnded,
)
from voicebot.twilio import twiml
from voicebot.twilio.continuing import Continuing, transfer_outcome
from voicebot.twilio.recordings import Recordings
from voicebot.twilio.signature import Signatures
from voicebot.twilio.stream import serve_stream
from voicebot.twilio.twiml import Pages

log = logging.getLogger(__name__)

OVER = {"completed", "busy", "failed", "no-answer", "canceled"}
"""Values of CallStatus after which nothing can be said any more."""

Page = Callable[[], str]


def xml(text: str) -> Response:
    """A TwiML response."""
    return Response(text, mimetype="text/xml")


class Phone:
    """The pages of one bot."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        settings = bot.settings
        self.signatures = Signatures(settings.auth_token, settings.public_url)
        pages = Pages(settings.public_url, self._clip_url)
        self.pages = pages
        self.continuing = Continuing(bot, pages, self.signatures.socket_url("/twilio/stream"))
        self.recordings = Recordings(settings)

    # Who is calling

    def check_signature(self) -> None:
        """403 for whatever Twilio did not sign, before anything is read or stored."""
        signature = request.headers.get("X-Twilio-Signature", "")
        if request.headers.get("Upgrade", "").lower() == "websocket":
            valid = self.signatures.valid_socket(request.path, signature)
        elif request.endpoint and request.endpoint.endswith(".clip"):
            return
        else:
            query = request.query_string.decode("latin-1")
            valid = self.signatures.valid_request(request.path, query, request.form, signature)
        if not valid:
            log.warning("refused %s %s: not signed by Twilio", request.method, request.path)
            abort(403)

    def answer(self, event: Event, page: Page) -> Response:
        """One page, once: a repeated request gets the same answer; a lost record gets a person."""
        form = request.form
        called = form.get("To", "")
        token = request.headers.get("I-Twilio-Idempotency-Token", "")
        try:
            if form.get("CallStatus") in OVER:
                self._over(form.get("CallSid", ""))
                return xml(twiml.nothing())
            return xml(self.bot.record.once(f"{request.path}:{token}", page) if token else page())
        except FaultError as error:
            log.error("%s goes on without the record: %s", request.path, error)
        except Exception:
            log.exception("a fault in %s", request.path)
        return xml(self.continuing.without_record(event, called))

    def _over(self, call: str) -> None:
        self.bot.record.for_call(call).event(CallEnded(EndReason.CALLER_HUNG_UP))

    # The call

    def voice(self) -> Response:
        """A call comes in."""
        form = request.form

        def page() -> str:
            self.bot.record.call_started(form["CallSid"], form.get("From", ""), form.get("To", ""), "twilio")
            return self.continuing.new_stream(form["CallSid"])

        return self.answer(CallStarted(), page)

    def stream_closed(self) -> Response:
        """The stream is over, the call is not."""
        form = request.form
        return self.answer(CallStarted(), lambda: self.continuing.stream_closed(form["CallSid"], form.get("To", "")))

    def key(self) -> Response:
        """A key while Twilio was speaking for us."""
        digit = request.form.get("Digits", "")[:1]
        return self._happened(KeyPressed(digit if digit and digit in "0123456789*#" else "#"))

    def fallback(self) -> Response:
        """Twilio could not use one of our pages: a person, without asking why first."""
        log.error("Twilio fell back: %s %s", request.form.get("ErrorCode"), request.form.get("ErrorUrl"))
        return xml(self.continuing.person_now(request.form.get("To", "")))

    # The desk

    def whisper(self) -> Response:
        """Someone picked up: who is it?"""
        return xml(self.pages.whisper((self.bot.script.clip("whisper"),)))

    def accept(self) -> Response:
        """1 connects, anything else does not."""
        form = request.form
        if form.get("Digits") != "1":
            return xml(twiml.refuse())
        try:
            self.bot.record.transfer_accepted(form.get("ParentCallSid", ""))
        except StoreLost as error:
            log.error("an accepted transfer was not kept: %s", error)
        return xml(twiml.nothing())

    def dialled(self) -> Response:
        """The desk has been rung."""
        form = request.form
        try:
            accepted = self.bot.record.was_accepted(form.get("CallSid", ""))
        except StoreLost:
            accepted = form.get("DialBridged", "").lower() == "true"
        outcome = transfer_outcome(form, accepted)
        try:
            self.bot.record.attempt_ended(form.get("CallSid", ""), outcome)
        except StoreLost as error:
            log.error("how a transfer ended was not kept: %s", error)
        return self._happened(TransferEnded(outcome))

    # The message

    def recorded(self) -> Response:
        """A message was recorded. 0 at its end asks for a person once more."""
        form = request.form
        seconds = float(form.get("RecordingDuration") or 0)
        zero = form.get("Digits", "") == "0"

        def page() -> str:
            if form.get("RecordingUrl"):
                self.bot.record.message_taken(form["CallSid"], form["RecordingUrl"], seconds)
            event: Event = KeyPressed("0") if zero else MessageTaken(seconds)
            return self.continuing.happened(form["CallSid"], form.get("To", ""), event)

        if form.get("Digits") == "hangup":
            try:
                page()
            except FaultError as error:
                log.error("message %s of call %s was not kept: %s", form.get("RecordingUrl"), form["CallSid"], error)
            return xml(twiml.nothing())
        return self.answer(MessageTaken(0.0), page)

    def recording(self) -> Response:
        """The recording is ready: fetch it to where the staff can hear it."""
        form = request.form
        if form.get("RecordingStatus") == "completed" and form.get("RecordingUrl"):
            try:
                path = self.recordings.fetch(form["RecordingUrl"])
                self.bot.record.message_fetched(form["CallSid"], form["RecordingUrl"], str(path))
            except VoicebotError as error:
                log.error("message of call %s not fetched: %s", form.get("CallSid"), error)
        return Response(status=204)

    def status(self) -> Response:
        """A call changed its status; only its end matters here."""
        if request.form.get("CallStatus") in OVER and not request.form.get("ParentCallSid"):
            try:
                self._over(request.form.get("CallSid", ""))
            except FaultError as error:
                log.error("the end of a call was not kept: %s", error)
        return Response(status=204)

    def _happened(self, event: Event) -> Response:
        form = request.form
        return self.answer(event, lambda: self.continuing.happened(form["CallSid"], form.get("To", ""), event))

    # Recordings

    def _clip_url(self, clip: Clip, slow: bool) -> str | None:
        if self.bot.voice.audio(clip, slow) is None:
            return None
        return f"{self.bot.settings.public_url}/twilio/clip/{'slow' if slow else 'normal'}/{clip.name}.wav"

    def clip(self, speed: str, name: str) -> Response:
        """A recording, for `<Play>`."""
        clip = self._clip_named(name)
        ulaw = self.bot.voice.audio(clip, speed == "slow") if clip else None
        if ulaw is None:
            abort(404)
        return Response(wav(ulaw), mimetype="audio/wav", headers={"Cache-Control": "max-age=300"})

    def _clip_named(self, name: str) -> Clip | None:
        kind, _, key = name.partition("/")
        faq = self.bot.knowledge().faq
        if kind == "prompts" and key in self.bot.script.prompts:
            return self.bot.script.clip(key)
        if kind in ("answers", "questions") and key in faq:
            return (answer_clip if kind == "answers" else question_clip)(faq[key])
        return None


def wav(ulaw: bytes) -> bytes:
    """A µ-law WAV file."""
    file = io.BytesIO()
    pcm = audio.ulaw_to_pcm(ulaw).astype(np.int16)
    soundfile.write(file, pcm, audio.RATE, format="WAV", subtype="ULAW")
    return file.getvalue()


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
        "whisper": phone.whisper,
        "accept": phone.accept,
        "dialled": phone.dialled,
        "recorded": phone.recorded,
        "recording": phone.recording,
        "status": phone.status,
    }
    for name, page in pages.items():
        blueprint.add_url_rule(f"/{name}", name, page, methods=["POST"])
    blueprint.add_url_rule("/clip/<any(normal, slow):speed>/<path:name>.wav", "clip", phone.clip)
    sock = Sock()
    sock.bp = blueprint

    @sock.route("/stream", bp=blueprint)
    def stream(ws: object) -> None:
        serve_stream(bot, phone.continuing, ws)

    return blueprint

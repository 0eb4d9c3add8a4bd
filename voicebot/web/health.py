"""Is the line alive, and can it take a call?"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from voicebot.bot import Bot
from voicebot.errors import FaultError


def health_blueprint(bot: Bot) -> Blueprint:
    """`/healthz`: the process answers. `/readyz`: 200 when a call would be heard and recorded, else 503 with why."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        missing = {name: why for name, why in _missing(bot).items() if why}
        return jsonify(ready=not missing, missing=missing), 503 if missing else 200

    return blueprint


def _missing(bot: Bot) -> dict[str, str]:
    """What a call would lack now, by part; empty text for what is there."""
    return {
        "speech": "" if bot.speech_ready() else "no recogniser is ready",
        "faq": "" if bot.knowledge().faq.entries else "the FAQ is empty",
        "record": _ping(bot),
    }


def _ping(bot: Bot) -> str:
    try:
        bot.record.ping()
    except FaultError as error:
        return error.message
    return ""

"""Is the line alive, and can it take a call?"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from voicebot.bot import Bot
from voicebot.errors import FaultError

DISPENSABLE = {"faq", "calendar", "hearing"}


def health_blueprint(bot: Bot) -> Blueprint:
    """`/healthz`: the process answers. `/readyz`: 200 when a call would be heard and recorded, else 503 with why.

    What callers can be served without (with an empty FAQ all of them reach a person) is told but no reason for 503: a
    load balancer would take away the people, too.
    """
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        missing = {name: why for name, why in _missing(bot).items() if why}
        ready = not missing.keys() - DISPENSABLE
        return jsonify(ready=ready, missing=missing), 200 if ready else 503

    return blueprint


def _missing(bot: Bot) -> dict[str, str]:
    """What a call would lack now, by part; empty text for what is there."""
    years = bot.office().unknown_years(bot.now())
    return {
        "speech": "" if bot.speech_ready() else "no recogniser is ready",
        "faq": "" if bot.knowledge().faq.entries else "the FAQ is empty",
        "record": _ping(bot),
        "hearing": _unlearnt(bot),
        "calendar": "".join(f"the public holidays of {year} are not known; " for year in years).rstrip("; "),
    }


def _unlearnt(bot: Bot) -> str:
    new = bot.hearing.unlearnt() if bot.hearing else ()
    return f"{len(new)} phrasings are new to the recogniser: voicebot model build" if new else ""


def _ping(bot: Bot) -> str:
    try:
        bot.record.ping()
    except FaultError as error:
        return error.message
    return ""

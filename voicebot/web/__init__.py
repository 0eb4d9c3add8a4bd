"""The Flask application: `create_app(bot)`."""

from __future__ import annotations

from flask import Flask

from voicebot.bot import Bot
from voicebot.twilio.webhooks import phone_blueprint
from voicebot.web.desk import add_desk
from voicebot.web.health import health_blueprint
from voicebot.web.metrics import metrics_blueprint
from voicebot.web.public import public_blueprint
from voicebot.web.public.published import last_month

MOST_BODY = 64 * 1024
"""Bytes; no webhook and no frame of a stream is larger (Twilio's own limit for what we return)."""


def create_app(bot: Bot) -> Flask:
    """The application of one bot. Without Twilio's credentials it has no phone pages: nothing could be verified."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY
    app.config["SOCK_SERVER_OPTIONS"] = {"ping_interval": 25, "max_message_size": MOST_BODY}
    app.register_blueprint(health_blueprint(bot))
    app.register_blueprint(metrics_blueprint(bot))
    app.register_blueprint(public_blueprint(bot, last_month()))
    if bot.settings.phone_ready:
        app.register_blueprint(phone_blueprint(bot))
    add_desk(app, bot)
    return app

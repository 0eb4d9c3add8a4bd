"""The production server: gunicorn with threads, which carry webhooks and media streams alike.

One process takes all calls of this machine; recognition runs in its own processes beside it. A thread is held for as
long as its call, so there are many.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from voicebot.bot import Bot
from voicebot.web import create_app

log = logging.getLogger(__name__)

THREADS = 256
"""Calls and pages served at the same time."""


class Server(BaseApplication):  # type: ignore[misc]
    """Serves the bot that `running` gives, which is opened in the serving process, after the fork."""

    def __init__(
        self,
        running: Callable[[], AbstractContextManager[Bot]],
        host: str,
        port: int,
        *,
        announce: Callable[[Bot], None],
    ) -> None:
        self._running = running
        self._address = f"{host}:{port}"
        self._announce = announce
        self._open = ExitStack()
        super().__init__()

    def load_config(self) -> None:
        """Settings of gunicorn."""
        options: dict[str, Any] = {
            "bind": self._address,
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "graceful_timeout": 10,
            "post_worker_init": _tell_whether_serving,
            "worker_exit": lambda arbiter, worker: self._open.close(),
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application, made in the worker process."""
        bot = self._open.enter_context(self._running())
        app = create_app(bot)
        self._announce(bot)
        settle(app)
        return app


def settle(app: Flask) -> None:
    """Do before the first call what would hold up another one later.

    Pages are compiled; and Python's collector is told that what is loaded now stays: else it looks through the FAQ, the
    words and the code again and again, 0.13 s each time, while every call of this process waits. What has no cycles is
    freed as before.
    """
    for name in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(name)
    gc.collect()
    gc.freeze()


def _tell_whether_serving(worker: Any) -> None:
    """Pages that stay open (`voicebot.web.desk.pulse`) end when the server is to stop, so that it need not wait."""
    worker.wsgi.config["SERVING"] = lambda: worker.alive

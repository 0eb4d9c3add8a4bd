"""Text messages out: through Twilio's REST, or into a file where there is no provider."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import requests

from voicebot.cases.delivery import Sender
from voicebot.cases.texts import segments
from voicebot.config import Settings
from voicebot.errors import OperatorError, RemoteError

TIMEOUT_S = 10.0
FILE = "sms.jsonl"
"""Name of the file in the data folder."""


def sender_of(settings: Settings, now: Callable[[], datetime]) -> Sender | None:
    """How this line sends text messages; None: it does not."""
    match settings.sms:
        case "twilio":
            return TwilioSender(settings)
        case "file":
            return FileSender(settings.data / FILE, now)
    return None


class TwilioSender:
    """Implements `voicebot.cases.delivery.Sender` with Twilio's Messages resource."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._url = f"{settings.api_url}/2010-04-01/Accounts/{settings.account_sid}/Messages.json"

    def send(self, to: str, text: str, key: str) -> None:
        """Hand one message to the provider. Raises `RemoteError` when it never will take it, `OperatorError` when it
        could not be asked or is too busy.
        """
        config = self._settings
        try:
            reply = requests.post(
                self._url,
                data={"To": to, "From": config.line_number, "Body": text},
                auth=(config.account_sid, config.auth_token),
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # Not the error itself: it may hold the number.
            raise OperatorError("sms-unreachable", f"{key}: {type(error).__name__}") from error
        status = reply.status_code
        if status == requests.codes.created:
            return
        why = f"{key}: the provider answered {status} {_code(reply)}".rstrip()
        # Wrong credentials and too many requests pass; a number that cannot be written to does not.
        if status in (400, 404, 410, 422):
            raise RemoteError("sms-refused", why)
        raise OperatorError("sms-not-sent", why)


def _code(reply: requests.Response) -> str:
    """Twilio's own error number, if the answer holds one."""
    try:
        found = reply.json()
    except ValueError:
        return ""
    return str(found.get("code", "")) if isinstance(found, dict) else ""


class FileSender:
    """Implements `voicebot.cases.delivery.Sender` with a file of JSON lines, for a gateway of the office to pick up."""

    def __init__(self, file: Path, now: Callable[[], datetime]) -> None:
        self._file = file
        self._now = now

    def send(self, to: str, text: str, key: str) -> None:
        """Append one line, on disk before returning. Raises `OperatorError`."""
        line = {"at": self._now().isoformat(), "key": key, "to": to, "text": text, "segments": segments(text)}
        data = (json.dumps(line, ensure_ascii=False) + "\n").encode()
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "ab", buffering=0) as out:
                out.write(data)
                os.fsync(out.fileno())
        except OSError as error:
            raise OperatorError("sms-not-stored", f"{self._file}: {error}") from error

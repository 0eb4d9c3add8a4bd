"""The provider's REST interface, as far as the line uses it: calls of ours. A `voicebot.staffing.legs.Legs`.

Twilio's own SDK does the talking. Nothing it says of a number reaches a log or an error message.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from voicebot.cases.lost_calls import ListedCall
from voicebot.config import Settings
from voicebot.errors import OperatorError, RemoteError

T = TypeVar("T")

TIMEOUT_S = 5.0
"""For one request. A caller is waiting."""
MOST_LISTED = 5000
"""Calls looked through at once."""
_OVER = ("completed", "busy", "failed", "no-answer", "canceled")
_EVENTS = ["ringing", "answered", "completed"]
_GONE = 404
_WRONG_STATE = 21220
"""The call is over, or not on yet."""


class Rest:
    """Places, moves and ends calls. Used by all threads."""

    def __init__(self, settings: Settings, timeout_s: float = TIMEOUT_S) -> None:
        quiet = logging.getLogger("voicebot.twilio.http")
        quiet.setLevel(logging.WARNING)  # at INFO the SDK logs whom it calls
        self._client = Client(
            settings.account_sid,
            settings.auth_token,
            http_client=TwilioHttpClient(timeout=timeout_s, logger=quiet),
        )
        self._client.api.base_url = settings.api_url
        self._base = f"{settings.public_url}/twilio"

    def ring(self, attempt: int, number: str, caller_id: str, ring_s: float) -> str:
        """Ring a person for a caller who waits: the leg's id. Raises `OperatorError` or `RemoteError`."""
        return self._ring(f"leg/whisper?attempt={attempt}", f"leg/status?attempt={attempt}", number, caller_id, ring_s)

    def ring_for_callback(self, attempt: int, number: str, caller_id: str, ring_s: float) -> str:
        """Ring a person who is to be connected with a caller we owe a call. Raises as `ring` does."""
        pages = (f"callback/whisper?attempt={attempt}", f"callback/status?attempt={attempt}")
        return self._ring(*pages, number, caller_id, ring_s)

    def end(self, leg: str) -> None:
        """Hang up, whether it rings or talks; one that is over already is no error. Raises as `ring` does."""
        self._unless_over(lambda: self._client.calls(leg).update(status="completed"))

    def move(self, call: str, page: str) -> None:
        """Let a call go on with another page of ours under /twilio/; one that is over is no error. Raises as `ring`."""
        self._unless_over(lambda: self._client.calls(call).update(url=f"{self._base}/{page}", method="POST"))

    def ended_calls(self, since: datetime) -> list[ListedCall]:
        """Incoming calls that began since then and are over, newest first. Raises as `ring` does."""
        listed = _asked(lambda: self._client.calls.list(start_time_after=since, limit=MOST_LISTED))
        return [
            ListedCall(
                id=str(call.sid),
                number=str(getattr(call, "_from", "") or ""),
                line_number=str(call.to or ""),
                started=call.start_time or since,
                seconds=float(call.duration) if call.duration else None,
            )
            for call in listed
            if call.direction == "inbound" and call.status in _OVER
        ]

    def _ring(self, whisper: str, status: str, number: str, caller_id: str, ring_s: float) -> str:
        made = _asked(
            lambda: self._client.calls.create(
                to=number,
                from_=caller_id,
                url=f"{self._base}/{whisper}",
                status_callback=f"{self._base}/{status}",
                status_callback_event=_EVENTS,
                timeout=max(5, round(ring_s)),
            )
        )
        return str(made.sid)

    def _unless_over(self, ask: Callable[[], Any]) -> None:
        try:
            _asked(ask)
        except RemoteError as error:
            if error.code not in (f"twilio-{_WRONG_STATE}", "twilio-gone"):
                raise


def _asked(ask: Callable[[], T]) -> T:
    """The answer. Errors name the provider's code only: its words may name a number."""
    try:
        return ask()
    except TwilioRestException as error:
        gone = error.status == _GONE
        code = "twilio-gone" if gone else f"twilio-{error.code or error.status}"
        raise RemoteError(code, f"the provider refused: HTTP {error.status}, code {error.code}") from None
    except (TwilioException, requests.RequestException) as error:
        raise OperatorError("provider-unreachable", f"the provider did not answer: {type(error).__name__}") from None

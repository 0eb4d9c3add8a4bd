"""An account as the emulated Twilio knows it: identifiers, the token that signs, telephone numbers."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from twilio.request_validator import RequestValidator

API_VERSION = "2010-04-01"
LINE_NUMBER = "+15005550006"
"""Twilio's own number for tests."""


def new_sid(prefix: str) -> str:
    """A fresh identifier: two letters (``CA`` a call, ``MZ`` a stream) and 32 hexadecimal digits."""
    return prefix + uuid.uuid4().hex


def caller_number(index: int) -> str:
    """One of the hundred numbers that the North American plan keeps for fiction."""
    return f"+1202555{100 + index % 100:04d}"


def signed_url(url: str) -> str:
    """The URL that Twilio signs: no user or password, no fragment; no port over TLS, the port as it is over HTTP.

    A stream is signed as ``wss``, the only scheme the real Twilio has; ``ws`` to this machine is signed as such.
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme in ("https", "wss") and parts.port is not None:
        host = host.rpartition(":")[0]
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


def basic_auth(user: str, password: str) -> str:
    """The value of an ``Authorization`` header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


@dataclass(frozen=True, slots=True)
class Account:
    """Whose calls these are. The token signs every request; its default is as random as a real one."""

    sid: str = field(default_factory=lambda: new_sid("AC"))
    token: str = field(default_factory=lambda: uuid.uuid4().hex, repr=False)

    def sign(self, url: str, fields: Mapping[str, str]) -> str:
        """The ``X-Twilio-Signature`` of a request for `url` with form `fields` (empty for GET and sockets)."""
        return str(RequestValidator(self.token).compute_signature(signed_url(url), dict(fields)))


_COUNTRIES = (("+852", "HK"), ("+853", "MO"), ("+886", "TW"), ("+86", "CN"), ("+1", "US"))


def country(number: str) -> str:
    """Two-letter country of an E.164 number; empty when it is not known or the number is withheld."""
    return next((code for prefix, code in _COUNTRIES if number.startswith(prefix)), "")

"""Did Twilio send this? Signature over the configured public URL, never over what the request says of itself.

Source: https://www.twilio.com/docs/usage/security; comparison by the SDK's `RequestValidator`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from twilio.request_validator import RequestValidator


class Signatures:
    """Checks requests and sockets against one account's auth token."""

    def __init__(self, auth_token: str, public_url: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._base = public_url.rstrip("/")

    def valid_request(self, path: str, raw_query: str, form: Mapping[str, Any], signature: str) -> bool:
        """A webhook: `path` with its leading slash, the query as it came in, the form with every field."""
        url = f"{self._base}{path}" + (f"?{raw_query}" if raw_query else "")
        return bool(signature) and bool(self._validator.validate(url, form, signature))

    def valid_socket(self, path: str, signature: str) -> bool:
        """A media stream's handshake: signed over the wss URL, with or without a slash at its end."""
        parts = urlsplit(self._base)
        scheme = "ws" if parts.scheme == "http" else "wss"
        url = f"{scheme}://{parts.netloc}{parts.path}{path.rstrip('/')}"
        return bool(signature) and any(self._validator.validate(u, {}, signature) for u in (url, f"{url}/"))

    def socket_url(self, path: str) -> str:
        """Where Twilio is told to connect."""
        return f"{self._base.replace('http', 'ws', 1)}{path}"

"""Telephone numbers that must be dialled again: readable only with the installation's secret."""

from __future__ import annotations

import base64
import hashlib
import logging

from cryptography.fernet import Fernet, InvalidToken

log = logging.getLogger(__name__)


class Seal:
    """Seals and opens numbers. `secret` is the installation's `VOICEBOT_SECRET`."""

    def __init__(self, secret: str) -> None:
        key = hashlib.sha256(b"sealed-number:" + secret.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def close(self, number: str) -> str:
        """The number sealed; empty for none. The same number looks different every time."""
        return self._fernet.encrypt(number.encode()).decode() if number else ""

    def open(self, sealed: str) -> str:
        """The number; empty for none, or when it was sealed with another secret."""
        if not sealed:
            return ""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            log.error("a sealed number cannot be opened: VOICEBOT_SECRET has changed")
            return ""


class NoSeal(Seal):
    """Keeps nothing: for records that never call anybody."""

    def __init__(self) -> None:
        """Needs no secret."""

    def close(self, number: str) -> str:
        """Nothing."""
        return ""

    def open(self, sealed: str) -> str:
        """Nothing."""
        return ""

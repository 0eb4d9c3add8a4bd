"""Telephone numbers turned into what may be stored, and ticket numbers into what can be spoken. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

from voicebot.errors import SettingsError
from voicebot.events import Caller

LEAST_SECRET = 16
"""Characters. A short secret lets anyone with the table try all numbers."""

_WITHHELD_WORDS = ("anonymous", "blocked", "private", "restricted", "unavailable", "unknown", "withheld")
_LETTERS = dict(zip("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999", strict=True))
_WITHHELD_NUMBERS = {"".join(_LETTERS[letter] for letter in word) for word in _WITHHELD_WORDS}
"""Twilio spells a withheld caller on the keypad: +266696687 is ANONYMOUS."""


class NumberKey:
    """Turns a caller's number into a keyed hash. `secret` is the installation's `VOICEBOT_SECRET`."""

    def __init__(self, secret: str, *, country: str = "86") -> None:
        """`country` is the calling code of numbers that come without one. Raises `SettingsError`."""
        if len(secret) < LEAST_SECRET:
            raise SettingsError([f"VOICEBOT_SECRET must have at least {LEAST_SECRET} characters"])
        self._secret = hashlib.sha256(b"caller-number:" + secret.encode()).digest()
        self._blinding = hashlib.sha256(b"blind:" + secret.encode()).digest()
        self._country = country

    def blind(self, purpose: str, text: str) -> str:
        """HMAC-SHA256 of a text that must not be readable, 64 hexadecimal digits; another one for another purpose."""
        return hmac.new(self._blinding, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()

    def key(self, number: str | None) -> str:
        """HMAC-SHA256 of the number in E.164 form, 64 hexadecimal digits; empty for a withheld number."""
        full = e164(number, country=self._country)
        return hmac.new(self._secret, full.encode(), hashlib.sha256).hexdigest() if full else ""

    def last4(self, number: str | None) -> str:
        """The last four digits; empty for a withheld number."""
        return e164(number, country=self._country)[-4:]

    def full(self, number: str | None) -> str:
        """The number in E.164 form; empty for a withheld number."""
        return e164(number, country=self._country)

    def caller(self, number: str | None) -> Caller:
        """The caller as the line may know them; whether they are green is the record's to say."""
        return Caller(key=self.key(number), last4=self.last4(number))


def e164(number: str | None, *, country: str) -> str:
    """A number in E.164 form, however it was written; empty when it is withheld or none at all.

    Takes what providers send (``+8613…``, ``sip:+8613…@host``, ``anonymous``) and what clerks type (``138 …``,
    ``（010）…``, full-width digits).
    """
    text = unicodedata.normalize("NFKC", number or "").strip().lower()
    text = re.sub(r"^(?:sips?|tel):", "", text).split("@")[0].split(";")[0]
    digits = re.sub(r"[\s\-().]", "", text)
    if not re.fullmatch(r"\+?\d{3,18}", digits):
        return ""
    if digits.startswith("+"):
        return "" if digits[1:] in _WITHHELD_NUMBERS else digits
    if digits.startswith("00"):
        return "+" + digits[2:]
    if digits in _WITHHELD_NUMBERS:
        return ""
    if digits.startswith(country) and len(digits) > 11:
        return "+" + digits
    return f"+{country}{digits.removeprefix('0')}"


def ticket_number(ticket: int) -> str:
    """The number of a ticket as callers hear it: its id from 10000 up, and a check digit against mishearing."""
    digits = str(ticket + 10_000)
    return digits + str(_luhn(digits))


def ticket_id(number: str) -> int | None:
    """The id behind a spoken or typed ticket number; None when a digit is wrong."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", number))
    if not 6 <= len(digits) <= 12 or str(_luhn(digits[:-1])) != digits[-1]:
        return None
    return max(0, int(digits[:-1]) - 10_000) or None


def _luhn(digits: str) -> int:
    """ISO/IEC 7812-1: finds any single wrong digit and nearly every swap of two neighbours."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10

"""Forms of strangers: whether they are ours, from where they come, and what is wrong with what was typed.

There is no session to hang a token on, and no cookie. A form carries a signed number of its own, which makes sending it
twice one request; and a browser says with every POST from which site it comes.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from ipaddress import IPv6Address, ip_network
from typing import Final
from urllib.parse import urlsplit

from flask import Request
from itsdangerous import BadData, URLSafeTimedSerializer

from voicebot.store.numbers import e164
from voicebot.web.origin import origin_of

FORM_LIFE_S: Final = 24 * 3600
"""A form may lie open for a day; after that it is shown again, with all that was typed."""
RECEIPT_LIFE_S: Final = 24 * 3600
_MOBILE: Final = re.compile(r"\+861[3-9]\d{9}")
_CHINESE: Final = re.compile(r"\+86(?:1[3-9]\d{9}|[2-9]\d{8,10}|10\d{8})")
_ABROAD: Final = re.compile(r"\+(?!86)[1-9]\d{6,14}")


class Tokens:
    """Signed numbers of forms, and receipts of what was stored. `key` is the same in all replicas."""

    def __init__(self, key: str) -> None:
        self._forms = URLSafeTimedSerializer(key, salt="form")
        self._receipts = URLSafeTimedSerializer(key, salt="receipt")

    def form(self) -> str:
        """For a new form."""
        return self._forms.dumps(uuid.uuid4().hex)

    def form_id(self, token: str) -> str | None:
        """The number of a form of ours; None for another, or one too old."""
        return _read(self._forms, token, FORM_LIFE_S)

    def receipt(self, ticket: str) -> str:
        """What lets the browser that made a ticket see its number."""
        return self._receipts.dumps(ticket)

    def ticket_number(self, receipt: str) -> str | None:
        """The ticket's number."""
        return _read(self._receipts, receipt, RECEIPT_LIFE_S)


def _read(serializer: URLSafeTimedSerializer, token: str, life_s: int) -> str | None:
    try:
        return str(serializer.loads(token, max_age=life_s))
    except BadData:
        return None


def from_our_page(request: Request) -> bool:
    """Whether a POST comes from a page of ours, as far as the browser says (Fetch Metadata, else Origin)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def address_of(request: Request) -> str:
    """Where a request comes from, for limits: of an IPv6 address the network that one customer has, so that nobody has
    more addresses than a limit can count.
    """
    origin = origin_of(request)
    return str(ip_network((origin, 64), strict=False) if isinstance(origin, IPv6Address) else origin)


def tidy(text: str, most: int) -> str:
    """What was typed, without control characters; longer text is cut."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    return "".join(c for c in text if c == "\n" or unicodedata.category(c)[0] != "C")[:most]


def telephone(text: str) -> str:
    """A number that can be rung, in E.164 form; empty for none: a landline needs its area code."""
    number = e164(text, country="86")
    return number if _CHINESE.fullmatch(number) or _ABROAD.fullmatch(number) else ""


def takes_texts(number: str) -> bool:
    """Whether a text message may reach it: no landline."""
    return bool(_MOBILE.fullmatch(number) or _ABROAD.fullmatch(number))


def last_digits(text: str) -> str:
    """The last four digits of what was typed, be it the four or the whole number; empty for fewer."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", text))
    return digits[-4:] if len(digits) >= 4 else ""

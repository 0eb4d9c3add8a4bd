"""What an attribute or a text of TwiML may hold. Each check returns what is wrong with a value, or an empty string."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

Check = Callable[[str], str]

_E164 = re.compile(r"\+?[0-9][0-9 ().-]{1,20}")
_MANDARIN = {
    "Polly.Zhiyu": "cmn-CN",
    "Polly.Zhiyu-Neural": "cmn-CN",
}
_LEGACY_VOICES = frozenset({"man", "woman", "alice"})
_PREFIXED_VOICE = re.compile(r"(Polly|Google|ElevenLabs|Azure)\.[\w-]+")
_GOOGLE_LANGUAGE = re.compile(r"Google\.([a-z]{2,3}-[A-Z]{2})-")
_LANGUAGE = re.compile(r"[a-z]{2,3}-([A-Z]{2}|[0-9]{3}|[A-Z][a-z]{3}-[A-Z]{2})|multi")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def anything(value: str) -> str:
    """Any text."""
    return ""


def filled(value: str) -> str:
    """Some text."""
    return "" if value.strip() else "must not be empty"


def boolean(value: str) -> str:
    """``true`` or ``false``, in lower case."""
    return "" if value in ("true", "false") else f"must be true or false, not {value!r}"


def number(least: int, most: int | None = None) -> Check:
    """A whole number in a range; no upper end when `most` is None."""

    def check(value: str) -> str:
        if value.isdecimal() and least <= int(value) and (most is None or int(value) <= most):
            return ""
        return f"must be a whole number from {least}{f' to {most}' if most is not None else ''}, not {value!r}"

    return check


def number_or_auto(least: int, most: int | None = None) -> Check:
    """A whole number in a range, or ``auto``."""
    check = number(least, most)
    return lambda value: "" if value == "auto" else check(value)


def choice(*allowed: str) -> Check:
    """One of these words."""
    return lambda value: "" if value in allowed else f"must be one of {', '.join(allowed)}, not {value!r}"


def words(*allowed: str) -> Check:
    """Some of these words, with spaces or commas between."""

    def check(value: str) -> str:
        wrong = [word for word in re.split(r"[\s,]+", value.strip()) if word not in allowed]
        return f"{', '.join(map(repr, wrong))} not among {', '.join(allowed)}" if wrong else ""

    return check


def url(value: str) -> str:
    """An absolute HTTP address, or one relative to the document."""
    parts = urlsplit(value.strip())
    if not value.strip():
        return "must not be empty"
    if parts.scheme and (parts.scheme not in ("http", "https") or not parts.netloc):
        return f"must be an http or https address, not {value!r}"
    return "must not contain spaces" if re.search(r"\s", value.strip()) else ""


def url_or_empty(value: str) -> str:
    """An address, or nothing (an action that falls back to the document, silence for a wait)."""
    return url(value) if value else ""


def absolute_url(value: str) -> str:
    """An absolute HTTP address."""
    return url(value) or ("" if urlsplit(value.strip()).scheme else f"must be absolute, not {value!r}")


def stream_url(value: str) -> str:
    """Where a stream connects: wss (ws only to this machine), or relative; no query string."""
    parts = urlsplit(value.strip())
    if not value.strip():
        return "must not be empty"
    if parts.query:
        return "must have no query string: Twilio strips it; use <Parameter>"
    if parts.scheme in ("", "wss") or (parts.scheme == "ws" and is_loopback(parts.hostname)):
        return ""
    return f"must be a wss address, not {value!r}"


def is_loopback(host: str | None) -> bool:
    """This machine, by a name or address that needs no look-up."""
    return host in ("localhost", "::1") or (host or "").startswith("127.")


def method(value: str) -> str:
    """An HTTP method."""
    return choice("GET", "POST")(value)


def keys(value: str) -> str:
    """Keys of a telephone, or none."""
    return "" if re.fullmatch(r"[0-9*#]*", value) else f"must be keys 0-9 * #, not {value!r}"


def tones(value: str) -> str:
    """Keys with pauses: ``w`` 0.5 s, ``W`` 1 s."""
    return "" if re.fullmatch(r"[0-9*#wW]+", value) else f"must be keys 0-9 * # w W, not {value!r}"


def phone_number(value: str) -> str:
    """A telephone number."""
    return "" if _E164.fullmatch(value.strip()) else f"is not a phone number: {value!r}"


def caller_id(value: str) -> str:
    """A number to show, or a client or SIP name."""
    return "" if value.startswith(("client:", "sip:", "whatsapp:")) else phone_number(value)


def sized(most: int) -> Check:
    """Some text of at most so many characters."""
    return lambda value: filled(value) or ("" if len(value) <= most else f"is longer than {most} characters")


def language(value: str) -> str:
    """A language tag such as ``cmn-CN``."""
    return "" if _LANGUAGE.fullmatch(value) else f"is not a language: {value!r}"


def voice(value: str) -> str:
    """A voice of <Say>."""
    known = value in _LEGACY_VOICES or _PREFIXED_VOICE.fullmatch(value)
    return "" if known else f"is not a voice: {value!r}"


def speech(text: str, voice_name: str, language_code: str) -> str:
    """Whether <Say> can speak `text` with this pair."""
    google = _GOOGLE_LANGUAGE.match(voice_name)
    needed = google.group(1) if google else _MANDARIN.get(voice_name, "")
    if needed and language_code not in (needed, ""):
        return f"voice {voice_name} speaks {needed}, not {language_code}"
    spoken = language_code or needed or "en-US"
    if _CHINESE.search(text) and not spoken.startswith(("cmn-", "zh-", "yue-", "multi", "ja-")):
        return f"the text is Chinese, the language {spoken}"
    return ""

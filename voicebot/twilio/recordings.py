"""Messages fetched from the provider, and only from the provider."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import requests

from voicebot.config import Settings
from voicebot.errors import OperatorError, RemoteError

TIMEOUT_S = 10.0
"""A webhook must be answered within 15 s."""
MOST_BYTES = 20_000_000
"""Far more than the longest message; anything larger is not one."""


class Recordings:
    """Fetches recordings into ``messages/`` of the data folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.data / "messages"

    def fetch(self, url: str) -> Path:
        """Download one recording as WAV; the file it is in.

        Raises `RemoteError` for a URL that is not a recording of our account at the provider, and `OperatorError`
        when it cannot be fetched or stored.
        """
        name = self._recording_sid(url)
        target = self._folder / f"{name}.wav"
        auth = (self._settings.account_sid, self._settings.auth_token)
        try:
            with requests.get(f"{url}.wav", auth=auth, timeout=TIMEOUT_S, stream=True, allow_redirects=False) as reply:
                reply.raise_for_status()
                data = reply.raw.read(MOST_BYTES + 1, decode_content=True)
        except requests.RequestException as error:
            raise OperatorError("recording-unreachable", f"{name}: {error}") from error
        if len(data) > MOST_BYTES:
            raise RemoteError("recording-too-large", f"{name} is larger than {MOST_BYTES} bytes")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part = target.with_suffix(".part")
            part.write_bytes(data)
            part.replace(target)
        except OSError as error:
            raise OperatorError("recording-not-stored", f"{target}: {error}") from error
        return target

    def _recording_sid(self, url: str) -> str:
        """Never fetch what someone else names: the host and the account must be ours (SSRF)."""
        parts, home = urlsplit(url), urlsplit(self._settings.api_url)
        path = re.fullmatch(
            rf"{re.escape(home.path)}/2010-04-01/Accounts/{self._settings.account_sid}/Recordings/(RE[0-9a-f]{{32}})",
            parts.path,
        )
        if (parts.scheme, parts.netloc) != (home.scheme, home.netloc) or path is None:
            raise RemoteError("recording-elsewhere", f"not a recording of ours: {url!r}")
        return path.group(1)

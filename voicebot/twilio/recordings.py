"""Messages fetched from the provider, and only from the provider."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import requests

from voicebot.config import Settings
from voicebot.errors import OperatorError, RemoteError

TIMEOUT_S = 10.0
"""For the whole of it: a webhook must be answered within 15 s."""
MOST_BYTES = 20_000_000
"""Far more than the longest message; anything larger is not one."""
_PIECE = 65_536


class Recordings:
    """Fetches recordings into ``messages/`` of the data folder. `clock` counts seconds."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._folder = settings.data / "messages"
        self._ours = f"{settings.api_url}/2010-04-01/Accounts/{settings.account_sid}/Recordings/"
        self._clock = clock

    def fetch(self, url: str) -> Path:
        """Download one recording as WAV; the file it is in.

        Raises `RemoteError` for a URL that is not a recording of our account at the provider, or an answer that is
        not a recording, and `OperatorError` when it cannot be fetched or stored.
        """
        name = self._recording_sid(url)
        try:
            data = self._download(name)
        except requests.RequestException as error:
            raise OperatorError("recording-unreachable", f"{name}: {error}") from error
        if not data.startswith(b"RIFF"):
            raise RemoteError("recording-unreadable", f"{name} is not a WAV file")
        target = self._folder / f"{name}.wav"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = target.with_suffix(".part")
            part.write_bytes(data)
            part.replace(target)
        except OSError as error:
            raise OperatorError("recording-not-stored", f"{target}: {error}") from error
        return target

    def is_ours(self, url: str) -> bool:
        """Whether the URL is that of a recording of our account at the provider."""
        return bool(re.fullmatch(rf"{re.escape(self._ours)}RE[0-9a-f]{{32}}", url))

    def delete(self, url: str) -> None:
        """Delete one recording at the provider; one that is gone already is deleted.

        Raises `RemoteError` for a URL that is not a recording of ours, `OperatorError` when it cannot be deleted now.
        """
        name = self._recording_sid(url)
        config = self._settings
        try:
            reply = requests.delete(
                f"{self._ours}{name}.json",
                auth=(config.account_sid, config.auth_token),
                timeout=TIMEOUT_S / 2,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise OperatorError("recording-not-deleted", f"{name}: {error}") from error
        if reply.status_code not in (requests.codes.no_content, requests.codes.not_found):
            raise OperatorError("recording-not-deleted", f"{name}: the provider answered {reply.status_code}")

    def _download(self, name: str) -> bytes:
        """The bytes of a recording of ours. Raises `RemoteError` or an error of requests."""
        config = self._settings
        until = self._clock() + TIMEOUT_S
        data = bytearray()
        with requests.get(
            f"{self._ours}{name}.wav",
            auth=(config.account_sid, config.auth_token),
            timeout=TIMEOUT_S / 2,
            stream=True,
            allow_redirects=False,
        ) as reply:
            reply.raise_for_status()
            if reply.status_code != requests.codes.ok:
                raise RemoteError("recording-elsewhere", f"{name}: the provider answered {reply.status_code}")
            for piece in reply.iter_content(_PIECE):
                data += piece
                if len(data) > MOST_BYTES:
                    raise RemoteError("recording-too-large", f"{name} is larger than {MOST_BYTES} bytes")
                if self._clock() > until:
                    raise OperatorError("recording-unreachable", f"{name}: not fetched within {TIMEOUT_S:.0f} s")
        return bytes(data)

    def _recording_sid(self, url: str) -> str:
        """Never fetch what someone else names: the host and the account must be ours (SSRF)."""
        match = re.fullmatch(rf"{re.escape(self._ours)}(RE[0-9a-f]{{32}})", url)
        if match is None:
            raise RemoteError("recording-elsewhere", f"not a recording of ours: {url!r}")
        return match.group(1)

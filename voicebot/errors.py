"""Every error the project raises on purpose.

VoicebotError
├── OperatorError        the person who runs the line must act (settings, model, disk, provider account)
│   ├── SettingsError    settings are missing or wrong; carries every problem at once
│   ├── ModelError       a speech model is missing, damaged or cannot be fetched
│   └── DeviceError      this machine lacks a microphone, PortAudio, a browser…
├── ContentError         a clerk must act: FAQ Markdown, prompts or recordings
├── RemoteError          the other side broke the protocol (a bad frame, an unsigned webhook)
│   └── SignatureError   a request that Twilio did not sign
└── FaultError           something of ours is broken just now; the caller goes to a person
    ├── SpeechLost       no recogniser can listen to this call
    └── StoreLost        the record cannot be written or read
        └── StaleState   another process has changed the call's state meanwhile

`code` is stable and for machines; the message is one line, for the person who must act.
"""

from __future__ import annotations

from collections.abc import Sequence


class VoicebotError(Exception):
    """Root of the tree. `code` is a stable, lower-case word such as ``model-missing``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class OperatorError(VoicebotError):
    """The person who runs the line must act."""


class SettingsError(OperatorError):
    """Settings are missing or wrong. `problems` holds all of them, one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("settings", "; ".join(problems))
        self.problems = tuple(problems)


class ModelError(OperatorError):
    """A speech model is missing, damaged or cannot be fetched."""


class DeviceError(OperatorError):
    """This machine lacks a device or system library the command needs."""


class ContentError(VoicebotError):
    """A clerk must act: the FAQ, the prompts or a recording is unusable."""


class RemoteError(VoicebotError):
    """The other side broke the protocol."""


class SignatureError(RemoteError):
    """A request or socket that Twilio did not sign."""


class FaultError(VoicebotError):
    """Something of ours is broken just now; the caller goes to a person."""


class SpeechLost(FaultError):
    """No recogniser can listen to this call."""


class StoreLost(FaultError):
    """The record cannot be written or read."""


class StaleState(StoreLost):
    """Another process has changed the call's state since it was read. Read it again and decide again."""

    def __init__(self, call: str, expected: int, standing: int) -> None:
        super().__init__("stale-state", f"call {call}: version {standing} stands there, not {expected}")

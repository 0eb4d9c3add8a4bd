"""The provider seam: how a person's phone is made to ring."""

from __future__ import annotations

from typing import Protocol

from voicebot.errors import OperatorError


class Legs(Protocol):
    """Places and ends calls of ours. Used by all threads."""

    def ring(self, attempt: int, number: str, caller_id: str, ring_s: float) -> str:
        """Ring a person for a caller who waits: the leg's id. Whoever picks up hears the whisper of that attempt.

        Raises `OperatorError` or `RemoteError` when the provider cannot or will not.
        """

    def ring_for_callback(self, attempt: int, number: str, caller_id: str, ring_s: float) -> str:
        """Ring a person who is to be connected with a caller we owe a call; `attempt` is a `CallbackTry`'s. Raises as
        `ring` does.
        """

    def end(self, leg: str) -> None:
        """Hang up, whether it rings or talks; one that is over already is no error. Raises as `ring` does."""

    def move(self, call: str, page: str) -> None:
        """Let a call go on with another page of ours under /twilio/; one that is over is no error. Raises as `ring`."""


class NoLegs:
    """Where there is no provider."""

    def ring(self, attempt: int, number: str, caller_id: str, ring_s: float) -> str:
        """Raises `OperatorError`."""
        raise _NO_PROVIDER

    def ring_for_callback(self, attempt: int, number: str, caller_id: str, ring_s: float) -> str:
        """Raises `OperatorError`."""
        raise _NO_PROVIDER

    def end(self, leg: str) -> None:
        """Nothing to end."""

    def move(self, call: str, page: str) -> None:
        """Raises `OperatorError`."""
        raise _NO_PROVIDER


_NO_PROVIDER = OperatorError("no-provider", "there is no telephone provider")

"""How patiently a webhook is asked: time limits and retries, and what a URL's fragment says about them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urldefrag

_REASONS = frozenset({"4xx", "5xx", "ct", "rt", "all"})
_LONGEST = {"ct": 10.0, "rt": 15.0, "tt": 15.0}
_SHORTEST = 0.1


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits in real seconds. `total_s` includes the retries."""

    connect_s: float = 5.0
    read_s: float = 15.0
    total_s: float = 15.0
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})

    def retries_after(self, reason: str) -> bool:
        """A failure for `reason` (``ct`` connecting, ``rt`` reading, ``4xx``, ``5xx``) is worth another attempt."""
        return reason in self.retry_on or "all" in self.retry_on


def policy_of(url: str, default: Policy) -> Policy:
    """The policy for `url`: `default`, changed by a fragment such as ``#rc=2&rp=all&ct=1000`` (milliseconds).

    A value that is out of its range or not a number changes nothing.
    """
    policy = default
    for name, value in parse_qsl(urldefrag(url).fragment):
        if name == "rp":
            reasons = frozenset(value.split(","))
            policy = replace(policy, retry_on=reasons) if reasons <= _REASONS else policy
        elif name == "rc" and value.isdecimal() and int(value) <= 5:
            policy = replace(policy, retries=int(value))
        elif name in _LONGEST and value.isdecimal():
            policy = _limited(policy, name, int(value) / 1000)
    return policy


def _limited(policy: Policy, name: str, seconds: float) -> Policy:
    if not _SHORTEST <= seconds <= _LONGEST[name]:
        return policy
    match name:
        case "ct":
            return replace(policy, connect_s=seconds)
        case "rt":
            return replace(policy, read_s=seconds)
        case _:
            return replace(policy, total_s=seconds)

"""The form fields of a webhook, as a real request carries them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from voicebot.switchboard.account import API_VERSION, country

Direction = Literal["inbound", "outbound-api", "outbound-dial"]
Status = Literal[
    "queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"
]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls whom, and under which identifiers. `parent` and `forwarded_from` are empty when there is none."""

    account: str
    call: str
    from_: str
    to: str
    direction: Direction
    parent: str = ""
    forwarded_from: str = ""


def fields(identity: Identity, status: Status, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """All fields of a request, in alphabetical order: the standard ones with their legacy twins, blank where nothing
    is known (they are sent as ``X=`` and are part of the signature), and `extra`, which wins.
    """
    values = {
        "AccountSid": identity.account,
        "ApiVersion": API_VERSION,
        "CallSid": identity.call,
        "CallStatus": status,
        "Direction": identity.direction,
    }
    for names, number in ((("From", "Caller"), identity.from_), (("To", "Called"), identity.to)):
        for name in names:
            values[name] = number
            values |= {f"{name}{part}": "" for part in ("City", "State", "Zip")}
            values[f"{name}Country"] = country(number)
    if identity.parent:
        values["ParentCallSid"] = identity.parent
    if identity.forwarded_from:
        values["ForwardedFrom"] = identity.forwarded_from
    values |= extra or {}
    return dict(sorted(values.items()))

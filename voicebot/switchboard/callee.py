"""Whoever's phone rings: what they do when called, and the directory that says so. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from voicebot.errors import OperatorError
from voicebot.switchboard import sound
from voicebot.switchboard.caller import Act, At, Bridged, HangUp, Idle, Press, Say


class Behaviour(StrEnum):
    """What happens at a number that is called."""

    ACCEPT = "accept"
    """Picks up, hears the whisper out, takes the call."""
    DECLINE = "decline"
    """Picks up, hears the whisper, puts the phone down (or presses `decline_key`)."""
    NO_ANSWER = "noanswer"
    """Rings until the other side gives up."""
    BUSY = "busy"
    VOICEMAIL = "voicemail"
    """A machine picks up, speaks, and presses nothing."""
    FAILED = "failed"
    """The number cannot be reached."""


@dataclass(frozen=True, slots=True)
class Callee:
    """One number's owner. Seconds are call seconds."""

    behaviour: Behaviour = Behaviour.ACCEPT
    pickup_s: float = 3.0
    """How long it rings before being picked up, or before busy and failed are known."""
    accept_key: str = "1"
    """Pressed after the whisper; empty: nothing is pressed."""
    decline_key: str = ""
    """Pressed to decline; empty: the phone is put down."""
    talk_s: float = 3.0
    """How long a connected callee talks before hanging up."""
    lonely_s: float = 30.0
    """Who took the call but meets nobody hangs up so much later than they would have finished talking."""
    machine_s: float = 30.0
    """How long a voicemail records before it hangs up."""
    then: tuple[Act, ...] = ()
    """What somebody who took the call does instead of talking and hanging up."""

    @property
    def picks_up(self) -> bool:
        """Somebody or something answers."""
        return self.behaviour in (Behaviour.ACCEPT, Behaviour.DECLINE, Behaviour.VOICEMAIL)

    def script(self) -> list[Act]:
        """What happens at this end after picking up."""
        heard_out = Idle(0.5, patience=8.0)
        leave = self.then or (HangUp(Bridged(self.talk_s)), HangUp(At(self.talk_s + self.lonely_s)))
        match self.behaviour:
            case Behaviour.ACCEPT:
                return [Press(self.accept_key, heard_out), *leave] if self.accept_key else [*leave]
            case Behaviour.DECLINE if self.decline_key:
                return [Press(self.decline_key, heard_out), HangUp(heard_out)]
            case Behaviour.DECLINE:
                return [HangUp(heard_out)]
            case Behaviour.VOICEMAIL:
                greeting = sound.tone((180.0, 260.0, 420.0), 2.5)
                return [Say(greeting, "voicemail", At(0.4)), HangUp(At(self.machine_s))]
        return []


_ANSWER = re.compile(r"(?P<who>[^=]+)=(?P<behaviour>[a-z]+)(?:@(?P<pickup>\d+(?:\.\d+)?))?")


@dataclass(frozen=True, slots=True)
class Directory:
    """Who is at which number. A name matches a whole number, its last digits, or the digits sent after connecting;
    ``*`` matches any number.
    """

    entries: Mapping[str, Callee] = field(default_factory=dict)
    others: Callee = Callee()
    """Everybody else."""

    def find(self, number: str, send_digits: str = "") -> Callee:
        """Who answers at `number`; the longest matching entry decides."""
        extension = send_digits.strip("wW")
        digits = re.sub(r"[^\d*#]", "", number)
        for name in sorted(self.entries, key=len, reverse=True):
            wanted = re.sub(r"[^\d#]", "", name)
            if name in (number, extension) or (wanted and digits.endswith(wanted)):
                return self.entries[name]
        return self.entries.get("*", self.others)


def directory_from(answers: Iterable[str], others: Callee = Callee()) -> Directory:
    """A directory from lines such as ``8001=noanswer`` or ``*=accept@5`` (picked up after 5 s).

    Raises `OperatorError` for a line that is neither.
    """
    entries: dict[str, Callee] = {}
    for answer in answers:
        match = _ANSWER.fullmatch(answer.strip())
        if not match or match["behaviour"] not in list(Behaviour):
            raise OperatorError("bad-answer", f"not NUMBER={'|'.join(Behaviour)}[@SECONDS]: {answer!r}")
        callee = replace(others, behaviour=Behaviour(match["behaviour"]))
        entries[match["who"].strip()] = replace(callee, pickup_s=float(match["pickup"])) if match["pickup"] else callee
    return Directory(entries, others)

"""What can happen on a call: one frozen dataclass per thing, named in the past tense.

A line (`voicebot.call.Line`) yields these; the dialogue (`voicebot.dialogue`) receives them. Seconds are always
seconds of audio or of the call's own clock, never wall-clock readings: whoever makes the event measured them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word."""

    text: str
    confidence: float
    """Posterior probability among the n-best, 0 to 1."""
    start: float
    """Seconds from the start of the utterance's audio."""
    end: float
    """Seconds from the start of the utterance's audio."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One reading of what the caller said; the recogniser gives several, best first."""

    text: str
    """As recognised, without the recogniser's spaces."""
    confidence: float = 1.0
    """Posterior probability among the n-best, 0 to 1; 1 for typed text."""
    words: tuple[Word, ...] = ()


Hypotheses = tuple[Hypothesis, ...]


def typed(text: str) -> Hypotheses:
    """The hypotheses of a text that was typed, not heard: one, certain."""
    return (Hypothesis(text),)


@dataclass(frozen=True, slots=True)
class Caller:
    """What the line knows of the caller when the call begins. Holds no telephone number."""

    key: str = ""
    """Keyed hash of the caller's number; empty when it was withheld."""
    last4: str = ""
    """Last four digits, for staff to recognise the caller."""
    green: bool = False
    """Registered in the green channel, or calling again within 30 minutes about something unresolved."""
    remembered: bool = False
    """Registered in the green channel."""
    textable: bool = False
    """The office sends text messages, and one could reach this caller, who has not stopped them."""


class TransferOutcome(StrEnum):
    """How an attempt to reach a person ended."""

    ACCEPTED = "accepted"
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    DECLINED = "declined"
    VOICEMAIL = "voicemail"
    FAILED = "failed"
    CALLER_LEFT = "caller-left"
    NOBODY = "nobody"
    """There was nobody to ring: no number is configured or nobody is on duty."""


class EndReason(StrEnum):
    """Why a call ended."""

    CALLER_HUNG_UP = "caller-hung-up"
    LINE_HUNG_UP = "line-hung-up"
    CONNECTED_AND_OVER = "connected-and-over"
    """The conversation with a person ended."""
    CONNECTION_LOST = "connection-lost"


class Fault(StrEnum):
    """What broke. Every fault hands the caller to a person."""

    SPEECH = "speech"
    STORE = "store"
    FAQ = "faq"
    PHONE = "phone"
    """The provider will not place calls for us."""
    BUG = "bug"


@dataclass(frozen=True, slots=True)
class CallStarted:
    """The caller is on the line and hears us."""

    caller: Caller = Caller()
    speech_ready: bool = True
    """A recogniser is listening. Without one the caller goes to a person at once."""
    busy: bool = False
    """None is, because as many callers are being listened to as can be answered in time."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Voice began. It may be a cough: barge-in waits for `PartialHeard`."""


@dataclass(frozen=True, slots=True)
class PartialHeard:
    """What has been heard of an utterance that still goes on."""

    text: str
    stray: bool = False
    """The last of it stands by itself, a short sound after a gap: perhaps a hesitation, whatever it was taken for.
    """


@dataclass(frozen=True, slots=True)
class UtteranceHeard:
    """The caller said something and stopped. Empty hypotheses: voice, but no words."""

    hypotheses: Hypotheses
    audio_s: float = 0.0
    """Seconds of voice in it."""
    decode_s: float = 0.0
    """Seconds from the end of speech being decided to the result being here."""
    quiet_s: float = 0.0
    """Seconds without voice that decided it."""


@dataclass(frozen=True, slots=True)
class SilenceHeard:
    """A stretch of silence from the caller, at most half a second long; stretches add up."""

    seconds: float


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A telephone key: one of 0-9, * and #."""

    key: str

    def __post_init__(self) -> None:
        if len(self.key) != 1 or self.key not in "0123456789*#":
            raise ValueError(f"not a telephone key: {self.key!r}")


@dataclass(frozen=True, slots=True)
class PromptFinished:
    """The playback with this number was played to its end."""

    playback: int


@dataclass(frozen=True, slots=True)
class RecogniserLost:
    """The recogniser of this call died."""

    replaced: bool
    """Another one listens from now on; the caller only has to repeat."""


@dataclass(frozen=True, slots=True)
class FaultOccurred:
    """Something of ours broke."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class TicketStored:
    """What we owe the caller is durable, and may be promised."""

    number: str
    """As the caller is told it."""
    by: datetime
    """When a person will have called, aware."""
    open_now: bool
    """The office is open at this moment."""
    at: datetime
    """This moment, aware."""


class Stage(StrEnum):
    """Where a caller stands who waits for a person."""

    RINGING = "ringing"
    """The first person's phone rings."""
    NEXT = "next"
    """Someone did not take the call; another one's phone rings."""
    WAITING = "waiting"
    """Everybody who could is talking."""


@dataclass(frozen=True, slots=True)
class TransferProgressed:
    """Where the caller stands. Comes when that changes, and again and again while it does not."""

    stage: Stage
    waited_s: float
    """Seconds since the caller asked for a person."""
    position: int = 0
    """Place in the queue, from 1; 0 while a phone rings."""
    minutes: int = 0
    """Honest estimate of the wait, rounded up; 0 when there is none."""
    offer_callback: bool = False
    """They have waited so long that a call back should be offered."""


@dataclass(frozen=True, slots=True)
class PersonAccepted:
    """A person pressed 1 and waits for the caller."""

    room: str
    """Where: the provider's conference of that name. Holds nothing personal."""


@dataclass(frozen=True, slots=True)
class HandedOn:
    """The person who talked with the caller hands them on to another unit."""

    department: str


@dataclass(frozen=True, slots=True)
class TransferEnded:
    """The attempt to reach a person is over. After ``accepted`` the conversation itself is over too."""

    outcome: TransferOutcome


@dataclass(frozen=True, slots=True)
class MessageTaken:
    """The caller's message is stored (or there is none: the caller said nothing)."""

    seconds: float
    """Length of the recording; 0 when nothing was said."""


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The call is over. Every line ends with exactly one of these."""

    reason: EndReason


Event = (
    CallStarted
    | SpeechStarted
    | PartialHeard
    | UtteranceHeard
    | SilenceHeard
    | KeyPressed
    | PromptFinished
    | RecogniserLost
    | FaultOccurred
    | TicketStored
    | TransferProgressed
    | PersonAccepted
    | HandedOn
    | TransferEnded
    | MessageTaken
    | CallEnded
)

EVENTS: tuple[type[Event], ...] = (
    CallStarted,
    SpeechStarted,
    PartialHeard,
    UtteranceHeard,
    SilenceHeard,
    KeyPressed,
    PromptFinished,
    RecogniserLost,
    FaultOccurred,
    TicketStored,
    TransferProgressed,
    PersonAccepted,
    HandedOn,
    TransferEnded,
    MessageTaken,
    CallEnded,
)

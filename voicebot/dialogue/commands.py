"""What the dialogue wants done: one frozen dataclass per thing, named in the imperative.

A line performs `Play`, `StopPlayback`, `Listen`, `HandOver`, `Join`, `TakeMessage` and `HangUp`; the record
(`voicebot.call.CallLog`) keeps the others, which the pump commits *before* it performs whatever follows them in the
same list: durable before audible.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from voicebot.events import Hypotheses
from voicebot.matching.types import Outcome, Ranking


@dataclass(frozen=True, slots=True)
class Clip:
    """One piece of speech: a recording, and what it says in case there is none."""

    name: str
    """Path under ``recordings/`` without suffix: ``prompts/greeting``, ``answers/rsj-001``, ``questions/rsj-001``."""
    text: str
    """What is said; spoken by synthesis when the recording is missing or says something older."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast we speak and how long we wait."""

    slow: bool
    """Prompts come from the slow set: 25 % slower and louder."""
    end_silence: float
    """Seconds of silence that end an utterance."""


@dataclass(frozen=True, slots=True)
class Play:
    """Say these clips one after the other. `PromptFinished(playback)` comes when they were heard."""

    playback: int
    clips: tuple[Clip, ...]
    slow: bool = False


@dataclass(frozen=True, slots=True)
class StopPlayback:
    """Be quiet at once: the caller speaks or pressed a key. No `PromptFinished` is owed for what was stopped."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Hear the caller at this pace from now on."""

    pace: Pace


class Reason(StrEnum):
    """Why a person is needed."""

    KEY = "key-0"
    ASKED = "asked"
    GREEN = "green-channel"
    EMERGENCY = "emergency"
    COMPLAINT = "complaint"
    NOT_UNDERSTOOD = "not-understood"
    SILENCE = "silence"
    NOT_SOLVED = "not-solved"
    HANDED_ON = "handed-on"
    """A person of another unit, who had the caller, handed them on."""
    NOBODY = "nobody-answered"
    BUSY = "busy"
    """More callers than can be listened to in time."""
    SPEECH_FAULT = "speech-fault"
    STORE_FAULT = "store-fault"
    FAQ_FAULT = "faq-fault"
    FAULT = "fault"


class TicketKind(StrEnum):
    """What a ticket is about; deadlines hang on it."""

    CALL = "call"
    """Someone asked for a person; closed by the call that connects them."""
    COMPLAINT = "complaint"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """Commit a ticket for this call (once per call and kind) before anything that follows is said or rung."""

    kind: TicketKind
    reason: Reason
    department: str | None
    """Department id of the question, or None when it is not known."""
    topic: str | None
    """FAQ entry id the call was about, or None."""
    summary: str
    """One Chinese line for the person who picks up."""


@dataclass(frozen=True, slots=True)
class WantCallback:
    """The caller does not want to wait: commit that the ticket of this call is owed a call back."""


@dataclass(frozen=True, slots=True)
class RecordRating:
    """Keep the caller's satisfaction, 1 (worst) to 5."""

    score: int


@dataclass(frozen=True, slots=True)
class RememberGreen:
    """The caller agreed, by key or in words, to be brought to a person first from now on."""


@dataclass(frozen=True, slots=True)
class SendText:
    """The caller agreed, by key or word, to a text message: commit it to be sent, once."""

    entry: str | None
    """FAQ entry whose long answer they want; None: the number and time of what they were promised."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """Ring a person while the caller stays; the clips are said meanwhile.

    `TransferProgressed` says where the caller stands, `PersonAccepted` that somebody waits for them, `TransferEnded`
    that nobody came.
    """

    reason: Reason
    department: str | None
    summary: str
    """One Chinese line for the person who picks up."""
    urgent: bool = False
    clips: tuple[Clip, ...] = ()
    slow: bool = False
    green: bool = False
    """Ahead of other callers."""
    direct: bool = False
    """Something of ours is broken: let the provider ring the desk, with nothing of ours in between."""
    complaint: bool = False
    """About that department: nobody of it is rung."""


@dataclass(frozen=True, slots=True)
class Join:
    """Bring the caller to the person who waits in this room. `TransferEnded` comes when the talk is over."""

    room: str


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """Ring nobody any more; after these clips and a beep record a message. `MessageTaken` comes when stored."""

    clips: tuple[Clip, ...]
    slow: bool = False


@dataclass(frozen=True, slots=True)
class HangUp:
    """Say these clips and end the call; nobody is rung any more. `CallEnded` follows."""

    clips: tuple[Clip, ...] = ()
    slow: bool = False
    wait_s: float = 0.0
    """Seconds to wait for a key after the clips: `KeyPressed` comes if there is one, else `SilenceHeard` as long."""


class Decision(StrEnum):
    """What the dialogue did with something the caller said or pressed."""

    ANSWERED = "answered"
    ASKED_CONFIRM = "asked-confirm"
    ASKED_CHOICE = "asked-choice"
    ASKED_REPHRASE = "asked-rephrase"
    REPEATED = "repeated"
    SLOWED = "slowed"
    HANDED_OVER = "handed-over"
    FAREWELL = "farewell"
    CALLBACK = "callback"
    """Waiting for a person, the caller chose to be called back."""
    MESSAGE = "message"
    """Waiting for a person, the caller chose to leave a message."""
    RATED = "rated"
    COMPLAINED = "complained"
    REMEMBERED = "remembered"
    TEXTED = "texted"
    """The caller wanted it as a text message."""
    PROMPTED = "prompted"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class RecordTurn:
    """Keep what was heard, how it ranked and what was decided."""

    heard: Hypotheses
    """Empty for a key or a silence."""
    key: str | None
    outcome: Outcome | None
    """What matching said; None for a key, a silence or a reply such as yes."""
    ranking: Ranking | None
    decision: Decision
    entry: str | None
    """The FAQ entry answered, or the best candidate asked about."""
    state: str
    """The dialogue state the turn began in."""
    audio_s: float = 0.0
    decode_s: float = 0.0
    said: str | None = None
    """The answer given; None when none was."""


Kept = OpenTicket | WantCallback | RecordRating | RememberGreen | SendText | RecordTurn
"""Commands that the record carries out."""

Command = Play | StopPlayback | Listen | HandOver | Join | TakeMessage | HangUp | Kept

COMMANDS: tuple[type[Command], ...] = (
    Play,
    StopPlayback,
    Listen,
    OpenTicket,
    WantCallback,
    RecordRating,
    RememberGreen,
    SendText,
    HandOver,
    Join,
    TakeMessage,
    HangUp,
    RecordTurn,
)

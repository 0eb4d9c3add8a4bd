"""How the emulated Twilio behaves: the line under test, the switches of what is not documented, and faults to inject.

The defaults are Twilio's. A switch marked [?] stands for behaviour nobody could confirm: the line must cope with both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urljoin

from voicebot.switchboard.account import LINE_NUMBER, Account


@dataclass(frozen=True, slots=True)
class Target:
    """The line as its phone number is configured, and where it can really be reached."""

    connect_url: str
    """Where the line listens, such as ``http://127.0.0.1:5000``."""
    public_url: str = ""
    """What the line believes its address to be, and what is signed, such as ``https://line.example``; requests for it
    are carried to `connect_url`, as through a tunnel. Empty: the two are the same."""
    voice_path: str = "/twilio/voice"
    fallback_path: str = ""
    """Asked when the voice webhook fails; empty: there is none."""
    status_path: str = ""
    """Status callback of the number; empty: there is none."""
    number: str = LINE_NUMBER
    """The line's own number."""
    method: Literal["POST", "GET"] = "POST"

    @property
    def origin(self) -> str:
        """The address that the line is known by."""
        return self.public_url or self.connect_url

    def url(self, path: str) -> str:
        """The public URL of `path` (which may itself be a whole URL); empty for an empty path."""
        return urljoin(self.origin.rstrip("/") + "/", path) if path else ""


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on purpose. All seconds are call seconds."""

    drop_stream_at: float | None = None
    """Cut the call's first media socket so long after its stream began, without a close frame (1006)."""
    refuse_stream: bool = False
    """Never reach the stream's server, as when its port is closed (31902)."""
    forge_signature: bool = False
    """Sign with a token that is not the account's: the line must refuse."""
    slow_read_s: float = 0.0
    """Wait so long (real seconds) before reading the body of each answer."""
    duplicate_webhooks: bool = False
    """Every webhook comes twice with one idempotency token, as when the first answer was lost; the second counts."""
    duplicate_callbacks: bool = False
    """Every status callback comes twice."""
    late_callbacks: bool = False
    """Status callbacks overtake each other: each one waits until the next has gone, or for a second."""
    lose_hangup: bool = False
    """The caller's hang-up reaches the line as a cut socket, without `stop`."""


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that can be set on an emulated Twilio."""

    account: Account = field(default_factory=Account)
    speed: float = 1.0
    """Call seconds in a real second. Only tests of what has no ears may hurry."""
    seed: int | None = None
    """Of the jitter and the comfort noise."""
    faults: Faults = Faults()

    # Webhooks. Milliseconds in a URL's fragment override these real seconds.
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 15.0
    total_timeout_s: float = 15.0
    retries: int = 1
    strict_twiml: bool = False
    """Refuse a document with any fault, where Twilio warns (12200) and passes over the faulty part."""

    # Ringing
    setup_s: float = 0.1
    """From placing a leg until it rings."""
    dial_extra_s: float = 5.0
    """What Twilio adds to the timeout of a <Dial>."""
    owned_numbers: tuple[str, ...] = ()
    """Further numbers that may be shown as caller id."""
    declined_status: Literal["completed", "no-answer"] = "completed"
    """[?] DialCallStatus when whoever picked up did not take the call (DialBridged is false)."""
    pickup_cancels: bool = True
    """[?] Of numbers rung at once, picking up (not accepting) already ends the others."""
    dial_action_after_hangup: bool = False
    """[?] The `action` of <Dial> is asked although the caller has hung up."""

    # Audio
    frame_jitter_s: float = 0.004
    """A frame leaves up to so much later than its turn."""
    timestamp_offset_ms: int = 73
    """What `timestamp` shows more than 20 ms a frame, as captured on a real call."""
    comfort_noise: bool = True
    """A quiet line is noise around zero; otherwise it is all 0x7E, as captured on a real call."""
    say_rate: float = 4.5
    """Chinese characters that <Say> speaks in a second."""
    inband_keys: bool = False
    """[?] The tone of a key is also in the caller's audio."""

    # Streams
    slash_signature: bool = False
    """[?] Sign the handshake with a slash after the path."""
    hang_up_on_stream_failure: bool = False
    """[?] A stream that cannot connect ends the call, instead of going on with `action` or the next verb."""
    connect_action_after_hangup: bool = True
    """The `action` of <Connect> is asked for a call that is already over."""
    handshake_timeout_s: float = 5.0
    """Real seconds that the stream's server has to answer."""

    # Recordings
    recording_delay_s: float = 0.5
    """From the end of a recording until its file exists and its callback is sent."""
    api_url: str = ""
    """What stands before ``/2010-04-01`` in a RecordingUrl; empty: the emulator's own server."""
    api_port: int = 0
    """Port of the emulator's own server; 0: any free one."""

    # REST and limits
    calls_per_s: float = 1.0
    """Outbound calls started in a (call) second; the others wait in the queue."""
    max_call_s: float = 14400.0
    """The longest call."""

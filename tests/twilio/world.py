"""A line without a telephone company: the other end of a stream, ears and a voice, with time as data."""

import base64
import json
from dataclasses import dataclass, field

from voicebot import audio
from voicebot.errors import SpeechLost, StoreLost
from voicebot.twilio.line import SocketClosed

SILENCE = base64.b64encode(b"\x7e" * 160).decode()
MEDIA = json.dumps({"event": "media", "streamSid": "MZ1", "media": {"track": "inbound", "payload": SILENCE}})
STOP = json.dumps({"event": "stop", "streamSid": "MZ1", "stop": {"callSid": "CA1"}})


def key(digit):
    return json.dumps({"event": "dtmf", "streamSid": "MZ1", "dtmf": {"track": "inbound_track", "digit": digit}})


def start(call="CA1", **parameters):
    form = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    inner = {"streamSid": "MZ1", "callSid": call, "mediaFormat": form, "customParameters": parameters}
    return json.dumps({"event": "start", "start": inner, "streamSid": "MZ1"})


class Peer:
    """Twilio's end of a stream as a `Socket`: 20 ms pass with every `receive`, audio plays, marks come back.

    `script` says what happens when: frames by second. After `until` seconds the socket is closed.
    """

    def __init__(self, script=None, *, until=60.0, deaf_after=None, marks=True, quiet_after=None):
        self.now = 100.0
        self.began = self.now
        self._script = sorted((self.now + at, frame) for at, frame in (script or {}).items())
        self._until = self.now + until
        self._deaf_after = None if deaf_after is None else self.now + deaf_after
        self._quiet_after = None if quiet_after is None else self.now + quiet_after
        self._marks = marks
        self._played_until = 0.0
        self._pending = []
        self._back = []
        self.sent = []
        self.most_ahead = 0.0

    def clock(self):
        return self.now

    def receive(self, timeout):
        quiet = self._quiet_after is not None and self.now >= self._quiet_after
        self.now += timeout if quiet else min(timeout, 0.02)
        if self._script and self._script[0][0] <= self.now:
            return self._script.pop(0)[1]
        if self.now > self._until:
            raise SocketClosed
        if quiet:
            return None
        while self._pending and self._pending[0][1] <= self.now:
            self._back.append(self._pending.pop(0)[0])
        if self._marks and self._back:
            return json.dumps({"event": "mark", "streamSid": "MZ1", "mark": {"name": self._back.pop(0)}})
        return MEDIA

    def send(self, text):
        if self._deaf_after is not None and self.now >= self._deaf_after:
            raise SocketClosed
        frame = json.loads(text)
        assert frame["streamSid"] == "MZ1"
        self.sent.append((self.now - self.began, frame))
        if frame["event"] == "media":
            seconds = audio.seconds(base64.b64decode(frame["media"]["payload"]))
            self._played_until = max(self._played_until, self.now) + seconds
            self.most_ahead = max(self.most_ahead, self._played_until - self.now)
        elif frame["event"] == "mark":
            self._pending.append((frame["mark"]["name"], max(self._played_until, self.now)))
        else:
            self._back += [name for name, _ in self._pending]
            self._pending, self._played_until = [], self.now

    def events(self, kind):
        """Seconds at which frames of this kind were sent."""
        return [at for at, frame in self.sent if frame["event"] == kind]

    @property
    def heard(self):
        """All audio sent, cleared or not."""
        return b"".join(base64.b64decode(f["media"]["payload"]) for _, f in self.sent if f["event"] == "media")


@dataclass
class FakeEar:
    """Hears what the script says: events by second of audio."""

    script: dict = field(default_factory=dict)
    heard_s: float = 0.0
    paces: list = field(default_factory=list)
    closed: int = 0

    def hear(self, pcm):
        self.heard_s += len(pcm) / audio.RATE

    def events(self):
        due = [at for at in sorted(self.script) if at <= self.heard_s + 1e-9]
        return [event for at in due for event in self.script.pop(at)]

    def pace(self, end_silence):
        self.paces.append(end_silence)

    def close(self):
        self.closed += 1


@dataclass
class FakeEars:
    """Gives out the ears it has, then none."""

    ears: list
    ready: bool = True
    why: str = "no-recogniser"

    def open(self):
        if not self.ears:
            raise SpeechLost(self.why, "no recogniser is ready")
        return self.ears.pop(0)


@dataclass
class FakeVoice:
    """Has one second of audio for every clip that is not missing; each clip sounds different."""

    missing: frozenset = frozenset()
    seconds: float = 1.0
    asked: list = field(default_factory=list)

    def audio(self, clip, slow=False):
        self.asked.append((clip.name, slow))
        if clip.name in self.missing:
            return None
        return bytes([sum(clip.name.encode()) % 200 + (50 if slow else 0)]) * round(self.seconds * audio.RATE)


class BrokenVoice:
    def audio(self, clip, slow=False):
        raise OSError("disk on fire")


@dataclass
class Log:
    """A call's record that remembers, and can lose what it is told to lose."""

    lost: tuple = ()
    events_seen: list = field(default_factory=list)
    committed: list = field(default_factory=list)

    def event(self, event):
        self.events_seen.append(event)

    def commit(self, command):
        if isinstance(command, self.lost):
            raise StoreLost("store-lost", "gone")
        self.committed.append(command)


class LostRecord:
    """Everything raises `StoreLost`."""

    def __getattr__(self, name):
        def lost(*args, **kwargs):
            raise StoreLost("store-lost", f"{name}: the disk is gone")

        return lost

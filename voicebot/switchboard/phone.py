"""The audio path of one leg: every 20 ms one frame each way, at real cadence, also in silence.

What the party says goes to the taps (streams, recordings, a bridge); what it hears comes from the playback buffer or
the bridge. Everything heard is kept.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

import numpy as np

from voicebot.audio import FRAME_BYTES, FRAME_S, pcm_to_ulaw, ulaw_to_pcm
from voicebot.switchboard import sound
from voicebot.switchboard.caller import NEW_SPEECH_S, Person, Sense
from voicebot.switchboard.clock import Clock
from voicebot.switchboard.playback import Piece, Playback
from voicebot.switchboard.result import Heard

Tap = Callable[[bytes, bytes], None]
"""Gets one frame of the party and the frame the party hears at the same time, 160 bytes of µ-law each."""


WAITING_FRAMES = 25
"""Frames of one phone that may wait for another's tick."""

BURST = 5
"""Late ticks made up for before others get their turn."""


class Bridge:
    """Two or more phones that hear each other. What one says waits for each other's next tick, for half a second at
    most, so that ticks that are late lose nothing.
    """

    def __init__(self) -> None:
        self._inboxes: dict[Phone, dict[Phone, deque[bytes]]] = {}

    def join(self, phone: Phone) -> None:
        """Let a phone talk and listen; it knows it is bridged when somebody else is there."""
        self._inboxes[phone] = {}
        phone.bridge = self
        self._tell()

    def leave(self, phone: Phone) -> None:
        """Take a phone out; one that is not in is ignored."""
        if self._inboxes.pop(phone, None) is not None:
            phone.bridge = None
            phone.bridged = False
            self._tell()

    def exchange(self, phone: Phone, frame: bytes) -> bytes:
        """Put in what a phone's party says; the sum of what each other said next, empty when nobody did."""
        for other, inbox in self._inboxes.items():
            if other is not phone:
                inbox.setdefault(phone, deque(maxlen=WAITING_FRAMES)).append(frame)
        heard = [waiting.popleft() for waiting in self._inboxes[phone].values() if waiting]
        if len(heard) <= 1:
            return heard[0] if heard else b""
        total = np.sum([ulaw_to_pcm(said).astype(np.int32) for said in heard], axis=0)
        return pcm_to_ulaw(np.clip(total, -32768, 32767).astype(np.int16))

    def _tell(self) -> None:
        for phone in self._inboxes:
            phone.bridged = len(self._inboxes) > 1


class Phone:
    """One leg's phone, from being answered to hanging up.

    `on_key` is told each key, `on_hang_up` that the party put the phone down. The party is stepped once a tick.
    """

    def __init__(
        self,
        clock: Clock,
        person: Person,
        heard: list[Heard],
        on_key: Callable[[str], None],
        on_hang_up: Callable[[], None],
        *,
        jitter_s: float = 0.0,
    ) -> None:
        self.playback = Playback()
        self.taps: list[Tap] = []
        self.bridge: Bridge | None = None
        self.bridged = False
        self.ringing = False
        self.audible: list[tuple[float, float]] = []
        """Begin and end of every stretch of sound that was heard; a pause of more than 60 ms parts two of them."""
        self._clock = clock
        self._person = person
        self._heard = heard
        self._on_key = on_key
        self._on_hang_up = on_hang_up
        self._jitter_s = jitter_s
        self._dice = random.Random()

    async def run(self) -> None:
        """Tick until cancelled or the party hangs up. Ticks that are late are made up for, some at a time."""
        start = self._clock.now()
        tick = 0
        while self._tick(start + tick * FRAME_S):
            tick += 1
            due = start + tick * FRAME_S + self._dice.uniform(0.0, self._jitter_s)
            late = self._clock.now() - due > FRAME_S
            if not late or tick % BURST == 0:
                await self._clock.until(due)

    def _tick(self, now: float) -> bool:
        pieces = self.playback.pull()
        audible = any(piece.kind == "say" or sound.audible(piece.ulaw) for piece in pieces)
        beep = any(piece.kind == "beep" for piece in pieces)
        acted = self._person.step(Sense(now, audible, self.ringing, self.bridged, beep))
        if self.bridge:
            said = self.bridge.exchange(self, acted.frame)
            pieces = [*pieces, Piece(said, "bridge", "")] if said and sound.audible(said) else pieces
        if audible:
            self._note_audible(now)
        self._keep(now, pieces)
        outbound = b"".join(piece.ulaw for piece in pieces)[:FRAME_BYTES].ljust(FRAME_BYTES, b"\xff")
        for tap in tuple(self.taps):
            tap(acted.frame, outbound)
        for key in acted.keys:
            self._on_key(key)
        if acted.hang_up:
            self._on_hang_up()
        return not acted.hang_up

    def _note_audible(self, now: float) -> None:
        if self.audible and now - self.audible[-1][1] <= 3 * FRAME_S:
            self.audible[-1] = (self.audible[-1][0], now + FRAME_S)
        else:
            self.audible.append((now, now + FRAME_S))

    def _keep(self, now: float, pieces: list[Piece]) -> None:
        for piece in pieces:
            text, source = (piece.label, "") if piece.kind == "say" else ("", piece.label)
            last = self._heard[-1] if self._heard else None
            same = last and (last.kind, last.text, last.source) == (piece.kind, text, source)
            if last and same and now - last.end < NEW_SPEECH_S:
                last.end = now + FRAME_S
                last.audio += piece.ulaw
            else:
                new = Heard(now, now + FRAME_S, piece.kind, text, source=source, audio=bytearray(piece.ulaw))
                self._heard.append(new)
